//! What owners change of modules and organizations, what becomes of what they delete, and what administrators withhold.

mod common;

use common::{
    ADMIN, Generator, Seen,
    people::{REMEMBERED, Scene, go, named, npm, scene, scene_with},
    run,
};
use prost::Message;
use protoedge_bufapi::{
    connect::{Rpc, request_from_json},
    proto::buf::registry::module::v1::{
        DownloadRequest, GetCommitsRequest, ListCommitsRequest, ListCommitsResponse,
        ModuleVisibility, download_request,
    },
};
use protoedge_edge::PurgedReplies;
use serde_json::{Value, json};
use std::time::Duration;

const BASE: &str = "import \"base.proto\";\nmessage M { B b = 1; }";

/// Longer than a generator takes here.
const MADE: Duration = Duration::from_secs(2);

/// The public module `wonder/open` depends on `wonder/base`.
struct Modules {
    scene: Scene,
    base: String,
    open: String,
}

async fn modules() -> Modules {
    let scene = scene_with(Generator::Makes(Duration::from_secs(1))).await;
    for module in ["wonder/base", "wonder/open"] {
        scene.make_module("olga", module, ModuleVisibility::Public).await;
    }
    let base = scene.pushed("wonder/base", "message B {}", &[]).await;
    let open = scene.pushed("wonder/open", BASE, std::slice::from_ref(&base)).await;
    Modules { scene, base, open }
}

impl Scene {
    /// A call whose request is JSON.
    async fn json(&self, who: &str, rpc: Rpc, request: Value) -> Seen {
        let body = request_from_json(rpc, request.to_string().as_bytes()).unwrap().to_vec();
        let bearer = format!("Bearer {}", self.token(who));
        let headers = [("content-type", "application/proto"), ("authorization", bearer.as_str())];
        self.world.send("POST", rpc.path(), &headers, body).await
    }

    async fn update_module(&self, who: &str, module: &str, change: Value) -> Seen {
        let (owner, name) = module.split_once('/').unwrap();
        let mut value = json!({ "moduleRef": { "name": { "owner": owner, "module": name } } });
        value.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        self.json(who, Rpc::UpdateModules, json!({ "values": [value] })).await
    }

    async fn delete_module(&self, who: &str, module: &str) -> Seen {
        let (owner, name) = module.split_once('/').unwrap();
        let reference = json!({ "name": { "owner": owner, "module": name } });
        self.json(who, Rpc::DeleteModules, json!({ "moduleRefs": [reference] })).await
    }

    async fn takedown(&self, method: &str, body: Value) -> Seen {
        let bearer = format!("Bearer {ADMIN}");
        let headers = [("authorization", bearer.as_str())];
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        self.world.send(method, "/-/admin/takedowns", &headers, body).await
    }

    /// What a module says of itself.
    async fn module(&self, module: &str) -> Value {
        self.done("olga", "GET", &format!("modules/{module}"), Value::Null).await
    }

    /// The newest version that Go is told of.
    async fn newest(&self, module: &str) -> String {
        let latest = self.world.follow(&format!("{}/@latest", go(module))).await.0;
        assert_eq!(latest.status, 200, "{}", latest.text());
        latest.json()["Version"].as_str().unwrap().to_owned()
    }

    async fn commits(&self, module: &str) -> Vec<String> {
        let request =
            ListCommitsRequest { resource_ref: Some(named(module)), ..Default::default() };
        let seen = self.rpc(Some("olga"), Rpc::ListCommits, &request).await;
        assert_eq!(seen.status, 200, "{}", seen.text());
        let listed = ListCommitsResponse::decode(seen.body.as_slice()).unwrap();
        listed.commits.into_iter().map(|commit| commit.id).collect()
    }
}

