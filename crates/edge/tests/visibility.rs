//! Modules that become private or public: who reads them, and what becomes of those that depend on them.

mod common;

use common::{
    Generator, Seen,
    people::{REMEMBERED, Scene, go, named, npm, scene, scene_with},
    run,
};
use futures::join;
use prost::Message;
use protoedge_bufapi::{
    connect::Rpc,
    proto::buf::registry::module::v1::{GetGraphRequest, ModuleVisibility},
};
use serde_json::json;
use std::time::Duration;

const BASE: &str = "import \"base.proto\";\nmessage M { B b = 1; }";

/// The public module `wonder/open` depends on `wonder/base`; one version of it is made, and one is not.
struct Dependent {
    scene: Scene,
    made: String,
    newer: String,
    npm: String,
}

async fn dependent() -> Dependent {
    let scene = scene_with(Generator::Makes(Duration::from_secs(1))).await;
    for module in ["wonder/base", "wonder/open"] {
        scene.make_module("olga", module, ModuleVisibility::Public).await;
    }
    let base = scene.pushed("wonder/base", "message B {}", &[]).await;
    scene.pushed("wonder/open", BASE, std::slice::from_ref(&base)).await;
    let made = newest(&scene).await;
    fetch(&scene, &format!("{}/@v/{made}.zip", go("wonder/open"))).await;
    let packument = fetch(&scene, &npm("wonder/open")).await;
    let npm = packument.json()["dist-tags"]["latest"].as_str().unwrap().to_owned();
    scene.pushed("wonder/open", &format!("{BASE}\nmessage N {{}}"), &[base]).await;
    let newer = newest(&scene).await;
    assert_ne!(made, newer);
    Dependent { scene, made, newer, npm }
}

async fn newest(scene: &Scene) -> String {
    let latest = fetch(scene, &format!("{}/@latest", go("wonder/open"))).await;
    latest.json()["Version"].as_str().unwrap().to_owned()
}

async fn fetch(scene: &Scene, url: &str) -> Seen {
    let seen = scene.world.follow(url).await.0;
    assert_eq!(seen.status, 200, "{url}: {}", seen.text());
    seen
}

fn graph(module: &str) -> GetGraphRequest {
    GetGraphRequest { resource_refs: vec![named(module)] }
}

impl Dependent {
    /// What resolves or generates a version of the dependent.
    fn resolving(&self) -> Vec<String> {
        let (go, npm) = (go("wonder/open"), npm("wonder/open"));
        let Self { made, newer, .. } = self;
        vec![
            format!("{go}/@latest"),
            format!("{go}/@v/main.info"),
            format!("{go}/@v/{made}.info"),
            format!("{go}/@v/{newer}.info"),
            self.unmade(),
            npm.clone(),
            format!("{npm}/latest"),
            format!("{npm}/label-main"),
            format!("{npm}/{}", self.npm),
        ]
    }

    /// What was never made.
    fn unmade(&self) -> String {
        let version = self.made.replace("v1.36.0", "v1.20.0");
        format!("{}/@v/{version}.zip", go("wonder/open").replace("protocolbuffers", "connectrpc"))
    }

    /// What was published and keeps its bytes.
    fn stored(&self) -> [String; 2] {
        let file = format!("wonder_open.bufbuild_es-{}.tgz", self.npm);
        [
            format!("{}/@v/{}.zip", go("wonder/open"), self.made),
            format!("{}/-/{file}", npm("wonder/open")),
        ]
    }

    async fn is_withdrawn(&self, scene: &Scene) {
        for who in [None, Some("mallory"), Some("olga")] {
            let list = scene.list(who, "wonder/open").await;
            assert_eq!((list.status, list.text().as_str()), (200, ""), "{who:?}");
        }
        let tags =
            format!("/gen/npm/v1/-/package/{}/dist-tags", "@protoedge%2Fwonder_open.bufbuild_es");
        assert_eq!(scene.world.get(&tags).await.text(), "{}");
        for url in self.resolving() {
            let seen = scene.world.follow(&url).await.0;
            assert_eq!(seen.status, 400, "{url}: {}", seen.text());
            assert!(!seen.text().contains("base"), "{url}: {}", seen.text());
        }
        let headers = [("content-type", "application/proto")];
        let body = graph("wonder/open").encode_to_vec();
        let seen = scene.world.send("POST", Rpc::GetGraph.path(), &headers, body).await;
        assert_eq!((seen.status, &seen.json()["code"]), (400, &"failed_precondition".into()));
        assert!(!seen.text().contains("base"), "{}", seen.text());
        for url in self.stored() {
            fetch(scene, &url).await;
        }
    }

