//! Who may make tokens, and what they are good for.

mod common;

use common::{ADMIN, Generator, UPLOAD, World, run, upload};
use protoedge_bufapi::proto::buf::registry::owner::v1::{
    CreateOrganizationsRequest, GetCurrentUserRequest, create_organizations_request,
};
use protoedge_edge::AdminTokens;
use serde_json::{Value, json};

const WHOAMI: &str = "/buf.registry.owner.v1.UserService/GetCurrentUser";

async fn order(world: &World, token: &str, body: Value) -> (u16, Value) {
    let token = format!("Bearer {token}");
    let headers = [("authorization", token.as_str())];
    let seen = world.send("POST", "/-/admin/tokens", &headers, body.to_string().into()).await;
    (seen.status, seen.json())
}

#[test]
fn tokens_are_made_by_the_administrator_and_end() {
    run(async {
        let world = World::new(Generator::Away).await;
        let expires = "2026-01-01T01:00:00Z";
        let (status, made) =
            order(&world, ADMIN, json!({"user": "alice", "expires": expires})).await;
        assert_eq!(status, 201);
        let token = made["token"].as_str().unwrap();
        assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
        assert!(world.bucket.keys().iter().all(|key| !key.contains(token)));
        let whoami = |token: String| {
            let world = world.clone();
            async move { world.call_as(&token, WHOAMI, &GetCurrentUserRequest {}).await.status }
        };
        assert_eq!(whoami(token.into()).await, 200);
        assert_eq!(whoami(ADMIN.into()).await, 200);
        assert_eq!(whoami("x".into()).await, 401);
        tokio::time::sleep(std::time::Duration::from_secs(60 * 60 + 1)).await;
        assert_eq!(whoami(token.into()).await, 401);
    });
}

#[test]
fn either_token_is_the_administrators_while_it_is_rotated() {
    run(async {
        let world = World::new(Generator::Away).await;
        let next = "nexttoken";
        let good = json!({"user": "alice", "expires": "2026-12-01T00:00:00Z"});
        for (what, first, second, accepted) in [
            ("before", ADMIN, None, [true, false]),
            ("the new one besides", ADMIN, Some(next), [true, true]),
            ("the former one besides", next, Some(ADMIN), [true, true]),
            ("the same twice", next, Some(next), [false, true]),
            ("after", next, None, [false, true]),
        ] {
            let tokens = AdminTokens::read(first.into(), second.map(str::to_owned)).unwrap();
            let machine = world.configured(|config| config.admin_tokens = tokens);
            for (token, is_accepted) in [ADMIN, next].into_iter().zip(accepted) {
                let (made, known) = if is_accepted { (201, 200) } else { (401, 401) };
                assert_eq!(order(&machine, token, good.clone()).await.0, made, "{what}: {token}");
                let whoami = machine.call_as(token, WHOAMI, &GetCurrentUserRequest {}).await;
                assert_eq!(whoami.status, known, "{what}: {token}");
            }
            assert_eq!(order(&machine, "third", good.clone()).await.0, 401, "{what}");
        }
    });
}

#[test]
fn nobody_takes_the_administrators_name() {
    run(async {
        let world = World::new(Generator::Away).await;
        let value =
            create_organizations_request::Value { name: "admin".into(), ..Default::default() };
        let request = CreateOrganizationsRequest { values: vec![value] };
        let create = "/buf.registry.owner.v1.OrganizationService/CreateOrganizations";
        assert_eq!(world.call_as(ADMIN, create, &request).await.status, 400);
    });
}

#[test]
fn bad_orders_are_refused() {
    run(async {
        let world = World::new(Generator::Away).await;
        let good = json!({"user": "alice", "expires": "2026-12-01T00:00:00Z"});
        assert_eq!(order(&world, "wrong", good.clone()).await.0, 401);
        assert_eq!(world.send("GET", "/-/admin/tokens", &[], Vec::new()).await.status, 405);
        for bad in [
            json!({}),
            json!({"user": "alice"}),
            json!({"user": "A!", "expires": "2026-12-01T00:00:00Z"}),
            json!({"user": "admin", "expires": "2026-12-01T00:00:00Z"}),
            json!({"user": "alice", "expires": "tomorrow"}),
            json!({"user": "alice", "expires": "2020-01-01T00:00:00Z"}),
        ] {
            assert_eq!(order(&world, ADMIN, bad.clone()).await.0, 400, "{bad}");
        }
        assert_eq!(order(&world, ADMIN, good).await.0, 201);
    });
}

#[test]
fn a_push_needs_a_token_and_a_right() {
    run(async {
        let world = World::new(Generator::Away).await;
        let push = upload("acme/units", &[], "message A {}", &[]);
        let expires = "2026-12-01T00:00:00Z";
        let (_, made) = order(&world, ADMIN, json!({"user": "mallory", "expires": expires})).await;
        let mallory = made["token"].as_str().unwrap();
        assert_eq!(world.call_as("wrong", UPLOAD, &push).await.status, 401);
        assert_eq!(world.call_as(mallory, UPLOAD, &push).await.status, 403);
        let headers = [("content-type", "application/proto")];
        let body = prost::Message::encode_to_vec(&push);
        assert_eq!(world.send("POST", UPLOAD, &headers, body).await.status, 401);
        assert_eq!(world.call_as(ADMIN, UPLOAD, &push).await.status, 200);
    });
}

