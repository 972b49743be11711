//! What go asks, from the first request for an SDK on.

mod common;

use common::{Generator, HOST, World, run};
use serde_json::json;
use std::time::Duration;

const PACKAGE: &str = "/gen/go/reg.example.com/gen/go/acme/units/protocolbuffers/go";

fn makes(seconds: u64) -> Generator {
    Generator::Makes(Duration::from_secs(seconds))
}

async fn latest(world: &World) -> String {
    world.get(&format!("{PACKAGE}/@v/list")).await.text().lines().last().unwrap().to_owned()
}

#[test]
fn nothing_but_the_zip_generates() {
    run(async {
        let world = World::new(makes(1)).await;
        let commit = world.push("acme/units", &[], "message A {}", &[]).await;
        let version = latest(&world).await;
        let short = &commit[..12];
        assert!(version.contains(short));
        for query in [&version, "main", &commit, short] {
            let info = world.get(&format!("{PACKAGE}/@v/{query}.info")).await;
            assert_eq!(info.status, 200, "{query}");
            assert_eq!(info.json()["Version"], version, "{query}");
        }
        assert_eq!(world.get(&format!("{PACKAGE}/@latest")).await.json()["Version"], version);
        let module = world.get(&format!("{PACKAGE}/@v/{version}.mod")).await;
        assert_eq!(
            module.text(),
            format!("module {HOST}/gen/go/acme/units/protocolbuffers/go\n\ngo 1.23\n")
        );
        assert_eq!(module.header("cache-control"), Some("public, max-age=31536000, immutable"));
        assert_eq!(world.jobs().len(), 0);
    });
}

#[test]
fn a_label_that_go_takes_for_a_version_is_refused_with_a_way_out() {
    run(async {
        let world = World::new(makes(1)).await;
        let labels = ["v1.0.0", "v2.0.0-rc.1", "v1", "1.0.0", "release"];
        let commit = world.push("acme/units", &labels, "message A {}", &[]).await;
        for (label, status) in labels.into_iter().zip([404, 404, 200, 200, 200]) {
            let info = world.get(&format!("{PACKAGE}/@v/{label}.info")).await;
            assert_eq!(info.status, status, "{label}: {}", info.text());
            if status == 404 {
                assert!(info.text().contains(&format!("@{}", &commit[..12])), "{}", info.text());
            }
        }
        let none = world.get(&format!("{PACKAGE}/@v/v9.0.0.info")).await;
        assert!(none.text().contains("no commit and no label \"v9.0.0\""), "{}", none.text());
    });
}

#[test]
fn a_miss_that_is_made_quickly_is_answered_at_once() {
    run(async {
        let world = World::new(makes(1)).await;
        world.push("acme/units", &[], "message A {}", &[]).await;
        let url = format!("{PACKAGE}/@v/{}.zip", latest(&world).await);
        let made = world.get(&url).await;
        assert_eq!((made.status, world.jobs().len()), (200, 1));
        assert_eq!(made.header("cache-status"), Some("protoedge; hit"));
        let again = world.get(&url).await;
        assert_eq!(again.header("cache-status"), Some("protoedge; hit"));
        assert_eq!(again.body, made.body);
        assert_eq!(world.jobs().len(), 1);
    });
}

#[test]
fn a_slow_miss_is_sent_on_and_arrives() {
    for (seconds, hops) in [(2, 0), (10, 1), (40, 2), (200, 8)] {
        run(async move {
            let world = World::new(makes(seconds)).await;
            world.push("acme/units", &[], "message A {}", &[]).await;
            let url = format!("{PACKAGE}/@v/{}.zip", latest(&world).await);
            let (seen, sent_on) = world.follow(&url).await;
            assert_eq!((seen.status, sent_on), (200, hops), "{seconds} s");
            assert_eq!(world.jobs().len(), 1);
            let cache = if hops == 0 { "public, max-age=31536000, immutable" } else { "no-store" };
            assert_eq!(seen.header("cache-control"), Some(cache));
        });
    }
}

#[test]
fn a_miss_that_takes_too_long_ends_in_503_and_goes_on() {
    run(async {
        let world = World::new(makes(300)).await;
        world.push("acme/units", &[], "message A {}", &[]).await;
        let url = format!("{PACKAGE}/@v/{}.zip", latest(&world).await);
        let (seen, hops) = world.follow(&url).await;
        assert_eq!((seen.status, hops), (503, 9));
        assert!(seen.header("retry-after").is_some());
        let (seen, _) = world.follow(&url).await;
        assert_eq!((seen.status, world.jobs().len()), (200, 1));
    });
}

