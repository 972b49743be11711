//! What is asked for archives: exact versions, what stands for them, and what every plugin has.

mod common;

use common::{Generator, Seen, World, run};
use protoedge_sdk::Ecosystem;
use serde_json::json;
use std::time::Duration;

const GO: &str = "/gen/archive/acme/weather/protocolbuffers/go";

fn makes() -> Generator {
    Generator::Makes(Duration::from_secs(1))
}

/// A module that depends on another, and besides the usual plugins one that is for archives alone, and one whose Go code is.
async fn world(generator: Generator) -> (World, String) {
    let world = World::new(generator).await;
    let entry = |name: &str,
                 version: &str,
                 deps: serde_json::Value,
                 registry: serde_json::Value| {
        json!({
            "version": "v1", "name": name, "plugin_version": version, "revision": 1, "deps": deps,
            "registry": registry, "install": {"file": {"path": "/plugin"}},
        })
    };
    let go = json!([{"plugin": "protocolbuffers/go:v1.36.0", "revision": 1}]);
    let entries = [
        entry("protocolbuffers/go", "v1.36.0", json!([]), json!({"go": {"min_version": "1.23"}})),
        entry("community/helper", "v0.6.0", go, json!({"go": {}, "archive": {}, "opts": ["a=b"]})),
        entry("community/doc", "v1.5", json!([]), json!({"archive": {}})),
        entry("community/doc", "v1.6", json!([]), json!({"archive": {}})),
    ];
    let body = json!({"generator": "1", "entries": entries}).to_string();
    let headers = [("authorization", "Bearer admintoken")];
    let seen = world.send("PUT", "/-/admin/catalogue", &headers, body.into()).await;
    assert_eq!(seen.status, 200, "{}", seen.text());
    let units = world.push("acme/units", &[], "message Unit {}", &[]).await;
    let weather = "import \"units.proto\";\nmessage Weather { Unit unit = 1; }";
    let commit = world.push("acme/weather", &[], weather, &[units]).await;
    (world, commit)
}

fn led_to(seen: &Seen) -> String {
    assert_eq!(seen.status, 302, "{}", seen.text());
    seen.header("location").unwrap().to_owned()
}

#[test]
fn what_stands_for_a_version_leads_to_it() {
    run(async {
        let (world, commit) = world(makes()).await;
        let exact = format!("{GO}/v1.36.0-{}.1", &commit[..12]);
        for reference in ["latest", "main", &commit, &commit[..12]] {
            for ending in [".tar.gz", ".zip"] {
                let seen = world.get(&format!("{GO}/{reference}{ending}")).await;
                assert_eq!(led_to(&seen), format!("{exact}{ending}"), "{reference}");
                assert_eq!(seen.header("cache-control"), Some("public, no-cache"));
            }
        }
        assert!(world.jobs().is_empty(), "nothing is made of that");
        for (ending, media_type) in [(".zip", "application/zip"), (".tar.gz", "application/gzip")] {
            let (seen, _) = world.follow(&format!("{exact}{ending}")).await;
            assert_eq!((seen.status, seen.header("content-type")), (200, Some(media_type)));
            assert!(seen.header("cache-control").unwrap().ends_with("immutable"));
        }
        let jobs = world.jobs();
        assert_eq!(jobs.len(), 1, "both are of one job, and what it depends on is not made");
        assert_eq!(jobs[0].sdk.ecosystem, Ecosystem::Archive);
    });
}

#[test]
fn labels_may_have_slashes_and_no_time() {
    run(async {
        let (world, first) = world(makes()).await;
        let text = "message Weather { string other = 1; }";
        let commit = world.push("acme/weather", &["feature/x.y"], text, &[]).await;
        assert_ne!(commit, first);
        let seen = world.get(&format!("{GO}/feature/x.y.zip")).await;
        let exact = led_to(&seen);
        assert_eq!(exact, format!("{GO}/v1.36.0-{}.1.zip", &commit[..12]));
        assert_eq!(world.follow(&exact).await.0.status, 200);
        assert_eq!(
            led_to(&world.get(&format!("{GO}/latest.zip")).await),
            format!("{GO}/v1.36.0-{}.1.zip", &first[..12])
        );
    });
}

