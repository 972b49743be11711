//! What caching proxies ask, which give up earlier than package managers and then ask the registry nothing for minutes.

mod common;

use common::{Generator, Seen, World, run};
use std::time::Duration;

const GO: &str = "/gen/go/reg.example.com/gen/go/acme/units/protocolbuffers/go";
const NPM: &str = "/gen/npm/v1/@protoedge%2facme_units.bufbuild_es";

/// Some that are known, and one that is not.
const PROXIES: [&str; 4] = [
    "Nexus/3.84.0-03 (OSS; Linux)",
    "Artifactory/7.111.4",
    "npm (verdaccio/6.10.4)",
    "another/1.0",
];

async fn world(generator: Generator) -> World {
    let world = World::new(generator).await;
    world.push("acme/units", &[], "message A {}", &[]).await;
    world
}

async fn zip(world: &World) -> String {
    let list = world.get(&format!("{GO}/@v/list")).await.text();
    format!("{GO}/@v/{}.zip", list.lines().last().unwrap())
}

/// Follows redirects as proxies do; gives the last reply and how many seconds each request took.
async fn follow(world: &World, method: &str, agent: &str, url: &str) -> (Seen, Vec<i64>) {
    let mut url = url.to_owned();
    let mut waits = Vec::new();
    loop {
        let before = world.now();
        let seen = world.send(method, &url, &[("user-agent", agent)], Vec::new()).await;
        waits.push(world.now() - before);
        if seen.status != 307 {
            return (seen, waits);
        }
        assert_eq!(seen.header("cache-control"), Some("no-store"));
        url = seen.header("location").unwrap().to_owned();
    }
}

#[test]
fn a_proxy_waits_twelve_seconds_for_one_reply() {
    for agent in PROXIES {
        for method in ["GET", "HEAD"] {
            run(async move {
                let world = world(Generator::Makes(Duration::from_secs(100))).await;
                let zip = zip(&world).await;
                for url in [zip.as_str(), NPM] {
                    let (seen, waits) = follow(&world, method, agent, url).await;
                    assert_eq!(seen.status, 200, "{agent}, {method} {url}: {}", seen.text());
                    assert!(
                        waits.iter().all(|wait| *wait <= 12),
                        "{agent}, {method} {url}: {waits:?}"
                    );
                    assert!(waits.iter().sum::<i64>() >= 100, "{agent}, {method} {url}: {waits:?}");
                    assert_eq!(seen.body.is_empty(), method == "HEAD", "{agent}, {method} {url}");
                }
                // One for each of them, however it was asked for.
                assert_eq!(world.jobs().len(), 2, "{agent}, {method}");
            });
        }
    }
}