#[test]
fn fifty_at_once_are_one_job() {
    run(async {
        let world = World::new(makes(8)).await;
        world.push("acme/units", &[], "message A {}", &[]).await;
        let url = format!("{PACKAGE}/@v/{}.zip", latest(&world).await);
        let all = futures::future::join_all((0..50).map(|_| world.follow(&url))).await;
        assert!(all.iter().all(|(seen, _)| seen.status == 200));
        assert_eq!(world.jobs().len(), 1);
    });
}

#[test]
fn a_dead_generator_is_taken_over_and_troubles_rest() {
    run(async {
        let world = World::new(Generator::Dies).await;
        world.push("acme/units", &[], "message A {}", &[]).await;
        let url = format!("{PACKAGE}/@v/{}.zip", latest(&world).await);
        let waiting = world.follow(&url);
        let recovery = async {
            tokio::time::sleep(Duration::from_secs(10)).await;
            world.set_generator(makes(1));
        };
        let ((seen, _), ()) = futures::future::join(waiting, recovery).await;
        assert_eq!((seen.status, world.jobs().len()), (200, 2));

        let world = World::new(Generator::Troubled).await;
        world.push("acme/units", &[], "message A {}", &[]).await;
        let url = format!("{PACKAGE}/@v/{}.zip", latest(&world).await);
        let (seen, _) = world.follow(&url).await;
        assert_eq!((seen.status, world.jobs().len()), (503, 3));
        assert_eq!(seen.header("retry-after"), Some("60"));
        world.set_generator(makes(1));
        tokio::time::sleep(Duration::from_secs(61)).await;
        assert_eq!(world.follow(&url).await.0.status, 200);
    });
}

#[test]
fn a_job_whose_connection_is_closed_is_sent_again_at_once() {
    run(async {
        let world = World::new(Generator::HangsUp(Duration::from_secs(1))).await;
        world.push("acme/units", &[], "message A {}", &[]).await;
        let version = latest(&world).await;
        let started = world.now();
        let seen = world.follow(&format!("{PACKAGE}/@v/{version}.zip")).await.0;
        assert_eq!(seen.status, 200, "{}", seen.text());
        assert!(world.now() - started < 3, "it took {} s", world.now() - started);
        assert_eq!(world.jobs().len(), 1);
    });
}

#[test]
fn the_sweep_delivers_what_nobody_waits_for() {
    run(async {
        let world = World::new(Generator::Away).await;
        world.push("acme/units", &[], "message A {}", &[]).await;
        let url = format!("{PACKAGE}/@v/{}.zip", latest(&world).await);
        assert_eq!(world.get(&url).await.status, 307);
        world.set_generator(makes(1));
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert_eq!(world.jobs().len(), 0);
        world.sweep().await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(world.jobs().len(), 1);
        assert_eq!(world.get(&url).await.header("cache-status"), Some("protoedge; hit"));
        world.sweep().await;
        assert!(world.bucket.keys().iter().all(|key| !key.starts_with("orders/")));
    });
}

#[test]
fn a_rejection_is_the_plugins_own_words() {
    run(async {
        let world = World::new(Generator::Rejects("units.proto:3:1: no such luck")).await;
        world.push("acme/units", &[], "message A {}", &[]).await;
        let version = latest(&world).await;
        let seen = world.get(&format!("{PACKAGE}/@v/{version}.zip")).await;
        assert_eq!(seen.status, 422);
        assert!(seen.text().contains("units.proto:3:1: no such luck"), "{}", seen.text());
        assert_eq!(seen.header("content-type"), Some("text/plain; charset=utf-8"));
        assert_eq!(world.get(&format!("{PACKAGE}/@v/list")).await.text(), "");
        assert_eq!(world.get(&format!("{PACKAGE}/@latest")).await.status, 422);
        assert_eq!(world.get(&format!("{PACKAGE}/@v/{version}.zip")).await.status, 422);
        assert_eq!(world.jobs().len(), 1);
    });
}

