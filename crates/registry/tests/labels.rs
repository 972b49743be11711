//! What lists show of labels, and what becomes of archived ones.

use protoedge_registry::modules;
mod common;

use common::{
    World, content,
    races::{Race, in_every_order, prepared},
    seen,
};
use futures::FutureExt;
use protoedge_registry::{
    Archived, Commit, Error, Grant, Key, LabelHead, LabelPage, Listing, Store, Upload, User,
    packages, push,
};
use protoedge_sdk::{Ecosystem, Label, ModuleName, Package};
use protoedge_storage::{Bucket, MemoryBucket};
use std::{collections::BTreeMap, time::Duration};

fn units() -> ModuleName {
    "acme/units".parse().unwrap()
}

fn label(name: &str) -> Label {
    name.parse().unwrap()
}

fn names(heads: &[LabelHead]) -> Vec<String> {
    heads.iter().map(|head| head.label.to_string()).collect()
}

async fn grant(world: &World) -> Grant {
    seen(&world.store, &units()).await
}

async fn push_to(world: &World, labels: &[&str], text: &str) -> Commit {
    world.push(vec![content("acme/units", labels, &[], text)], &[]).await.commits.remove(0)
}

async fn archive(world: &World, name: &str, is_archived: bool) -> Result<LabelHead, Error> {
    let grant = grant(world).await;
    modules::set_archived(&world.store, &world.user, &grant, &label(name), is_archived).await
}

/// All labels, page by page.
async fn pages<B: Bucket>(store: &Store<B>, archived: Archived, size: usize) -> Vec<LabelHead> {
    let grant = seen(store, &units()).await;
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = modules::newest_labels(store, &grant, archived, after.as_deref(), size, None);
        let LabelPage { heads, next } = page.await.unwrap();
        assert!(heads.len() <= size);
        all.extend(heads);
        match next {
            Some(next) => after = Some(next),
            None => return all,
        }
    }
}

/// What lists of packages show.
async fn listed<B: Bucket>(store: &Store<B>) -> Listing {
    let plugin = "bufbuild/es".parse().unwrap();
    let package = Package { ecosystem: Ecosystem::Npm, module: units(), plugin, major: None };
    packages::listing(store, &seen(store, &units()).await, &package).await.unwrap()
}

/// Every label as its record has it, by its name.
async fn records(
    store: &Store<MemoryBucket>,
    bucket: &MemoryBucket,
) -> BTreeMap<String, LabelHead> {
    let (grant, prefix) = (seen(store, &units()).await, Key::labels(&units()));
    let mut records = BTreeMap::new();
    for key in bucket.keys() {
        let name = key.strip_prefix(&prefix).and_then(|name| name.strip_suffix(".json"));
        let Some(name) = name else { continue };
        let record = modules::find_label(store, &grant, &label(name)).await.unwrap().unwrap();
        records.insert(name.to_owned(), record.shown().unwrap());
    }
    records
}

#[tokio::test(start_paused = true)]
async fn an_archived_label_is_in_no_list_until_something_is_pushed_to_it() {
    let world = World::new().await;
    push_to(&world, &["main", "feature", "other"], "message A {}").await;
    archive(&world, "feature", true).await.unwrap();
    archive(&world, "feature", true).await.unwrap();
    for (which, expected) in [
        (Archived::No, vec!["main", "other"]),
        (Archived::Yes, vec!["feature"]),
        (Archived::Both, vec!["feature", "main", "other"]),
    ] {
        for size in [1, 2, 10] {
            let mut found = names(&pages(&world.store, which, size).await);
            found.sort();
            assert_eq!(found, expected, "{which:?} {size}");
        }
    }
    let mut shown = names(&listed(&world.store).await.labels);
    shown.sort();
    assert_eq!(shown, ["main", "other"]);
    // It leads by its name where it led.
    let module = grant(&world).await;
    modules::head(&world.store, &module, &label("feature")).await.unwrap();

    archive(&world, "feature", false).await.unwrap();
    assert_eq!(pages(&world.store, Archived::Yes, 10).await, []);
    archive(&world, "feature", true).await.unwrap();
    // The same content as before: the label need not move to be back.
    push_to(&world, &["feature"], "message A {}").await;
    assert_eq!(pages(&world.store, Archived::Yes, 10).await, []);
    let moves = records(&world.store, &world.bucket).await;
    assert_eq!(pages(&world.store, Archived::No, 10).await.len(), 3);
    assert!(moves["feature"].archived.is_none());
}

