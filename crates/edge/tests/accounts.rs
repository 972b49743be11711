//! `/-/api/`: members, robots, tokens and collaborators.

mod common;

use common::{
    people::{LATER, REMEMBERED, Scene, scene},
    run,
};
use protoedge_bufapi::proto::buf::registry::module::v1::ModuleVisibility;
use protoedge_edge::Endpoint;
use serde_json::{Value, json};
use std::time::Duration;

/// Administrators change the roles below their own, owners every role, and everybody may leave.
#[test]
fn members_are_changed_by_those_above_them() {
    run(async {
        let scene = scene().await;
        for (by, user, role, wanted) in [
            ("olga", "mallory", Some("owner"), 200),
            ("olga", "anna", Some("read"), 200),
            ("olga", "anna", None, 204),
            ("admin", "olga", Some("owner"), 200),
            ("admin", "mallory", Some("owner"), 200),
            ("anna", "mallory", Some("read"), 200),
            ("anna", "mallory", Some("write"), 200),
            ("anna", "mallory", Some("admin"), 403),
            ("anna", "mallory", Some("owner"), 403),
            ("anna", "walt", Some("read"), 200),
            ("anna", "walt", Some("admin"), 403),
            ("anna", "walt", None, 204),
            ("anna", "adam", Some("read"), 403),
            ("anna", "adam", None, 403),
            ("anna", "olga", Some("read"), 403),
            ("anna", "olga", None, 403),
            ("anna", "anna", Some("owner"), 403),
            ("anna", "anna", None, 204),
            ("walt", "mallory", Some("read"), 403),
            ("walt", "rita", None, 403),
            ("walt", "walt", None, 204),
            ("rita", "rita", Some("write"), 403),
            ("rita", "rita", None, 204),
            ("mallory", "mallory", Some("read"), 403),
            ("mallory", "mallory", None, 403),
            ("otto", "rita", None, 403),
        ] {
            let apart = scene.apart().await;
            let (members, keys) = (apart.members().await, apart.world.bucket.keys());
            let path = format!("organizations/wonder/members/{user}");
            let seen = match role {
                Some(role) => apart.api(by, "PUT", &path, json!({ "role": role })).await,
                None => apart.api(by, "DELETE", &path, Value::Null).await,
            };
            assert_eq!(seen.status, wanted, "{by} makes {user} {role:?}: {}", seen.text());
            if wanted == 403 {
                assert_eq!(apart.members().await, members, "{by} makes {user} {role:?}");
                assert_eq!(apart.world.bucket.keys(), keys, "{by} makes {user} {role:?}");
            }
        }
    });
}

#[test]
fn an_organization_keeps_an_owner() {
    run(async {
        let scene = scene().await;
        let members = scene.members().await;
        for role in [json!({ "role": "admin" }), Value::Null] {
            let method = if role.is_null() { "DELETE" } else { "PUT" };
            for by in ["olga", "admin"] {
                let seen = scene.api(by, method, "organizations/wonder/members/olga", role.clone());
                let seen = seen.await;
                assert_eq!(seen.status, 400, "{by} {role}: {}", seen.text());
                assert!(seen.text().contains("must have an owner"), "{}", seen.text());
            }
        }
        assert_eq!(scene.members().await, members);
        scene.set_role("wonder", "anna", "owner").await;
        assert_eq!(scene.delete("olga", "organizations/wonder/members/olga").await, 204);
        assert_eq!(scene.delete("anna", "organizations/wonder/members/anna").await, 400);
    });
}