#[test]
fn the_list_follows_the_default_label() {
    run(async {
        let world = World::new(makes(1)).await;
        world.push("acme/units", &["feature"], "message F {}", &[]).await;
        assert_eq!(world.get(&format!("{PACKAGE}/@v/list")).await.text(), "");
        let mut made = Vec::new();
        for text in ["message A {}", "message B {}", "message A {}"] {
            world.push("acme/units", &[], text, &[]).await;
            let version = latest(&world).await;
            assert_eq!(world.get(&format!("{PACKAGE}/@v/{version}.zip")).await.status, 200);
            made.push(version);
        }
        let list = world.get(&format!("{PACKAGE}/@v/list")).await.text();
        assert_eq!(list.lines().collect::<Vec<_>>(), made);
        assert!(made.is_sorted());
    });
}

#[test]
fn stored_objects_answer_head_ranges_and_conditions() {
    run(async {
        let world = World::new(makes(1)).await;
        world.push("acme/units", &[], "message A {}", &[]).await;
        let url = format!("{PACKAGE}/@v/{}.zip", latest(&world).await);
        let head = world.send("HEAD", &url, &[], Vec::new()).await;
        let whole = world.get(&url).await;
        let length = whole.body.len().to_string();
        assert_eq!((head.status, head.body.len()), (200, 0));
        for seen in [&head, &whole] {
            assert_eq!(seen.header("content-length"), Some(length.as_str()));
            assert_eq!(seen.header("accept-ranges"), Some("bytes"));
        }
        let range = |range: &'static str| {
            let (world, url) = (world.clone(), url.clone());
            async move { world.send("GET", &url, &[("range", range)], Vec::new()).await }
        };
        let part = range("bytes=0-3").await;
        assert_eq!((part.status, part.body.as_slice()), (206, &whole.body[..4]));
        assert_eq!(part.header("content-range").unwrap(), format!("bytes 0-3/{length}"));
        let outside = range("bytes=99999-").await;
        assert_eq!((outside.status, outside.header("cache-control")), (416, Some("no-store")));
        let etag = whole.header("etag").unwrap();
        for method in ["GET", "HEAD"] {
            let seen = world.send(method, &url, &[("if-none-match", etag)], Vec::new()).await;
            assert_eq!((seen.status, seen.body.len()), (304, 0), "{method}");
        }
    });
}

#[test]
fn warm_requests_cost_what_they_may() {
    run(async {
        let world = World::new(makes(1)).await;
        world.push("acme/units", &[], "message A {}", &[]).await;
        let version = latest(&world).await;
        let zip = format!("{PACKAGE}/@v/{version}.zip");
        world.get(&zip).await;
        let list = format!("{PACKAGE}/@v/list");
        world.get(&list).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        for (url, most) in [
            (zip, 1),
            (format!("{PACKAGE}/@v/{version}.info"), 1),
            (format!("{PACKAGE}/@v/{version}.mod"), 1),
            (list, 2),
        ] {
            let before = world.bucket.operations();
            assert_eq!(world.get(&url).await.status, 200);
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert_eq!(world.bucket.operations() - before, most, "{url}");
        }
    });
}

#[test]
fn refusals_are_precise() {
    run(async {
        let world = World::new(makes(1)).await;
        world.push("acme/units", &[], "message A {}", &[]).await;
        let version = latest(&world).await;
        let none = version.replace("v1.36.0", "v1.35.0");
        let base = "/gen/go/reg.example.com/gen/go";
        for (url, status, cache) in [
            ("/gen/go/whatever".to_owned(), 404, "public, max-age=300"),
            ("/gen/go/sumdb/sum.example.com/supported".into(), 404, "public, max-age=300"),
            ("/gen/go/other.example.com/m/@v/list".into(), 404, "public, max-age=300"),
            (format!("{base}/acme/@v/list"), 404, "public, max-age=300"),
            (format!("{base}/acme/none/protocolbuffers/go/@v/list"), 404, "no-store"),
            (format!("{base}/acme/units/protocolbuffers/none/@v/list"), 404, "no-store"),
            (format!("{PACKAGE}/@v/{none}.info"), 404, "no-store"),
            (format!("{PACKAGE}/@v/{none}.zip"), 404, "no-store"),
            (format!("{PACKAGE}/@v/none.info"), 404, "no-store"),
            (format!("{PACKAGE}/@v/main.mod"), 404, "no-store"),
            (format!("{PACKAGE}/v2/@v/list"), 404, "no-store"),
            (format!("{PACKAGE}/@v/{version}.zip?w=999"), 404, "no-store"),
            (format!("{base}/acme/units/bufbuild/es/@v/list"), 404, "no-store"),
        ] {
            let seen = world.get(&url).await;
            assert_eq!((seen.status, seen.header("cache-control")), (status, Some(cache)), "{url}");
        }
        assert_eq!(world.jobs().len(), 0);
    });
}

