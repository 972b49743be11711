//! What update bots see: every push, by the plugin version that a project stays at, and where a package's source is.

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
const CONNECT: &str = "/gen/npm/v1/@protoedge%2facme_linked.connectrpc_es";
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

async fn publish(world: &World, entries: &[(&str, &str, &[&str])]) {
    let entries = entries.iter().map(|(name, version, deps)| {
        let deps: Vec<Value> = deps.iter().map(|it| json!({"plugin": it, "revision": 1})).collect();
        let registry = match name.rsplit_once('/') {
            Some((_, "go")) => json!({"go": {}}),
            _ => json!({"npm": {"import_style": "module"}}),
        };
        json!({
            "version": "v1", "name": name, "plugin_version": version, "revision": 1, "deps": deps,
            "registry": registry, "install": {"file": {"path": "/plugin"}},
        })
    });
    let body = json!({ "generator": "1", "entries": entries.collect::<Vec<_>>() }).to_string();
    let headers = [("authorization", "Bearer admintoken")];
    let seen = world.send("PUT", "/-/admin/catalogue", &headers, body.into()).await;
    assert_eq!(seen.status, 200, "{}", seen.text());
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
        let said = json!({ "type": "git", "url": REPOSITORY });
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
        assert_eq!(packument["repository"]["url"], moved);
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

#[test]
fn the_preset_for_renovate_names_what_is_this_registrys() {
    run(async {
        let world = World::new(Generator::Away).await;
        let seen = ok(world.get("/-/renovate.json").await);
        assert_eq!(seen.header("content-type"), Some("application/json"));
        let [go, npm] = [0, 1].map(|at| seen.json()["packageRules"][at].clone());
        assert_eq!(go["matchPackageNames"], json!(["reg.example.com/gen/go/**"]));
        assert_eq!(npm["matchPackageNames"], json!(["@protoedge/**"]));
        assert_eq!(npm["registryUrls"], json!(["https://edge.example.com/gen/npm/v1/"]));
        for rule in [go, npm] {
            assert_eq!(rule["ignoreUnstable"], false, "{rule}");
        }
    });
}

/// A project stays at the plugin version of its lock file, from before a newer one was published: it asks for the zip or the
/// tarball, and for nothing else.
#[test]
fn a_push_is_listed_by_the_older_plugin_versions_in_use() {
    run(async {
        let world = linked("").await;
        push(&world, "message A {}", "").await;
        let info = ok(world.get(&format!("{GO}/@latest")).await).json();
        let zip = format!("{GO}/@v/{}.zip", info["Version"].as_str().unwrap());
        let packument = ok(world.follow(CONNECT).await.0).json();
        let tarball = latest(&packument).1["dist"]["tarball"].as_str().unwrap().to_owned();
        let tarball = tarball.strip_prefix("https://edge.example.com").unwrap();
        let newer: [(&str, &str, &[&str]); 3] = [
            ("protocolbuffers/go", "v1.37.0", &[]),
            ("bufbuild/es", "v1.11.0", &[]),
            ("connectrpc/es", "v1.7.0", &["bufbuild/es:v1.11.0"]),
        ];
        publish(&world, &newer).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
        for url in [&zip, tarball] {
            ok(world.get(url).await);
        }
        tokio::time::sleep(Duration::from_secs(60)).await;

        let pushed = push(&world, "message B {}", "").await;
        tokio::time::sleep(Duration::from_secs(60)).await;
        let list = ok(world.get(&format!("{GO}/@v/list")).await).text();
        for plugin in ["v1.36.0-", "v1.37.0-"] {
            let is_it = |it: &str| it.starts_with(plugin) && it.contains(&pushed[..12]);
            assert!(list.lines().any(is_it), "{plugin}: {list}");
        }
        let packument = ok(world.follow(CONNECT).await.0).json();
        let versions = packument["versions"].as_object().unwrap();
        let of = |plugin: &str| {
            let is_it = |it: &&String| it.starts_with(plugin) && it.contains(&pushed[..12]);
            versions.keys().find(is_it).unwrap_or_else(|| panic!("{plugin}: {versions:?}"))
        };
        let (old, new) = (of("1.6.1-"), of("1.7.0-"));
        assert_eq!(&packument["dist-tags"]["latest"], new);
        // It is listed with all that it pins.
        for (name, version) in versions[old]["dependencies"].as_object().unwrap() {
            let url = format!("/gen/npm/v1/{}", name.replace('/', "%2f"));
            let pinned = ok(world.follow(&url).await.0).json();
            assert!(pinned["versions"][version.as_str().unwrap()].is_object(), "{name}@{version}");
        }
    });
}
