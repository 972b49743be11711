//! What the cache in front of the registry is told to forget, and when.

mod common;

use common::{
    Generator, Seen, World,
    people::{Scene, scene},
    run,
};
use protoedge_bufapi::proto::buf::registry::module::v1::ModuleVisibility;
use protoedge_edge::{Purged, PurgedReplies};
use protoedge_storage::{Bucket, Condition, Fault, PutOptions};
use serde_json::json;
use std::time::Duration;

/// Longer than a change's own purge is apart from the second one.
const LATER: Duration = Duration::from_secs(61);

/// A registry with the public module `wonder/base` of olga's.
async fn with_module() -> Scene {
    let scene = scene().await;
    scene.make_module("olga", "wonder/base", ModuleVisibility::Public).await;
    scene
}

fn tagged(tags: &[&str]) -> PurgedReplies {
    PurgedReplies::Tagged(tags.iter().map(|tag| (*tag).to_owned()).collect())
}

/// What the cache was told since the last look.
fn calls(world: &World) -> Vec<PurgedReplies> {
    std::mem::take(&mut world.purges().calls)
}

/// What is told to be forgotten now and in the next hour of scheduled runs.
async fn calls_within_an_hour(world: &World) -> Vec<PurgedReplies> {
    for _ in 0..60 {
        world.sweep().await;
        tokio::time::sleep(LATER).await;
    }
    calls(world)
}

async fn purge(world: &World, body: serde_json::Value) -> Seen {
    let headers = [("authorization", "Bearer admintoken")];
    world.send("POST", "/-/admin/purges", &headers, body.to_string().into()).await
}

#[test]
fn what_is_made_private_is_forgotten_at_once_and_a_minute_later() {
    run(async {
        let scene = with_module().await;
        let world = &scene.world;
        assert_eq!(scene.set_visibility("olga", "wonder/base", "private").await.status, 200);
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(calls(world), [tagged(&["m:wonder/base"])]);
        // The second one takes out what machines that remembered the module put in meanwhile.
        world.sweep().await;
        assert_eq!(calls(world), []);
        tokio::time::sleep(LATER).await;
        world.sweep().await;
        assert_eq!(calls(world), [tagged(&["m:wonder/base"])]);
        assert_eq!(calls_within_an_hour(world).await, []);
        // What is public again is nobody's secret.
        assert_eq!(scene.set_visibility("olga", "wonder/base", "public").await.status, 200);
        assert_eq!(calls_within_an_hour(world).await, []);
    });
}

#[test]
fn what_the_cache_refuses_is_tried_until_it_succeeds() {
    run(async {
        let scene = with_module().await;
        let world = &scene.world;
        world.purges().answers = vec![Err("rate limited".to_owned()); 3].into();
        world.take_log();
        assert_eq!(scene.set_visibility("olga", "wonder/base", "private").await.status, 200);
        for _ in 0..4 {
            world.sweep().await;
        }
        // Three that were refused and the first that was not.
        assert_eq!(calls(world), vec![tagged(&["m:wonder/base"]); 4]);
        let log = world.take_log().join("\n");
        assert_eq!(log.matches("rate limited").count(), 3, "{log}");
        assert_eq!(calls_within_an_hour(world).await, [tagged(&["m:wonder/base"])]);
    });
}

#[test]
fn a_request_that_is_cut_off_leaves_the_purge_to_the_scheduled_runs() {
    run(async {
        let scene = with_module().await;
        let world = &scene.world;
        // The wish is there before the module is changed.
        let mut is_wanted = false;
        world.bucket.fault_on(move |_, key| {
            is_wanted |= key.starts_with("purges/");
            (is_wanted && key.ends_with("base/module.json")).then_some(Fault::Before)
        });
        assert_eq!(scene.set_visibility("olga", "wonder/base", "private").await.status, 503);
        world.bucket.heal();
        world.sweep().await;
        assert_eq!(calls(world), [tagged(&["m:wonder/base"])]);
    });
}

#[test]
fn many_are_purged_by_few_calls_the_most_urgent_first() {
    run(async {
        let world = World::new(Generator::Away).await;
        let modules = |from: usize, to: usize| -> Vec<String> {
            (from..to).map(|n| format!("acme/m{n:03}")).collect()
        };
        world.purges().answers = vec![Err("rate limited".to_owned()); 3].into();
        for (from, to) in [(0, 100), (100, 200), (200, 300)] {
            let seen = purge(&world, json!({ "modules": modules(from, to) })).await;
            assert_eq!(seen.status, 503, "{}", seen.text());
            assert!(seen.text().contains("rate limited"), "{}", seen.text());
        }
        calls(&world);
        world.sweep().await;
        let sizes = |calls: &[PurgedReplies]| -> Vec<usize> {
            let size = |call: &PurgedReplies| match call {
                PurgedReplies::All => 0,
                PurgedReplies::Tagged(tags) => tags.len(),
            };
            calls.iter().map(size).collect()
        };
        assert_eq!(sizes(&calls(&world)), [100, 100, 100]);
        world.sweep().await;
        assert!(calls(&world).is_empty());
        // All of it is one call.
        assert_eq!(purge(&world, json!({ "everything": true })).await.status, 200);
        assert_eq!(calls(&world), [PurgedReplies::All]);
    });
}

/// The keys of the wishes that are kept.
fn wishes(world: &World) -> Vec<String> {
    world.bucket.keys().into_iter().filter(|key| key.starts_with("purges/")).collect()
}