#[test]
fn whatever_is_answered_to_a_client_that_was_sent_on_is_its_own() {
    run(async {
        let world = World::new(makes(1)).await;
        world.push("acme/units", &[], "message A {}", &[]).await;
        let version = latest(&world).await;
        let hop = "w=1.0123456789abcdef0123456789abcdef";
        for file in ["list".to_owned(), format!("{version}.info"), format!("{version}.mod")] {
            let seen = world.get(&format!("{PACKAGE}/@v/{file}?{hop}")).await;
            assert_eq!(
                (seen.status, seen.header("cache-control")),
                (200, Some("no-store")),
                "{file}"
            );
        }
    });
}

#[test]
fn a_rejection_by_a_newer_generator_stays() {
    run(async {
        let world = World::new(Generator::Rejects("no")).await;
        world.set_version("2");
        world.push("acme/units", &[], "message A {}", &[]).await;
        let url = format!("{PACKAGE}/@v/{}.zip", latest(&world).await);
        for _ in 0..3 {
            assert_eq!(world.follow(&url).await.0.status, 422);
        }
        assert_eq!(world.jobs().len(), 1);
    });
}

#[test]
fn a_stale_password_closes_neither_public_modules_nor_foreign_paths() {
    run(async {
        let world = World::new(makes(1)).await;
        let get = |url: String| {
            let world = world.clone();
            async move {
                // user:stale
                let headers = [("authorization", "Basic dXNlcjpzdGFsZQ==")];
                world.send("GET", &url, &headers, Vec::new()).await.status
            }
        };
        world.push("acme/units", &[], "message Unit {}", &[]).await;
        assert_eq!(get(format!("{PACKAGE}/@v/list")).await, 200);
        assert_eq!(get(PACKAGE.replace("units", "missing") + "/@v/list").await, 401);
        assert_eq!(get("/gen/go/other.example.com/m/@v/list".into()).await, 404);
    });
}

#[test]
fn import_paths_lead_to_the_proxy() {
    run(async {
        let world = World::new(makes(1)).await;
        for path in ["", "/acme/units/v1"] {
            let url = format!("/gen/go/acme/units/protocolbuffers/go{path}?go-get=1");
            let html = world.get(&url).await.text();
            let content = "reg.example.com/gen/go/acme/units/protocolbuffers/go mod https://edge.example.com/gen/go";
            assert!(html.contains(content), "{html}");
        }
        assert_eq!(world.get("/gen/go/acme?go-get=1").await.status, 404);
    });
}

#[test]
fn who_asks_for_too_much_that_is_new_waits_for_the_next_minute() {
    run(async {
        let world = World::new(makes(1)).await;
        let mut urls = Vec::new();
        for text in ["message A {}", "message B {}"] {
            world.push("acme/units", &[], text, &[]).await;
            urls.push(format!("{PACKAGE}/@v/{}.zip", latest(&world).await));
        }
        world.set_budget(1);
        let get = |url: &str| {
            let (world, url) = (world.clone(), url.to_owned());
            async move {
                world.send("GET", &url, &[("cf-connecting-ip", "192.0.2.1")], Vec::new()).await
            }
        };
        assert_eq!(get(&urls[0]).await.status, 200);
        let refused = get(&urls[1]).await;
        assert_eq!((refused.status, refused.header("retry-after")), (429, Some("60")));
        assert_eq!(refused.header("cache-control"), Some("no-store"));
        assert_eq!(world.jobs().len(), 1, "nothing was ordered");
        assert!(world.bucket.keys().iter().all(|key| !key.starts_with("orders/")));
        assert_eq!(get(&urls[0]).await.status, 200, "what is there costs nothing");
        world.set_budget(1);
        assert_eq!(get(&urls[1]).await.status, 200, "a minute later");
    });
}