#[test]
fn a_member_is_a_person_of_this_registry() {
    run(async {
        let scene = scene().await;
        assert_eq!(scene.make_robot("olga", "wonder-ci", "write").await, 201);
        let role = json!({ "role": "read" });
        for (user, status, words) in [
            ("nobody", 404, "no user nobody"),
            ("others", 404, "no user others"),
            ("wonder-ci", 400, "it is a robot"),
        ] {
            let path = format!("organizations/wonder/members/{user}");
            let seen = scene.api("olga", "PUT", &path, role.clone()).await;
            assert_eq!(seen.status, status, "{user}: {}", seen.text());
            assert!(seen.text().contains(words), "{user}: {}", seen.text());
        }
        for (path, status) in [
            ("organizations/wonder/members/wonder-ci", 400),
            ("organizations/wonder/members/mallory", 404),
            ("organizations/nothing/members/rita", 404),
            ("organizations/olga/members/rita", 404),
        ] {
            assert_eq!(scene.delete("olga", path).await, status, "{path}");
        }
        assert_eq!(scene.get("olga", "organizations/olga/members").await.status, 404);
        assert_eq!(scene.members().await["members"].as_array().unwrap().len(), 6);
    });
}

/// Owners make robots up to administrators, administrators those below them.
#[test]
fn robots_are_below_those_who_make_them() {
    run(async {
        let scene = scene().await;
        for (by, role, wanted) in [
            ("olga", "admin", 201),
            ("olga", "owner", 400),
            ("anna", "write", 201),
            ("anna", "admin", 403),
            ("anna", "owner", 400),
            ("walt", "read", 403),
            ("mallory", "read", 403),
            ("admin", "admin", 201),
        ] {
            let apart = scene.apart().await;
            let keys = apart.world.bucket.keys();
            assert_eq!(apart.make_robot(by, "wonder-ci", role).await, wanted, "{by}: {role}");
            if wanted != 201 {
                assert_eq!(apart.world.bucket.keys(), keys, "{by}: {role}");
            }
        }
        assert_eq!(scene.make_robot("olga", "wonder-ci", "admin").await, 201);
        let path = "organizations/wonder/robots/wonder-ci";
        for change in [
            json!({ "disabled": true }),
            json!({ "role": "read" }),
            json!({ "role": "read", "disabled": true }),
            json!({ "role": "admin" }),
        ] {
            let apart = scene.apart().await;
            let (robots, keys) = (
                apart.get("olga", "organizations/wonder/robots").await.text(),
                apart.world.bucket.keys(),
            );
            assert_eq!(
                apart.api("anna", "PATCH", path, change.clone()).await.status,
                403,
                "{change}"
            );
            let after = apart.get("olga", "organizations/wonder/robots").await.text();
            assert_eq!((after, apart.world.bucket.keys()), (robots, keys), "{change}");
        }
        let keys = scene.world.bucket.keys();
        assert_eq!(scene.delete("anna", path).await, 403);
        assert_eq!(scene.make_robot("anna", "wonder-ci", "read").await, 403);
        assert_eq!(scene.world.bucket.keys(), keys);
        assert_eq!(scene.delete("olga", path).await, 204);
    });
}

#[test]
fn a_robots_name_is_nobody_elses() {
    run(async {
        let scene = scene().await;
        let robot = json!({ "name": "others-ci", "role": "read" });
        scene.done("otto", "POST", "organizations/others/robots", robot).await;
        for (name, status) in [
            ("mallory", 409),
            ("anna", 409),
            ("wonder", 409),
            ("others", 409),
            ("others-ci", 409),
            ("admin", 400),
            ("google", 403),
            ("Not a name", 400),
        ] {
            let apart = scene.apart().await;
            let keys = apart.world.bucket.keys();
            assert_eq!(apart.make_robot("olga", name, "read").await, status, "{name}");
            assert_eq!(apart.world.bucket.keys(), keys, "{name}");
        }
        // A robot is its own organization's alone.
        let path = "organizations/wonder/robots/others-ci";
        assert_eq!(scene.api("olga", "PATCH", path, json!({ "disabled": true })).await.status, 404);
        assert_eq!(scene.delete("olga", path).await, 404);
    });
}

