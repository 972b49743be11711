//! What npm and its like ask.

mod common;

use common::{Generator, World, run};
use serde_json::json;
use std::time::Duration;

const ES: &str = "/gen/npm/v1/@protoedge%2facme_weather.bufbuild_es";
const CONNECT: &str = "/gen/npm/v1/@protoedge%2facme_weather.connectrpc_es";

fn makes(seconds: u64) -> Generator {
    Generator::Makes(Duration::from_secs(seconds))
}

/// `weather` depends on a commit of `units` that is not its newest.
async fn world(generator: Generator) -> World {
    let world = World::new(generator).await;
    let units = world.push("acme/units", &[], "message Old {}", &[]).await;
    world.push("acme/weather", &[], "import \"units.proto\";", &[units]).await;
    world.push("acme/units", &[], "message New {}", &[]).await;
    world
}

#[test]
fn a_packument_waits_for_its_heads_and_lists_only_what_has_bytes() {
    run(async {
        let world = world(makes(1)).await;
        let seen = world.get(CONNECT).await;
        assert_eq!(seen.status, 200, "{}", seen.text());
        let packument = seen.json();
        let latest = packument["dist-tags"]["latest"].as_str().unwrap();
        let document = &packument["versions"][latest];
        assert!(document["dist"]["integrity"].as_str().unwrap().starts_with("sha512-"));
        assert_eq!(document["dist"]["shasum"].as_str().unwrap().len(), 40);
        assert!(packument["time"][latest].is_string());
        // Everything that it pins can be installed now.
        for (name, version) in document["dependencies"].as_object().unwrap() {
            let url = format!("/gen/npm/v1/{}", name.replace('/', "%2f"));
            let pinned = world.get(&url).await.json();
            assert!(pinned["versions"][version.as_str().unwrap()].is_object(), "{name}@{version}");
        }
        let tarball = document["dist"]["tarball"].as_str().unwrap();
        let path = tarball.strip_prefix("https://edge.example.com").unwrap();
        let seen = world.get(path).await;
        assert_eq!((seen.status, seen.header("cache-status")), (200, Some("protoedge; hit")));
    });
}

#[test]
fn every_spelling_and_head_are_served() {
    run(async {
        let world = world(makes(1)).await;
        let first = world.get(ES).await;
        for spelling in ["@protoedge%2F", "@protoedge/", "%40protoedge%2f"] {
            let url = format!("/gen/npm/v1/{spelling}acme_weather.bufbuild_es");
            assert_eq!(world.get(&url).await.body, first.body, "{spelling}");
        }
        let head = world.send("HEAD", ES, &[], Vec::new()).await;
        assert_eq!((head.status, head.body.len()), (200, 0));
        assert_eq!(head.header("content-length").unwrap(), first.body.len().to_string());
        let etag = first.header("etag").unwrap();
        assert_eq!(world.send("GET", ES, &[("if-none-match", etag)], Vec::new()).await.status, 304);
        assert_eq!(world.get("/gen/npm/v1/-/ping").await.status, 200);
        assert_eq!(world.get("/gen/npm/v1/-/whoami").await.status, 401);
    });
}

#[test]
fn a_slow_first_packument_is_sent_on_and_a_later_one_shows_what_is_there() {
    run(async {
        let world = world(makes(40)).await;
        let (seen, hops) = world.follow(ES).await;
        assert_eq!((seen.status, hops), (200, 3));
        let before = seen.json()["dist-tags"]["latest"].clone();
        world.push("acme/weather", &[], "message Next {}", &[]).await;
        // The new head takes 40 s: after 10 s the old state is shown, without a redirect.
        let seen = world.get(ES).await;
        assert_eq!((seen.status, &seen.json()["dist-tags"]["latest"]), (200, &before));
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_ne!(world.get(ES).await.json()["dist-tags"]["latest"], before);
    });
}

