//! What a push leaves behind.

use protoedge_registry::accounts;
use protoedge_registry::modules;
use protoedge_registry::push;
mod common;

use common::{World, content, seen};
use protoedge_registry::{
    Archived, COMMIT_COST, Commit, Credentials, Error, FILE_COST, Key, Upload, User,
};
use protoedge_sdk::{CommitId, Label, ModuleName};
use protoedge_storage::{Bucket, Condition, Fault, PutOptions};
use std::{collections::BTreeSet, time::Duration};

fn label(name: &str) -> Label {
    name.parse().unwrap()
}

fn module(name: &str) -> ModuleName {
    name.parse().unwrap()
}

async fn head(world: &World, name: &str) -> Result<Commit, Error> {
    let module = seen(&world.store, &module(name)).await;
    modules::head(&world.store, &module, &label("main")).await
}

#[tokio::test(start_paused = true)]
async fn a_then_b_then_a_gives_three_commits_in_order() {
    let world = World::new().await;
    let mut commits = Vec::new();
    for extra in ["message A {}", "message B {}", "message A {}"] {
        let pushed = world.push(vec![content("acme/units", &[], &[], extra)], &[]).await;
        commits.push(pushed.commits[0].clone());
    }
    assert!(commits.windows(2).all(|two| two[0].stamp < two[1].stamp && two[0].id != two[1].id));
    assert_eq!(commits[0].digest, commits[2].digest);
    assert_eq!(commits.iter().map(|it| it.sequence).collect::<Vec<_>>(), [1, 2, 3]);
    let head = head(&world, "acme/units").await.unwrap();
    assert_eq!(head, commits[2]);
}

#[tokio::test(start_paused = true)]
async fn the_same_content_again_is_the_same_commit() {
    let world = World::new().await;
    let push = || world.push(vec![content("acme/units", &[], &[], "")], &[]);
    let first = push().await.commits;
    let keys = world.bucket.keys();
    assert_eq!(push().await.commits, first);
    assert_eq!(world.bucket.keys(), keys);
}

#[tokio::test(start_paused = true)]
async fn a_feature_first_and_main_afterwards_is_new_on_main() {
    let world = World::new().await;
    let push = |labels: &'static [&'static str], extra: &'static str| {
        world.push(vec![content("acme/units", labels, &[], extra)], &[])
    };
    push(&[], "message Old {}").await;
    let feature = push(&["feature"], "message New {}").await.commits.remove(0);
    assert!(feature.stamp.is_zero());
    let again = push(&["other"], "message New {}").await.commits.remove(0);
    assert_eq!(again.id, feature.id);
    let main = push(&[], "message New {}").await.commits.remove(0);
    assert_ne!(main.id, feature.id);
    assert!(!main.stamp.is_zero());
    // Now the newest commit of that content is the one on main.
    let third = push(&["third"], "message New {}").await.commits.remove(0);
    assert_eq!(third.id, main.id);
}

#[tokio::test(start_paused = true)]
async fn a_push_to_another_label_leaves_main_alone() {
    let world = World::new().await;
    world.push(vec![content("acme/units", &["feature"], &[], "")], &[]).await;
    let head = head(&world, "acme/units").await;
    assert!(matches!(head, Err(Error::NoLabel { .. })));
}

/// What is missing says what to do.
#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_told_apart() {
    let world = World::new().await;
    let name = module("acme/units");
    let units = accounts::see(&world.store, &Credentials::None, &name).await.unwrap();
    let told = async |reference: &str| {
        modules::resolve(&world.store, &units, reference).await.unwrap_err().to_string()
    };
    for reference in ["", "main"] {
        assert_eq!(
            told(reference).await,
            "module acme/units is empty: nothing was pushed to it yet"
        );
    }
    assert_eq!(told("x").await, "module acme/units has no commit and no label \"x\"");
    world.push(vec![content("acme/units", &["feature"], &[], "")], &[]).await;
    for reference in ["", "main"] {
        assert!(told(reference).await.contains("the default label main"), "{reference}");
    }
    let none =
        accounts::see(&world.store, &Credentials::None, &module("acme/none")).await.unwrap_err();
    assert!(none.to_string().contains("`buf push --create`"), "{none}");
}