    async fn is_back(&self, scene: &Scene) {
        let list = scene.list(None, "wonder/open").await.text();
        let lines: Vec<&str> = list.lines().collect();
        assert_eq!(lines, [&self.made, &self.newer]);
        for url in self.resolving().iter().filter(|url| **url != self.unmade()) {
            fetch(scene, url).await;
        }
        let packument = fetch(scene, &npm("wonder/open")).await.json();
        assert!(packument["versions"].get(&self.npm).is_some(), "{packument}");
    }
}

#[test]
fn what_depends_on_a_module_is_withdrawn_while_that_is_private() {
    run(async {
        let dependent = dependent().await;
        let scene = &dependent.scene;
        let there = scene.elsewhere();
        dependent.is_back(&there).await;
        for change in ["private", "private"] {
            let seen = scene.set_visibility("olga", "wonder/base", change).await;
            assert_eq!(seen.json()["visibility"], change);
        }
        dependent.is_withdrawn(scene).await;
        tokio::time::sleep(REMEMBERED).await;
        dependent.is_withdrawn(&there).await;
        // A push that depends on it no more is listed, and nothing older.
        scene.world.set_generator(Generator::Away);
        let apart = scene.apart().await;
        apart.pushed("wonder/open", "message Alone {}", &[]).await;
        let list = apart.list(None, "wonder/open").await.text();
        assert_eq!(list.lines().count(), 1, "{list}");
        assert!(!list.contains(&dependent.made) && !list.contains(&dependent.newer), "{list}");
        scene.world.set_generator(Generator::Makes(Duration::from_secs(1)));
        assert_eq!(scene.set_visibility("olga", "wonder/base", "public").await.status, 200);
        tokio::time::sleep(REMEMBERED).await;
        dependent.is_back(&there).await;
        fetch(&there, &dependent.unmade()).await;
    });
}

/// A module that is private itself shows its members what it depends on.
#[test]
fn a_private_dependent_is_not_withdrawn() {
    run(async {
        let scene = scene().await;
        for module in ["wonder/base", "wonder/closed"] {
            scene.make_module("olga", module, ModuleVisibility::Public).await;
        }
        let base = scene.pushed("wonder/base", "message B {}", &[]).await;
        scene.pushed("wonder/closed", BASE, &[base]).await;
        for module in ["wonder/base", "wonder/closed"] {
            assert_eq!(scene.set_visibility("olga", module, "private").await.status, 200);
        }
        let list = scene.list(Some("rita"), "wonder/closed").await;
        assert_eq!((list.status, list.text().lines().count()), (200, 1));
        let request = graph("wonder/closed");
        let seen = scene.world.call_as(scene.token("rita"), Rpc::GetGraph.path(), &request).await;
        assert_eq!(seen.status, 200, "{}", seen.text());
    });
}

#[test]
fn what_depends_on_a_private_module_cannot_be_public() {
    run(async {
        let scene = scene().await;
        for module in ["wonder/base", "wonder/closed"] {
            scene.make_module("olga", module, ModuleVisibility::Private).await;
        }
        let base = scene.pushed("wonder/base", "message B {}", &[]).await;
        scene.pushed("wonder/closed", BASE, &[base]).await;
        let keys = scene.world.bucket.keys();
        let words = "module wonder/closed cannot be public: its label main depends on wonder/base";
        let seen = scene.set_visibility("olga", "wonder/closed", "public").await;
        assert_eq!(seen.status, 400, "{}", seen.text());
        assert!(seen.text().contains(words), "{}", seen.text());
        let seen = scene.update("olga", "wonder/closed", ModuleVisibility::Public).await;
        assert_eq!((seen.status, &seen.json()["code"]), (400, &"failed_precondition".into()));
        assert!(seen.text().contains(words), "{}", seen.text());
        assert_eq!(scene.world.bucket.keys(), keys);
        assert_eq!(scene.list(None, "wonder/closed").await.status, 404);
        // The older commit stays withdrawn where the head depends on nothing private.
        scene.pushed("wonder/closed", "message Alone {}", &[]).await;
        assert_eq!(
            scene.update("olga", "wonder/closed", ModuleVisibility::Public).await.status,
            200
        );
        let list = scene.list(None, "wonder/closed").await.text();
        assert_eq!(list.lines().count(), 1, "{list}");
        scene.update("olga", "wonder/base", ModuleVisibility::Public).await;
        tokio::time::sleep(REMEMBERED).await;
        assert_eq!(scene.list(Some("olga"), "wonder/closed").await.status, 200);
    });
}

