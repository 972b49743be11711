//! What attackers try on private modules, tokens, roles and the audit.

mod common;

use common::{
    Generator,
    people::{LATER, REMEMBERED, go, named, npm, scene, scene_with},
    run, upload,
};
use futures::join;
use prost::Message;
use protoedge_bufapi::{
    connect::Rpc,
    proto::buf::registry::module::v1::{
        GetGraphRequest, GetModulesRequest, GetModulesResponse, ModuleRef, ModuleVisibility,
        module_ref,
    },
};
use protoedge_storage::Fault;
use serde_json::json;
use std::{cell::Cell, time::Duration};

const BASE: &str = "import \"base.proto\";\nmessage M { B b = 1; }";

/// A collaborator of one private module reads no sources of another that it depends on, not even in a plugin's words.
#[test]
fn a_collaborator_reads_no_sources_of_private_dependencies() {
    run(async {
        let scene = scene_with(Generator::Rejects("base.proto:2: message SECRET")).await;
        for module in ["wonder/base", "wonder/closed"] {
            scene.make_module("olga", module, ModuleVisibility::Private).await;
        }
        let base = scene.pushed("wonder/base", "message B {}", &[]).await;
        scene.pushed("wonder/closed", BASE, &[base]).await;
        let path = "modules/wonder/closed/collaborators/mallory";
        scene.done("olga", "PUT", path, json!({ "role": "read" })).await;
        assert_eq!(scene.list(Some("mallory"), "wonder/base").await.status, 404);
        let read = |who: &'static str, module: &'static str| {
            let bearer = format!("Bearer {}", scene.token(who));
            let world = scene.world.clone();
            async move { world.follow_as(Some(&bearer), &npm(module)).await.0 }
        };
        let words = "base.proto:2: message SECRET";
        let own = read("olga", "wonder/base").await;
        assert!(own.status == 422 && own.text().contains(words), "{}", own.text());
        scene.world.set_generator(Generator::Makes(Duration::from_secs(1)));
        let seen = read("mallory", "wonder/closed").await;
        assert!(seen.text().contains("it depends on wonder/base, where"), "{}", seen.text());
        assert!(!seen.text().contains(words), "{}", seen.text());
    });
}

/// Names that robots took are bounded.
#[test]
fn robots_take_a_bounded_number_of_names() {
    run(async {
        let scene = scene().await;
        let mut taken = 0;
        for n in 0..250 {
            let name = format!("victim-{n}");
            if scene.make_robot("olga", &name, "read").await != 201 {
                break;
            }
            scene.delete("olga", &format!("organizations/wonder/robots/{name}")).await;
            taken += 1;
        }
        assert_eq!(taken, 200, "names are taken for ever, and none is listed");
    });
}

/// The id of a private module is as good as any other to a stranger.
#[test]
fn the_id_of_a_private_module_looks_like_no_id() {
    run(async {
        let scene = scene().await;
        scene.make_module("olga", "wonder/one", ModuleVisibility::Private).await;
        let name = module_ref::Name { owner: "wonder".into(), module: "one".into() };
        let request =
            |value| GetModulesRequest { module_refs: vec![ModuleRef { value: Some(value) }] };
        let seen =
            scene.rpc(Some("olga"), Rpc::GetModules, &request(module_ref::Value::Name(name))).await;
        let id = GetModulesResponse::decode(seen.body.as_slice()).unwrap().modules[0].id.clone();
        let none = "0123456789abcdef0123456789abcdef".to_owned();
        let mut differ = Vec::new();
        for who in [None, Some("mallory"), Some("wrong")] {
            let mut impressions = Vec::new();
            for id in [&id, &none] {
                let there = scene.elsewhere();
                let before = scene.world.bucket.operations();
                let seen = there
                    .rpc(who, Rpc::GetModules, &request(module_ref::Value::Id(id.clone())))
                    .await;
                let cost = scene.world.bucket.operations() - before;
                impressions.push((seen.status, seen.text().replace(id.as_str(), "ID"), cost));
            }
            if impressions[0] != impressions[1] {
                differ.push((who, impressions));
            }
        }
        assert!(differ.is_empty(), "status, body and operations: {differ:#?}");
    });
}