#[tokio::test(start_paused = true)]
async fn several_modules_depend_on_each_others_new_commits() {
    let world = World::new().await;
    let contents = || {
        vec![
            content("acme/app", &[], &["weather.proto"], ""),
            content("acme/weather", &[], &["units.proto"], ""),
            content("acme/units", &[], &[], ""),
        ]
    };
    let pushed = world.push(contents(), &[]).await.commits;
    let names = |n: usize| pushed[n].deps.iter().map(|it| it.commit.clone()).collect::<Vec<_>>();
    assert_eq!(names(0), [pushed[2].id.clone(), pushed[1].id.clone()]);
    assert_eq!(names(1), [pushed[2].id.clone()]);
    assert_eq!(names(2), []);
    assert!(world.bucket.keys().iter().all(|key| !key.starts_with("pushes/")));
}

#[tokio::test(start_paused = true)]
async fn a_refused_push_leaves_nothing() {
    let world = World::new().await;
    let keys = world.bucket.keys();
    let stranger = User::unlimited("mallory".parse().unwrap());
    let good = content("acme/units", &[], &[], "");
    let refused = [
        (&world.user, vec![good.clone(), content("acme/none", &[], &[], "")], vec![]),
        (&world.user, vec![good.clone(), content("nobody/none", &[], &[], "")], vec![]),
        (&world.user, vec![content("acme/weather", &[], &["none.proto"], "")], vec![]),
        (&world.user, vec![good.clone()], vec!["a".repeat(32).parse().unwrap()]),
        (&stranger, vec![good], vec![]),
    ];
    for (user, contents, deps) in refused {
        let upload = Upload { contents, deps };
        assert!(push::push(&world.store, user, &upload).await.is_err(), "{upload:?}");
        assert_eq!(world.bucket.keys(), keys);
    }
}

#[tokio::test(start_paused = true)]
async fn pushes_survive_contention() {
    let world = World::new().await;
    world.bucket.contend();
    for extra in ["message A {}", "message B {}", "message C {}"] {
        world.push(vec![content("acme/units", &[], &[], extra)], &[]).await;
    }
    let log = world.bucket.keys().into_iter().filter(|key| key.contains("/log/")).count();
    assert_eq!(log, 3);
}

#[tokio::test(start_paused = true)]
async fn pushes_at_once_all_take_place_in_one_order() {
    let world = World::new().await;
    let extras: Vec<String> = (0..8).map(|n| format!("message M{n} {{}}")).collect();
    let pushes =
        extras.iter().map(|extra| world.push(vec![content("acme/units", &[], &[], extra)], &[]));
    let mut commits: Vec<_> = futures::future::join_all(pushes)
        .await
        .into_iter()
        .map(|it| it.commits[0].clone())
        .collect();
    commits.sort_by(|a, b| a.stamp.cmp(&b.stamp));
    assert!(commits.windows(2).all(|two| two[0].stamp < two[1].stamp));
    let head = head(&world, "acme/units").await.unwrap();
    assert_eq!(head.id, commits[7].id);
}

#[tokio::test(start_paused = true)]
async fn what_was_pushed_can_be_found_and_read() {
    let world = World::new().await;
    let commit = world.push(vec![content("acme/units", &[], &[], "")], &[]).await.commits.remove(0);
    let seen =
        accounts::see(&world.store, &Credentials::None, &module("acme/units")).await.unwrap();
    for reference in ["", "main", commit.id.as_str(), commit.id.short().as_str()] {
        assert_eq!(
            modules::resolve(&world.store, &seen, reference).await.unwrap(),
            commit,
            "{reference}"
        );
    }
    for reference in ["none", &"a".repeat(32), "feature/x", &commit.id.as_str()[..11]] {
        assert!(modules::resolve(&world.store, &seen, reference).await.is_err(), "{reference}");
    }
    let (files, _) = modules::files(&world.store, &seen, &commit, 10_000).await.unwrap();
    assert_eq!(files[0].path, "units.proto");
    assert_eq!(files[0].content, b"syntax = \"proto3\";\n");
}