/// Owners alone change it, by either call.
#[test]
fn owners_change_who_may_read() {
    run(async {
        let scene = scene().await;
        scene.make_module("olga", "wonder/one", ModuleVisibility::Public).await;
        scene.pushed("wonder/one", "message A {}", &[]).await;
        for (who, wanted) in [
            ("mallory", 403),
            ("rita", 403),
            ("walt", 403),
            ("anna", 403),
            ("olga", 200),
            ("admin", 200),
        ] {
            for by_call in [false, true] {
                let apart = scene.apart().await;
                let seen = match by_call {
                    true => apart.update(who, "wonder/one", ModuleVisibility::Private).await,
                    false => apart.set_visibility(who, "wonder/one", "private").await,
                };
                assert_eq!(seen.status, wanted, "{who}: {}", seen.text());
                let is_private = apart.list(None, "wonder/one").await.status == 404;
                assert_eq!(is_private, wanted == 200, "{who}");
            }
        }
    });
}

#[test]
fn a_change_is_known_everywhere_after_ten_seconds() {
    run(async {
        let scene = scene().await;
        scene.make_module("olga", "wonder/one", ModuleVisibility::Public).await;
        scene.pushed("wonder/one", "message A {}", &[]).await;
        let there = scene.elsewhere();
        for (visibility, before, after) in [("private", 200, 404), ("public", 404, 200)] {
            for who in [None, Some("mallory")] {
                assert_eq!(there.list(who, "wonder/one").await.status, before, "{who:?}");
            }
            assert_eq!(there.list(Some("rita"), "wonder/one").await.status, 200);
            scene.set_visibility("olga", "wonder/one", visibility).await;
            tokio::time::sleep(REMEMBERED).await;
            for who in [None, Some("mallory")] {
                assert_eq!(there.list(who, "wonder/one").await.status, after, "{who:?}");
            }
            assert_eq!(there.list(Some("rita"), "wonder/one").await.status, 200);
        }
    });
}

/// Whoever waits for what is generated gets nothing of it any more who may not read it when it is there.
#[test]
fn whoever_waits_is_looked_at_again() {
    run(async {
        for makes in [11, 20, 40] {
            for place in 0..4 {
                wait_while_it_changes(Duration::from_secs(makes), place).await;
            }
        }
    });
}

async fn wait_while_it_changes(makes: Duration, place: usize) {
    let scene = scene_with(Generator::Makes(makes)).await;
    scene.make_module("olga", "wonder/one", ModuleVisibility::Public).await;
    scene.pushed("wonder/one", "message A {}", &[]).await;
    let (go, npm) = (go("wonder/one"), npm("wonder/one"));
    let latest = fetch(&scene, &format!("{go}/@latest")).await.json();
    let version = latest["Version"].as_str().unwrap();
    let of_npm = version.trim_start_matches('v').replace("1.36.0", "1.10.0");
    let urls = [
        format!("{go}/@v/{version}.zip"),
        npm.clone(),
        format!("{npm}/latest"),
        format!("{npm}/-/wonder_one.bufbuild_es-{of_npm}.tgz"),
    ];
    let (url, there) = (&urls[place], scene.elsewhere());
    let bearer = format!("Bearer {}", scene.token("rita"));
    let wait = async |who: Option<&str>| there.world.follow_as(who, url).await.0;
    let change = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(scene.set_visibility("olga", "wonder/one", "private").await.status, 200);
        assert_eq!(scene.delete("olga", "organizations/wonder/members/rita").await, 204);
    };
    let (stranger, member, ()) = join!(wait(None), wait(Some(&bearer)), change);
    assert!(!scene.world.jobs().is_empty(), "{url}: nothing was generated");
    for (who, seen) in [("a stranger", stranger), ("who was a member", member)] {
        assert_eq!(seen.status, 404, "{who}: {url} after {makes:?}: {}", seen.text());
    }
}