#[test]
fn robots_own_nothing_and_make_no_tokens() {
    run(async {
        let mut scene = scene().await;
        assert_eq!(scene.make_robot("olga", "wonder-ci", "write").await, 201);
        scene.new_token("robot", "anna", "wonder-ci", json!({})).await;
        assert_eq!(scene.get("robot", "user").await.json()["kind"], "robot");
        scene.make_module("olga", "wonder/secret", ModuleVisibility::Private).await;
        assert_eq!(scene.push("robot", "wonder/secret", "message A {}", &[]).await.status, 200);
        assert_eq!(scene.make_organization("robot", "robotland").await, 403);
        for module in ["wonder-ci/own", "wonder/own", "others/own"] {
            let made = scene.make_module("robot", module, ModuleVisibility::Private).await;
            assert_eq!(made, 403, "{module}");
        }
        let token = json!({ "name": "x", "scope": "read", "expires": LATER });
        for user in ["wonder-ci", "olga"] {
            let path = format!("users/{user}/tokens");
            assert_eq!(scene.get("robot", &path).await.status, 403, "{user}");
            assert_eq!(
                scene.api("robot", "POST", &path, token.clone()).await.status,
                403,
                "{user}"
            );
        }
        // One that administers the organization does as administrators do, and no more.
        let path = "organizations/wonder/robots/wonder-ci";
        scene.done("olga", "PATCH", path, json!({ "role": "admin" })).await;
        assert_eq!(scene.make_organization("robot", "robotland").await, 403);
        let path = "users/olga/tokens";
        assert_eq!(scene.api("robot", "POST", path, token).await.status, 403);
        assert_eq!(scene.make_robot("robot", "wonder-bot", "admin").await, 403);
    });
}

#[test]
fn a_deleted_robots_name_stays_taken_and_its_tokens_end() {
    run(async {
        let mut scene = scene().await;
        assert_eq!(scene.make_robot("olga", "wonder-ci", "write").await, 201);
        for name in ["robot", "robot again"] {
            scene.new_token(name, "anna", "wonder-ci", json!({})).await;
            assert_eq!(scene.is_known(name).await, 200);
        }
        assert_eq!(scene.delete("anna", "organizations/wonder/robots/wonder-ci").await, 204);
        for name in ["robot", "robot again"] {
            assert_eq!(scene.is_known(name).await, 401);
        }
        let robots = scene.get("olga", "organizations/wonder/robots").await.json();
        assert_eq!(robots, json!({ "robots": [] }));
        assert!(!scene.members().await.to_string().contains("wonder-ci"));
        assert_eq!(scene.make_robot("olga", "wonder-ci", "write").await, 409);
        assert_eq!(scene.make_organization("mallory", "wonder-ci").await, 409);
        let token = json!({ "user": "wonder-ci", "expires": LATER }).to_string().into();
        let headers = [("authorization", "Bearer admintoken")];
        let seen = scene.world.send("POST", "/-/admin/tokens", &headers, token).await;
        assert_eq!(seen.status, 400, "{}", seen.text());
        assert_eq!(scene.delete("anna", "organizations/wonder/robots/wonder-ci").await, 404);
        assert!(scene.world.bucket.keys().iter().all(|key| !key.contains("wonder-ci/tokens/")));
    });
}