#[test]
fn administrators_of_an_organization_change_what_its_modules_say_of_themselves() {
    run(async {
        let Modules { scene, .. } = modules().await;
        let change = json!({ "description": "The base.", "url": "https://example.com/base" });
        for (who, status) in [("mallory", 403), ("walt", 403), ("anna", 200), ("anna", 200)] {
            let seen = scene.update_module(who, "wonder/base", change.clone()).await;
            assert_eq!(seen.status, status, "{who}: {}", seen.text());
        }
        let module = scene.module("wonder/base").await;
        assert_eq!(
            (&module["description"], &module["url"]),
            (&"The base.".into(), &"https://example.com/base".into())
        );
        // Who may read it is its owners' to say, also beside something else.
        let both = json!({ "visibility": "MODULE_VISIBILITY_PRIVATE", "description": "x" });
        assert_eq!(scene.update_module("anna", "wonder/base", both).await.status, 403);
        assert_eq!(scene.module("wonder/base").await["description"], "The base.");
        for bad in [
            json!({}),
            json!({ "url": "javascript:alert(1)" }),
            json!({ "description": "a\nb" }),
            json!({ "state": "MODULE_STATE_UNSPECIFIED" }),
            json!({ "defaultLabelName": "a:b" }),
        ] {
            let seen = scene.update_module("olga", "wonder/base", bad.clone()).await;
            assert_eq!(seen.status, 400, "{bad}: {}", seen.text());
        }
        let all = json!({ "deprecated": true, "description": "", "url": "" });
        let shown = scene.done("anna", "PATCH", "modules/wonder/base", all).await;
        assert_eq!((&shown["deprecated"], &shown["description"]), (&true.into(), &"".into()));
    });
}

#[test]
fn what_is_deprecated_says_so_to_go_from_the_next_commit_on_and_to_npm_at_once() {
    run(async {
        let Modules { scene, .. } = modules().await;
        let document = async || {
            let seen = scene.elsewhere().world.follow(&npm("wonder/base")).await.0;
            assert_eq!(seen.status, 200, "{}", seen.text());
            seen.json()
        };
        // All but the newest one, which npm does not install by its bare name if it is deprecated.
        let older = |document: &Value| {
            let latest = document["dist-tags"]["latest"].as_str().unwrap();
            let versions = document["versions"].as_object().unwrap();
            assert!(versions[latest]["deprecated"].is_null(), "{document}");
            let older = versions.iter().filter(|(version, _)| *version != latest);
            older.map(|(_, it)| it["deprecated"].clone()).collect::<Vec<_>>()
        };
        document().await;
        scene.pushed("wonder/base", "message B {} message A {}", &[]).await;
        assert_eq!(older(&document().await), [Value::Null]);
        let before = scene.newest("wonder/base").await;
        let read_mod = async |version: &str| {
            let url = format!("{}/@v/{version}.mod", go("wonder/base"));
            scene.world.follow(&url).await.0.text()
        };
        let published = read_mod(&before).await;
        let state = json!({ "state": "MODULE_STATE_DEPRECATED" });
        assert_eq!(scene.update_module("anna", "wonder/base", state).await.status, 200);
        let words = "the module wonder/base is deprecated by its owner";
        assert_eq!(older(&document().await), [words]);
        // What was published never changes.
        assert_eq!(read_mod(&before).await, published);
        scene.pushed("wonder/base", "message B {} message C {}", &[]).await;
        let after = scene.newest("wonder/base").await;
        let text = read_mod(&after).await;
        assert!(text.starts_with(&format!("// Deprecated: {words}\nmodule ")), "{text}");
        let state = json!({ "state": "MODULE_STATE_ACTIVE" });
        assert_eq!(scene.update_module("anna", "wonder/base", state).await.status, 200);
        assert_eq!(older(&document().await), [Value::Null, Value::Null]);
        assert!(read_mod(&after).await.starts_with("// Deprecated: "));
        scene.pushed("wonder/base", "message B {} message D {}", &[]).await;
        assert!(read_mod(&scene.newest("wonder/base").await).await.starts_with("module "));
    });
}