#[test]
fn a_plugin_may_be_for_archives_alone() {
    run(async {
        let (world, commit) = world(makes()).await;
        let short = &commit[..12];
        for (plugin, version, manifest) in [
            ("community/doc", "v1.6.0", ""),
            (
                "community/helper",
                "v0.6.0",
                "module reg.example.com/gen/go/acme/weather/community/helper\n",
            ),
        ] {
            let at = format!("/gen/archive/acme/weather/{plugin}");
            let exact = led_to(&world.get(&format!("{at}/main.zip")).await);
            assert_eq!(exact, format!("{at}/{version}-{short}.1.zip"));
            let (seen, _) = world.follow(&exact).await;
            assert_eq!(seen.status, 200, "{}", seen.text());
            let job = world.jobs().last().unwrap().clone();
            assert!(job.sdk.manifest.starts_with(manifest), "{}", job.sdk.manifest);
            assert_eq!(job.plugin.name.to_string(), format!("{plugin}+archive"));
        }
        assert_eq!(world.jobs().len(), 2);
        // It is no package of Go's.
        let seen =
            world.get("/gen/go/reg.example.com/gen/go/acme/weather/community/helper/@latest");
        assert_eq!(seen.await.status, 404);
        // An older version is had by its number, also as the plugin writes it.
        let at = "/gen/archive/acme/weather/community/doc";
        let exact = led_to(&world.get(&format!("{at}/v1.5-{short}.1.zip")).await);
        assert_eq!(exact, format!("{at}/v1.5.0-{short}.1.zip"));
        assert_eq!(world.follow(&exact).await.0.status, 200);
    });
}

#[test]
fn what_is_not_there_is_not_there() {
    run(async {
        let (world, commit) = world(makes()).await;
        for (url, status) in [
            (format!("{GO}/nolabel.zip"), 404),
            (format!("{GO}/v1.36.0-{}.2.zip", &commit[..12]), 404),
            (format!("{GO}/v1.35.0-{}.1.zip", &commit[..12]), 404),
            (format!("{GO}/v1.36.0-0123456789ab.1.zip"), 404),
            (format!("{GO}/v1.36-0123456789ab.1.zip"), 404),
            (format!("{GO}/main.rar"), 404),
            (format!("{GO}/"), 404),
            ("/gen/archive/acme/none/protocolbuffers/go/main.zip".into(), 404),
            ("/gen/archive/acme/weather/protocolbuffers/none/main.zip".into(), 404),
            ("/gen/archive/acme/weather/protocolbuffers/go+archive/main.zip".into(), 404),
            (format!("{GO}/main.zip?imports=true&wkt=true"), 400),
        ] {
            let seen = world.get(&url).await;
            assert_eq!(seen.status, status, "{url}: {}", seen.text());
        }
        assert!(world.jobs().is_empty());
    });
}

#[test]
fn a_rejection_says_why() {
    run(async {
        let (world, _) = world(Generator::Rejects("weather.proto:3:1: no such luck")).await;
        let exact = led_to(&world.get(&format!("{GO}/main.zip")).await);
        let (seen, _) = world.follow(&exact).await;
        assert_eq!(seen.status, 422);
        assert!(seen.text().contains("weather.proto:3:1: no such luck"), "{}", seen.text());
    });
}

#[test]
fn a_push_makes_the_archives_that_are_in_use() {
    run(async {
        let (world, _) = world(makes()).await;
        let exact = led_to(&world.get(&format!("{GO}/main.zip")).await);
        assert_eq!(world.follow(&exact).await.0.status, 200);
        let commit = world.push("acme/weather", &[], "message New {}", &[]).await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        let made: Vec<String> = world.jobs().into_iter().map(|job| job.sdk.version).collect();
        assert_eq!(made.last().unwrap(), &format!("v1.36.0-{}.1", &commit[..12]));
        let seen = world.get(&led_to(&world.get(&format!("{GO}/main.tar.gz")).await)).await;
        assert_eq!(seen.status, 200, "nobody waits");
    });
}
