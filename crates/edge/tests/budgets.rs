//! What a stranger who wants everything may have made, and what that costs others.

mod common;

use common::{Generator, World, run};
use prost::Message;
use protoedge_bufapi::proto::buf::alpha::registry::v1alpha1::{
    GetNpmVersionRequest, GetRemotePackageVersionPlugin, LocalModuleReference,
};
use std::time::Duration;

const GO: &str = "/gen/go/reg.example.com/gen/go/acme/units";
const NPM: &str = "/gen/npm/v1/@protoedge%2facme_units";
const FORGED: &str = "?w=1.0123456789abcdef0123456789abcdef";

/// What a caller may have made in a minute.
const BUDGET: u32 = 200;

fn makes(seconds: u64) -> Generator {
    Generator::Makes(Duration::from_secs(seconds))
}

/// One request from an address, not followed.
async fn ask(world: &World, url: &str, address: &str) -> u16 {
    world.send("GET", url, &[("cf-connecting-ip", address)], Vec::new()).await.status
}

/// Pushes commits to `units`; the time and the short commit of each.
async fn pushed(world: &World, many: usize) -> Vec<String> {
    let mut names = Vec::new();
    for n in 0..many {
        let commit = world.push("acme/units", &[], &format!("message M{n} {{}}"), &[]).await;
        let info = world.get(&format!("{GO}/protocolbuffers/go/@v/{commit}.info")).await.json();
        let version = info["Version"].as_str().unwrap();
        names.push(version.strip_prefix("v1.36.0-").unwrap().to_owned());
    }
    names
}

/// Every way of asking for what a commit has by the four plugins.
fn versions(name: &str) -> [String; 4] {
    [
        format!("{GO}/protocolbuffers/go/@v/v1.36.0-{name}.zip"),
        format!("{GO}/connectrpc/go/@v/v1.20.0-{name}.zip"),
        format!("{NPM}.bufbuild_es/1.10.0-{name}"),
        format!("{NPM}.connectrpc_es/1.6.1-{name}"),
    ]
}

#[test]
fn ten_thousand_versions_are_two_hundred_jobs_and_starve_nobody() {
    run(async {
        let world = World::new(makes(1)).await;
        let names = pushed(&world, 2500).await;
        world.set_budget(BUDGET);
        let urls: Vec<String> = names.iter().flat_map(|name| versions(name)).collect();
        assert_eq!(urls.len(), 10_000);
        let (mut served, mut refused) = (0_usize, 0);
        for (n, url) in urls.iter().enumerate() {
            // Most of them as if sent on by us already.
            let hop = if n % 3 == 0 { "" } else { FORGED };
            match ask(&world, &format!("{url}{hop}"), "192.0.2.1").await {
                200 => served += 1,
                429 => refused += 1,
                other => panic!("{url}: {other}"),
            }
            if n == 5000 {
                let started = world.now();
                let other = &urls[9000];
                assert_eq!(ask(&world, other, "192.0.2.2").await, 200, "somebody else");
                assert!(world.now() - started <= 2, "somebody else waits");
            }
        }
        println!("{served} served, {refused} refused, {} jobs", world.jobs().len());
        // The stranger is served what the other one had made, too.
        let made = BUDGET as usize + 1;
        assert_eq!((served, refused, world.jobs().len()), (made, 10_000 - made, made));
        tokio::time::sleep(Duration::from_secs(60)).await;
        world.sweep().await;
        assert_eq!(world.jobs().len(), made, "the sweep makes no more of it");
        assert!(world.bucket.keys().iter().all(|key| !key.starts_with("orders/")));
    });
}

#[test]
fn a_hop_that_was_forged_is_paid_for_and_a_true_one_not_twice() {
    run(async {
        let world = World::new(makes(40)).await;
        let names = pushed(&world, 2).await;
        world.set_budget(1);
        let [first, second] = [0, 1].map(|n| versions(&names[n])[0].clone());
        assert_eq!(ask(&world, &format!("{first}{FORGED}"), "192.0.2.1").await, 307);
        assert_eq!(ask(&world, &format!("{second}{FORGED}"), "192.0.2.1").await, 429);
        assert_eq!(ask(&world, &format!("{first}{FORGED}"), "192.0.2.1").await, 200);
        assert_eq!((world.charges(), world.jobs().len()), (2, 1));
        // What it pins is there already.
        world.set_budget(1);
        let mut url = versions(&names[1])[2].clone();
        while let 307 = ask(&world, &url, "192.0.2.1").await {
            url = format!("{}?w={}.{}", &versions(&names[1])[2], 5, "0".repeat(32));
        }
        assert_eq!((world.charges(), world.jobs().len()), (1, 2), "sent on, and paid for once");
    });
}