#[test]
fn tags_name_labels_and_commits() {
    run(async {
        let world = world(makes(1)).await;
        let commit = world.push("acme/weather", &["feature/x"], "message F {}", &[]).await;
        // Of these, one is called as the tag of both is, and two others come to one tag that neither is.
        world.push("acme/weather", &["a/b", "a-b", "c/d", "c+d"], "message G {}", &[]).await;
        let packument = world.get(ES).await.json();
        let tags = &packument["dist-tags"];
        let feature = tags["label-feature-x"].as_str().unwrap();
        assert!(tags["label-a-b"].is_string(), "{tags}");
        for none in ["label-feature/x", "label-a/b", "label-c/d", "label-c-d"] {
            assert!(tags[none].is_null(), "{none}: {tags}");
        }
        assert!(feature.starts_with("1.10.0-00000000000000-"));
        assert_eq!(tags[format!("commit-{commit}")], feature);
        assert_eq!(tags["latest"], tags["label-main"]);
        for reference in [
            "latest",
            "label-main",
            "label-feature-x",
            "label-a-b",
            feature,
            &format!("commit-{commit}"),
        ] {
            let seen = world.get(&format!("{ES}/{reference}")).await;
            assert_eq!(seen.status, 200, "{reference}: {}", seen.text());
        }
        for reference in ["none", "label-none", "label-c-d", "1.10.0", "commit-"] {
            assert_eq!(world.get(&format!("{ES}/{reference}")).await.status, 404, "{reference}");
        }
    });
}

#[test]
fn an_older_version_is_made_when_its_document_is_asked_for() {
    run(async {
        let world = world(makes(1)).await;
        let old = world.push("acme/weather", &[], "message A {}", &[]).await;
        world.push("acme/weather", &[], "message B {}", &[]).await;
        let before = world.get(ES).await.json();
        let tag = format!("commit-{old}");
        assert!(before["dist-tags"][&tag].is_null());
        let document = world.get(&format!("{ES}/{tag}")).await.json();
        let after = world.get(ES).await.json();
        assert_eq!(after["dist-tags"][&tag], document["version"]);
        assert_eq!(after["dist-tags"]["latest"], before["dist-tags"]["latest"]);
    });
}

#[test]
fn a_rejected_only_version_is_a_422_and_an_older_one_stays() {
    run(async {
        let world = world(Generator::Rejects("weather.proto:1:1: no")).await;
        let (seen, _) = world.follow(ES).await;
        assert_eq!(seen.status, 422);
        let error = seen.json()["error"].as_str().unwrap().to_owned();
        assert!(error.contains("weather.proto:1:1: no"), "{error}");

        let world = self::world(makes(1)).await;
        let before = world.get(ES).await.json();
        world.set_generator(Generator::Rejects("no"));
        world.push("acme/weather", &[], "message Bad {}", &[]).await;
        let after = world.get(ES).await;
        assert_eq!(after.status, 200);
        assert_eq!(after.json()["dist-tags"]["latest"], before["dist-tags"]["latest"]);
    });
}

#[test]
fn a_rejected_dependency_rejects_its_dependents() {
    run(async {
        let world = world(Generator::Rejects("no")).await;
        let (seen, _) = world.follow(CONNECT).await;
        assert_eq!(seen.status, 422, "{}", seen.text());
    });
}

