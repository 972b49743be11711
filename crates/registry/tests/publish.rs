//! npm lists an SDK only after all that it pins.

use protoedge_registry::catalogue;
use protoedge_registry::generation;
use protoedge_registry::packages;
mod common;

use common::{WAITS, World, content, file_of, hashes};
use protoedge_registry::{GenerationState, Key, Requested};
use protoedge_sdk::{Failure, FailureKind, Sdk};
use protoedge_storage::{Bucket, Condition, PutOptions};
use std::time::Duration;

async fn put(world: &World, sdk: &Sdk) -> bool {
    packages::put_file(&world.store, sdk, file_of(sdk), b"bytes".to_vec(), &hashes(b"bytes"), None)
        .await
        .unwrap();
    let published = catalogue::catalogue(&world.store).await.unwrap();
    packages::publish(&world.store, sdk, &published.catalogue).await.unwrap().is_listed
}

async fn sdk(world: &World, plugin: &str, commit: &protoedge_registry::Commit) -> Sdk {
    let published = catalogue::catalogue(&world.store).await.unwrap();
    let entry = published.catalogue.newest(&plugin.parse().unwrap(), |_| true).unwrap();
    Sdk::new(entry, &commit.locked())
}

/// units <- weather, by es and by connect-es, which pins es.
async fn weather() -> (World, Vec<Sdk>) {
    let world = World::with_catalogue().await;
    let contents = vec![
        content("acme/units", &[], &[], ""),
        content("acme/weather", &[], &["units.proto"], ""),
    ];
    let commits = world.push(contents, &[]).await.commits;
    let mut sdks = Vec::new();
    for commit in &commits {
        for plugin in ["bufbuild/es", "connectrpc/es"] {
            sdks.push(sdk(&world, plugin, commit).await);
        }
    }
    (world, sdks)
}

async fn listed(world: &World, sdk: &Sdk) -> bool {
    let module = common::seen(&world.store, &sdk.module).await;
    let listing = packages::listing(&world.store, &module, &sdk.package()).await.unwrap();
    assert_eq!(
        listing.get(&sdk.version).is_some(),
        packages::is_listed(&world.store, sdk).await.unwrap()
    );
    listing.get(&sdk.version).is_some()
}

#[tokio::test(start_paused = true)]
async fn the_closure_is_listed_bottom_up_in_any_order_of_arrival() {
    // [units es, units connect, weather es, weather connect]
    let orders = [[0, 1, 2, 3], [3, 2, 1, 0], [3, 0, 2, 1], [2, 3, 1, 0], [1, 3, 0, 2]];
    for order in orders {
        let (world, sdks) = weather().await;
        let pins: [&[usize]; 4] = [&[], &[0], &[0], &[0, 1, 2]];
        let mut stored = Vec::new();
        for n in order {
            put(&world, &sdks[n]).await;
            stored.push(n);
            for (n, sdk) in sdks.iter().enumerate() {
                let is_due = stored.contains(&n) && pins[n].iter().all(|pin| stored.contains(pin));
                assert_eq!(listed(&world, sdk).await, is_due, "{order:?}: {n} after {stored:?}");
            }
        }
        assert!(world.bucket.keys().iter().all(|key| !key.contains("/waiting/")));
    }
}