#[test]
fn more_than_a_run_can_name_are_forgotten_with_all_the_rest() {
    run(async {
        let world = World::new(Generator::Away).await;
        world.purges().answers = vec![Err("rate limited".to_owned()); 20].into();
        for n in 0..20 {
            let modules: Vec<String> = (0..60).map(|m| format!("acme/m{n}-{m}")).collect();
            assert_eq!(purge(&world, json!({ "modules": modules })).await.status, 503);
        }
        assert_eq!(wishes(&world).len(), 1200);
        calls(&world);
        let before = world.bucket.operations();
        world.sweep().await;
        assert_eq!(calls(&world), [PurgedReplies::All]);
        let operations = world.bucket.operations() - before;
        assert!(operations < 50, "{operations} operations");
        assert_eq!(wishes(&world).len(), 1);
        assert_eq!(calls_within_an_hour(&world).await, [PurgedReplies::All]);
        assert_eq!(wishes(&world), [] as [&str; 0]);
    });
}

#[test]
fn a_wish_that_cannot_be_read_is_taken_for_everything() {
    run(async {
        let world = World::new(Generator::Away).await;
        let options = || PutOptions { media_type: "application/json", ..PutOptions::default() };
        let odd =
            PutOptions { metadata: [("scope".into(), "owner:acme".into())].into(), ..options() };
        for (key, options) in [("purges/1-withheld/a.json", options()), ("purges/9-odd", odd)] {
            world.bucket.put(key, "{}".into(), Condition::Always, options).await.unwrap();
        }
        assert_eq!(calls_within_an_hour(&world).await, vec![PurgedReplies::All; 2]);
        assert_eq!(wishes(&world), [] as [&str; 0]);
    });
}

#[test]
fn administrators_see_what_was_purged() {
    run(async {
        let world = World::new(Generator::Away).await;
        let seen = purge(&world, json!({ "modules": ["acme/units", "acme/weather"] })).await;
        let wanted = json!({ "purged": ["m:acme/units", "m:acme/weather"], "has_cache": true });
        assert_eq!(seen.json(), wanted);
        tokio::time::sleep(LATER).await;
        world.sweep().await;
        world.purges().answers = [Ok(Purged::NoCache)].into();
        let seen = purge(&world, json!({ "everything": true })).await;
        assert_eq!(seen.json(), json!({ "purged": ["all"], "has_cache": false }));
        let log = world.take_log().join("\n");
        assert!(log.contains("nothing in front of this registry keeps replies"), "{log}");
        for body in [
            json!({}),
            json!({ "everything": false }),
            json!({ "modules": [] }),
            json!({ "modules": ["acme"] }),
            json!({ "modules": ["acme/units"], "everything": true }),
        ] {
            let seen = purge(&world, body.clone()).await;
            assert_eq!(seen.status, 400, "{body}: {}", seen.text());
            assert!(seen.text().contains("everything"), "{body}: {}", seen.text());
        }
    });
}

#[test]
fn all_is_forgotten_when_callers_must_sign_in_from_now_on() {
    run(async {
        let world = World::new(Generator::Away).await;
        assert_eq!(calls_within_an_hour(&world).await, []);
        let closed = world.configured(|config| config.requires_sign_in = true);
        // Now, and once more: a machine with the former setting may have answered meanwhile.
        assert_eq!(calls_within_an_hour(&closed).await, [PurgedReplies::All, PurgedReplies::All]);
        assert_eq!(calls_within_an_hour(&closed).await, []);
        assert_eq!(calls_within_an_hour(&world).await, []);
        let closed = world.configured(|config| config.requires_sign_in = true);
        assert_eq!(calls_within_an_hour(&closed).await.len(), 2);
    });
}

#[test]
fn the_visibility_of_a_module_is_changed_a_few_times_an_hour() {
    run(async {
        let scene = with_module().await;
        for n in 0..10 {
            let visibility = if n % 2 == 0 { "private" } else { "public" };
            let seen = scene.set_visibility("olga", "wonder/base", visibility).await;
            assert_eq!(seen.status, 200, "{n}: {}", seen.text());
        }
        tokio::time::sleep(Duration::from_secs(600)).await;
        let seen = scene.set_visibility("olga", "wonder/base", "private").await;
        assert_eq!(seen.status, 429, "{}", seen.text());
        assert!(seen.text().contains("try again in 50 minutes"), "{}", seen.text());
        assert_eq!(seen.header("retry-after"), Some("3000"));
        // To leave it as it is is no change, and other modules have their own count.
        let seen = scene.set_visibility("olga", "wonder/base", "public").await;
        assert_eq!(seen.status, 200, "{}", seen.text());
        tokio::time::sleep(Duration::from_secs(3001)).await;
        let seen = scene.set_visibility("olga", "wonder/base", "private").await;
        assert_eq!(seen.status, 200, "{}", seen.text());
    });
}

#[test]
fn leaving_a_module_private_takes_no_purge() {
    run(async {
        let scene = with_module().await;
        for _ in 0..50 {
            let seen = scene.set_visibility("olga", "wonder/base", "private").await;
            assert_eq!(seen.status, 200, "{}", seen.text());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let base = || tagged(&["m:wonder/base"]);
        assert_eq!(calls_within_an_hour(&scene.world).await, [base(), base()]);
    });
}

#[test]
fn modules_that_one_call_makes_private_take_one_purge() {
    run(async {
        let scene = scene().await;
        let names: Vec<String> = (0..8).map(|n| format!("wonder/m{n}")).collect();
        for name in &names {
            scene.make_module("olga", name, ModuleVisibility::Public).await;
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let seen = scene.update_all("olga", &names, ModuleVisibility::Private).await;
        assert_eq!(seen.status, 200, "{}", seen.text());
        tokio::time::sleep(Duration::from_millis(1)).await;
        let tags: Vec<String> = names.iter().map(|name| format!("m:{name}")).collect();
        assert_eq!(calls(&scene.world), [PurgedReplies::Tagged(tags)]);
    });
}