#[tokio::test(start_paused = true)]
async fn default_labels_and_missing_ones_are_not_archived() {
    let world = World::new().await;
    push_to(&world, &["main"], "message A {}").await;
    let error = archive(&world, "main", true).await.unwrap_err();
    assert!(matches!(error, Error::ArchivedDefault { .. }), "{error}");
    let error = archive(&world, "nothing", true).await.unwrap_err();
    assert!(matches!(error, Error::NoLabel { .. }), "{error}");
    assert_eq!(names(&pages(&world.store, Archived::Both, 10).await), ["main"]);
}

/// What moved later is shown first, whatever the clocks of the machines say that moved it.
#[tokio::test(start_paused = true)]
async fn labels_are_shown_in_the_order_of_their_moves() {
    let world = World::new().await;
    for name in ["main", "b", "a", "c"] {
        push_to(&world, &[name], "message A {}").await;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    push_to(&world, &["b"], "message B {}").await;
    for size in [1, 3, 10] {
        assert_eq!(names(&pages(&world.store, Archived::No, size).await), ["b", "c", "a", "main"]);
    }
    let is_short = |head: &LabelHead| head.label.as_str().len() == 1;
    let module = grant(&world).await;
    let page =
        modules::newest_labels(&world.store, &module, Archived::No, None, 2, Some(&is_short)).await;
    let LabelPage { heads, next } = page.unwrap();
    assert_eq!(names(&heads), ["b", "c"]);
    let page = modules::newest_labels(
        &world.store,
        &module,
        Archived::No,
        next.as_deref(),
        2,
        Some(&is_short),
    );
    assert_eq!(names(&page.await.unwrap().heads), ["a"]);
}

/// However many labels there are: lists of packages show those that moved last, and the default one.
#[tokio::test(start_paused = true)]
async fn lists_show_the_labels_that_moved_last_and_the_default_one() {
    let world = World::new().await;
    let commit = push_to(&world, &["main"], "message A {}").await;
    let module = grant(&world).await;
    for n in 0..500 {
        tokio::time::sleep(Duration::from_millis(1)).await;
        let label = label(&format!("l{n:03}"));
        modules::move_by_hand(&world.store, &world.user, &module, &label, &commit).await.unwrap();
    }
    let before = world.bucket.operations();
    let shown = names(&listed(&world.store).await.labels);
    // The listing, the default label, which is not among those that moved last, and the index.
    assert_eq!(world.bucket.operations() - before, 3);
    assert!(shown.len() > 100 && shown.len() < 200, "{}", shown.len());
    let newest: Vec<String> = (0..shown.len() - 1).map(|n| format!("l{:03}", 499 - n)).collect();
    assert_eq!(shown[..shown.len() - 1], newest);
    assert_eq!(shown.last().map(String::as_str), Some("main"));
}

/// A push or a move by hand that is cut off at any of its operations: when the sweep, or the user once more, has finished it, lists
/// show what records say. A page of a list does at once.
#[tokio::test(start_paused = true)]
async fn lists_are_right_again_after_a_change_that_was_cut_off() {
    type Change = for<'a> fn(&'a World) -> futures::future::LocalBoxFuture<'a, Result<(), Error>>;
    let changes: [(&str, Change); 3] = [
        ("push", |world| {
            let contents = vec![content("acme/units", &["feature", "main"], &[], "message New {}")];
            let upload = Upload { contents, deps: Vec::new() };
            async move { push::push(&world.store, &world.user, &upload).await.map(drop) }
                .boxed_local()
        }),
        ("archive", |world| {
            async move { archive(world, "feature", true).await.map(drop) }.boxed_local()
        }),
        ("unarchive", |world| {
            async move { archive(world, "old", false).await.map(drop) }.boxed_local()
        }),
    ];
    for (name, change) in changes {
        for operations in 0.. {
            let world = World::new().await;
            push_to(&world, &["main", "feature", "old"], "message Old {}").await;
            archive(&world, "old", true).await.unwrap();
            tokio::time::sleep(Duration::from_secs(1)).await;
            world.bucket.fail_after(operations);
            let changed = change(&world).await;
            world.bucket.heal();
            let shown = pages(&world.store, Archived::Both, 2).await;
            let by_name = |heads: Vec<LabelHead>| {
                heads.into_iter().map(|it| (it.label.to_string(), it)).collect::<BTreeMap<_, _>>()
            };
            assert_eq!(
                by_name(shown),
                records(&world.store, &world.bucket).await,
                "{name} {operations}"
            );
            tokio::time::sleep(Duration::from_secs(61)).await;
            push::finish_pushes(&world.store, 10).await.unwrap();
            change(&world).await.unwrap();
            let listed = by_name(listed(&world.store).await.labels);
            let mut records = records(&world.store, &world.bucket).await;
            records.retain(|_, head| head.archived.is_none());
            assert_eq!(listed, records, "{name} {operations}");
            if changed.is_ok() {
                break;
            }
        }
    }
}