/// Nothing public depends on what is withdrawn, also where a push leaves out what that depends on.
#[test]
fn a_push_leaves_out_nothing_private_that_a_dependency_depends_on() {
    run(async {
        let scene = scene().await;
        for module in ["wonder/base", "wonder/mid"] {
            scene.make_module("olga", module, ModuleVisibility::Public).await;
        }
        scene.make_module("otto", "others/top", ModuleVisibility::Public).await;
        let base = scene.pushed("wonder/base", "message B {}", &[]).await;
        let mid = scene.pushed("wonder/mid", BASE, std::slice::from_ref(&base)).await;
        assert_eq!(scene.set_visibility("olga", "wonder/base", "private").await.status, 200);
        tokio::time::sleep(REMEMBERED).await;
        let there = scene.elsewhere();
        let pushed =
            there.push("otto", "others/top", "import \"mid.proto\";\nmessage T {}", &[mid]).await;
        let request = GetGraphRequest { resource_refs: vec![named("others/top")] };
        let seen = there.rpc(None, Rpc::GetGraph, &request).await;
        assert!(!seen.text().contains(&base), "{}", seen.text());
        assert_ne!(pushed.status, 200, "a push may depend on a withdrawn commit");
    });
}

/// A push to many labels with long names has its entry, although metadata are bounded.
#[test]
fn a_push_to_many_labels_has_its_entry() {
    run(async {
        let scene = scene().await;
        scene.make_module("olga", "wonder/one", ModuleVisibility::Private).await;
        let labels: Vec<String> = (0..50).map(|n| format!("{n:02}{}", "x".repeat(240))).collect();
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let request = upload("wonder/one", &labels, "message A {}", &[]);
        let seen = scene.rpc(Some("olga"), Rpc::Upload, &request).await;
        assert_eq!(seen.status, 200, "{}", seen.text());
        let audit = scene.api("olga", "GET", "owners/wonder/audit", json!({})).await.text();
        let push = audit.lines().find(|line| line.contains("\"push\"")).unwrap();
        assert!(labels.iter().all(|label| push.contains(label)), "{push}");
    });
}

/// Administrators make tokens of robots below their own role alone.
#[test]
fn administrators_make_no_tokens_of_robots_of_their_own_role() {
    run(async {
        let scene = scene().await;
        assert_eq!(scene.make_robot("olga", "wonder-ops", "admin").await, 201);
        let wanted = json!({ "name": "x", "scope": "admin", "expires": LATER });
        let seen = scene.api("anna", "POST", "users/wonder-ops/tokens", wanted).await;
        // It would outlive her own role.
        assert_eq!(seen.status, 403, "{}", seen.text());
    });
}

/// Every form of a question is answered for a private module as for one that is missing.
#[test]
fn every_header_leaves_a_private_module_missing() {
    run(async {
        let scene = scene_with(Generator::Makes(Duration::from_secs(1))).await;
        scene.make_module("olga", "wonder/secret", ModuleVisibility::Private).await;
        let commit = scene.pushed("wonder/secret", "message S {}", &[]).await;
        let olga = format!("Bearer {}", scene.token("olga"));
        let latest =
            scene.world.follow_as(Some(&olga), &format!("{}/@latest", go("wonder/secret"))).await.0;
        let version = latest.json()["Version"].as_str().unwrap().to_owned();
        let zip = format!("{}/@v/{version}.zip", go("wonder/secret"));
        assert_eq!(scene.world.follow_as(Some(&olga), &zip).await.0.status, 200);
        let mallory = format!("Bearer {}", scene.token("mallory"));
        let urls = [
            zip.clone(),
            format!("{zip}?w=1.0123456789abcdef0123456789abcdef"),
            format!("{zip}?w=9.0123456789abcdef0123456789abcdef"),
            format!("{}/@v/{}.info", go("wonder/secret"), &commit[..12]),
            format!("{}/@v/{commit}.info", go("wonder/secret")),
            format!("{}/@v/{version}.mod", go("wonder/secret")),
            format!("{}/commit-{commit}", npm("wonder/secret")),
            format!("{}/label-main", npm("wonder/secret")),
            "/-/api/modules/wonder/secret".into(),
            "/-/api/modules/wonder/secret/collaborators".into(),
        ];
        let extras: [&[(&str, &str)]; 5] = [
            &[],
            &[("if-none-match", "*")],
            &[("range", "bytes=0-1")],
            &[("range", "bytes=999999-")],
            &[("if-none-match", "\"x\""), ("range", "bytes=-1")],
        ];
        for who in [None, Some(mallory.as_str()), Some("Bearer wrong")] {
            for (method, url) in ["GET", "HEAD", "PATCH", "DELETE"]
                .into_iter()
                .flat_map(|m| urls.iter().map(move |u| (m, u)))
            {
                for extra in extras {
                    let mut impressions = Vec::new();
                    for module in ["secret", "absent"] {
                        let there = scene.elsewhere();
                        let before = scene.world.bucket.operations();
                        let mut headers = extra.to_vec();
                        headers.extend(who.map(|it| ("authorization", it)));
                        let url = url.replace("secret", module);
                        let seen = there.world.send(method, &url, &headers, Vec::new()).await;
                        let cost = scene.world.bucket.operations() - before;
                        let body = seen.text().replace(module, "{}");
                        impressions.push((seen.status, body, seen.headers(), cost));
                    }
                    for it in &mut impressions {
                        // As long as the module's name is.
                        it.2.remove("content-length");
                    }
                    assert_eq!(impressions[0], impressions[1], "{who:?} {method} {url} {extra:?}");
                }
            }
        }
    });
}