/// A token is good for the lesser of its scope and its owner's role, and for no module beside those it names.
#[test]
fn a_token_is_good_for_no_more_than_its_scope() {
    run(async {
        let mut scene = scene().await;
        for module in ["wonder/one", "wonder/two"] {
            scene.make_module("olga", module, ModuleVisibility::Private).await;
            scene.pushed(module, "message A {}", &[]).await;
        }
        for (name, user, limits) in [
            ("reads", "olga", json!({ "scope": "read" })),
            ("writes", "olga", json!({ "scope": "write" })),
            ("one", "olga", json!({ "modules": ["wonder/one"] })),
            ("reads one", "olga", json!({ "scope": "read", "modules": ["wonder/one"] })),
            ("rita's", "rita", json!({ "scope": "admin" })),
        ] {
            scene.new_token(name, user, user, limits).await;
        }
        for (name, list_one, list_two, push_one, push_two, members, private) in [
            ("olga", 200, 200, 200, 200, 200, 200),
            ("reads", 200, 200, 403, 403, 200, 403),
            ("writes", 200, 200, 200, 200, 200, 403),
            ("one", 200, 404, 200, 404, 403, 200),
            ("reads one", 200, 404, 403, 404, 403, 403),
            ("rita's", 200, 200, 403, 403, 200, 403),
        ] {
            let text = format!("message {} {{}}", name.replace([' ', '\''], "_").to_uppercase());
            let asked = [
                (scene.list(Some(name), "wonder/one").await.status, list_one),
                (scene.list(Some(name), "wonder/two").await.status, list_two),
                (scene.push(name, "wonder/one", &text, &[]).await.status, push_one),
                (scene.push(name, "wonder/two", &text, &[]).await.status, push_two),
                (scene.get(name, "organizations/wonder/members").await.status, members),
                (scene.set_visibility(name, "wonder/one", "private").await.status, private),
            ];
            for (place, (status, wanted)) in asked.into_iter().enumerate() {
                assert_eq!(status, wanted, "{name}: question {place}");
            }
        }
    });
}

/// What is good for less than all makes, lists and revokes no tokens, and founds nothing.
#[test]
fn a_limited_token_makes_and_revokes_none() {
    run(async {
        let mut scene = scene().await;
        let other = scene.new_token("other", "olga", "olga", json!({})).await;
        let limits = [
            ("reads", json!({ "scope": "read" })),
            ("writes", json!({ "scope": "write" })),
            ("limited", json!({ "modules": ["wonder/one"] })),
        ];
        for (name, body) in limits {
            let id = scene.new_token(name, "olga", "olga", body).await;
            let token = json!({ "name": "x", "scope": "read", "expires": LATER });
            let path = "users/olga/tokens";
            assert_eq!(scene.api(name, "POST", path, token).await.status, 403, "{name}");
            assert_eq!(scene.get(name, path).await.status, 403, "{name}");
            for id in [&id, &other] {
                assert_eq!(scene.delete(name, &format!("{path}/{id}")).await, 403, "{name}");
            }
            assert_eq!(scene.make_organization(name, "olgaland").await, 403, "{name}");
            let leaves = scene.delete(name, "organizations/wonder/members/olga").await;
            assert_eq!(leaves, 403, "{name}");
        }
        assert_eq!(scene.is_known("other").await, 200);
        assert_eq!(scene.delete("olga", &format!("users/olga/tokens/{other}")).await, 204);
    });
}

#[test]
fn the_tokens_of_others_are_nobodys_business() {
    run(async {
        let mut scene = scene().await;
        let id = scene.new_token("other", "olga", "olga", json!({})).await;
        let token = json!({ "name": "x", "scope": "read", "expires": LATER });
        // Who may not ask does not learn who is there.
        for user in ["olga", "nobody"] {
            let path = format!("users/{user}/tokens");
            let made = scene.api("anna", "POST", &path, token.clone()).await;
            assert_eq!(made.status, 403, "{user}");
            assert_eq!(scene.get("anna", &path).await.status, 403, "{user}");
            assert_eq!(scene.delete("anna", &format!("{path}/{id}")).await, 403, "{user}");
        }
        assert_eq!(scene.get("admin", "users/nobody/tokens").await.status, 404);
        assert_eq!(scene.get("admin", "users/wonder/tokens").await.status, 404);
        for bad in ["0123456789ab", "x", "0123456789AB", &"0".repeat(64)] {
            let path = format!("users/olga/tokens/{bad}");
            assert_eq!(scene.delete("olga", &path).await, 404, "{bad}");
        }
        assert_eq!(scene.delete("anna", &format!("users/anna/tokens/{id}")).await, 404);
        assert_eq!(scene.is_known("other").await, 200);
    });
}