#[test]
fn warm_packuments_are_two_operations() {
    run(async {
        let world = world(makes(1)).await;
        for _ in 0..3 {
            world.get(ES).await;
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        let before = world.bucket.operations();
        assert_eq!(world.get(ES).await.status, 200);
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(world.bucket.operations() - before, 2);
    });
}

#[test]
fn refusals_are_json() {
    run(async {
        let world = world(makes(1)).await;
        for (path, cache) in [
            ("lodash", "public, max-age=300"),
            ("@other%2fp", "public, max-age=300"),
            ("@protoedge%2fp", "public, max-age=300"),
            ("@protoedge%2facme_none.bufbuild_es", "no-store"),
            ("@protoedge%2facme_weather.bufbuild_none", "no-store"),
            ("@protoedge%2facme_weather.connectrpc_go", "no-store"),
        ] {
            let seen = world.get(&format!("/gen/npm/v1/{path}")).await;
            assert_eq!((seen.status, seen.header("cache-control")), (404, Some(cache)), "{path}");
            assert!(seen.json()["error"].is_string());
        }
        let empty = World::new(makes(1)).await;
        assert_eq!(empty.get(ES).await.status, 404);
    });
}

/// Publishes a newer `bufbuild/es`, on which the newest `connectrpc/es` does not depend.
async fn newer_es(world: &World) {
    let entry = json!({
        "version": "v1", "name": "bufbuild/es", "plugin_version": "v1.11.0", "revision": 1, "deps": [],
        "registry": {"npm": {"import_style": "module"}}, "install": {"file": {"path": "/plugin"}},
    });
    let body = json!({ "generator": "1", "entries": [entry] }).to_string();
    let headers = [("authorization", "Bearer admintoken")];
    let reply = world.send("PUT", "/-/admin/catalogue", &headers, body.into()).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
}

fn has_versions(packument: &serde_json::Value, prefixes: &[String]) {
    let versions: Vec<&String> = packument["versions"].as_object().unwrap().keys().collect();
    for prefix in prefixes {
        assert!(
            versions.iter().any(|it| it.starts_with(prefix.as_str())),
            "{prefix}: {versions:?}"
        );
    }
}

/// `{plugin version}-{time}-{commit}` of a commit.
fn version_of(plugin: &str, packument: &serde_json::Value, commit: &str) -> String {
    let versions = packument["versions"].as_object().unwrap();
    let found = versions.keys().find(|version| version.contains(&commit[..12]));
    let (_, rest) =
        found.unwrap_or_else(|| panic!("{commit}: {versions:?}")).split_once('-').unwrap();
    format!("{plugin}-{rest}")
}

#[test]
fn what_newest_plugins_pin_of_each_other_is_listed_before_it_is_asked_for() {
    run(async {
        let world = world(makes(3)).await;
        newer_es(&world).await;
        let packument = world.follow(ES).await.0.json();
        let latest = packument["dist-tags"]["latest"].as_str().unwrap().to_owned();
        assert!(latest.starts_with("1.11.0-"), "{latest}");
        let (_, commit) = latest.split_once('-').unwrap();
        has_versions(&packument, &[format!("1.10.0-{commit}")]);
        // At the next head, too, and whoever asks in that moment waits for it.
        let next = world.push("acme/weather", &[], "message Next {}", &[]).await;
        let packument = world.follow(ES).await.0.json();
        has_versions(
            &packument,
            &[version_of("1.10.0", &packument, &next), version_of("1.11.0", &packument, &next)],
        );
    });
}

#[test]
fn what_a_dependent_pins_is_listed_before_that_is_asked_for() {
    const UNITS: &str = "/gen/npm/v1/@protoedge%2facme_units.bufbuild_es";
    for is_listed_before in [false, true] {
        run(async move {
            let world = World::new(makes(3)).await;
            let old = world.push("acme/units", &[], "message Old {}", &[]).await;
            world.push("acme/units", &[], "message Between {}", &[]).await;
            if is_listed_before {
                // The old commit is not: nobody has asked for it.
                let packument = world.follow(UNITS).await.0.json();
                assert!(!packument.to_string().contains(&old[..12]), "{packument}");
                tokio::time::sleep(Duration::from_secs(5)).await;
            }
            let import = "import \"units.proto\";";
            world.push("acme/weather", &[], import, std::slice::from_ref(&old)).await;
            world.push("acme/units", &[], "message New {}", &[]).await;
            let packument = world.follow(UNITS).await.0.json();
            has_versions(&packument, &[version_of("1.10.0", &packument, &old)]);
            // Everything that the dependent pins was in that packument.
            let dependent = world.follow(ES).await.0.json();
            let latest = dependent["dist-tags"]["latest"].as_str().unwrap();
            let pins = dependent["versions"][latest]["dependencies"].as_object().unwrap();
            let pinned = pins["@protoedge/acme_units.bufbuild_es"].as_str().unwrap();
            assert!(packument["versions"][pinned].is_object(), "{pinned}: {packument}");
        });
    }
}

#[test]
fn a_packument_waits_ten_seconds_for_what_is_ordered() {
    run(async {
        let world = world(makes(1)).await;
        world.get(ES).await;
        world.set_generator(makes(60));
        newer_es(&world).await;
        let before = world.now();
        let packument = world.get(ES).await.json();
        assert!((10..=11).contains(&(world.now() - before)), "{} s", world.now() - before);
        assert!(packument["dist-tags"]["latest"].as_str().unwrap().starts_with("1.10.0-"));
    });
}

/// `npm dist-tag ls`, `yarn tag list` and their like; and the attempts to set one.
#[test]
fn tags_are_listed_and_not_set() {
    run(async {
        let world = world(makes(1)).await;
        world.push("acme/weather", &["feature"], "message New {}", &[]).await;
        let packument = world.get(ES).await.json();
        let tags = packument["dist-tags"].as_object().unwrap();
        assert!(tags.contains_key("latest") && tags.contains_key("label-feature"), "{tags:?}");
        let url = "/gen/npm/v1/-/package/@protoedge%2facme_weather.bufbuild_es/dist-tags";
        let seen = world.get(url).await;
        assert_eq!((seen.status, seen.json()), (200, packument["dist-tags"].clone()));
        let head = world.send("HEAD", url, &[], Vec::new()).await;
        assert_eq!((head.status, head.header("etag")), (200, seen.header("etag")));
        assert_eq!(world.send("POST", url, &[], Vec::new()).await.status, 405);
        for method in ["PUT", "POST", "DELETE"] {
            let refused = world.send(method, &format!("{url}/latest"), &[], Vec::new()).await;
            assert_eq!((refused.status, refused.header("allow")), (405, Some("")), "{method}");
            assert!(refused.text().contains("tags follow labels"), "{}", refused.text());
        }
        let foreign = url.replace("@protoedge", "@other");
        for (method, url) in [("GET", foreign.clone()), ("PUT", format!("{foreign}/latest"))] {
            assert_eq!(world.send(method, &url, &[], Vec::new()).await.status, 404, "{url}");
        }
        let none = url.replace("weather", "none");
        assert_eq!(world.get(&none).await.status, 404);
    });
}

/// Proxies look whether a remote is there by asking for its address.
#[test]
fn the_registries_themselves_answer() {
    run(async {
        let world = world(makes(1)).await;
        for path in ["/gen/npm/v1/", "/gen/npm/v1", "/gen/go/", "/gen/go"] {
            let seen = world.get(path).await;
            assert_eq!(seen.status, 200, "{path}");
            assert!(!seen.body.is_empty(), "{path}");
            let head = world.send("HEAD", path, &[], Vec::new()).await;
            assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
            assert_eq!(world.send("PUT", path, &[], Vec::new()).await.status, 405, "{path}");
        }
        assert_eq!(world.get("/gen/go/?go-get=1").await.status, 404);
    });
}

/// A Worker has six requests open at once, those to the bucket included: what it still waits for keeps others from being sent.
#[test]
fn a_packument_of_many_heads_sends_all_jobs_at_once() {
    run(async {
        let world = World::new(makes(2)).await;
        for n in 0..12 {
            let (label, text) = (format!("label{n}"), format!("message M{n} {{}}"));
            world.push("acme/weather", &[label.as_str()], &text, &[]).await;
        }
        let seen = world.get("/gen/npm/v1/@protoedge%2facme_weather.bufbuild_es").await;
        assert_eq!(seen.status, 200, "{}", seen.text());
        assert_eq!(world.jobs().len(), 12);
        assert_eq!(world.most_held(), 3);
    });
}

#[test]
fn a_client_hears_at_once_of_a_job_that_ends_while_the_generator_answers() {
    run(async {
        let world = world(Generator::Makes(Duration::from_millis(1650))).await;
        let started = tokio::time::Instant::now();
        let seen = world.get("/gen/npm/v1/@protoedge%2facme_units.bufbuild_es").await;
        assert_eq!(seen.status, 200, "{}", seen.text());
        // Without the answer, it would look again some hundred milliseconds later.
        assert_eq!(started.elapsed().as_millis(), 1650);
    });
}
