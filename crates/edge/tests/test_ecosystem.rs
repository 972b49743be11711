//! An ecosystem that is awkward on purpose goes the whole way: a push, jobs, publication, and what its clients read.

mod common;

use common::{ADMIN, Generator, World, run};
use protoedge_sdk::JobDep;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// A module that depends on another, and two plugins, of which one depends on the other and has a variant.
async fn world() -> World {
    let world = World::new(Generator::Makes(Duration::from_secs(1))).await;
    publish(&world, 1).await;
    let units = world.push("acme/units", &[], "message Unit {}", &[]).await;
    let weather = "import \"units.proto\";\nmessage Weather { Unit unit = 1; }";
    world.push("acme/weather", &[], weather, &[units]).await;
    world
}

async fn publish(world: &World, revision: u32) {
    let entry = |name: &str, deps: Value, test: Value| {
        json!({
            "version": "v1", "name": name, "plugin_version": "v1.0.0", "revision": revision, "deps": deps,
            "registry": {"test": test, "opts": ["plain"]}, "install": {"file": {"path": "/plugin"}},
        })
    };
    let base = json!([{"plugin": "a1/base:v1.0.0", "revision": revision}]);
    let entries = [
        entry("a1/base", json!([]), json!({"variants": {"lite": ["small", "fast"]}})),
        entry("a1/stubs", base, json!({})),
    ];
    let body = json!({"generator": "1", "entries": entries}).to_string();
    let headers = [("authorization", "Bearer admintoken")];
    let seen = world.send("PUT", "/-/admin/catalogue", &headers, body.into()).await;
    assert_eq!(seen.status, 200, "{}", seen.text());
}

fn index(package: &str) -> String {
    format!("/gen/test/{package}/index.json")
}

/// The versions that an index lists.
async fn listed(world: &World, package: &str) -> Vec<Value> {
    let (seen, _) = world.follow(&index(package)).await;
    assert_eq!(seen.status, 200, "{}", seen.text());
    seen.json()["versions"].as_array().unwrap().clone()
}

