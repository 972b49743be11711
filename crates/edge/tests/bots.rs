//! What update bots see: where a package's source is.

mod common;

use common::{ADMIN, Generator, Seen, UPLOAD, World, run, upload};
use prost::Message;
use protoedge_bufapi::proto::buf::registry::{
    module::v1::{CreateModulesRequest, ModuleVisibility, UploadResponse, create_modules_request},
    owner::v1::{OwnerRef, owner_ref},
};
use serde_json::{Value, json};
use std::time::Duration;

const GO: &str = "/gen/go/reg.example.com/gen/go/acme/linked/protocolbuffers/go";
const ES: &str = "/gen/npm/v1/@protoedge%2facme_linked.bufbuild_es";
const HASH: &str = "0123456789abcdef0123456789abcdef01234567";
const REPOSITORY: &str = "https://github.com/acme/api";

/// A registry with the module `acme/linked`, whose home page is `url`.
async fn linked(url: &str) -> World {
    let world = World::new(Generator::Makes(Duration::from_secs(1))).await;
    let value = create_modules_request::Value {
        visibility: ModuleVisibility::Public.into(),
        owner_ref: Some(OwnerRef { value: Some(owner_ref::Value::Name("acme".into())) }),
        name: "linked".into(),
        default_label_name: "main".into(),
        url: url.into(),
        ..Default::default()
    };
    let request = CreateModulesRequest { values: vec![value] };
    world.call("/buf.registry.module.v1.ModuleService/CreateModules", &request).await;
    world
}

/// Pushes a file whose source is at `source`; gives the commit's id.
async fn push(world: &World, text: &str, source: &str) -> String {
    let mut request = upload("acme/linked", &[], text, &[]);
    request.contents[0].source_control_url = source.into();
    let seen = world.call_as(ADMIN, UPLOAD, &request).await;
    assert_eq!(seen.status, 200, "{}", seen.text());
    UploadResponse::decode(seen.body.as_slice()).unwrap().commits[0].id.clone()
}

fn ok(seen: Seen) -> Seen {
    assert_eq!(seen.status, 200, "{}", seen.text());
    seen
}

fn latest(packument: &Value) -> (&str, &Value) {
    let version = packument["dist-tags"]["latest"].as_str().unwrap();
    (version, &packument["versions"][version])
}

#[test]
fn packuments_say_where_the_source_is_and_tarballs_do_not() {
    run(async {
        let world = linked("https://acme.example.com/api").await;
        let old = push(&world, "message A {}", &format!("{REPOSITORY}/commit/{HASH}")).await;
        let packument = ok(world.follow(ES).await.0).json();
        let said = json!({ "type": "git", "url": format!("git+{REPOSITORY}") });
        for at in [&packument, latest(&packument).1] {
            assert_eq!(at["repository"], said);
            assert_eq!(at["homepage"], "https://acme.example.com/api");
        }
        let one = format!("{ES}/{}", latest(&packument).0);
        assert_eq!(ok(world.get(&one).await).json()["repository"], said);
        // Each version has its own, also from the index.
        let moved = "https://gitlab.com/acme/group/api";
        push(&world, "message B {}", &format!("{moved}/-/commit/{HASH}")).await;
        tokio::time::sleep(Duration::from_secs(30)).await;
        world.follow(ES).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        let packument = ok(world.get(ES).await).json();
        assert_eq!(packument["repository"]["url"], format!("git+{moved}"));
        let tagged = packument["dist-tags"][format!("commit-{old}")].as_str().unwrap();
        assert_eq!(packument["versions"][tagged]["repository"], said);
        let before = world.bucket.operations();
        assert_eq!(ok(world.get(ES).await).json(), packument);
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(world.bucket.operations() - before, 2, "a warm packument");
        // What is published is what the job says.
        let manifests: Vec<String> = world.jobs().into_iter().map(|job| job.sdk.manifest).collect();
        assert!(!manifests.is_empty());
        assert!(manifests.iter().all(|it| !it.contains("repository") && !it.contains("homepage")));
    });
}

#[test]
fn what_is_no_plain_address_is_in_no_packument_and_no_info() {
    run(async {
        for (homepage, source) in [
            ("", ""),
            (
                "https://ada:secret@acme.example.com/",
                "https://token@github.com/acme/api/commit/0123456",
            ),
            ("", "https://acme.example.com/some/page"),
        ] {
            let world = linked(homepage).await;
            push(&world, "message A {}", source).await;
            let packument = ok(world.follow(ES).await.0).json();
            for at in [&packument, latest(&packument).1] {
                assert_eq!((&at["repository"], &at["homepage"]), (&Value::Null, &Value::Null));
            }
            let info = ok(world.get(&format!("{GO}/@latest")).await).json();
            assert_eq!(info.as_object().unwrap().keys().collect::<Vec<_>>(), ["Version", "Time"]);
        }
    });
}

#[test]
fn an_info_says_where_a_version_came_from() {
    run(async {
        let world = linked("").await;
        let commit = push(&world, "message A {}", &format!("{REPOSITORY}/commit/{HASH}")).await;
        let origin = json!({ "VCS": "git", "URL": REPOSITORY, "Hash": HASH });
        let info = ok(world.get(&format!("{GO}/@latest")).await).json();
        assert_eq!(info["Origin"], origin);
        let version = info["Version"].as_str().unwrap();
        for query in [version, "main", &commit[..12]] {
            let info = ok(world.get(&format!("{GO}/@v/{query}.info")).await).json();
            assert_eq!(info["Origin"], origin, "{query}");
        }
        push(&world, "message B {}", &format!("{REPOSITORY}/commit/0123456")).await;
        let info = ok(world.get(&format!("{GO}/@latest")).await).json();
        assert_eq!(info["Origin"], json!({ "VCS": "git", "URL": REPOSITORY }), "no whole hash");
    });
}