#[test]
fn what_no_token_can_be_is_refused() {
    run(async {
        let scene = scene().await;
        let good = json!({ "name": "x", "scope": "read", "expires": LATER });
        let long: Vec<String> = (0..101).map(|n| format!("wonder/m{n}")).collect();
        for (what, change, status) in [
            ("nothing changed", json!({}), 201),
            ("no name", json!({ "name": "" }), 400),
            ("a long name", json!({ "name": "x".repeat(101) }), 400),
            ("a name of two lines", json!({ "name": "a\nb" }), 400),
            ("the longest name", json!({ "name": "ä".repeat(100) }), 201),
            ("over already", json!({ "expires": "2025-12-31T23:59:59Z" }), 400),
            ("for 366 days", json!({ "expires": "2027-01-02T00:00:00Z" }), 201),
            ("for longer", json!({ "expires": "2027-01-02T01:00:00Z" }), 400),
            ("no modules", json!({ "modules": [] }), 400),
            ("too many modules", json!({ "modules": long }), 400),
            ("as many as may be", json!({ "modules": long[..100] }), 201),
            ("a module's name that is none", json!({ "modules": ["wonder"] }), 400),
        ] {
            let apart = scene.apart().await;
            let before = apart.world.bucket.snapshot();
            let mut body = good.clone();
            body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            let seen = apart.api("olga", "POST", "users/olga/tokens", body).await;
            assert_eq!(seen.status, status, "{what}: {}", seen.text());
            let is_unchanged = before == apart.world.bucket.snapshot();
            assert_eq!(is_unchanged, status == 400, "{what}");
        }
    });
}