fn texts(versions: &[Value]) -> Vec<String> {
    versions.iter().map(|it| it["version"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn code_is_compiled_against_what_is_made_before_it() {
    run(async {
        let world = world().await;
        let versions = listed(&world, "acme_weather_a1_stubs").await;
        assert_eq!(versions.len(), 1, "{versions:?}");
        let version = versions[0]["version"].as_str().unwrap();
        let manifest = versions[0]["manifest"].as_str().unwrap();
        let first = format!("package acme_weather_a1_stubs {version}");
        assert_eq!(manifest.lines().next(), Some(first.as_str()));

        // Everything that the last job is compiled against was made by a job before it.
        let jobs = world.jobs();
        let made: Vec<(&str, &str)> =
            jobs.iter().map(|job| (job.sdk.package.as_str(), job.sdk.version.as_str())).collect();
        assert_eq!(made.len(), 4, "two modules by two plugins, each once: {made:?}");
        for (n, job) in jobs.iter().enumerate() {
            for JobDep { package, version, file } in &job.deps {
                assert_eq!(file, "code.bin");
                assert!(made[..n].contains(&(package, version)), "{package} before {}", made[n].0);
            }
        }
        let last = jobs.last().unwrap();
        let packages: Vec<&str> = last.deps.iter().map(|dep| dep.package.as_str()).collect();
        let pinned = ["acme_weather_a1_base", "acme_units_a1_stubs", "acme_units_a1_base"];
        assert_eq!(packages, pinned);
        let pins = manifest.lines().skip(1).map(|line| line.split(' ').nth(1).unwrap());
        assert_eq!(pins.collect::<Vec<_>>(), pinned);

        // Both files are served, and the code holds that of its dependencies.
        let file = |name| format!("/gen/test/acme_weather_a1_stubs/{version}/{name}");
        let code = world.get(&file("code.bin")).await;
        assert_eq!(
            (code.status, code.header("content-type")),
            (200, Some("application/octet-stream"))
        );
        for dep in &last.deps {
            let linked = format!("{}@{}", dep.package, dep.version);
            assert!(code.text().contains(&linked), "{linked} in {}", code.text());
        }
        assert_eq!(versions[0]["sha256"], hex::encode(Sha256::digest(&code.body)));
        let sources = world.get(&file("sources.txt")).await;
        assert_eq!((sources.status, sources.text()), (200, format!("code.bin of {version}")));
        assert_eq!(world.get(&file("other.txt")).await.status, 404);
        assert_eq!(world.jobs().len(), 4, "nothing is made twice");
    });
}

#[test]
fn a_plugin_makes_two_packages_with_options_of_their_own() {
    run(async {
        let world = world().await;
        for (package, options) in [
            ("acme_units_a1_base", vec!["plain"]),
            ("acme_units_a1_base_lite", vec!["fast", "small"]),
        ] {
            assert_eq!(listed(&world, package).await.len(), 1, "{package}");
            let job = world.jobs().pop().unwrap();
            assert_eq!(
                (job.sdk.package.as_str(), job.plugin.options),
                (package, options.into_iter().map(str::to_owned).collect())
            );
        }
        // From now on a push orders both.
        let before = world.jobs().len();
        world.push("acme/units", &[], "message Unit { int32 a = 1; }", &[]).await;
        tokio::time::sleep(Duration::from_secs(30)).await;
        let mut ordered: Vec<String> =
            world.jobs()[before..].iter().map(|job| job.sdk.package.clone()).collect();
        ordered.sort();
        assert_eq!(ordered, ["acme_units_a1_base", "acme_units_a1_base_lite"]);
        let (seen, hops) = world.follow(&index("acme_units_a1_base_other")).await;
        assert_eq!((seen.status, hops), (404, 0), "no such variant");
    });
}

#[test]
fn the_revision_counts_before_the_time() {
    run(async {
        let world = world().await;
        let package = "acme_units_a1_base";
        let first = texts(&listed(&world, package).await).pop().unwrap();
        world.push("acme/units", &[], "message Unit { int32 a = 1; }", &[]).await;
        let second = texts(&listed(&world, package).await).pop().unwrap();
        publish(&world, 2).await;
        let again = first.replacen("1.0.0.1.", "1.0.0.2.", 1);
        let (seen, _) = world.follow(&format!("/gen/test/{package}/{again}/code.bin")).await;
        assert_eq!(seen.status, 200, "{}", seen.text());
        let newest = second.replacen("1.0.0.1.", "1.0.0.2.", 1);
        assert_eq!(texts(&listed(&world, package).await), [first, second, again, newest]);
    });
}

#[test]
fn its_clients_are_redirected_and_challenged_as_they_need_it() {
    run(async {
        let world = world().await;
        world.set_generator(Generator::Makes(Duration::from_secs(60)));
        let started = world.now();
        let seen = world.get(&index("acme_units_a1_base")).await;
        assert_eq!((seen.status, world.now() - started), (307, 2), "it waits no longer");
        let location = seen.header("location").unwrap();
        assert!(
            location.starts_with(
                "https://edge.example.com/gen/test/acme_units_a1_base/index.json?w=1."
            ),
            "{location}"
        );

        let missing = index("acme_none_a1_base");
        let seen = world.get(&missing).await;
        assert_eq!(seen.status, 401, "{}", seen.text());
        assert!(seen.header("www-authenticate").is_some());
        let token = format!("Bearer {ADMIN}");
        let seen = world.send("GET", &missing, &[("authorization", &token)], Vec::new()).await;
        assert_eq!(seen.status, 404, "{}", seen.text());
    });
}

#[test]
fn a_rejected_dependency_rejects_what_is_compiled_against_it() {
    run(async {
        let world = world().await;
        world.set_generator(Generator::Rejects("units.proto:1: no"));
        let (seen, _) = world.follow(&index("acme_weather_a1_base")).await;
        assert_eq!(seen.status, 422, "{}", seen.text());
        assert!(
            seen.text().contains("it depends on acme/units, where units.proto:1: no"),
            "{}",
            seen.text()
        );
        assert_eq!(world.jobs().len(), 1, "weather was never tried");
    });
}
