//! What caching proxies ask, which give up earlier than package managers and then ask the registry nothing for minutes.

mod common;

use common::{Generator, Seen, World, run};
use prost::Message;
use protoedge_bufapi::{
    connect::Rpc,
    proto::buf::registry::module::v1::{GetModulesRequest, ModuleRef, module_ref},
};
use protoedge_storage::Fault;
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

/// Where the bucket takes its time, a client waits for the last look at it, too.
#[test]
fn a_slow_bucket_makes_no_proxy_wait_longer() {
    run(async {
        let world = world(Generator::Makes(Duration::from_secs(60))).await;
        let zip = zip(&world).await;
        world.bucket.fault(|_| Some(Fault::Slow(Duration::from_millis(400))));
        for url in [zip.as_str(), NPM] {
            let (seen, waits) = follow(&world, "GET", "another/1.0", url).await;
            assert_eq!(seen.status, 200, "{url}: {}", seen.text());
            assert!(waits.iter().all(|wait| *wait <= 12), "{url}: {waits:?}");
        }
        world.bucket.heal();
    });
}

#[test]
fn the_end_of_a_wait_is_no_trouble_of_a_server_to_a_proxy() {
    for agent in PROXIES {
        run(async move {
            let world = world(Generator::Makes(Duration::from_secs(300))).await;
            let zip = zip(&world).await;
            for url in [zip.as_str(), NPM] {
                let (seen, waits) = follow(&world, "GET", agent, url).await;
                assert_eq!((seen.status, waits.len()), (429, 10), "{agent}, {url}");
                assert_eq!(seen.header("retry-after"), Some("30"), "{agent}, {url}");
                assert_eq!(seen.header("cache-control"), Some("no-store"), "{agent}, {url}");
                assert!(
                    seen.text().contains("this is being generated"),
                    "{agent}: {}",
                    seen.text()
                );
            }
            // A package manager waits longer, and is told what it understands.
            let (seen, _) = world.follow(&zip).await;
            assert_eq!((seen.status, world.jobs().len()), (200, 2), "{agent}");
        });
    }
}

#[test]
fn trouble_is_429_for_proxies_and_503_for_package_managers() {
    run(async {
        let world = world(Generator::Troubled).await;
        let zip = zip(&world).await;
        // It rests.
        assert_eq!(world.follow(&zip).await.0.status, 503);
        assert_eq!(world.follow(NPM).await.0.status, 503);
        for agent in PROXIES {
            for url in [zip.as_str(), NPM] {
                let (seen, waits) = follow(&world, "GET", agent, url).await;
                assert_eq!((seen.status, waits.len()), (429, 1), "{agent}, {url}: {}", seen.text());
                assert!(seen.text().contains("it is tried again in"), "{agent}: {}", seen.text());
                assert_ne!(seen.header("retry-after"), None, "{agent}, {url}");
            }
        }
        // The bucket answers nothing.
        let elsewhere = world.elsewhere();
        elsewhere.bucket.fault(|_| Some(Fault::Before));
        let list = format!("{GO}/@v/list");
        for url in [list.as_str(), zip.as_str(), NPM] {
            for agent in PROXIES {
                let (seen, _) = follow(&elsewhere, "GET", agent, url).await;
                assert_eq!(seen.status, 429, "{agent}, {url}: {}", seen.text());
                assert_eq!(seen.header("retry-after"), Some("30"), "{agent}, {url}");
            }
            assert_eq!(elsewhere.get(url).await.status, 503, "{url}");
        }
        elsewhere.bucket.heal();
    });
}

/// The buf CLI knows a 503, whatever it calls itself.
#[test]
fn who_asks_for_no_packages_is_no_proxy() {
    run(async {
        let world = world(Generator::Makes(Duration::from_secs(1))).await.elsewhere();
        world.bucket.fault(|_| Some(Fault::Before));
        let name = module_ref::Name { owner: "acme".into(), module: "units".into() };
        let module = ModuleRef { value: Some(module_ref::Value::Name(name)) };
        let body = GetModulesRequest { module_refs: vec![module] }.encode_to_vec();
        let headers = [("user-agent", PROXIES[3]), ("content-type", "application/proto")];
        let seen = world.send("POST", Rpc::GetModules.path(), &headers, body).await;
        assert_eq!(seen.status, 503, "{}", seen.text());
        world.bucket.heal();
    });
}

/// Proxies ask for the length and the hash of something before they ask for it, and look whether a remote is there by asking
/// for its address.
#[test]
fn head_says_what_get_says() {
    run(async {
        let world = world(Generator::Makes(Duration::from_secs(1))).await;
        let zip = zip(&world).await;
        let packument = world.get(NPM).await.json();
        let latest = packument["dist-tags"]["latest"].as_str().unwrap();
        let tarball = packument["versions"][latest]["dist"]["tarball"].as_str().unwrap();
        let tarball = tarball.strip_prefix("https://edge.example.com").unwrap();
        let (info, module) = (zip.replace(".zip", ".info"), zip.replace(".zip", ".mod"));
        let (list, newest) = (format!("{GO}/@v/list"), format!("{GO}/@latest"));
        let (missing, foreign) = (NPM.replace("units", "none"), format!("{GO}/@v/v9.9.9.zip"));
        world.get(&zip).await;
        for (url, status) in [
            ("/", 200),
            ("/-/renovate.json", 200),
            ("/gen/go", 200),
            ("/gen/go/", 200),
            ("/gen/npm/v1", 200),
            ("/gen/npm/v1/", 200),
            (&list, 200),
            (&newest, 200),
            (&info, 200),
            (&module, 200),
            (&zip, 200),
            (NPM, 200),
            (&format!("{NPM}/latest"), 200),
            (tarball, 200),
            (&missing, 404),
            (&foreign, 404),
            ("/gen/go/whatever", 404),
            ("/gen/npm/v1/lodash", 404),
        ] {
            let agent = [("user-agent", PROXIES[1])];
            let head = world.send("HEAD", url, &agent, Vec::new()).await;
            let get = world.send("GET", url, &agent, Vec::new()).await;
            assert_eq!((head.status, get.status), (status, status), "{url}: {}", get.text());
            if status == 200 {
                let length = get.body.len().to_string();
                let said = get.header("content-length").unwrap_or(&length);
                assert_eq!(head.header("content-length"), Some(said), "{url}");
                assert!(head.body.is_empty(), "{url}");
                for name in ["etag", "content-type", "cache-control"] {
                    assert_eq!(head.header(name), get.header(name), "{name} of {url}");
                }
            }
        }
    });
}