#[test]
fn lists_show_tokens_without_their_texts_and_the_day_of_their_last_use() {
    run(async {
        let mut scene = scene().await;
        let limits = json!({ "scope": "write", "modules": ["wonder/one"] });
        tokio::time::sleep(Duration::from_secs(1)).await;
        let id = scene.new_token("laptop", "olga", "olga", limits).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        scene
            .new_token("short", "olga", "olga", json!({ "expires": "2026-01-01T12:00:00Z" }))
            .await;
        let listed = async |scene: &Scene| {
            let seen = scene.get("olga", "users/olga/tokens").await;
            assert!(!seen.text().contains("protoedge_"), "{}", seen.text());
            seen.json()["tokens"].as_array().unwrap().clone()
        };
        let tokens = listed(&scene).await;
        let names: Vec<&str> = tokens.iter().map(|it| it["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["made by an administrator", "laptop", "short"]);
        assert_eq!(tokens[1]["id"], id.as_str());
        assert_eq!((&tokens[1]["scope"], &tokens[1]["user"]), (&json!("write"), &json!("olga")));
        assert_eq!(tokens[1]["modules"], json!(["wonder/one"]));
        assert_eq!(tokens[1]["last_used"], Value::Null);
        let known = scene.get("laptop", "user").await.json();
        assert_eq!(known["token"], id.as_str());
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(listed(&scene).await[1]["last_used"], "2026-01-01");
        tokio::time::sleep(Duration::from_secs(36 * 60 * 60)).await;
        assert_eq!(listed(&scene).await.len(), 2, "what is over is in no list");
        scene.elsewhere().is_known("laptop").await;
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(listed(&scene).await[1]["last_used"], "2026-01-02");
    });
}

/// One hundred at once, and what is over makes room.
#[test]
fn a_person_has_a_hundred_tokens_at_most() {
    run(async {
        let mut scene = scene().await;
        scene
            .new_token("short", "olga", "olga", json!({ "expires": "2026-01-01T12:00:00Z" }))
            .await;
        for _ in 0..98 {
            scene.new_token("more", "olga", "olga", json!({})).await;
        }
        let path = "users/olga/tokens";
        let token = json!({ "name": "x", "scope": "read", "expires": LATER });
        let keys = scene.apart().await.world.bucket.keys();
        let full = scene.apart().await;
        assert_eq!(full.api("olga", "POST", path, token.clone()).await.status, 429);
        assert_eq!(full.world.bucket.keys(), keys);
        tokio::time::sleep(Duration::from_secs(12 * 60 * 60)).await;
        let seen = scene.api("olga", "POST", path, token.clone()).await;
        assert_eq!(seen.status, 201, "{}", seen.text());
        assert_eq!(scene.api("olga", "POST", path, token.clone()).await.status, 429);
        let id = seen.json()["id"].as_str().unwrap().to_owned();
        assert_eq!(scene.delete("olga", &format!("{path}/{id}")).await, 204);
        assert_eq!(scene.api("olga", "POST", path, token).await.status, 201);
    });
}

/// Those who administer a module choose who reads and writes it beside its organization; everybody may leave.
#[test]
fn collaborators_read_or_write_one_module() {
    run(async {
        let scene = scene().await;
        scene.make_robot("olga", "wonder-ci", "read").await;
        let robot = json!({ "name": "others-ci", "role": "read" });
        scene.done("otto", "POST", "organizations/others/robots", robot).await;
        for module in ["wonder/one", "wonder/two"] {
            scene.make_module("olga", module, ModuleVisibility::Private).await;
            scene.pushed(module, "message A {}", &[]).await;
        }
        let scene = scene.apart().await;
        let of = "modules/wonder/one/collaborators";
        for (by, user, role, wanted) in [
            ("olga", "mallory", "admin", 400),
            ("olga", "mallory", "owner", 400),
            ("olga", "nobody", "read", 404),
            ("olga", "others", "read", 404),
            ("olga", "others-ci", "read", 400),
            ("olga", "wonder-ci", "write", 200),
            ("walt", "mallory", "read", 403),
            ("mallory", "mallory", "read", 404),
            ("anna", "mallory", "read", 200),
        ] {
            let keys = scene.world.bucket.keys();
            let path = format!("{of}/{user}");
            let seen = scene.api(by, "PUT", &path, json!({ "role": role })).await;
            assert_eq!(seen.status, wanted, "{by} lets {user} {role}: {}", seen.text());
            assert!(wanted == 200 || scene.world.bucket.keys() == keys, "{by} lets {user} {role}");
        }
        assert_eq!(scene.list(Some("mallory"), "wonder/one").await.status, 200);
        assert_eq!(scene.list(Some("mallory"), "wonder/two").await.status, 404);
        assert_eq!(scene.push("mallory", "wonder/one", "message B {}", &[]).await.status, 403);
        assert_eq!(scene.get("mallory", of).await.status, 403);
        assert_eq!(scene.get("mallory", "organizations/wonder/members").await.status, 403);
        scene.done("anna", "PUT", &format!("{of}/mallory"), json!({ "role": "write" })).await;
        assert_eq!(scene.push("mallory", "wonder/one", "message B {}", &[]).await.status, 200);
        let listed = scene.get("anna", of).await.json();
        let wanted = json!([
            { "user": "mallory", "role": "write" }, { "user": "wonder-ci", "role": "write" },
        ]);
        assert_eq!(listed["collaborators"], wanted);
        assert_eq!(scene.delete("walt", &format!("{of}/mallory")).await, 403);
        assert_eq!(scene.delete("mallory", &format!("{of}/wonder-ci")).await, 403);
        assert_eq!(scene.delete("mallory", &format!("{of}/mallory")).await, 204);
        assert_eq!(scene.list(Some("mallory"), "wonder/one").await.status, 404);
        assert_eq!(scene.delete("mallory", &format!("{of}/mallory")).await, 404);
        assert_eq!(scene.delete("anna", &format!("{of}/mallory")).await, 404);
        assert_eq!(scene.delete("anna", &format!("{of}/wonder-ci")).await, 204);
    });
}

/// What is taken away of somebody's, and who then cannot read.
struct Loss {
    what: &'static str,
    who: &'static str,
    by: &'static str,
    change: (&'static str, String, Value),
    status: u16,
}

fn losses(id: &str) -> Vec<Loss> {
    let loss = |what, who, by, method, path: &str, body, status| {
        let change = (method, path.to_owned(), body);
        Loss { what, who, by, change, status }
    };
    let member = "organizations/wonder/members/rita";
    let robot = "organizations/wonder/robots/wonder-ci";
    let disabled = json!({ "disabled": true });
    let token = format!("users/olga/tokens/{id}");
    let collaborator = "modules/wonder/one/collaborators/mallory";
    vec![
        loss("a token", "laptop", "olga", "DELETE", &token, Value::Null, 401),
        loss("a person", "rita", "admin", "PATCH", "users/rita", disabled.clone(), 401),
        loss("membership", "rita", "anna", "DELETE", member, Value::Null, 404),
        loss("a robot", "robot", "anna", "DELETE", robot, Value::Null, 401),
        loss("a robot for now", "robot", "anna", "PATCH", robot, disabled, 401),
        loss("a module", "mallory", "anna", "DELETE", collaborator, Value::Null, 404),
    ]
}

/// A machine that has just seen who may read knows after ten seconds who may not any more.
#[test]
fn what_is_taken_away_is_gone_everywhere_after_ten_seconds() {
    run(async {
        let mut scene = scene().await;
        scene.make_module("olga", "wonder/one", ModuleVisibility::Private).await;
        scene.pushed("wonder/one", "message A {}", &[]).await;
        scene.make_robot("olga", "wonder-ci", "read").await;
        scene.new_token("robot", "anna", "wonder-ci", json!({})).await;
        let id = scene.new_token("laptop", "olga", "olga", json!({})).await;
        let path = "modules/wonder/one/collaborators/mallory";
        scene.done("anna", "PUT", path, json!({ "role": "read" })).await;
        for Loss { what, who, by, change: (method, path, body), status } in losses(&id) {
            let here = scene.apart().await;
            let there = here.elsewhere();
            assert_eq!(there.list(Some(who), "wonder/one").await.status, 200, "{what}");
            here.done(by, method, &path, body).await;
            assert_eq!(here.list(Some(who), "wonder/one").await.status, status, "{what}, here");
            tokio::time::sleep(REMEMBERED).await;
            assert_eq!(there.list(Some(who), "wonder/one").await.status, status, "{what}");
        }
    });
}

/// Who is let in is let in at once, on every machine that asked before.
#[test]
fn what_is_given_is_there_everywhere_after_ten_seconds() {
    run(async {
        let scene = scene().await;
        scene.make_module("olga", "wonder/one", ModuleVisibility::Private).await;
        scene.pushed("wonder/one", "message A {}", &[]).await;
        let role = json!({ "role": "read" });
        for path in
            ["organizations/wonder/members/mallory", "modules/wonder/one/collaborators/mallory"]
        {
            let here = scene.apart().await;
            let there = here.elsewhere();
            assert_eq!(there.list(Some("mallory"), "wonder/one").await.status, 404, "{path}");
            here.done("olga", "PUT", path, role.clone()).await;
            tokio::time::sleep(REMEMBERED).await;
            assert_eq!(there.list(Some("mallory"), "wonder/one").await.status, 200, "{path}");
        }
        let there = scene.elsewhere();
        for is_disabled in [true, false] {
            let body = json!({ "disabled": is_disabled });
            scene.done("admin", "PATCH", "users/rita", body).await;
            tokio::time::sleep(REMEMBERED).await;
            let wanted = if is_disabled { 401 } else { 200 };
            assert_eq!(there.is_known("rita").await, wanted, "{is_disabled}");
        }
    });
}

/// Less of a role is less everywhere: who changes something is looked at now, whatever a machine remembers.
#[test]
fn a_lower_role_changes_nothing_more() {
    run(async {
        let scene = scene().await;
        scene.make_module("olga", "wonder/one", ModuleVisibility::Private).await;
        let there = scene.elsewhere();
        let (collaborators, robots) =
            ("modules/wonder/one/collaborators", "organizations/wonder/robots");
        assert_eq!(there.push("walt", "wonder/one", "message A {}", &[]).await.status, 200);
        for path in [collaborators, robots] {
            assert_eq!(there.get("anna", path).await.status, 200, "{path}");
        }
        for name in ["walt", "anna"] {
            scene.set_role("wonder", name, "read").await;
            assert_eq!(there.push(name, "wonder/one", "message B {}", &[]).await.status, 403);
            assert_eq!(there.list(Some(name), "wonder/one").await.status, 200);
        }
        for path in [collaborators, robots] {
            assert_eq!(there.get("anna", path).await.status, 403, "{path}");
        }
    });
}

/// Bodies that are none: each path that takes one says what it takes, and writes nothing.
#[test]
fn bad_bodies_are_refused_with_words() {
    run(async {
        let scene = scene().await;
        scene.make_robot("olga", "wonder-ci", "read").await;
        scene.make_module("olga", "wonder/one", ModuleVisibility::Private).await;
        let paths = [
            ("PATCH", "users/rita"),
            ("POST", "users/olga/tokens"),
            ("PUT", "organizations/wonder/members/rita"),
            ("POST", "organizations/wonder/robots"),
            ("PATCH", "organizations/wonder/robots/wonder-ci"),
            ("PATCH", "modules/wonder/one"),
            ("PUT", "modules/wonder/one/collaborators/rita"),
            ("POST", "modules/wonder/one/webhooks"),
            ("POST", "organizations/wonder/robots/wonder-ci/trusts"),
            ("PUT", "users/rita/identity"),
        ];
        let takes_body = |(path, method): &(&str, &str)| {
            *method != "GET" && *method != "DELETE" && !path.ends_with("/secret")
        };
        let all =
            Endpoint::all().flat_map(|(path, methods)| methods.iter().map(move |it| (path, *it)));
        assert_eq!(paths.len(), all.filter(takes_body).count());
        let good = json!({
            "disabled": true, "role": "read", "name": "x", "scope": "read", "visibility": "public",
            "expires": LATER, "issuer": "https://id.example.com",
        });
        let wrong = json!({
            "disabled": "yes", "role": "king", "name": 1, "scope": 2, "visibility": "secret", "expires": "soon",
        });
        let scene = scene.apart().await;
        let before = scene.world.bucket.snapshot();
        for (method, path) in paths {
            let bearer = format!("Bearer {}", scene.token("admin"));
            let headers = [("authorization", bearer.as_str())];
            for (what, body) in [
                ("nothing", String::new()),
                ("no JSON", "role=read".into()),
                ("half of it", r#"{"role": "re"#.into()),
                ("a list", "[]".into()),
                ("null", "null".into()),
                ("fields that it does not have", good.to_string()),
                ("an unknown field", r#"{"rôle": "read"}"#.into()),
                ("wrong types", wrong.to_string()),
                ("bytes that are no text", "\u{fffd}\u{0}".into()),
            ] {
                let url = format!("/-/api/{path}");
                let seen = scene.world.send(method, &url, &headers, body.into()).await;
                assert_eq!(seen.status, 400, "{method} {path} with {what}: {}", seen.text());
                let error = seen.json()["error"].as_str().unwrap().to_owned();
                assert!(error.starts_with("wanted {\""), "{method} {path} with {what}: {error}");
            }
            let large = vec![b' '; 32 * 1024 + 1];
            let seen = scene.world.send(method, &format!("/-/api/{path}"), &headers, large).await;
            assert_eq!(seen.status, 413, "{method} {path}: {}", seen.text());
        }
        assert!(before == scene.world.bucket.snapshot(), "something was written");
    });
}