/// Everything that a reply is put together of counts, and what does not fit is not read.
#[tokio::test(start_paused = true)]
async fn files_are_read_within_a_limit() {
    let world = World::new().await;
    let mut one = content("acme/units", &[], &[], "");
    one.files = vec![("a.proto".into(), "// 45678".into()), ("b.proto".into(), "".into())];
    let mut many = content("acme/units", &[], &[], "");
    many.files =
        (0..500).map(|n| (format!("{}/{n:03}.proto", "d".repeat(200)), "".into())).collect();
    let mut dense = content("acme/units", &[], &[], "");
    let mut random = protoedge_storage::testing::random(1);
    let noise: Vec<u8> = (0..100_000).map(|_| b' ' + (random() % 94) as u8).collect();
    dense.files = vec![("a.proto".into(), [b"//", &noise[..]].concat().into())];
    for (name, content, cost) in [
        ("two files", one, COMMIT_COST + 7 + 8 + FILE_COST + 7 + FILE_COST),
        ("paths alone", many, COMMIT_COST + 500 * (210 + FILE_COST)),
        ("what cannot be compressed", dense, COMMIT_COST + 7 + 100_002 + FILE_COST),
    ] {
        let commit = world.push(vec![content], &[]).await.commits.remove(0);
        let seen = seen(&world.store, &commit.module).await;
        let (_, left) = modules::files(&world.store, &seen, &commit, cost + 5).await.unwrap();
        assert_eq!(left, 5, "{name}");
        assert_eq!(
            modules::files(&world.store, &seen, &commit, cost).await.unwrap().1,
            0,
            "{name}"
        );
        for less in [cost - 1, cost / 2, COMMIT_COST, COMMIT_COST - 1, 0] {
            let refused = modules::files(&world.store, &seen, &commit, less).await;
            assert_eq!(refused, Err(Error::TooMuch), "{name}: {less}");
        }
    }
    // What is too large for certain is not fetched: here it could not be read.
    let commit = world.push(vec![content("acme/units", &[], &[], "")], &[]).await.commits.remove(0);
    let sources = Key::Sources(&commit.module, &commit.id.short()).path();
    let noise = vec![b'x'; 10_000];
    let seen = seen(&world.store, &commit.module).await;
    world.bucket.put(&sources, noise, Condition::Always, PutOptions::default()).await.unwrap();
    let refused = modules::files(&world.store, &seen, &commit, COMMIT_COST + 100).await;
    assert_eq!(refused, Err(Error::TooMuch));
    let unreadable = modules::files(&world.store, &seen, &commit, 1 << 20).await;
    assert!(matches!(unreadable, Err(Error::Bucket(_))), "{unreadable:?}");
}

/// What readers see of the three modules.
async fn heads(world: &World) -> Vec<Option<String>> {
    let mut heads = Vec::new();
    for name in ["acme/units", "acme/weather", "acme/app"] {
        let head = head(world, name).await.ok();
        heads.push(head.map(|commit| commit.digest));
    }
    heads
}

/// Cuts a push of three modules off at every bucket operation. Afterwards, the sweep has brought all
/// of it about or nothing, and the same push succeeds.
#[tokio::test(start_paused = true)]
async fn a_push_that_is_cut_off_takes_place_or_does_not() {
    let contents = |extra: &str| {
        vec![
            content("acme/app", &[], &["weather.proto"], extra),
            content("acme/weather", &[], &["units.proto"], extra),
            content("acme/units", &[], &[], extra),
        ]
    };
    let (mut none, mut all) = (0, 0);
    for operations in 0.. {
        let world = World::new().await;
        world.push(contents("message Old {}"), &[]).await;
        let before = heads(&world).await;
        world.bucket.fail_after(operations);
        let upload = Upload { contents: contents("message New {}"), deps: Vec::new() };
        let pushed = push::push(&world.store, &world.user, &upload).await;
        world.bucket.heal();
        tokio::time::sleep(Duration::from_secs(61)).await;
        push::finish_pushes(&world.store, 10).await.unwrap();
        let after = heads(&world).await;
        world.push(contents("message New {}"), &[]).await;
        // Of a push whose turn it was and that never took place, the next one leaves that it was given up.
        tokio::time::sleep(Duration::from_secs(61)).await;
        push::finish_pushes(&world.store, 10).await.unwrap();
        let done = heads(&world).await;
        if pushed.is_ok() {
            assert_eq!(after, done);
            break;
        }
        assert!(after == before || after == done, "cut off after {operations} operations");
        if after == before {
            none += 1
        } else {
            all += 1
        }
        assert!(world.bucket.keys().iter().all(|key| !key.starts_with("pushes/")));
    }
    assert!(none > 0 && all > 0, "{none} {all}");
}

/// Somebody pushes to units, and is cut off behind the first operation on such a key.
async fn cut_off_behind(world: &World, prefix: &'static str, extra: &str) {
    let mut is_cut = false;
    world.bucket.fault_on(move |_, key| {
        let fault = is_cut.then_some(Fault::Before);
        is_cut |= key.contains(prefix);
        fault
    });
    let contents = vec![content("acme/units", &[], &[], extra)];
    let cut = push::push(&world.store, &world.user, &Upload { contents, deps: Vec::new() }).await;
    assert!(cut.is_err());
    world.bucket.heal();
}

