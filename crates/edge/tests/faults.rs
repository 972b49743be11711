//! Clients succeed while the bucket fails now and then, and whatever becomes of webhooks.

mod common;

use common::{ADMIN, Generator, UPLOAD, World, run, upload};
use prost::Message;
use protoedge_bufapi::proto::buf::registry::module::v1::UploadResponse;
use protoedge_storage::{Fault, testing::random};
use std::time::Duration;

const GO: &str = "/gen/go/reg.example.com/gen/go/acme/units/protocolbuffers/go";
const NPM: &str = "/gen/npm/v1/@protoedge%2facme_weather.connectrpc_es";

fn makes(seconds: u64) -> Generator {
    Generator::Makes(Duration::from_secs(seconds))
}

/// What a `go get` asks for, one after the other.
async fn go_get(world: &World) -> Result<(), String> {
    let latest = world.follow(&format!("{GO}/@latest")).await.0;
    if latest.status != 200 {
        return Err(format!("@latest {}: {}", latest.status, latest.text()));
    }
    let version = latest.json()["Version"].as_str().unwrap().to_owned();
    for end in ["info", "mod", "zip"] {
        let seen = world.follow(&format!("{GO}/@v/{version}.{end}")).await.0;
        if seen.status != 200 {
            return Err(format!("{end} {}: {}", seen.status, seen.text()));
        }
    }
    Ok(())
}

/// What an `npm install` asks for.
async fn npm_install(world: &World) -> Result<(), String> {
    let document = world.follow(NPM).await.0;
    if document.status != 200 {
        return Err(format!("packument {}: {}", document.status, document.text()));
    }
    let document = document.json();
    let latest = document["dist-tags"]["latest"].as_str().unwrap();
    let tarball = document["versions"][latest]["dist"]["tarball"].as_str().unwrap();
    let path = tarball.strip_prefix("https://edge.example.com").unwrap();
    let seen = world.follow(path).await.0;
    if seen.status == 200 { Ok(()) } else { Err(format!("tarball {}", seen.status)) }
}

async fn push(world: &World, module: &str, text: &str, deps: &[String]) -> Result<String, String> {
    let seen = world.call_as(ADMIN, UPLOAD, &upload(module, &[], text, deps)).await;
    if seen.status != 200 {
        return Err(format!("push {}: {}", seen.status, seen.text()));
    }
    Ok(UploadResponse::decode(seen.body.as_slice()).unwrap().commits[0].id.clone())
}

#[test]
fn one_operation_in_twenty_fails_and_every_command_succeeds() {
    let mut outcomes = Vec::new();
    for seed in 1..=25_u64 {
        run(async {
            let world = World::new(makes(2)).await;
            let mut random = random(seed);
            world.bucket.fault(move |_| {
                let drawn = random();
                let fault = if drawn & 0x100 == 0 { Fault::Before } else { Fault::After };
                drawn.is_multiple_of(20).then_some(fault)
            });
            let units = push(&world, "acme/units", "message A {}", &[]).await;
            let deps: Vec<String> = units.iter().cloned().collect();
            outcomes.push(units.map(drop));
            let text = "import \"units.proto\";\nmessage W {}";
            outcomes.push(push(&world, "acme/weather", text, &deps).await.map(drop));
            for _ in 0..3 {
                outcomes.push(go_get(&world).await);
                outcomes.push(npm_install(&world).await);
            }
            world.bucket.heal();
        });
    }
    let failed: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
    println!("{} of {} commands succeeded", outcomes.len() - failed.len(), outcomes.len());
    assert!(failed.is_empty(), "{failed:?}");
}

#[test]
fn whatever_becomes_of_a_webhook_the_client_is_served() {
    let late = Generator::Late(Duration::from_secs(12));
    let twice = Generator::Twice(Duration::from_secs(3));
    for (why, generator, jobs) in [
        ("unreachable at first", Generator::Away, 1..=1),
        ("answered 500 at first", Generator::Answers(500), 1..=1),
        ("full at first", Generator::Answers(429), 1..=1),
        ("lost at first", Generator::Loses, 2..=4),
        ("delivered twice", twice, 1..=1),
        ("delivered late", late, 1..=3),
    ] {
        run(async {
            let world = World::new(generator.clone()).await;
            world.push("acme/units", &[], "message A {}", &[]).await;
            let mends = async {
                tokio::time::sleep(Duration::from_secs(8)).await;
                if !matches!(generator, Generator::Twice(_) | Generator::Late(_)) {
                    world.set_generator(makes(1));
                }
            };
            let (seen, ()) = futures::future::join(go_get(&world), mends).await;
            assert_eq!(seen, Ok(()), "{why}");
            assert!(jobs.contains(&world.jobs().len()), "{why}: {} jobs", world.jobs().len());
            tokio::time::sleep(Duration::from_secs(60)).await;
            world.sweep().await;
            assert!(world.bucket.keys().iter().all(|key| !key.starts_with("orders/")), "{why}");
        });
    }
}