/// Whoever comes last: a label is archived or is where the push moved it, and lists show it once.
#[test]
fn archive_against_push() {
    let (bucket, now, _) = prepared(async |world| {
        push_to(world, &["main", "feature"], "message Old {}").await;
    });
    in_every_order(move || {
        let bucket = bucket.clone();
        async move {
            let shared = |key: &str| key.contains("label/feature") || key.contains("~feature~");
            let race = Race::of(bucket, now, shared);
            let (first, second) = (race.machine(), race.machine());
            let user = User::unlimited("alice".parse().unwrap());
            let by = user.clone();
            let push = shuttle::future::spawn_local(async move {
                let contents = vec![content("acme/units", &["feature"], &[], "message New {}")];
                let upload = Upload { contents, deps: Vec::new() };
                push::push(&first, &by, &upload).await.unwrap();
            });
            let archive = shuttle::future::spawn_local(async move {
                let module = seen(&second, &units()).await;
                modules::set_archived(&second, &user, &module, &label("feature"), true)
                    .await
                    .unwrap();
            });
            push.await.unwrap();
            archive.await.unwrap();
            race.bucket.heal();
            let store = &race.machine();
            let record = records(store, &race.bucket).await.remove("feature").unwrap();
            let both = pages(store, Archived::Both, 10).await;
            let shown: Vec<&LabelHead> =
                both.iter().filter(|head| head.label == label("feature")).collect();
            assert_eq!(shown, [&record]);
        }
        .boxed_local()
    });
}

/// Whoever comes last: what is pushed to a module that is deleted and made again is of the new one, whole, or is nowhere.
#[test]
fn deletion_against_push() {
    let (bucket, now, _) = prepared(async |world| {
        push_to(world, &["main"], "message Old {}").await;
    });
    in_every_order(move || {
        let bucket = bucket.clone();
        async move {
            // What each of them looks at of the other's.
            let shared = |key: &str| key.starts_with("pushes/") || key.starts_with("deletions/");
            let race = Race::of(bucket, now, shared);
            let (first, second) = (race.machine(), race.machine());
            let user = User::unlimited("alice".parse().unwrap());
            let (pusher, owner) = (user.clone(), user.clone());
            let push = shuttle::future::spawn_local(async move {
                let contents = vec![content("acme/units", &[], &[], "message New {}")];
                let upload = Upload { contents, deps: Vec::new() };
                push::push(&first, &pusher, &upload).await.map(|pushed| pushed.commits[0].clone())
            });
            let delete = shuttle::future::spawn_local(async move {
                let module = seen(&second, &units()).await;
                modules::delete_module(&second, &owner, &module, true).await.unwrap();
                modules::finish_deletions(&second).await.unwrap();
                let new = protoedge_registry::NewModule {
                    visibility: protoedge_registry::Visibility::Public,
                    name: units(),
                    default_label: label("main"),
                    description: String::new(),
                    url: String::new(),
                    awaits_push: false,
                };
                modules::create_module(&second, &owner, new).await
            });
            let (pushed, made) = (push.await.unwrap(), delete.await.unwrap());
            race.bucket.heal();
            assert!(
                matches!(made, Ok(_) | Err(Error::BeingDeleted { .. })),
                "{:?}",
                made.map(|module| module.name)
            );
            let store = race.machine();
            let Ok(_) = made else { return };
            let module = seen(&store, &units()).await;
            let (commits, _) =
                modules::list_commits(&store, &module, None, 10, true).await.unwrap();
            for commit in &commits {
                // Nothing of the former module is left, and what there is can be read.
                assert_eq!(pushed.as_ref().map(|it| &it.id), Ok(&commit.id));
                modules::files(&store, &module, commit, 1 << 20).await.unwrap();
            }
            for (_, head) in records(&store, &race.bucket).await {
                let is_there = commits.iter().any(|commit| commit.id == head.commit);
                assert!(is_there, "{head:?}");
            }
        }
        .boxed_local()
    });
}