/// `latest` is the default label's head: what becomes the default label names a commit that has a time in versions, and does so from
/// then on.
#[test]
fn another_label_becomes_the_default_one() {
    run(async {
        let Modules { scene, .. } = modules().await;
        let world = &scene.world;
        world.push("wonder/base", &["feature"], "message B {} message F {}", &[]).await;
        let both = ["main", "trunk"];
        let both = world.push("wonder/base", &both, "message B {} message T {}", &[]).await;
        world.push("wonder/base", &["main"], "message B {} message M {}", &[]).await;
        let default = async |label: &str| {
            scene.update_module("anna", "wonder/base", json!({ "defaultLabelName": label })).await
        };
        for (label, status) in [("nothing", 404), ("feature", 400), ("trunk", 200)] {
            let seen = default(label).await;
            assert_eq!(seen.status, status, "{label}: {}", seen.text());
        }
        tokio::time::sleep(REMEMBERED).await;
        assert!(scene.newest("wonder/base").await.contains(&both[..12]));
        // The list goes as far as `latest` alone.
        let list = scene.list(None, "wonder/base").await.text();
        assert!(list.trim_end().ends_with(&format!("{}.1", &both[..12])), "{list}");
        let pushed = world.push("wonder/base", &[], "message B {} message N {}", &[]).await;
        assert!(scene.newest("wonder/base").await.contains(&pushed[..12]));
        // What was the default label is pushed to like any other one, and can be archived.
        let main = json!({ "labelRefs": [{ "name": { "owner": "wonder", "module": "base", "label": "main" } }] });
        assert_eq!(scene.json("walt", Rpc::ArchiveLabels, main).await.status, 200);
        assert_eq!(default("main").await.status, 400);
        let shown = scene.module("wonder/base").await;
        assert_eq!(shown["default_label"], "trunk");
    });
}

#[test]
fn a_module_that_is_needed_is_deleted_by_force_alone() {
    run(async {
        let Modules { scene, .. } = modules().await;
        for who in ["mallory", "walt", "anna"] {
            assert_eq!(scene.delete_module(who, "wonder/base").await.status, 403, "{who}");
        }
        let seen = scene.delete_module("olga", "wonder/base").await;
        assert_eq!(seen.status, 400, "{}", seen.text());
        assert!(seen.text().contains("1 modules depend on it"), "{}", seen.text());
        assert!(seen.text().contains("force=true"), "{}", seen.text());
        // The dependent is asked for.
        let version = scene.newest("wonder/open").await;
        let zip = format!("{}/@v/{version}.zip", go("wonder/open"));
        assert_eq!(scene.world.follow(&zip).await.0.status, 200);
        let seen = scene.delete_module("olga", "wonder/open").await;
        assert_eq!(seen.status, 400, "{}", seen.text());
        tokio::time::sleep(Duration::from_secs(91 * 24 * 60 * 60)).await;
        let scene = scene.elsewhere();
        assert_eq!(scene.delete_module("olga", "wonder/open").await.status, 200);
        // With the dependent gone nobody needs it.
        assert_eq!(scene.delete_module("olga", "wonder/base").await.status, 200);
        let bad = scene.api("olga", "DELETE", "modules/wonder/base?force=1", Value::Null).await;
        assert_eq!(bad.status, 404);
    });
}

/// Everything that clients read of a module.
fn readings(module: &str, version: &str, npm_version: &str) -> Vec<String> {
    let (go, npm) = (go(module), npm(module));
    let file = format!("{}.bufbuild_es-{npm_version}.tgz", module.replace('/', "_"));
    vec![
        format!("{go}/@v/list"),
        format!("{go}/@latest"),
        format!("{go}/@v/main.info"),
        format!("{go}/@v/{version}.info"),
        format!("{go}/@v/{version}.mod"),
        format!("{go}/@v/{version}.zip"),
        npm.clone(),
        format!("{npm}/latest"),
        format!("{npm}/{npm_version}"),
        format!("{npm}/-/{file}"),
    ]
}

async fn npm_latest(scene: &Scene, module: &str) -> String {
    let seen = scene.world.follow(&npm(module)).await.0;
    assert_eq!(seen.status, 200, "{}", seen.text());
    seen.json()["dist-tags"]["latest"].as_str().unwrap().to_owned()
}

