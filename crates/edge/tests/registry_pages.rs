//! Pages about what is in the registry: what they cost, and that they say what is so, also while things change.

mod common;

use common::{ADMIN, Generator, Seen, UPLOAD, World, run, upload};
use protoedge_storage::{Bucket, Fault};
use serde_json::{Value, json};
use std::time::Duration;

/// Longer than anything is remembered of who may see what.
const REMEMBERED: Duration = Duration::from_secs(11);

/// Longer than news wait until they are taken into the index.
const SETTLED: Duration = Duration::from_secs(61);

async fn page(world: &World, url: &str) -> Value {
    let joined = if url.contains('?') { '&' } else { '?' };
    let seen = world.get(&format!("{url}{joined}format=json")).await;
    assert_eq!(seen.status, 200, "{url}: {}", seen.text());
    seen.json()
}

/// Asks for the newest version of a Go module, by its address at the proxy, and waits for what comes of it.
async fn newest(world: &World, module: &str) -> Seen {
    let latest = world.get(&format!("{module}/@latest")).await.json();
    let version = latest["Version"].as_str().unwrap();
    world.follow(&format!("{module}/@v/{version}.zip")).await.0
}

/// The modules that the first page lists.
async fn listed(world: &World) -> Vec<String> {
    let home = page(world, "/").await;
    let names = home["modules"].as_array().unwrap().iter();
    let mut names: Vec<String> = names.map(|it| it["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

async fn change(world: &World, module: &str, change: Value) -> Seen {
    let seen = world.api(ADMIN, "PATCH", &format!("modules/{module}"), change).await;
    assert_eq!(seen.status, 200, "{}", seen.text());
    seen
}

async fn delete(world: &World, prefix: &str) {
    let keys: Vec<String> =
        world.bucket.keys().into_iter().filter(|key| key.starts_with(prefix)).collect();
    assert!(!keys.is_empty(), "{prefix}");
    world.bucket.delete(&keys).await.unwrap();
}

#[test]
fn what_changes_is_found_at_once_and_what_is_hidden_is_not() {
    run(async {
        let world = World::new(Generator::Makes(Duration::from_secs(1))).await;
        assert_eq!(listed(&world).await, ["acme/units", "acme/weather"]);
        let commit = world.push("acme/units", &["main"], "message M {}", &[]).await;
        // On a machine that remembers nothing of it.
        let found = page(&world.elsewhere(), "/-/search?q=units").await;
        assert_eq!(found["modules"][0]["commit"], json!(commit[..12]));
        let found = page(&world.elsewhere(), &format!("/-/search?q={}", &commit[..9])).await;
        assert_eq!(found["commits"], json!([["acme/units", commit[..12]]]));
        change(&world, "acme/units", json!({ "description": "Of all sorts." })).await;
        let found = page(&world.elsewhere(), "/-/search?q=sorts").await;
        assert_eq!(found["modules"][0]["name"], "acme/units");

        change(&world, "acme/units", json!({ "visibility": "private" })).await;
        assert_eq!(listed(&world.elsewhere()).await, ["acme/weather"]);
        tokio::time::sleep(REMEMBERED).await;
        assert_eq!(listed(&world).await, ["acme/weather"]);
        for query in ["units", "sorts", &commit[..12]] {
            let found = world.get(&format!("/-/search?q={query}&format=json")).await;
            assert!(!found.text().contains("acme/units"), "{query}: {}", found.text());
        }
        change(&world, "acme/units", json!({ "visibility": "public" })).await;
        assert_eq!(listed(&world.elsewhere()).await, ["acme/units", "acme/weather"]);

        let body = json!({ "module": "acme/weather", "reason": "a court" }).to_string();
        let headers = [("authorization", "Bearer admintoken")];
        let seen = world.send("POST", "/-/admin/takedowns", &headers, body.into()).await;
        assert!(seen.status < 300, "{}", seen.text());
        assert_eq!(listed(&world.elsewhere()).await, ["acme/units"]);
        let body = json!({ "module": "acme/weather" }).to_string();
        let seen = world.send("DELETE", "/-/admin/takedowns", &headers, body.into()).await;
        assert!(seen.status < 300, "{}", seen.text());
        assert_eq!(listed(&world.elsewhere()).await, ["acme/units", "acme/weather"]);
    });
}

#[test]
fn sweeps_keep_the_index_and_find_what_nobody_told() {
    run(async {
        let world = World::new(Generator::Away).await;
        world.push("acme/units", &["main"], "message M {}", &[]).await;
        world.sweep().await;
        let news = |world: &World| {
            world.bucket.keys().into_iter().filter(|key| key.starts_with("search/news/")).count()
        };
        assert!(news(&world) > 0, "news that are young stay");
        tokio::time::sleep(SETTLED).await;
        world.sweep().await;
        assert_eq!(news(&world), 0);
        assert_eq!(listed(&world.elsewhere()).await, ["acme/units", "acme/weather"]);

        // Everything is lost but the modules themselves.
        delete(&world, "search/").await;
        assert_eq!(listed(&world.elsewhere()).await.len(), 0);
        world.sweep().await;
        assert_eq!(listed(&world.elsewhere()).await, ["acme/units", "acme/weather"]);

        // What was never told of one that is private now.
        change(&world, "acme/units", json!({ "visibility": "private" })).await;
        delete(&world, "search/news/").await;
        for _ in 0..3 {
            tokio::time::sleep(SETTLED).await;
            world.sweep().await;
        }
        assert_eq!(listed(&world.elsewhere()).await, ["acme/weather"]);
    });
}

/// News tell that a module is hidden before it is: a sweep between the two looks at it too early.
#[test]
fn a_sweep_between_the_news_and_the_change_undoes_nothing() {
    run(async {
        let world = World::new(Generator::Away).await;
        world.push("acme/units", &["main"], "message M {}", &[]).await;
        tokio::time::sleep(SETTLED).await;
        world.sweep().await;
        let before = world.bucket.snapshot();
        change(&world, "acme/units", json!({ "visibility": "private" })).await;
        let keys = world.bucket.keys();
        let key = keys.iter().find(|key| key.starts_with("search/news/")).unwrap();
        // The news are there, and the change is not yet.
        let early = world.restored(before);
        let options = protoedge_storage::PutOptions::default();
        let condition = protoedge_storage::Condition::Always;
        early.bucket.put(key, b"{}".to_vec(), condition, options).await.unwrap();
        early.sweep().await;
        assert_eq!(listed(&early.elsewhere()).await, ["acme/weather"]);
        change(&early, "acme/units", json!({ "visibility": "private" })).await;
        tokio::time::sleep(SETTLED).await;
        early.sweep().await;
        assert_eq!(listed(&early.elsewhere()).await, ["acme/weather"]);
    });
}

#[test]
fn a_page_is_three_bucket_operations() {
    run(async {
        let world = World::new(Generator::Makes(Duration::from_secs(1))).await;
        let units = world.push("acme/units", &["main"], "message U {}", &[]).await;
        let text = "import \"units.proto\";\nmessage W { U u = 1; }";
        let commit = world.push("acme/weather", &["main"], text, &[units]).await;
        let zip = "/gen/go/reg.example.com/gen/go/acme/weather/protocolbuffers/go";
        let seen = newest(&world, zip).await;
        assert_eq!(seen.status, 200);
        for url in [
            "/",
            "/acme",
            "/-/search?q=weather",
            "/-/plugins",
            "/-/plugins/connectrpc/go",
            "/-/guide/go",
            "/acme/weather",
            "/acme/weather/sdks/main",
            "/acme/weather/sdks/main:connectrpc/go",
            "/acme/weather/sdks/main:bufbuild/es",
            "/acme/weather/tree/main",
            "/acme/weather/file/main:weather.proto",
            "/acme/weather/commits/main",
            "/acme/weather/labels",
            "/acme/weather/deps/main",
            &format!("/acme/weather/commit/{commit}"),
        ] {
            // What a machine remembers that is in use.
            assert_eq!(world.get(url).await.status, 200, "{url}");
            let before = world.bucket.operations();
            assert_eq!(world.get(url).await.status, 200, "{url}");
            let operations = world.bucket.operations() - before;
            assert!(operations <= 3, "{url}: {operations}");
        }
    });
}

#[test]
fn what_another_generator_may_try_is_not_rejected() {
    run(async {
        let world = World::new(Generator::Rejects("no")).await;
        world.push("acme/units", &["main"], "message U {}", &[]).await;
        let at = "/acme/units/sdks/main:protocolbuffers/go";
        assert_eq!(page(&world, at).await["sdk"]["state"]["is"], "not_asked_for");
        let zip = "/gen/go/reg.example.com/gen/go/acme/units/protocolbuffers/go";
        let seen = newest(&world, zip).await;
        assert_eq!(seen.status, 422, "{}", seen.text());
        let state = page(&world, at).await["sdk"]["state"].clone();
        assert_eq!(state["is"], "rejected");
        assert_eq!(state["accepted"], Value::Null);
        let listed = page(&world, "/acme/units/sdks/main:connectrpc/go").await;
        assert_eq!(listed["plugins"][0]["state"]["is"], "rejected");
        // The lists of another generator's catalogue.
        let catalogue = json!({ "generator": "2", "entries": [] }).to_string();
        let headers = [("authorization", "Bearer admintoken")];
        let seen = world.send("PUT", "/-/admin/catalogue", &headers, catalogue.into()).await;
        assert_eq!(seen.status, 200, "{}", seen.text());
        let world = world.elsewhere();
        assert_eq!(page(&world, at).await["sdk"]["state"]["is"], "not_asked_for");
        let listed = page(&world, "/acme/units/sdks/main:connectrpc/go").await;
        assert_eq!(listed["plugins"][0]["state"]["is"], "not_asked_for");
    });
}

/// A path may hold what ends a string in a program. No line to copy says it.
#[test]
fn no_path_becomes_part_of_an_import() {
    run(async {
        let world = World::new(Generator::Away).await;
        let mut request = upload("acme/units", &["main"], "message U {}", &[]);
        request.contents[0].files[0].path = "a\"; import _ \"evil.example/x/y.proto".into();
        world.call(UPLOAD, &request).await;
        for plugin in ["protocolbuffers/go", "bufbuild/es"] {
            let page = page(&world, &format!("/acme/units/sdks/main:{plugin}")).await;
            assert_eq!(page["sdk"]["import"], Value::Null);
        }
    });
}

#[test]
fn what_a_module_depends_on_that_became_private_is_named_nowhere() {
    run(async {
        let world = World::new(Generator::Away).await;
        let units = world.push("acme/units", &["main"], "message U {}", &[]).await;
        let text = "import \"units.proto\";\nmessage W { U u = 1; }";
        world.push("acme/weather", &["main"], text, std::slice::from_ref(&units)).await;
        let at = "/acme/weather/sdks/main:protocolbuffers/go";
        let companions = page(&world, at).await["sdk"]["with_it"].to_string();
        assert!(companions.contains("acme/units"), "{companions}");
        change(&world, "acme/units", json!({ "visibility": "private" })).await;
        let world = world.elsewhere();
        for url in
            [at, "/acme/weather", "/acme/weather/deps/main", "/acme/weather/sdks/main:bufbuild/es"]
        {
            let shown = page(&world, url).await.to_string();
            assert!(
                !shown.contains("acme/units") && !shown.contains(&units[..12]),
                "{url}: {shown}"
            );
            let html = world.get(url).await.text();
            assert!(!html.contains("acme/units"), "{url}: {html}");
        }
        assert_eq!(page(&world, at).await["sdk"]["state"]["is"], "unavailable");
        assert_eq!(page(&world, "/acme/weather/deps/main").await["hidden"], 1);
    });
}

/// A bucket in trouble is no state of an SDK.
#[test]
fn trouble_is_told_as_trouble() {
    run(async {
        let world = World::new(Generator::Away).await;
        let units = world.push("acme/units", &["main"], "message U {}", &[]).await;
        let text = "import \"units.proto\";\nmessage W { U u = 1; }";
        world.push("acme/weather", &["main"], text, &[units]).await;
        for at in [
            "/acme/weather/sdks/main:protocolbuffers/go",
            "/acme/weather/deps/main",
            "/",
            "/acme/weather",
        ] {
            let world = world.elsewhere();
            let all = {
                world.get(at).await;
                world.bucket.operations()
            };
            for failing in ["closed.json", "outcomes/", "search/", "state.json", "live/tip/"] {
                let world = world.elsewhere();
                world.bucket.fault_on(move |_, key| key.contains(failing).then_some(Fault::Before));
                let seen = world.get(at).await;
                world.bucket.heal();
                assert!([200, 503].contains(&seen.status), "{at}, {failing}: {}", seen.text());
                assert!(
                    !seen.text().contains("told to fail") || seen.status == 503,
                    "{at}: {}",
                    seen.text()
                );
                if seen.status == 503 {
                    assert_eq!(seen.header("cache-control"), Some("no-store"));
                }
            }
            assert!(all > 0);
        }
    });
}

#[test]
fn a_commit_of_a_deleted_module_is_not_found_by_its_id() {
    run(async {
        let world = World::new(Generator::Away).await;
        let commit = world.push("acme/units", &["main"], "message U {}", &[]).await;
        let seen = world.api(ADMIN, "DELETE", "modules/acme/units?force=true", Value::Null).await;
        assert_eq!(seen.status, 204, "{}", seen.text());
        tokio::time::sleep(REMEMBERED).await;
        let found = page(&world.elsewhere(), &format!("/-/search?q={}", &commit[..10])).await;
        assert_eq!(found["commits"], json!([]));
        assert_eq!(listed(&world.elsewhere()).await, ["acme/weather"]);
    });
}

/// A push that began before a module was deleted tells of it last.
#[test]
fn news_of_a_push_do_not_bring_a_deleted_module_back() {
    run(async {
        for delay in 0..40_u64 {
            let world = World::new(Generator::Away).await;
            world.push("acme/units", &["main"], "message U {}", &[]).await;
            world.bucket.fault(|_| Some(Fault::Slow(Duration::from_millis(10))));
            let request = upload("acme/units", &["main"], "message V {}", &[]);
            let delete = async {
                tokio::time::sleep(Duration::from_millis(delay * 10)).await;
                world.api(ADMIN, "DELETE", "modules/acme/units?force=true", Value::Null).await
            };
            let push = world.call_as(ADMIN, UPLOAD, &request);
            let (deleted, _) = futures::join!(delete, push);
            assert_eq!(deleted.status, 204, "{}", deleted.text());
            world.bucket.heal();
            tokio::time::sleep(REMEMBERED).await;
            assert_eq!(listed(&world.elsewhere()).await, ["acme/weather"], "after {delay}");
        }
    });
}

/// A generator brings what people read of an SDK at once with the SDK: either may be there first.
#[test]
fn what_is_in_an_sdk_may_come_after_it() {
    run(async {
        let world = World::new(Generator::Makes(Duration::from_secs(1))).await;
        world.push("acme/units", &["main"], "message U {}", &[]).await;
        let zip = "/gen/go/reg.example.com/gen/go/acme/units/protocolbuffers/go";
        let seen = newest(&world, zip).await;
        assert_eq!(seen.status, 200);
        let at = "/acme/units/sdks/main:protocolbuffers/go";
        assert_eq!(page(&world, at).await["sdk"]["contents"]["files"], json!([]));
        let job = world.jobs().into_iter().next().unwrap();
        let token = format!("Bearer {}", job.token);
        for path in ["units/v1/units.pb.go", "another/generator.pb.go"] {
            let body = json!({ "files": [{ "path": path, "size": 7 }], "more": 0, "millis": 900 });
            let headers = [("authorization", token.as_str())];
            let url = format!("/-/jobs/{}/contents", job.id);
            let seen = world.send("PUT", &url, &headers, body.to_string().into()).await;
            assert_eq!(seen.status, 200, "{}", seen.text());
            let shown = page(&world, at).await["sdk"].clone();
            assert_eq!(shown["contents"]["files"][0]["path"], "units/v1/units.pb.go");
            let import = format!("import unitsv1 \"{}/units/v1\"", &zip[8..]);
            assert_eq!(shown["import"], json!(import));
        }
    });
}

#[test]
fn names_that_others_write_are_found() {
    run(async {
        let world = World::new(Generator::Away).await;
        world.push("acme/units", &["main"], "message U {}", &[]).await;
        change(&world, "acme/units", json!({ "description": "Degrees and other units." })).await;
        let found = async |words: &str| -> Vec<String> {
            let words = words.replace('+', "%2B").replace('#', "%23").replace(' ', "+");
            let page = page(&world, &format!("/-/search?q={words}")).await;
            let names = page["modules"].as_array().unwrap().iter();
            names.map(|it| it["name"].as_str().unwrap().to_owned()).collect()
        };
        for words in [
            "reg.example.com/gen/go/acme/units/protocolbuffers/go",
            "acme-units-protocolbuffers-python",
            "reg.example.com/gen/go/acme/units/protocolbuffers/go@latest",
            "import \"reg.example.com/gen/go/acme/units/protocolbuffers/go/units\"",
            "edge.example.com/acme/units",
            "edge.example.com/acme/units:main",
            "https://edge.example.com/acme/units/tree/main#x",
            "other units",
            "units DEGREES",
            "degrees acme",
        ] {
            assert_eq!(found(words).await, ["acme/units"], "{words}");
        }
        let sdk = page(&world, "/acme/units/sdks/main:bufbuild/es").await["sdk"].clone();
        let package = sdk["package"].as_str().unwrap();
        assert!(package.starts_with('@'));
        assert_eq!(found(package).await, ["acme/units"]);
        assert_eq!(found(&format!("{package}@latest")).await, ["acme/units"]);
        for words in
            ["degrees nothing", "edge.example.com/acme/other", "@other/acme_units.bufbuild_es"]
        {
            assert_eq!(found(words).await, [""; 0], "{words}");
        }
    });
}

#[test]
fn addresses_that_are_cut_short_lead_on() {
    run(async {
        let world = World::new(Generator::Away).await;
        world.push("acme/units", &["main"], "message U {}", &[]).await;
        change(&world, "acme/weather", json!({ "visibility": "private" })).await;
        let leads = async |url: &str| {
            let seen = world.get(url).await;
            (seen.status, seen.header("location").map(str::to_owned))
        };
        for (from, to) in [
            ("/acme/units/", "/acme/units"),
            ("/acme/units/?ref=main", "/acme/units?ref=main"),
            ("/acme/secret/", "/acme/secret"),
            ("/-/plugins/", "/-/plugins"),
            ("/acme/units/tree", "/acme/units/tree/main"),
            ("/acme/units/commits", "/acme/units/commits/main"),
            ("/acme/units/deps", "/acme/units/deps/main"),
            (
                "/-/search?q=acme/units&plugin=connectrpc/go&version=v1.18.1",
                "/acme/units/sdks?plugin=connectrpc%2Fgo&version=v1.18.1",
            ),
            ("/acme/units/sdks?plugin=connectrpc%2Fgo", "/acme/units/sdks/main:connectrpc/go"),
        ] {
            assert_eq!(leads(from).await, (303, Some(to.to_owned())), "{from}");
        }
        // A private module leads nowhere, as one that is missing.
        for page in ["tree", "commits", "deps"] {
            for name in ["weather", "missing"] {
                assert_eq!(leads(&format!("/acme/{name}/{page}")).await, (404, None));
            }
        }
        for name in ["weather", "missing"] {
            let search = format!("/-/search?q=acme/{name}&plugin=connectrpc/go");
            assert_eq!(leads(&search).await, (200, None));
        }
    });
}

#[test]
fn what_is_missing_is_a_page_in_browsers() {
    run(async {
        let world = World::new(Generator::Away).await;
        for path in ["/a/b/c/d", "/-/nothing", "/-/api/nothing"] {
            let seen = world.send("GET", path, &[("accept", "text/html,*/*")], Vec::new()).await;
            assert_eq!(seen.status, 404);
            assert!(seen.header("content-type").unwrap().starts_with("text/html"), "{path}");
            assert_eq!(seen.header("cache-control"), Some("no-store"));
            let seen = world.get(path).await;
            assert_eq!(seen.status, 404);
            assert_eq!(seen.header("content-type"), Some("application/json"));
        }
    });
}

#[test]
fn an_archived_label_is_installed_by_its_commit() {
    run(async {
        let world = World::new(Generator::Away).await;
        let commit = world.push("acme/units", &["main", "old"], "message U {}", &[]).await;
        let at = ["protocolbuffers/go", "bufbuild/es"]
            .map(|plugin| format!("/acme/units/sdks/old:{plugin}"));
        for url in &at {
            let sdk = page(&world, url).await["sdk"].clone();
            assert_eq!(sdk["is_label_unnamed"], false);
            assert!(sdk["managers"][0]["install"].as_str().unwrap().ends_with("old"));
        }
        world.archive_label("acme/units", "old").await;
        for url in &at {
            let sdk = page(&world.elsewhere(), url).await["sdk"].clone();
            assert_eq!(sdk["is_label_unnamed"], true);
            let install = sdk["managers"][0]["install"].as_str().unwrap();
            assert!(install.contains(&commit[..12]), "{install}");
            assert!(!sdk["pins"].to_string().contains("old"), "{}", sdk["pins"]);
        }
        let moves = page(&world.elsewhere(), "/acme/units/commits/old").await;
        assert_eq!(moves["module"]["is_archived"], true);
    });
}
