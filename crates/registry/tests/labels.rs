//! What lists show of labels, and what becomes of archived ones.

use protoedge_registry::modules;
mod common;

use common::{
    World, content,
    races::{Shuttled, in_every_order, machine, prepared},
    seen,
};
use futures::FutureExt;
use protoedge_registry::{
    Archived, Commit, Error, Grant, Key, LabelHead, LabelPage, Listing, Store, Upload, User,
    packages, push,
};
use protoedge_sdk::{Ecosystem, Label, ModuleName, Package};
use protoedge_storage::{Bucket, Clock, Fault, MemoryBucket};
use std::{collections::BTreeMap, rc::Rc, time::Duration};

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
    assert!(shown.len() > 200 && shown.len() < 400, "{}", shown.len());
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
            let clock: Rc<dyn Clock> = Rc::new(Shuttled::new(now));
            let bucket = Rc::new(MemoryBucket::restored(clock.clone(), bucket));
            let machines = [machine(&bucket, &clock), machine(&bucket, &clock)];
            let user = User::unlimited("alice".parse().unwrap());
            let shared = |key: &str| key.contains("label/feature") || key.contains("~feature~");
            bucket.fault_on(move |_, key| shared(key).then_some(Fault::Slow(Duration::ZERO)));
            let [first, second] = machines.clone();
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
            bucket.heal();
            let store = &machines[0];
            let record = records(store, &bucket).await.remove("feature").unwrap();
            let both = pages(store, Archived::Both, 10).await;
            let shown: Vec<&LabelHead> =
                both.iter().filter(|head| head.label == label("feature")).collect();
            assert_eq!(shown, [&record]);
        }
        .boxed_local()
    });
}