#[test]
fn a_deleted_module_is_missing_and_starts_empty_when_it_is_made_again() {
    run(async {
        let Modules { scene, base, .. } = modules().await;
        let version = scene.newest("wonder/base").await;
        let npm_version = npm_latest(&scene, "wonder/base").await;
        let readings = readings("wonder/base", &version, &npm_version);
        for url in &readings {
            assert_eq!(scene.world.follow(url).await.0.status, 200, "{url}");
        }
        // A package of the dependent is published, another one is not.
        let open = scene.newest("wonder/open").await;
        let stored = format!("{}/@v/{open}.zip", go("wonder/open"));
        assert_eq!(scene.world.follow(&stored).await.0.status, 200);
        let unmade =
            format!("{}/@v/main.info", go("wonder/open").replace("protocolbuffers", "connectrpc"));
        assert_eq!(scene.world.follow(&unmade).await.0.status, 200);

        let elsewhere = scene.elsewhere();
        assert_eq!(elsewhere.list(None, "wonder/base").await.status, 200);
        scene.world.purges().calls.clear();
        let path = "modules/wonder/base?force=true";
        assert_eq!(scene.api("olga", "DELETE", path, Value::Null).await.status, 204);
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(
            scene.world.purges().calls,
            [PurgedReplies::Tagged(vec!["m:wonder/base".into()])]
        );
        tokio::time::sleep(REMEMBERED).await;
        for scene in [&scene, &elsewhere] {
            for url in &readings {
                assert_eq!(scene.world.follow(url).await.0.status, 404, "{url}");
            }
        }
        let left: Vec<String> = scene
            .world
            .bucket
            .keys()
            .into_iter()
            .filter(|key| key.contains("wonder/base") && !key.starts_with("audit/"))
            // That it is gone, until the index of modules says so.
            .filter(|key| !key.starts_with("search/news/"))
            .collect();
        // Its own record, and that the dependent depends on it.
        let record = "modules/wonder/base/module.json";
        assert_eq!(left, [record, "modules/wonder/open/live/dep/wonder/base"]);

        // The dependent keeps what is published, and nothing more is made of it.
        assert_eq!(scene.world.follow(&stored).await.0.status, 200);
        let seen = scene.world.follow(&unmade).await.0;
        assert_eq!(seen.status, 400, "{}", seen.text());
        assert!(!seen.text().contains("wonder/base"), "{}", seen.text());

        // Made again, by its owner alone, it is empty.
        assert_eq!(
            scene.make_module("mallory", "wonder/base", ModuleVisibility::Public).await,
            403
        );
        assert_eq!(scene.make_module("olga", "wonder/base", ModuleVisibility::Public).await, 200);
        assert_eq!(scene.make_module("olga", "wonder/base", ModuleVisibility::Public).await, 409);
        assert_eq!(scene.commits("wonder/base").await, Vec::<String>::new());
        let pushed = scene.pushed("wonder/base", "message B {}", &[]).await;
        assert_ne!(pushed, base);
        assert_eq!(scene.commits("wonder/base").await, std::slice::from_ref(&pushed));
        for url in
            readings.iter().filter(|url| url.contains(&version) || url.contains(&npm_version))
        {
            assert_eq!(scene.world.follow(url).await.0.status, 404, "{url}");
        }
        // What locks the former one is not made of the new one.
        let seen = scene.world.follow(&unmade).await.0;
        assert_eq!(seen.status, 400, "{}", seen.text());
        for _ in 0..3 {
            scene.world.sweep().await;
            tokio::time::sleep(Duration::from_secs(61)).await;
        }
        assert!(scene.newest("wonder/base").await.contains(&pushed[..12]));
    });
}

#[test]
fn an_organization_is_deleted_when_it_has_nothing_and_its_name_stays_its_owners() {
    run(async {
        let Modules { scene, .. } = modules().await;
        let delete = async |who: &str| {
            let reference = json!({ "organizationRefs": [{ "name": "wonder" }] });
            scene.json(who, Rpc::DeleteOrganizations, reference).await
        };
        let update = json!({ "values": [{ "organizationRef": { "name": "wonder" }, "url": "https://example.com" }] });
        for (who, status) in [("walt", 403), ("anna", 200)] {
            assert_eq!(
                scene.json(who, Rpc::UpdateOrganizations, update.clone()).await.status,
                status
            );
        }
        assert_eq!(delete("anna").await.status, 403);
        let seen = delete("olga").await;
        assert_eq!(seen.status, 400);
        assert!(seen.text().contains("the module wonder/"), "{}", seen.text());
        for module in ["wonder/open", "wonder/base"] {
            let path = format!("modules/{module}?force=true");
            assert_eq!(scene.api("olga", "DELETE", &path, Value::Null).await.status, 204);
        }
        assert_eq!(delete("olga").await.status, 200);
        assert_eq!(delete("olga").await.status, 404);
        assert_eq!(scene.make_module("olga", "wonder/new", ModuleVisibility::Public).await, 404);
        for (who, status) in [("mallory", 409), ("anna", 409), ("olga", 200)] {
            assert_eq!(scene.make_organization(who, "wonder").await, status, "{who}");
        }
        assert_eq!(scene.make_module("olga", "wonder/base", ModuleVisibility::Public).await, 200);
    });
}