#[test]
fn moving_up_what_nobody_waited_for_is_paid_for() {
    run(async {
        let world = World::new(makes(1)).await;
        let first = versions(&pushed(&world, 1).await[0])[0].clone();
        assert_eq!(ask(&world, &first, "192.0.2.1").await, 200);
        // In use: the next one is ordered by its push, and nobody waits for it.
        world.set_generator(Generator::Dies);
        let next = world.push("acme/units", &[], "message Next {}", &[]).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        let info = world.get(&format!("{GO}/protocolbuffers/go/@v/{next}.info")).await.json();
        let url = format!("{GO}/protocolbuffers/go/@v/{}.zip", info["Version"].as_str().unwrap());
        world.set_budget(0);
        assert_eq!(ask(&world, &url, "192.0.2.1").await, 429);
        let job = world.jobs().remove(1);
        assert_eq!(world.alive(&job).await["priority"], "background");
        world.set_budget(1);
        assert_eq!(ask(&world, &url, "192.0.2.1").await, 307);
        assert_eq!(ask(&world, &url, "192.0.2.2").await, 307, "it is paid for");
        assert_eq!(world.alive(&job).await["priority"], "awaited");
        assert_eq!(world.jobs().len(), 2);
    });
}

#[test]
fn asking_for_the_version_by_rpc_is_paid_for() {
    run(async {
        let world = World::new(makes(1)).await;
        let names = pushed(&world, 3).await;
        world.set_budget(2);
        let call = |name: &str, plugin: &str, address: &'static str| {
            let request = GetNpmVersionRequest {
                plugin_reference: Some(GetRemotePackageVersionPlugin {
                    owner: plugin.into(),
                    name: "es".into(),
                    ..Default::default()
                }),
                module_reference: Some(LocalModuleReference {
                    owner: "acme".into(),
                    repository: "units".into(),
                    reference: name[15..27].into(),
                }),
            };
            let world = world.clone();
            async move {
                let url = "/buf.alpha.registry.v1alpha1.ResolveService/GetNPMVersion";
                let headers =
                    [("cf-connecting-ip", address), ("content-type", "application/proto")];
                let seen = world.send("POST", url, &headers, request.encode_to_vec()).await;
                tokio::time::sleep(Duration::from_secs(2)).await;
                (seen.status, world.jobs().len())
            }
        };
        // connect-es comes with es.
        assert_eq!(call(&names[0], "connectrpc", "192.0.2.1").await, (200, 2));
        assert_eq!(call(&names[1], "bufbuild", "192.0.2.1").await, (429, 2), "beyond the budget");
        assert_eq!(call(&names[0], "bufbuild", "192.0.2.1").await, (200, 2), "it is there");
        assert_eq!(call(&names[2], "bufbuild", "192.0.2.2").await, (200, 3), "somebody else");
    });
}

#[test]
fn a_network_is_one_caller() {
    run(async {
        let world = World::new(makes(1)).await;
        let names = pushed(&world, 4).await;
        world.set_budget(1);
        let url = |n: usize| versions(&names[n])[0].clone();
        for (n, address, status) in [
            (0, "2001:db8:0:1::1", 200),
            (1, "2001:db8:0:1:ffff:0:0:2", 429),
            (1, "2001:0db8:0000:0001::3", 429),
            (1, "2001:db8:0:2::1", 200),
            (2, "192.0.2.1", 200),
            (3, "192.0.2.2", 200),
        ] {
            assert_eq!(ask(&world, &url(n), address).await, status, "{address}");
        }
    });
}