#[tokio::test(start_paused = true)]
async fn a_cut_off_push_leaves_a_label_that_has_moved_on() {
    let world = World::new().await;
    let push = |extra: &'static str| world.push(vec![content("acme/units", &[], &[], extra)], &[]);
    push("message A {}").await;
    cut_off_behind(&world, "pushes/", "message B {}").await;
    let newer = push("message C {}").await.commits.remove(0);
    tokio::time::sleep(Duration::from_secs(61)).await;
    push::finish_pushes(&world.store, 10).await.unwrap();
    let head = head(&world, "acme/units").await.unwrap();
    assert_eq!(head.id, newer.id);
}

/// The ids of all commits that anybody can find: in the log of a module, or by their id.
async fn found(world: &World) -> BTreeSet<CommitId> {
    let mut found = BTreeSet::new();
    for name in ["acme/units", "acme/weather", "acme/app"] {
        let seen = seen(&world.store, &module(name)).await;
        let (commits, _) =
            modules::list_commits(&world.store, &seen, None, 100, true).await.unwrap();
        found.extend(commits.into_iter().map(|commit| commit.id));
    }
    for key in world.bucket.keys().iter().filter(|key| key.starts_with("ids/")) {
        let record: serde_json::Value =
            serde_json::from_slice(&world.bucket.peek(key).unwrap()).unwrap();
        let id: CommitId = record["data"]["id"].as_str().unwrap().parse().unwrap();
        if let Ok((_, commit)) = modules::commit_by_id(&world.store, &Credentials::None, &id).await
        {
            found.insert(commit.id);
        }
    }
    found
}

/// Cuts a push off at every bucket operation: of one that did not take place no commit is seen, and of one
/// that did, all are seen when the sweep has finished it.
#[tokio::test(start_paused = true)]
async fn a_push_that_did_not_take_place_has_no_commits() {
    let contents = |extra: &str| {
        vec![
            content("acme/weather", &[], &["units.proto"], extra),
            content("acme/units", &["feature", "main"], &[], extra),
        ]
    };
    let (mut none, mut all) = (0, 0);
    for operations in 0.. {
        let world = World::new().await;
        world.push(contents("message Old {}"), &[]).await;
        let before = found(&world).await;
        world.bucket.fail_after(operations);
        let upload = Upload { contents: contents("message New {}"), deps: Vec::new() };
        let pushed = push::push(&world.store, &world.user, &upload).await;
        world.bucket.heal();
        let took_place = world.bucket.keys().iter().any(|key| key.starts_with("pushes/"));
        if !took_place && pushed.is_err() {
            assert_eq!(found(&world).await, before, "cut off after {operations} operations");
            none += 1;
        }
        tokio::time::sleep(Duration::from_secs(61)).await;
        push::finish_pushes(&world.store, 10).await.unwrap();
        let expected = if took_place || pushed.is_ok() { 2 } else { 0 };
        let after = found(&world).await;
        assert_eq!(after.difference(&before).count(), expected, "after {operations} operations");
        for name in ["acme/units", "acme/weather"] {
            let grant = seen(&world.store, &module(name)).await;
            for head in modules::labels(&world.store, &grant, Archived::No).await.unwrap() {
                assert!(after.contains(&head.commit));
            }
        }
        all += usize::from(took_place);
        if pushed.is_ok() {
            break;
        }
    }
    assert!(none > 0 && all > 0, "{none} {all}");
}

/// A push that cannot be finished keeps those behind it waiting no longer than itself.
#[tokio::test(start_paused = true)]
async fn a_push_that_cannot_be_finished_keeps_no_other_waiting() {
    let world = World::new().await;
    let options = PutOptions { media_type: "application/json", ..PutOptions::default() };
    let broken = "pushes/00000000000000000000000000000000.json";
    world.bucket.put(broken, b"{}".to_vec(), Condition::Absent, options).await.unwrap();
    cut_off_behind(&world, "pushes/", "message B {}").await;
    let pushes = world.bucket.keys().iter().filter(|key| key.starts_with("pushes/")).count();
    assert_eq!(pushes, 2);
    tokio::time::sleep(Duration::from_secs(61)).await;
    let told = push::finish_pushes(&world.store, 10).await;
    assert!(matches!(told, Err(Error::Bucket(_))), "{told:?}");
    assert!(head(&world, "acme/units").await.is_ok());
    let left = world.bucket.keys();
    assert_eq!(left.iter().filter(|key| key.starts_with("pushes/")).collect::<Vec<_>>(), [broken]);
}