/// Cuts the publication that completes a closure off at every bucket operation: nothing is ever
/// listed before what it pins, and publishing once more lists all.
#[tokio::test(start_paused = true)]
async fn a_publication_that_is_cut_off_is_finished_by_the_next() {
    for operations in 0.. {
        let (world, sdks) = weather().await;
        for n in [3, 2, 1] {
            put(&world, &sdks[n]).await;
        }
        let published = catalogue::catalogue(&world.store).await.unwrap();
        packages::put_file(
            &world.store,
            &sdks[0],
            file_of(&sdks[0]),
            b"bytes".to_vec(),
            &hashes(b"bytes"),
            None,
        )
        .await
        .unwrap();
        world.bucket.fail_after(operations);
        let cut = packages::publish(&world.store, &sdks[0], &published.catalogue).await;
        world.bucket.heal();
        let mut shown = Vec::new();
        for sdk in &sdks {
            let module = common::seen(&world.store, &sdk.module).await;
            let listing = packages::listing(&world.store, &module, &sdk.package()).await.unwrap();
            shown.push(listing.get(&sdk.version).is_some());
        }
        assert!(shown[0] || !shown[1..].contains(&true), "{operations}: {shown:?}");
        assert!(!shown[3] || shown[1] && shown[2], "{operations}: {shown:?}");
        // The generator brings the same artifact again, or the sweep looks after the orders.
        for sdk in &sdks {
            packages::publish(&world.store, sdk, &published.catalogue).await.unwrap();
        }
        for sdk in &sdks {
            assert!(listed(&world, sdk).await, "{operations}");
        }
        if cut.is_ok() {
            break;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn folding_keeps_the_list_and_makes_it_two_operations() {
    let (world, sdks) = weather().await;
    for sdk in &sdks {
        put(&world, sdk).await;
    }
    let package = sdks[2].package();
    let module = common::seen(&world.store, &package.module).await;
    let before = packages::listing(&world.store, &module, &package).await.unwrap();
    assert!(before.has_pending());
    packages::compact(&world.store, &package, &before).await.unwrap();
    let operations = world.bucket.operations();
    let after = packages::listing(&world.store, &module, &package).await.unwrap();
    assert_eq!(world.bucket.operations() - operations, 2);
    assert!(!after.has_pending());
    assert!(after.versions().eq(before.versions()));
    // Who compacts what was compacted already changes nothing.
    packages::compact(&world.store, &package, &before).await.unwrap();
    assert_eq!(packages::listing(&world.store, &module, &package).await.unwrap(), after);
}

/// Lists that older versions of the software wrote name no repositories.
#[tokio::test(start_paused = true)]
async fn what_is_listed_keeps_its_repository_and_may_have_none() {
    const REPOSITORY: &str = "https://github.com/acme/units";
    let world = World::with_catalogue().await;
    let mut pushed = content("acme/units", &[], &[], "");
    pushed.source_control_url = format!("{REPOSITORY}/commit/0123456");
    let commits = world.push(vec![pushed], &[]).await.commits;
    let sdk = sdk(&world, "bufbuild/es", &commits[0]).await;
    put(&world, &sdk).await;
    let package = sdk.package();
    let module = common::seen(&world.store, &package.module).await;
    let list = async || packages::listing(&world.store, &module, &package).await.unwrap();
    packages::compact(&world.store, &package, &list().await).await.unwrap();
    let listed = list().await.get(&sdk.version).unwrap().clone();
    assert_eq!(listed.repository.as_deref(), Some(REPOSITORY));
    let path = Key::Index(&package).path();
    let index = world.bucket.whole(&path).await.unwrap().unwrap().0;
    let index = String::from_utf8(index.to_vec()).unwrap();
    let older = index.replace(&format!(",\"repository\":\"{REPOSITORY}\""), "");
    assert!(older.len() < index.len() && !older.contains("repository"), "{older}");
    let options = PutOptions::default();
    world.bucket.put(&path, older.into_bytes(), Condition::Always, options).await.unwrap();
    let older = list().await.get(&sdk.version).unwrap().clone();
    assert_eq!(older, protoedge_registry::Published { repository: None, ..listed });
}

#[tokio::test(start_paused = true)]
async fn of_many_who_ask_one_sends() {
    let (world, sdks) = weather().await;
    let asks = (0..50).map(|_| generation::request(&world.store, &sdks[0], WAITS));
    let answers = futures::future::join_all(asks).await;
    let sent = answers.iter().filter(|it| matches!(it, Ok(Requested::Send { .. }))).count();
    assert_eq!(sent, 1);
}

#[tokio::test(start_paused = true)]
async fn a_failure_counts_only_for_the_job_that_is_named() {
    let (world, sdks) = weather().await;
    let Requested::Send { job, .. } =
        generation::request(&world.store, &sdks[0], WAITS).await.unwrap()
    else {
        panic!()
    };
    generation::order(&world.store, &sdks[0]).await.unwrap();
    let failure =
        Failure { kind: FailureKind::Rejected, message: "no".into(), generator: "1".into() };
    assert_eq!(
        generation::failed(&world.store, &sdks[0], "another", &failure, "1").await.unwrap(),
        None
    );
    assert!(
        generation::failed(&world.store, &sdks[0], &job, &failure, "1").await.unwrap().is_some()
    );
    assert!(matches!(
        generation::state(
            &world.store,
            &common::seen(&world.store, &sdks[0].module).await,
            &sdks[0]
        )
        .await,
        Ok(Some(GenerationState::Rejected { .. }))
    ));
    assert_eq!(generation::oldest_orders(&world.store, 10).await.unwrap(), []);
    // A stored artifact beats every state.
    assert!(put(&world, &sdks[0]).await);
    assert_eq!(
        generation::state(
            &world.store,
            &common::seen(&world.store, &sdks[0].module).await,
            &sdks[0]
        )
        .await
        .unwrap(),
        Some(GenerationState::Done)
    );
}

#[tokio::test(start_paused = true)]
async fn a_push_orders_what_is_in_use() {
    let (world, sdks) = weather().await;
    packages::note_usage(&world.store, &sdks[2]).await.unwrap();
    let push =
        |extra: &'static str| world.push(vec![content("acme/weather", &[], &[], extra)], &[]);
    let pushed = push("message New {}").await;
    assert_eq!(pushed.orders, [sdk(&world, "bufbuild/es", &pushed.commits[0]).await]);
    assert_eq!(generation::oldest_orders(&world.store, 10).await.unwrap().len(), 1);
    tokio::time::sleep(Duration::from_secs(91 * 24 * 60 * 60)).await;
    assert_eq!(push("message Newer {}").await.orders, []);
}