/// A label becomes the default one while something is pushed to it that has no time in versions: one of both is refused, and the
/// default label always names what has one.
#[test]
fn another_default_label_against_push() {
    let (bucket, now, _) = prepared(async |world| {
        push_to(world, &["main", "trunk"], "message A {}").await;
        push_to(world, &["main"], "message B {}").await;
    });
    in_every_order(move || {
        let bucket = bucket.clone();
        async move {
            // The index of modules looks at its head alone, when all is done.
            let shared =
                |action: &str, key: &str| action != "head" && key.contains("units/label/trunk");
            let race = Race::at(bucket, now, shared);
            let (first, second) = (race.machine(), race.machine());
            let user = User::unlimited("alice".parse().unwrap());
            let by = user.clone();
            let change = shuttle::future::spawn_local(async move {
                let module = seen(&first, &units()).await;
                let default_label = Some(label("trunk"));
                let change =
                    protoedge_registry::ModuleChange { default_label, ..Default::default() };
                modules::change_module(&first, &by, &module, &change).await.map(drop)
            });
            let push = shuttle::future::spawn_local(async move {
                let contents = vec![content("acme/units", &["trunk"], &[], "message C {}")];
                let upload = Upload { contents, deps: Vec::new() };
                push::push(&second, &user, &upload).await.map(drop)
            });
            let (changed, pushed) = (change.await.unwrap(), push.await.unwrap());
            for done in [&changed, &pushed] {
                assert!(matches!(done, Ok(()) | Err(Error::NoTime { .. })), "{done:?}");
            }
            // Not both: then the label would name what has no time.
            assert!(changed.is_ok() || pushed.is_ok());
            race.bucket.heal();
            let store = race.machine();
            let module = seen(&store, &units()).await;
            let expected = if changed.is_ok() { "trunk" } else { "main" };
            assert_eq!(module.default_label, label(expected));
            let commit = modules::resolve(&store, &module, "").await.unwrap();
            assert!(!commit.stamp.is_zero(), "{:?}", commit.id);
        }
        .boxed_local()
    });
}

/// Tenfold of what the busiest modules have: a page costs what is on it, lists of packages cost three operations, and a history is
/// told to its beginning.
#[tokio::test(start_paused = true)]
async fn ten_thousand_labels_and_five_thousand_moves() {
    let world = World::new().await;
    let commits = [
        push_to(&world, &["main"], "message A {}").await,
        push_to(&world, &[], "message B {}").await,
    ];
    let (module, administrator) =
        (grant(&world).await, User::administrator("admin".parse().unwrap()));
    let move_it = async |name: &str, n: usize| {
        tokio::time::sleep(Duration::from_millis(1)).await;
        let (label, commit) = (label(name), &commits[n % 2]);
        modules::move_by_hand(&world.store, &administrator, &module, &label, commit).await.unwrap();
    };
    for n in 0..10_000 {
        move_it(&format!("l{n:05}"), 0).await;
    }
    for n in 0..5_000 {
        move_it("busy", n).await;
    }
    let before = world.bucket.operations();
    let page =
        modules::newest_labels(&world.store, &module, Archived::No, None, 10, None).await.unwrap();
    assert_eq!(world.bucket.operations() - before, 1 + 10);
    assert_eq!(names(&page.heads)[..2], ["busy", "l09999"]);
    let before = world.bucket.operations();
    assert!(listed(&world.store).await.labels.len() < 400);
    // The module, the listing, the default label and the index.
    assert_eq!(world.bucket.operations() - before, 4);
    let before = world.bucket.operations();
    archive(&world, "l00000", true).await.unwrap();
    assert!(world.bucket.operations() - before <= 12, "{}", world.bucket.operations() - before);

    let record = modules::find_label(&world.store, &module, &label("busy")).await.unwrap().unwrap();
    let mut history = modules::history(&world.store, &module, record);
    assert_eq!(history.moves(), 5_000);
    let before = world.bucket.operations();
    for number in 0..5_000 {
        let it = history.get(number).await.unwrap().unwrap();
        assert_eq!(it.commit, commits[number as usize % 2].id, "{number}");
    }
    assert!(world.bucket.operations() - before <= 50);
}