#[test]
fn a_withheld_commit_is_451_everywhere_within_ten_seconds_and_comes_back() {
    run(async {
        let Modules { scene, base, open } = modules().await;
        let version = scene.newest("wonder/base").await;
        let npm_version = npm_latest(&scene, "wonder/base").await;
        let readings = readings("wonder/base", &version, &npm_version);
        let elsewhere = scene.elsewhere();
        for url in &readings {
            assert_eq!(elsewhere.world.follow(url).await.0.status, 200, "{url}");
        }
        let stored = format!("{}/@v/{}.zip", go("wonder/open"), scene.newest("wonder/open").await);
        assert_eq!(scene.world.follow(&stored).await.0.status, 200);
        for bad in [
            json!({ "module": "wonder/base", "commit": base }),
            json!({ "module": "wonder/base", "commit": base, "reason": "" }),
            json!({ "module": "wonder/base", "commit": base, "reason": "a\nb" }),
            json!({ "module": "wonder/base", "commit": base, "reason": "x".repeat(301) }),
        ] {
            assert_eq!(scene.takedown("POST", bad.clone()).await.status, 400, "{bad}");
        }
        for missing in ["f".repeat(32), base[..11].to_owned(), "main".into()] {
            let body = json!({ "module": "wonder/base", "commit": missing, "reason": "x" });
            assert_eq!(scene.takedown("POST", body).await.status, 404, "{missing}");
        }
        scene.world.purges().calls.clear();
        let body =
            json!({ "module": "wonder/base", "commit": &base[..12], "reason": "it holds a key" });
        let seen = scene.takedown("POST", body).await;
        assert_eq!(
            (seen.status, &seen.json()["cache"]["is_purged"]),
            (200, &true.into()),
            "{}",
            seen.text()
        );
        assert_eq!(
            scene.world.purges().calls,
            [PurgedReplies::Tagged(vec!["m:wonder/base".into()])]
        );
        tokio::time::sleep(REMEMBERED).await;
        // The list is empty: its only version is withheld.
        let list = elsewhere.list(None, "wonder/base").await;
        assert_eq!((list.status, list.text().as_str()), (200, ""));
        for url in readings.iter().filter(|url| !url.ends_with("/list")) {
            let seen = elsewhere.world.follow(url).await.0;
            assert_eq!(seen.status, 451, "{url}: {}", seen.text());
            assert!(seen.text().contains("it holds a key"), "{url}: {}", seen.text());
            assert_eq!(seen.header("cache-control"), Some("no-store"), "{url}");
        }
        let resource_ref = Some(named("wonder/base"));
        let value = download_request::Value { resource_ref, ..Default::default() };
        let download = DownloadRequest { values: vec![value] };
        // Not for its owners either.
        let seen = elsewhere.rpc(Some("olga"), Rpc::Download, &download).await;
        assert_eq!((seen.status, &seen.json()["code"]), (400, &"failed_precondition".into()));
        assert!(seen.text().contains("it holds a key"), "{}", seen.text());
        assert_eq!(elsewhere.commits("wonder/base").await, Vec::<String>::new());
        // What depends on it keeps what is published; its sources cannot be had with it.
        assert_eq!(elsewhere.world.follow(&stored).await.0.status, 200);
        let latest = elsewhere.world.follow(&format!("{}/@latest", go("wonder/open"))).await.0;
        assert_eq!(latest.status, 400, "{}", latest.text());
        // The same files again, here and in another module.
        for module in ["wonder/base", "wonder/open"] {
            let seen = scene.push("admin", module, "message B {}", &[]).await;
            let files = if module == "wonder/base" { 400 } else { 200 };
            assert_eq!(seen.status, files, "{module}: {}", seen.text());
        }
        scene.pushed("wonder/base", "message B {} message Clean {}", &[]).await;
        assert!(!scene.newest("wonder/base").await.contains(&base[..12]));

        let all = scene.takedown("GET", Value::Null).await.json();
        assert_eq!(all["takedowns"][0]["reason"], "it holds a key");
        let body = json!({ "module": "wonder/base", "commit": base });
        assert_eq!(scene.takedown("DELETE", body.clone()).await.status, 204);
        assert_eq!(scene.takedown("DELETE", body).await.status, 404);
        tokio::time::sleep(REMEMBERED).await;
        let zip = format!("{}/@v/{version}.zip", go("wonder/base"));
        assert_eq!(elsewhere.world.follow(&zip).await.0.status, 200);
        let request = GetCommitsRequest { resource_refs: vec![named("wonder/open")] };
        assert_eq!(elsewhere.rpc(None, Rpc::GetCommits, &request).await.status, 200);
        assert!(!open.is_empty());
    });
}