/// Whoever waits for a file of a module that becomes private reads no words of the plugin about it.
#[test]
fn whoever_waits_hears_nothing_of_a_rejection_of_what_became_private() {
    run(async {
        let scene = scene_with(Generator::Loses).await;
        scene.make_module("olga", "wonder/one", ModuleVisibility::Public).await;
        scene.pushed("wonder/one", "message A {}", &[]).await;
        let go = go("wonder/one");
        let latest = scene.world.get(&format!("{go}/@latest")).await.json();
        let version = latest["Version"].as_str().unwrap();
        let url = format!("{go}/@v/{version}.zip");
        let first = scene.world.get(&url).await;
        let next = first.header("location").unwrap().to_owned();
        let there = scene.elsewhere();
        let job = scene.world.jobs().last().unwrap().clone();
        let token = format!("Bearer {}", job.token);
        let change = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            assert_eq!(scene.set_visibility("olga", "wonder/one", "private").await.status, 200);
            tokio::time::sleep(Duration::from_secs(12)).await;
            let job = scene.world.jobs().last().cloned().unwrap_or(job);
            let body = json!({"kind": "rejected", "message": "one.proto:2: message SECRET", "generator": "1"});
            let path = format!("/-/jobs/{}/failure", job.id);
            let token = if token.ends_with(&job.token) {
                token.clone()
            } else {
                format!("Bearer {}", job.token)
            };
            let seen = scene
                .world
                .send("POST", &path, &[("authorization", &token)], body.to_string().into())
                .await;
            assert_eq!(seen.status, 200, "{}", seen.text());
        };
        let (seen, ()) = join!(there.world.get(&next), change);
        assert_eq!(seen.status, 404, "{}", seen.text());
    });
}

/// Whoever waits for a package hears nothing of what it depends on once that is private.
#[test]
fn whoever_waits_hears_nothing_of_a_dependency_that_became_private() {
    run(async {
        for place in 0..3 {
            wait_while_a_dependency_closes(place).await;
        }
    });
}

async fn wait_while_a_dependency_closes(place: usize) {
    let scene = scene_with(Generator::Loses).await;
    for module in ["wonder/base", "wonder/open"] {
        scene.make_module("olga", module, ModuleVisibility::Public).await;
    }
    let base = scene.pushed("wonder/base", "message B {}", &[]).await;
    scene.pushed("wonder/open", BASE, &[base]).await;
    let latest = scene.world.get(&format!("{}/@latest", go("wonder/open"))).await.json();
    let version = latest["Version"].as_str().unwrap().to_owned();
    let of_npm = version.trim_start_matches('v').replace("1.36.0", "1.10.0");
    let npm = npm("wonder/open");
    let url = [
        format!("{npm}/-/wonder_open.bufbuild_es-{of_npm}.tgz"),
        format!("{npm}/{of_npm}"),
        npm.clone(),
    ][place]
        .clone();
    let first = scene.world.get(&url).await;
    let next = first.header("location").unwrap().to_owned();
    let there = scene.elsewhere();
    let change = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(scene.set_visibility("olga", "wonder/base", "private").await.status, 200);
        tokio::time::sleep(Duration::from_secs(11)).await;
        for job in scene.world.jobs() {
            let name = job.sdk.package.clone();
            let body = json!({"kind": "rejected", "message": "base.proto:2: message SECRET", "generator": "1"});
            let path = format!("/-/jobs/{}/failure", job.id);
            let token = format!("Bearer {}", job.token);
            let headers = [("authorization", token.as_str())];
            let seen = scene.world.send("POST", &path, &headers, body.to_string().into()).await;
            assert_eq!(seen.status, 200, "{name}: {}", seen.text());
        }
    };
    let (seen, ()) = join!(there.world.get(&next), change);
    assert!(!seen.text().contains("base"), "{url}: {}: {}", seen.status, seen.text());
    assert_eq!(seen.status, 400, "{url}: {}", seen.text());
}