#[test]
fn what_does_not_exist_orders_nothing_and_costs_little() {
    run(async {
        let world = World::new(makes(1)).await;
        let name = pushed(&world, 1).await.remove(0);
        let time = &name[..14];
        world.set_budget(0);
        let none = format!("{time}-aaaaaaaaaaaa.1");
        let early = name.replace(time, "20200101000000");
        let [zip, ..] = versions(&name);
        // The catalogue, the module, a version: what is remembered is remembered.
        world.get(&zip.replace(".zip", ".info")).await;
        let module = GO.replace("units", "none");
        for (url, status, most) in [
            (versions(&none)[0].clone(), 404, 2),
            (versions(&none)[2].clone(), 404, 1),
            (versions(&early)[0].clone(), 404, 2),
            (versions(&early)[3].clone(), 404, 1),
            (zip.replace(".1.zip", ".2.zip"), 404, 2),
            (zip.replace("v1.36.0", "v1.35.0"), 404, 2),
            (format!("{GO}/protocolbuffers/none/@v/v1.0.0-{name}.zip"), 404, 1),
            (format!("{module}/protocolbuffers/go/@v/v1.36.0-{name}.zip"), 404, 1),
            (format!("{NPM}.bufbuild_es/commit-{}", "a".repeat(32)), 404, 3),
            (format!("{NPM}.bufbuild_es/label-none"), 404, 2),
            (format!("{zip}?w=999"), 404, 0),
            // It exists: what is beyond the budget is looked for twice, and whether anybody wanted it.
            (zip, 429, 5),
        ] {
            let before = world.bucket.operations();
            let keys = world.bucket.keys();
            assert_eq!(ask(&world, &url, "192.0.2.1").await, status, "{url}");
            tokio::time::sleep(Duration::from_secs(1)).await;
            let cost = world.bucket.operations() - before;
            println!("{cost} operations: {url}");
            assert!(cost <= most, "{url}: {cost} operations");
            assert_eq!(world.bucket.keys(), keys, "{url}");
            assert_eq!(world.charges(), u32::from(status == 429), "{url}");
        }
        assert_eq!(world.jobs().len(), 0);
    });
}

/// Whoever is beyond the budget still gets what is there: a packument without the head that was never made.
#[test]
fn a_packument_shows_what_is_there_to_who_may_have_nothing_made() {
    run(async {
        let world = World::new(makes(1)).await;
        let url = format!("{NPM}.bufbuild_es");
        world.push("acme/units", &[], "message A {}", &[]).await;
        world.set_budget(0);
        assert_eq!(ask(&world, &url, "192.0.2.1").await, 429, "nothing is there");
        world.set_budget(1);
        assert_eq!(ask(&world, &url, "192.0.2.1").await, 200);
        // Nobody orders the new head: the use of the package was long ago.
        tokio::time::sleep(Duration::from_secs(91 * 24 * 60 * 60)).await;
        world.push("acme/units", &[], "message B {}", &[]).await;
        assert_eq!(ask(&world, &url, "192.0.2.1").await, 200, "beyond the budget");
        assert_eq!(world.jobs().len(), 1, "nothing new was ordered");
        assert_eq!(ask(&world, &url, "192.0.2.2").await, 200, "somebody else");
        assert_eq!(world.jobs().len(), 2);
    });
}

/// What is public is read with any credentials: made-up ones must not be a budget each.
#[test]
fn a_made_up_token_has_no_budget_of_its_own() {
    run(async {
        let world = World::new(makes(60)).await;
        let names = pushed(&world, 3).await;
        world.set_budget(1);
        let mut statuses = Vec::new();
        for (name, token) in names.iter().zip(["Bearer one", "Bearer two", "Digest three"]) {
            let url = format!("{GO}/protocolbuffers/go/@v/v1.36.0-{name}.zip");
            let headers = [("cf-connecting-ip", "192.0.2.1"), ("authorization", token)];
            statuses.push(world.send("GET", &url, &headers, Vec::new()).await.status);
        }
        assert_eq!(statuses, [307, 429, 429]);
        // A token of this registry's counts for itself, wherever it is used.
        let body = r#"{"user": "bob", "expires": "2026-12-01T00:00:00Z"}"#;
        let admin = [("authorization", "Bearer admintoken")];
        let made = world.send("POST", "/-/admin/tokens", &admin, body.into()).await.json();
        let bearer = format!("Bearer {}", made["token"].as_str().unwrap());
        let url = format!("{GO}/connectrpc/go/@v/v1.20.0-{}.zip", names[0]);
        let headers = [("cf-connecting-ip", "192.0.2.1"), ("authorization", bearer.as_str())];
        assert_eq!(world.send("GET", &url, &headers, Vec::new()).await.status, 307);
    });
}