#[test]
fn a_withheld_module_is_451_to_those_who_may_read_it_and_missing_to_others() {
    run(async {
        let Modules { scene, .. } = modules().await;
        scene.make_module("olga", "wonder/hidden", ModuleVisibility::Private).await;
        scene.pushed("wonder/hidden", "message H {}", &[]).await;
        for module in ["wonder/base", "wonder/hidden"] {
            let body = json!({ "module": module, "reason": "a court order" });
            assert_eq!(scene.takedown("POST", body).await.status, 200);
        }
        tokio::time::sleep(REMEMBERED).await;
        for (who, module, status) in [
            (None, "wonder/base", 451),
            (Some("olga"), "wonder/base", 451),
            (None, "wonder/hidden", 404),
            (Some("mallory"), "wonder/hidden", 404),
            (Some("olga"), "wonder/hidden", 451),
        ] {
            let seen = scene.list(who, module).await;
            assert_eq!(seen.status, status, "{who:?} {module}: {}", seen.text());
        }
        let seen = scene.push("olga", "wonder/base", "message New {}", &[]).await;
        assert_eq!(seen.status, 400, "{}", seen.text());
        assert!(seen.text().contains("a court order"), "{}", seen.text());
        assert_eq!(scene.takedown("DELETE", json!({ "module": "wonder/base" })).await.status, 204);
        tokio::time::sleep(REMEMBERED).await;
        assert_eq!(scene.list(None, "wonder/base").await.status, 200);
    });
}

/// Whoever waits for a package while it is taken down hears it within the ten seconds that are remembered.
#[test]
fn a_takedown_ends_the_wait_for_a_package() {
    run(async {
        let scene = scene_with(Generator::Makes(Duration::from_secs(60))).await;
        scene.make_module("olga", "wonder/base", ModuleVisibility::Public).await;
        let base = scene.pushed("wonder/base", "message B {}", &[]).await;
        let version = scene.newest("wonder/base").await;
        let zip = format!("{}/@v/{version}.zip", go("wonder/base"));
        let elsewhere = scene.elsewhere();
        let waiting = async {
            let seen = elsewhere.world.follow(&zip).await.0;
            (seen, scene.world.now())
        };
        let taking_down = async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            let body = json!({ "module": "wonder/base", "commit": base, "reason": "a key" });
            assert_eq!(scene.takedown("POST", body).await.status, 200);
            scene.world.now()
        };
        let ((seen, told), at) = futures::join!(waiting, taking_down);
        assert_eq!(seen.status, 451, "{}", seen.text());
        assert!(told - at <= 11, "{} s", told - at);
        // The generator is told nothing more of it, and what it makes is not handed out.
        tokio::time::sleep(Duration::from_secs(90)).await;
        assert_eq!(scene.world.follow(&zip).await.0.status, 451);
    });
}

#[test]
fn deletions_and_takedowns_are_in_the_audit() {
    run(async {
        let scene = scene().await;
        scene.make_module("olga", "wonder/base", ModuleVisibility::Public).await;
        let base = scene.pushed("wonder/base", "message B {}", &[]).await;
        let body = json!({ "module": "wonder/base", "commit": base, "reason": "a key" });
        scene.takedown("POST", body.clone()).await;
        scene.takedown("DELETE", json!({ "module": "wonder/base", "commit": base })).await;
        let state = json!({ "state": "MODULE_STATE_DEPRECATED", "description": "secret words" });
        scene.update_module("olga", "wonder/base", state).await;
        scene.delete_module("olga", "wonder/base").await;
        let audit = scene.get("olga", "owners/wonder/audit").await.text();
        for action in ["takedown", "takedown.end", "module.update", "module.delete"] {
            assert!(audit.contains(&format!("\"action\":\"{action}\"")), "{action}: {audit}");
        }
        assert!(!audit.contains("secret words"), "{audit}");
        tokio::time::sleep(MADE).await;
    });
}