#[test]
fn bad_pushes_say_what_is_wrong() {
    run(async {
        let world = World::new(Generator::Away).await;
        let keys = world.bucket.keys();
        let mut path = upload("acme/units", &[], "", &[]);
        path.contents[0].files[0].path = "../x.proto".into();
        let mut large = upload("acme/units", &[], "", &[]);
        large.contents[0].files[0].content = vec![b' '; 33 * 1024 * 1024].into();
        for (push, status, words) in [
            (path, 400, "../x.proto"),
            (upload("acme/none", &[], "", &[]), 404, "acme/none"),
            (upload("nobody/none", &[], "", &[]), 404, "organization create"),
            (upload("acme/units", &[], "import \"none.proto\";", &[]), 400, "none.proto"),
            (upload("acme/units", &[], "", &["a".repeat(32)]), 404, "there is no commit"),
            (upload("acme/units", &["a:b"], "", &[]), 400, "label"),
            (upload("acme/units", &[], "", &["a".repeat(32), "a".repeat(32)]), 400, "named twice"),
            (
                upload("acme/units", &(0..51).map(|_| "l").collect::<Vec<_>>(), "", &[]),
                400,
                "50 labels",
            ),
            (large, 429, "32 MiB"),
        ] {
            let seen = world.call_as(ADMIN, UPLOAD, &push).await;
            assert_eq!(seen.status, status, "{}", seen.text());
            assert!(seen.text().contains(words), "{}", seen.text());
            assert_eq!(world.bucket.keys(), keys);
        }
        let headers =
            [("authorization", "Bearer admintoken"), ("content-type", "application/proto")];
        let seen = world.send("POST", UPLOAD, &headers, b"\x0a\x05\x00".to_vec()).await;
        assert_eq!((seen.status, seen.json()["code"].as_str()), (400, Some("invalid_argument")));
    });
}

#[test]
fn what_is_small_on_the_wire_and_large_in_memory_is_refused() {
    run(async {
        let world = World::new(Generator::Away).await;
        let bomb = b"\x0a\x00".repeat(200_000);
        let headers =
            |token: &'static str| [("authorization", token), ("content-type", "application/proto")];
        let seen = world.send("POST", UPLOAD, &headers("Bearer admintoken"), bomb.clone()).await;
        assert_eq!((seen.status, seen.json()["code"].as_str()), (429, Some("resource_exhausted")));
        assert_eq!(world.send("POST", UPLOAD, &headers("Bearer wrong"), bomb).await.status, 401);
    });
}

#[test]
fn published_entries_never_change() {
    run(async {
        let world = World::new(Generator::Away).await;
        let publish = |entry: Value| {
            let world = world.clone();
            async move {
                let body = json!({"generator": "1", "entries": [entry]}).to_string();
                let headers = [("authorization", "Bearer admintoken")];
                world.send("PUT", "/-/admin/catalogue", &headers, body.into()).await
            }
        };
        let entry = |revision: u32, min: &str| {
            json!({
                "version": "v1", "name": "protocolbuffers/go", "plugin_version": "v1.36.0",
                "revision": revision, "registry": {"go": {"min_version": min}},
                "install": {"file": {"path": "/plugin"}},
            })
        };
        let changed = publish(entry(1, "1.24")).await;
        assert_eq!(changed.status, 409);
        assert!(changed.text().contains("revision"), "{}", changed.text());
        assert_eq!(publish(entry(2, "1.24")).await.json()["added"], 1);
        assert_eq!(publish(entry(2, "1.24")).await.json()["added"], 0);
        assert_eq!(publish(json!({})).await.status, 400);
    });
}

#[test]
fn the_administrator_has_it_tried_again() {
    run(async {
        let world = World::new(Generator::Rejects("no such luck")).await;
        world.push("acme/units", &[], "message A {}", &[]).await;
        let version = "@latest";
        let package = "/gen/go/reg.example.com/gen/go/acme/units/protocolbuffers/go";
        let mut url = format!("{package}/{version}");
        // The latest version is known before it is made.
        let latest = world.get(&url).await;
        let version = latest.json()["Version"].as_str().unwrap().to_owned();
        url = format!("{package}/@v/{version}.zip");
        let again = |token: &'static str, version: String| {
            let world = world.clone();
            async move {
                let authorization = format!("Bearer {token}");
                let headers = [("authorization", authorization.as_str())];
                let body = json!({
                    "ecosystem": "go", "module": "acme/units", "plugin": "protocolbuffers/go",
                    "version": version,
                });
                let body = body.to_string().into();
                world.send("POST", "/-/admin/attempts", &headers, body).await
            }
        };
        assert_eq!(again(ADMIN, version.clone()).await.status, 404, "nobody asked for it");
        assert_eq!(world.get(&url).await.status, 422);
        world.set_generator(Generator::Makes(std::time::Duration::from_secs(1)));
        assert_eq!(world.get(&url).await.status, 422, "a rejection stays");
        for (why, token, version, status) in
            [("a stranger", "x", version.clone(), 401), ("no version", ADMIN, "v1".into(), 400)]
        {
            assert_eq!(again(token, version).await.status, status, "{why}");
        }
        assert_eq!(world.jobs().len(), 1);
        let seen = again(ADMIN, version.clone()).await;
        assert_eq!((seen.status, seen.json()["sent"].as_bool()), (200, Some(true)));
        assert_eq!(world.get(&url).await.status, 200);
        let seen = again(ADMIN, version).await;
        assert_eq!((seen.status, seen.json()["sent"].as_bool()), (200, Some(false)), "it is there");
        assert_eq!(world.jobs().len(), 2);
    });
}