/// A person is made with an entry in the audit, also where the token that was asked for is not made.
#[test]
fn a_person_is_not_made_without_an_entry() {
    run(async {
        for operations in 1..12 {
            let scene = scene().await;
            let body = json!({ "user": "zoe", "expires": LATER }).to_string();
            scene.world.bucket.fail_after(operations);
            let headers = [("authorization", "Bearer admintoken")];
            let seen = scene.world.send("POST", "/-/admin/tokens", &headers, body.into()).await;
            scene.world.bucket.heal();
            let keys = scene.world.bucket.keys();
            let is_there = keys.iter().any(|key| key.starts_with("owners/zoe"));
            let has_entry = keys.iter().any(|key| key.starts_with("audit/owners/zoe/"));
            assert!(!is_there || has_entry, "{operations}: {} and no entry", seen.status);
        }
    });
}

/// No usable token is in no list, no robot blocks its name, wherever the bucket fails.
#[test]
fn nothing_half_made_is_good_or_in_the_way() {
    run(async {
        for operations in 1..40 {
            let scene = scene().await;
            let apart = scene.elsewhere();
            scene.world.bucket.fail_after(operations);
            let made = apart.make_robot("olga", "wonder-ci", "write").await;
            scene.world.bucket.heal();
            if made != 201 {
                assert_eq!(
                    scene.make_robot("olga", "wonder-ci", "write").await,
                    201,
                    "{operations}"
                );
            }
            scene.world.bucket.fail_after(operations);
            let left = apart.delete("olga", "organizations/wonder/robots/wonder-ci").await;
            scene.world.bucket.heal();
            if left != 204 {
                let again = scene.delete("olga", "organizations/wonder/robots/wonder-ci").await;
                assert!([204, 404].contains(&again), "{operations}: {again}");
            }
            let members = scene.members().await.to_string();
            assert!(!members.contains("wonder-ci"), "{operations}: {members}");
        }
    });
}

/// A robot and an organization of one name at once: one of them is there, and whole.
#[test]
fn a_robot_and_an_organization_of_one_name_at_once() {
    run(async {
        for slow in
            ["owners/same.json", "owners/wonder/robots/same", "owners/wonder.json", "owners/same"]
        {
            let scene = scene().await;
            let there = scene.elsewhere();
            let is_first = Cell::new(true);
            scene.world.bucket.fault_on(move |_, key| {
                (key.starts_with(slow) && is_first.replace(false))
                    .then_some(Fault::Slow(Duration::from_secs(2)))
            });
            let (robot, organization) = join!(
                scene.make_robot("olga", "same", "write"),
                there.make_organization("mallory", "same")
            );
            scene.world.bucket.heal();
            assert!((robot == 201) != (organization == 200), "{slow}: {robot} {organization}");
            let members = scene.members().await.to_string();
            assert_eq!(members.contains("same"), robot == 201, "{slow}: {members}");
        }
    });
}
