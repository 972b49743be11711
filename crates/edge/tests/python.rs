//! What Python's installers ask: pages, wheels, their metadata.

mod common;

use common::{ADMIN, Generator, Seen, World, run};
use protoedge_bufapi::proto::buf::registry::{
    module::v1::{CreateModulesRequest, ModuleVisibility, create_modules_request},
    owner::v1::{CreateOrganizationsRequest, OwnerRef, create_organizations_request, owner_ref},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::Duration;

const UNITS: &str = "acme-units-protocolbuffers-python";
const WEATHER: &str = "acme-weather-protocolbuffers-python";
const STUBS: &str = "acme-weather-grpc-python";
const JSON: &str = "application/vnd.pypi.simple.v1+json";
const PIP: &str = "pip/26.3 {}";

/// A module that depends on another, and two plugins, of which one depends on the other.
async fn world(generator: Generator) -> World {
    let world = World::new(generator).await;
    publish(&world, 1).await;
    let units = world.push("acme/units", &[], "message Unit {}", &[]).await;
    let weather = "import \"units.proto\";\nmessage Weather { Unit unit = 1; }";
    world.push("acme/weather", &[], weather, &[units]).await;
    world
}

async fn made() -> World {
    world(Generator::Makes(Duration::from_secs(1))).await
}

async fn publish(world: &World, revision: u32) {
    let entry = |name: &str, version: &str, deps: Value, requires: &str| {
        let python = json!({"requires_python": ">=3.9", "deps": [requires]});
        json!({
            "version": "v1", "name": name, "plugin_version": version, "revision": revision, "deps": deps,
            "registry": {"python": python}, "install": {"file": {"path": "/plugin"}},
        })
    };
    let base = json!([{"plugin": "protocolbuffers/python:v35.1", "revision": revision}]);
    let entries = [
        entry("protocolbuffers/python", "v35.1", json!([]), "protobuf >= 6.35.1"),
        entry("grpc/python", "v1.83.0", base, "grpcio>=1.83.0"),
    ];
    let body = json!({"generator": "1", "entries": entries}).to_string();
    let headers = [("authorization", "Bearer admintoken")];
    let seen = world.send("PUT", "/-/admin/catalogue", &headers, body.into()).await;
    assert_eq!(seen.status, 200, "{}", seen.text());
}

fn simple(package: &str) -> String {
    format!("/gen/python/simple/{package}/")
}

async fn ask(world: &World, url: &str) -> Seen {
    world.send("GET", url, &[("user-agent", PIP), ("accept", JSON)], Vec::new()).await
}

/// Follows redirects as pip does.
async fn follow(world: &World, url: &str) -> (Seen, Vec<i64>) {
    let (mut url, mut waits) = (url.to_owned(), Vec::new());
    loop {
        let before = world.now();
        let seen = ask(world, &url).await;
        waits.push(world.now() - before);
        if seen.status != 307 {
            return (seen, waits);
        }
        url = seen.header("location").unwrap().to_owned();
    }
}

async fn files(world: &World, package: &str) -> Vec<Value> {
    let (seen, _) = follow(world, &simple(package)).await;
    assert_eq!((seen.status, seen.header("content-type")), (200, Some(JSON)), "{}", seen.text());
    seen.json()["files"].as_array().unwrap().clone()
}

fn has_hash(file: &Value) -> bool {
    !file["hashes"].as_object().unwrap().is_empty()
}

fn versions(files: &[Value]) -> Vec<String> {
    let version =
        |file: &Value| file["filename"].as_str().unwrap().split('-').nth(1).unwrap().to_owned();
    files.iter().map(version).collect()
}

/// The address of a file that a page names, as the page addresses it.
fn at(package: &str, file: &Value) -> String {
    format!("{}{}", simple(package), file["url"].as_str().unwrap())
}

#[test]
fn a_package_is_listed_with_hashes_after_all_that_it_needs() {
    run(async {
        let world = made().await;
        let files = files(&world, STUBS).await;
        let [file] = files.as_slice() else { panic!("{files:?}") };
        let wheel = world.get(&at(STUBS, file)).await;
        assert_eq!(
            (wheel.status, wheel.header("content-type")),
            (200, Some("application/octet-stream"))
        );
        let hash = |bytes: &[u8]| hex::encode(Sha256::digest(bytes));
        assert_eq!(file["hashes"]["sha256"], hash(&wheel.body));
        assert_eq!(file["size"], wheel.body.len());
        assert_eq!(file["requires-python"], ">=3.9");
        let metadata = world.get(&format!("{}.metadata", at(STUBS, file))).await;
        assert_eq!(file["core-metadata"]["sha256"], hash(&metadata.body));
        assert_eq!(metadata.text(), world.jobs().last().unwrap().sdk.manifest, "that of the wheel");
        let needs: Vec<String> = metadata
            .text()
            .lines()
            .filter_map(|line| line.strip_prefix("Requires-Dist: "))
            .map(|need| need.split('>').next().unwrap().to_owned())
            .collect();
        let units = "acme-units-grpc-python";
        assert_eq!(needs, ["grpcio", WEATHER, units, UNITS]);
        let before = world.jobs().len();
        for package in [WEATHER, units, UNITS] {
            let files = self::files(&world, package).await;
            assert!(files.iter().all(has_hash) && !files.is_empty(), "{package}: {files:?}");
        }
        assert_eq!((before, world.jobs().len()), (4, 4), "each was made once");
    });
}

#[test]
fn a_page_is_html_or_json_at_both_addresses_and_for_each_spelling() {
    run(async {
        let world = made().await;
        files(&world, WEATHER).await;
        let json = ask(&world, &simple(WEATHER)).await;
        assert_eq!(
            (json.json()["meta"]["api-version"].as_str(), json.json()["name"].as_str()),
            (Some("1.1"), Some(WEATHER))
        );
        assert_eq!(json.header("vary"), Some("Accept"));
        for url in ["/gen/python/{}/", "/gen/python/{}", "/gen/python/simple/{}"] {
            for spelling in [WEATHER, "Acme_Weather.protocolbuffers-python"] {
                let seen = ask(&world, &url.replace("{}", spelling)).await;
                assert_eq!((seen.status, seen.text()), (200, json.text()), "{url} {spelling}");
            }
        }
        let html = world.get(&simple(WEATHER)).await;
        assert_eq!(html.header("content-type"), Some("text/html; charset=utf-8"));
        assert!(html.text().contains("#sha256=") && html.text().contains("data-core-metadata="));
        let etag = json.header("etag").unwrap();
        let headers = [("accept", JSON), ("if-none-match", etag)];
        let known = world.send("GET", &simple(WEATHER), &headers, Vec::new()).await;
        assert_eq!((known.status, known.header("content-type")), (304, Some(JSON)));
        let headers = [("if-none-match", etag)];
        let other = world.send("GET", &simple(WEATHER), &headers, Vec::new()).await;
        assert_eq!(other.status, 200, "the other form is another reply");
        let all = ask(&world, "/gen/python/simple/").await.json();
        let names: Vec<&str> = all["projects"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["acme-units-grpc-python", UNITS, STUBS, WEATHER]);
    });
}

#[test]
fn what_is_by_no_plugin_is_nothing_here() {
    run(async {
        let world = made().await;
        for name in [
            "protobuf",
            "grpcio",
            "grpc-python",
            "acme-weather-grpc-pythonx",
            "a",
            "acme-none-grpc-python",
        ] {
            let seen = ask(&world, &simple(name)).await;
            assert_eq!(seen.status, 404, "{name}: {}", seen.text());
        }
        for path in ["acme/weather", "x/y-1.tar.gz", "%ff/", "simple/a/b/c"] {
            assert_eq!(ask(&world, &format!("/gen/python/{path}")).await.status, 404, "{path}");
        }
        let version = "35.1.0.1.20200101000000+aaaaaaaaaaaa";
        let wheel = format!("{}acme_weather_grpc_python-{version}-py3-none-any.whl", simple(STUBS));
        assert_eq!(ask(&world, &wheel).await.status, 404);
        assert_eq!(world.send("POST", &simple(WEATHER), &[], Vec::new()).await.status, 405);
        assert_eq!(world.jobs().len(), 0);
    });
}

#[test]
fn nobody_waits_longer_than_pip_does() {
    run(async {
        let world = world(Generator::Makes(Duration::from_secs(90))).await;
        let (seen, waits) = follow(&world, &simple(WEATHER)).await;
        assert_eq!(seen.status, 200, "{}", seen.text());
        assert!(waits.iter().all(|wait| *wait <= 12), "{waits:?}");
        assert!(waits.iter().sum::<i64>() >= 90, "{waits:?}");
        world.set_generator(Generator::Makes(Duration::from_secs(300)));
        world.push("acme/weather", &[], "message Other {}", &[]).await;
        // What is there is shown after a while; what comes is named, without a hash.
        let before = world.now();
        let files = files(&world, WEATHER).await;
        assert!(world.now() - before <= 12, "{}", world.now() - before);
        assert_eq!(files.iter().map(has_hash).collect::<Vec<_>>(), [true, false]);
        let (wheel, waits) = follow(&world, &at(WEATHER, &files[1])).await;
        assert_eq!((wheel.status, waits.len()), (503, 10), "{}", wheel.text());
        assert!(waits.iter().all(|wait| *wait <= 12), "{waits:?}");
    });
}

#[test]
fn a_rejection_is_read_at_the_wheel() {
    run(async {
        let world = world(Generator::Rejects("weather.proto:1: no")).await;
        let files = files(&world, WEATHER).await;
        let [file] = files.as_slice() else { panic!("{files:?}") };
        assert!(!has_hash(file));
        let (wheel, _) = follow(&world, &at(WEATHER, file)).await;
        assert_eq!(wheel.status, 422);
        assert!(wheel.text().contains("weather.proto:1: no"), "{}", wheel.text());
    });
}

#[test]
fn a_rejected_push_leaves_what_was_there() {
    run(async {
        let world = made().await;
        let first = versions(&files(&world, WEATHER).await);
        world.set_generator(Generator::Rejects("weather.proto:1: no"));
        world.push("acme/weather", &[], "message Other {}", &[]).await;
        let then = files(&world, WEATHER).await;
        assert_eq!((versions(&then), then.iter().all(has_hash)), (first, true));
    });
}

#[test]
fn versions_are_in_the_order_of_python() {
    run(async {
        let world = made().await;
        let first = versions(&files(&world, UNITS).await).pop().unwrap();
        world.push("acme/units", &[], "message Unit { int32 a = 1; }", &[]).await;
        let second = versions(&files(&world, UNITS).await).pop().unwrap();
        world.push("acme/units", &["wip"], "message Unit { int32 b = 1; }", &[]).await;
        let dev = versions(&files(&world, UNITS).await);
        let dev = dev.iter().find(|version| version.contains("dev0")).unwrap().clone();
        publish(&world, 2).await;
        let again = first.replacen("35.1.0.1.", "35.1.0.2.", 1);
        let file = format!("acme_units_protocolbuffers_python-{again}-py3-none-any.whl");
        let (wheel, _) = follow(&world, &format!("{}{file}", simple(UNITS))).await;
        assert_eq!(wheel.status, 200, "{}", wheel.text());
        let (newest, newest_dev) = (
            second.replacen("35.1.0.1.", "35.1.0.2.", 1),
            dev.replacen("35.1.0.1.", "35.1.0.2.", 1),
        );
        let all = versions(&files(&world, UNITS).await);
        assert_eq!(all, [dev, first, second, newest_dev, again, newest]);
    });
}

#[test]
fn a_dependency_that_no_bound_can_name_is_pinned() {
    run(async {
        let world = made().await;
        let units = world.push("acme/units", &["wip"], "message Unit { int32 a = 1; }", &[]).await;
        let weather = "import \"units.proto\";\nmessage Weather { Unit unit = 1; }";
        world.push("acme/weather", &["wip"], weather, &[units]).await;
        let files = files(&world, WEATHER).await;
        let dev =
            files.iter().find(|it| it["filename"].as_str().unwrap().contains("dev0")).unwrap();
        let metadata = world.get(&format!("{}.metadata", at(WEATHER, dev))).await.text();
        assert!(
            metadata.contains(&format!("Requires-Dist: {UNITS}==35.1.0.1.dev0+")),
            "{metadata}"
        );
    });
}

async fn make(world: &World, owner: &str, name: &str) -> Seen {
    let value = create_modules_request::Value {
        visibility: ModuleVisibility::Public.into(),
        owner_ref: Some(OwnerRef { value: Some(owner_ref::Value::Name(owner.into())) }),
        name: name.into(),
        ..Default::default()
    };
    let request = CreateModulesRequest { values: vec![value] };
    let path = "/buf.registry.module.v1.ModuleService/CreateModules";
    world.call_as(ADMIN, path, &request).await
}

#[test]
fn no_two_modules_have_one_name() {
    run(async {
        let world = made().await;
        let organization =
            create_organizations_request::Value { name: "acme-deep".into(), ..Default::default() };
        let request = CreateOrganizationsRequest { values: vec![organization] };
        world
            .call("/buf.registry.owner.v1.OrganizationService/CreateOrganizations", &request)
            .await;
        assert_eq!(make(&world, "acme-deep", "sea").await.status, 200);
        let refused = make(&world, "acme", "deep-sea").await;
        let said = "Python packages would be called acme-deep-sea-";
        assert!(refused.status == 409 && refused.text().contains(said), "{}", refused.text());
        assert_eq!(make(&world, "acme", "deep-seas").await.status, 200);
        // Indexes take a run of dashes for one.
        assert_eq!(make(&world, "acme", "two--dashes").await.status, 200);
        world.push("acme/two--dashes", &[], "message Two {}", &[]).await;
        let two = files(&world, "acme-two-dashes-protocolbuffers-python").await;
        assert!(has_hash(&two[0]), "{two:?}");
        world.push("acme-deep/sea", &[], "message Fish {}", &[]).await;
        let files = files(&world, "acme-deep-sea-protocolbuffers-python").await;
        assert!(has_hash(&files[0]), "{files:?}");
        assert_eq!(
            world.jobs().last().unwrap().sdk.package,
            "acme-deep-sea-protocolbuffers-python"
        );
    });
}

#[test]
fn a_private_module_is_one_that_is_not_there() {
    run(async {
        let world = made().await;
        let file = files(&world, WEATHER).await.remove(0);
        let made = at(WEATHER, &file);
        let admin = format!("Bearer {ADMIN}");
        let headers = [("authorization", admin.as_str()), ("content-type", "application/json")];
        let body = json!({"visibility": "private"}).to_string();
        let seen = world.send("PATCH", "/-/api/modules/acme/weather", &headers, body.into()).await;
        assert_eq!(seen.status, 200, "{}", seen.text());
        let world = world.elsewhere();
        for url in [simple(WEATHER), made.clone(), format!("{made}.metadata")] {
            let missing = ask(&world, &url.replace("weather", "another")).await;
            let hidden = ask(&world, &url).await;
            let hidden_text = hidden.text().replace("weather", "another");
            assert_eq!((hidden.status, hidden_text), (404, missing.text()), "{url}");
            let headers = [("authorization", admin.as_str()), ("accept", JSON)];
            let own = world.send("GET", &url, &headers, Vec::new()).await;
            assert_eq!(
                (own.status, own.header("cache-control")),
                (200, Some("private, no-store")),
                "{url}"
            );
        }
        let list = ask(&world, "/gen/python/").await.text();
        assert!(!list.contains("weather") && list.contains("units"), "{list}");
    });
}