#[test]
fn the_generator_hears_what_somebody_waits_for() {
    run(async {
        let world = World::new(makes(1)).await;
        world.push("acme/units", &[], "message A {}", &[]).await;
        let url = format!("{PACKAGE}/@v/{}.zip", latest(&world).await);
        assert_eq!(world.follow(&url).await.0.status, 200);
        assert_eq!((world.jobs().len(), world.background_jobs()), (1, 0));
        // It is in use now: a push orders the new one before anybody asks.
        world.push("acme/units", &[], "message B {}", &[]).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!((world.jobs().len(), world.background_jobs()), (2, 1));
    });
}

#[test]
fn a_generator_hears_that_somebody_has_begun_to_wait() {
    run(async {
        let world = World::new(makes(1)).await;
        world.push("acme/units", &[], "message A {}", &[]).await;
        let url = format!("{PACKAGE}/@v/{}.zip", latest(&world).await);
        assert_eq!(world.follow(&url).await.0.status, 200);
        // The next one is in a queue, and nobody waits for it.
        world.set_generator(Generator::Dies);
        world.push("acme/units", &[], "message B {}", &[]).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        let job = world.jobs().remove(1);
        assert_eq!(world.alive(&job).await, json!({"alive": true, "priority": "background"}));
        let url = format!("{PACKAGE}/@v/{}.zip", latest(&world).await);
        assert_eq!(world.get(&url).await.status, 307);
        assert_eq!(world.alive(&job).await, json!({"alive": true, "priority": "awaited"}));
        world.sweep().await;
        assert_eq!(world.alive(&job).await, json!({"alive": true, "priority": "awaited"}));
        assert_eq!(world.jobs().len(), 2, "it is sent once");
    });
}

/// Publishes `protocolbuffers/go` at a revision, by a generator of a version.
async fn publish(world: &World, generator: &str, revision: u32) -> u16 {
    let body = json!({ "generator": generator, "entries": [{
        "version": "v1", "name": "protocolbuffers/go", "plugin_version": "v1.36.0",
        "revision": revision, "registry": {"go": {"min_version": "1.23"}},
        "install": {"file": {"path": "/plugin"}},
    }]});
    let headers = [("authorization", "Bearer admintoken")];
    let body = body.to_string().into();
    world.send("PUT", "/-/admin/catalogue", &headers, body).await.status
}

#[test]
fn a_rejection_ends_with_a_new_generator_or_a_new_revision() {
    run(async {
        let world = World::new(Generator::Rejects("no")).await;
        world.push("acme/units", &[], "message A {}", &[]).await;
        let version = latest(&world).await;
        let url = format!("{PACKAGE}/@v/{version}.zip");
        assert_eq!(world.follow(&url).await.0.status, 422);
        // A new generator gets one try.
        assert_eq!(publish(&world, "2", 1).await, 200);
        for _ in 0..3 {
            assert_eq!(world.follow(&url).await.0.status, 422);
        }
        assert_eq!(world.jobs().len(), 2);
        // A new revision is another version, which nobody has rejected, and it is `latest` at once.
        world.set_generator(makes(1));
        assert_eq!(publish(&world, "2", 2).await, 200);
        let newer = latest(&world).await;
        assert_eq!(newer, format!("{}.2", version.strip_suffix(".1").unwrap()));
        assert_eq!(world.follow(&format!("{PACKAGE}/@v/{newer}.zip")).await.0.status, 200);
        assert_eq!(world.follow(&url).await.0.status, 422, "the old revision stays rejected");
    });
}

#[test]
fn what_was_published_elsewhere_a_moment_ago_is_there() {
    run(async {
        let world = World::new(makes(1)).await;
        world.push("acme/units", &[], "message A {}", &[]).await;
        let others = [world.elsewhere(), world.elsewhere(), world.elsewhere()];
        let mut version = String::new();
        for other in &others {
            version = latest(other).await;
        }
        assert_eq!(publish(&world, "1", 2).await, 200);
        let name = version.strip_suffix(".1").unwrap();
        assert_eq!(latest(&world).await, format!("{name}.2"));
        for (end, other) in ["info", "mod", "zip"].into_iter().zip(&others) {
            let url = |revision: u32| format!("{PACKAGE}/@v/{name}.{revision}.{end}");
            assert_eq!(other.follow(&url(2)).await.0.status, 200, "{end}");
            assert_eq!(other.get(&url(9)).await.status, 404, "{end}");
        }
    });
}
