//! Modules of another registry: fetched when a push or somebody who is signed in asks for them, kept as they are there, and served
//! under that registry's names.

mod common;

use bytes::Bytes;
use common::{ADMIN, Generator, HOST, Seen, World, run, upload};
use futures::FutureExt;
use prost::Message;
use protoedge_bufapi::proto::buf::registry::{
    module::{
        v1::{
            CreateModulesRequest, DownloadResponse, GetCommitsRequest, GetCommitsResponse,
            GetGraphRequest, GetGraphResponse, GetModulesResponse, ListCommitsRequest,
            ListCommitsResponse, ModuleVisibility, ResourceRef, UploadRequest,
            create_modules_request, resource_ref,
        },
        v1beta1,
    },
    owner::v1::{CreateOrganizationsRequest, OwnerRef, create_organizations_request, owner_ref},
};
use protoedge_edge::{Asked, Upstreams};
use protoedge_sdk::Hosts;
use protoedge_storage::Snapshot;
use serde_json::json;
use std::{cell::Cell, rc::Rc, time::Duration};

const MODULES: &str = "/buf.registry.module.v1.ModuleService";
const COMMITS: &str = "/buf.registry.module.v1.CommitService";
const GRAPH: &str = "/buf.registry.module.v1.GraphService/GetGraph";
const DOWNLOAD: &str = "/buf.registry.module.v1.DownloadService/Download";
const ORGANIZATIONS: &str = "/buf.registry.owner.v1.OrganizationService/CreateOrganizations";
const BETA_UPLOAD: &str = "/buf.registry.module.v1beta1.UploadService/Upload";
const BETA_GRAPH: &str = "/buf.registry.module.v1beta1.GraphService/GetGraph";

const GO: &str = "protocolbuffers/go";

/// This registry, and another one that it is set up to fetch from.
struct Scene {
    ours: World,
    theirs: World,
    /// The commits of their modules `shapes/base`, and `shapes/circles`, which depends on it.
    base: String,
    circles: String,
    calls: Rc<Cell<usize>>,
}

/// Changes an answer of theirs.
type Change = fn(&str, Asked) -> Result<Asked, String>;

fn as_it_is(_: &str, asked: Asked) -> Result<Asked, String> {
    Ok(asked)
}

async fn organization(world: &World, name: &str) -> Seen {
    let value = create_organizations_request::Value { name: name.into(), ..Default::default() };
    world.call_as(ADMIN, ORGANIZATIONS, &CreateOrganizationsRequest { values: vec![value] }).await
}

async fn module(world: &World, owner: &str, name: &str, visibility: ModuleVisibility) -> Seen {
    let value = create_modules_request::Value {
        owner_ref: Some(OwnerRef { value: Some(owner_ref::Value::Name(owner.into())) }),
        name: name.into(),
        visibility: visibility.into(),
        default_label_name: "main".into(),
        ..Default::default()
    };
    let request = CreateModulesRequest { values: vec![value] };
    world.call_as(ADMIN, &format!("{MODULES}/CreateModules"), &request).await
}

impl Scene {
    async fn new() -> Self {
        let theirs = World::new(Generator::Away).await.configured(|config| {
            config.public_url = "https://buf.build".into();
            config.hosts = Hosts { registry_host: "buf.build".into(), npm_scope: "@buf".into() };
        });
        assert_eq!(organization(&theirs, "shapes").await.status, 200);
        for name in ["base", "circles"] {
            let made = module(&theirs, "shapes", name, ModuleVisibility::Public).await;
            assert_eq!(made.status, 200, "{}", made.text());
        }
        let base = theirs.push("shapes/base", &[], "message Base {}", &[]).await;
        let deps = std::slice::from_ref(&base);
        let text = "import \"base.proto\";\nmessage Circle {}";
        let circles = theirs.push("shapes/circles", &[], text, deps).await;
        let setting = json!([{
            "host": "buf.build", "npm_scope": "@buf", "url": "https://buf.build", "owners": ["shapes", "acme"],
        }]);
        let own = Hosts { registry_host: HOST.into(), npm_scope: "@protoedge".into() };
        let upstreams = Upstreams::read(Some(&setting.to_string()), &own).unwrap();
        let ours = World::new(Generator::Makes(Duration::from_secs(1))).await;
        let ours = ours.configured(|config| config.upstreams = upstreams);
        let scene = Self { ours, theirs, base, circles, calls: Rc::default() };
        scene.answer(as_it_is);
        scene
    }

    /// The same scene with this registry as it was, on a machine that remembers nothing.
    fn again(&self, start: &Snapshot) -> Self {
        let scene = Self {
            ours: self.ours.restored(start.clone()),
            theirs: self.theirs.clone(),
            base: self.base.clone(),
            circles: self.circles.clone(),
            calls: Rc::default(),
        };
        scene.answer(as_it_is);
        scene
    }

    /// From now on their answers are changed so.
    fn answer(&self, change: Change) {
        let (theirs, calls) = (self.theirs.clone(), self.calls.clone());
        self.ours.set_upstream(Rc::new(move |url, body| {
            let theirs = theirs.clone();
            calls.set(calls.get() + 1);
            async move {
                let path = url.strip_prefix("https://buf.build").unwrap().to_owned();
                let headers = [("content-type", "application/proto")];
                let seen = theirs.send("POST", &path, &headers, body).await;
                change(&path, Asked { status: seen.status, body: seen.body.into() })
            }
            .boxed_local()
        }));
    }

    /// Pushes a module that depends on theirs.
    async fn push(&self, deps: &[(&str, &str)]) -> Seen {
        let text = "import \"circles.proto\";\nmessage Scene {}";
        let UploadRequest { contents, .. } = upload("acme/weather", &[], text, &[]);
        let content = contents.into_iter().next().unwrap();
        let file = |it: protoedge_bufapi::proto::buf::registry::module::v1::File| v1beta1::File {
            path: it.path,
            content: it.content,
        };
        let name = v1beta1::module_ref::Name { owner: "acme".into(), module: "weather".into() };
        let value = Some(v1beta1::module_ref::Value::Name(name));
        let content = v1beta1::upload_request::Content {
            module_ref: Some(v1beta1::ModuleRef { value }),
            files: content.files.into_iter().map(file).collect(),
            ..Default::default()
        };
        let deps = deps.iter().map(|(commit, registry)| v1beta1::upload_request::DepRef {
            commit_id: (*commit).into(),
            registry: (*registry).into(),
        });
        let request = v1beta1::UploadRequest { contents: vec![content], dep_refs: deps.collect() };
        self.ours.call_as(ADMIN, BETA_UPLOAD, &request).await
    }

    /// The push that succeeds: gives the new commit's id.
    async fn pushed(&self) -> String {
        let seen = self.push(&[(&self.circles, "buf.build"), (&self.base, "buf.build")]).await;
        assert_eq!(seen.status, 200, "{}", seen.text());
        v1beta1::UploadResponse::decode(seen.body.as_slice()).unwrap().commits[0].id.clone()
    }

    /// What is stored here of theirs that readers could find.
    fn kept(&self) -> Vec<String> {
        let is_commit = |key: &String| {
            key.starts_with("modules/shapes/") && key.contains("/commits/") && {
                let name = key.rsplit('/').next().unwrap();
                name.len() == "0123456789ab.json".len()
            }
        };
        self.ours.bucket.keys().into_iter().filter(is_commit).collect()
    }
}

fn named(owner: &str, module: &str, reference: &str) -> ResourceRef {
    let child = resource_ref::name::Child::Ref(reference.into());
    let name =
        resource_ref::Name { owner: owner.into(), module: module.into(), child: Some(child) };
    ResourceRef { value: Some(resource_ref::Value::Name(name)) }
}

async fn commits(world: &World, token: &str, module: &str, reference: &str) -> Seen {
    let request = GetCommitsRequest { resource_refs: vec![named("shapes", module, reference)] };
    world.call_as(token, &format!("{COMMITS}/GetCommits"), &request).await
}

/// The commit that was answered.
fn id_of(seen: &Seen) -> String {
    GetCommitsResponse::decode(seen.body.as_slice()).unwrap().commits[0].id.clone()
}

/// How many commits a module's list has.
async fn listed(world: &World, module: &str) -> usize {
    let request = ListCommitsRequest {
        resource_ref: Some(named("shapes", module, "")),
        ..Default::default()
    };
    let seen = world.call(&format!("{COMMITS}/ListCommits"), &request).await;
    ListCommitsResponse::decode(seen.body.as_slice()).unwrap().commits.len()
}

#[test]
fn a_push_fetches_what_it_depends_on_as_it_is_there() {
    run(async {
        let scene = Scene::new().await;
        let commit = scene.pushed().await;
        for (module, id) in [("base", &scene.base), ("circles", &scene.circles)] {
            let [theirs, ours] = [&scene.theirs, &scene.ours].map(|world| async move {
                let seen = commits(world, ADMIN, module, id).await;
                let reply = GetCommitsResponse::decode(seen.body.as_slice()).unwrap();
                reply.commits.into_iter().next().unwrap()
            });
            // Ids, also of module and owner, time, digest: all.
            assert_eq!(ours.await, theirs.await);
        }
        let request = GetGraphRequest { resource_refs: vec![named("acme", "weather", "")] };
        let seen = scene.ours.call(GRAPH, &request).await;
        let graph = GetGraphResponse::decode(seen.body.as_slice()).unwrap().graph.unwrap();
        let mut foreign: Vec<(&str, &str)> = graph
            .registry_commit_ids
            .iter()
            .map(|it| (it.commit_id.as_str(), it.registry.as_str()))
            .collect();
        foreign.sort_unstable();
        let mut expected =
            [(scene.base.as_str(), "buf.build"), (scene.circles.as_str(), "buf.build")];
        expected.sort_unstable();
        assert_eq!(foreign, expected);
        let reference = v1beta1::get_graph_request::ResourceRef {
            resource_ref: Some(v1beta1::ResourceRef {
                value: Some(v1beta1::resource_ref::Value::Id(commit)),
            }),
            registry: String::new(),
        };
        let request = v1beta1::GetGraphRequest {
            resource_refs: vec![reference],
            digest_type: v1beta1::DigestType::B5.into(),
        };
        let seen = scene.ours.call(BETA_GRAPH, &request).await;
        let graph = v1beta1::GetGraphResponse::decode(seen.body.as_slice()).unwrap().graph.unwrap();
        for commit in graph.commits {
            let id = commit.commit.unwrap().id;
            let is_theirs = id == scene.base || id == scene.circles;
            assert_eq!(commit.registry == "buf.build", is_theirs);
        }
        // Once: the next push finds them here.
        let calls = scene.calls.get();
        scene.pushed().await;
        assert_eq!(scene.calls.get(), calls);
    });
}

#[test]
fn packages_keep_the_names_that_they_have_there() {
    run(async {
        let scene = Scene::new().await;
        scene.pushed().await;
        let ours = &scene.ours;
        let path = format!("/gen/go/{HOST}/gen/go/acme/weather/{GO}/@v");
        let latest = ours.get(&format!("/gen/go/{HOST}/gen/go/acme/weather/{GO}/@latest")).await;
        let version = latest.json()["Version"].as_str().unwrap().to_owned();
        let manifest = ours.get(&format!("{path}/{version}.mod")).await.text();
        for (module, id) in [("base", &scene.base), ("circles", &scene.circles)] {
            let name = format!("buf.build/gen/go/shapes/{module}/{GO}");
            let theirs = scene.theirs.get(&format!("/gen/go/{name}/@v/{id}.info")).await;
            let required = theirs.json()["Version"].as_str().unwrap().to_owned();
            assert!(manifest.contains(&format!("{name} {required}\n")), "{manifest}");
            for (file, same) in [("info", true), ("mod", true), ("zip", false)] {
                let path = format!("/gen/go/{name}/@v/{required}.{file}");
                let (served, _) = ours.follow(&path).await;
                assert_eq!(served.status, 200, "{path}: {}", served.text());
                if same {
                    assert_eq!(served.text(), scene.theirs.get(&path).await.text());
                }
            }
            let other = format!("/gen/go/{HOST}/gen/go/shapes/{module}/{GO}/@v/{required}.zip");
            let seen = ours.get(&other).await;
            assert_eq!(seen.status, 404);
            assert!(
                seen.text().contains(&format!("has another name here: {name}")),
                "{}",
                seen.text()
            );
        }
        let jobs = ours.jobs();
        let circles = jobs.iter().find(|job| job.sdk.package.contains("circles")).unwrap();
        assert_eq!(circles.sdk.package, format!("buf.build/gen/go/shapes/circles/{GO}"));
        let imports = |n: usize| circles.modules[n].imports.values().next().unwrap().clone();
        assert_eq!(imports(1), Some(format!("buf.build/gen/go/shapes/base/{GO}")));
        // Of an older version that the catalogue lacks another proxy may know.
        let lacked = format!(
            "/gen/go/buf.build/gen/go/shapes/base/{GO}/@v/v1.2.3-20260101000000-{}.1.zip",
            &scene.base[..12]
        );
        assert_eq!(ours.get(&lacked).await.status, 404);
        let elsewhere = format!("/gen/go/example.build/gen/go/shapes/base/{GO}/@v/list");
        assert_eq!(ours.get(&elsewhere).await.status, 404);

        // A commit that was fetched for a push is on no label yet.
        assert_eq!(commits(ours, ADMIN, "circles", "").await.status, 200);
        let (npm, _) = ours.follow("/gen/npm/v1/@buf%2fshapes_circles.bufbuild_es").await;
        assert_eq!(npm.status, 200, "{}", npm.text());
        let packument = npm.json();
        assert_eq!(packument["name"], "@buf/shapes_circles.bufbuild_es");
        let (_, document) = packument["versions"].as_object().unwrap().iter().next().unwrap();
        let deps = document["dependencies"].as_object().unwrap();
        assert_eq!(deps.keys().collect::<Vec<_>>(), ["@buf/shapes_base.bufbuild_es"]);
        let seen = ours.get("/gen/npm/v1/@protoedge%2fshapes_circles.bufbuild_es").await;
        assert_eq!(seen.status, 404, "{}", seen.text());

        // Names of others say nothing of a registry.
        let (page, _) = ours.follow("/gen/python/shapes-circles-protocolbuffers-python/").await;
        assert_eq!(page.status, 200, "{}", page.text());
        assert!(page.text().contains(&scene.circles[..12]), "{}", page.text());
        let archive = format!("/gen/archive/shapes/circles/{GO}");
        let seen = ours.get(&format!("{archive}/latest.zip")).await;
        let exact = format!("{archive}/v1.36.0-{}.1.zip", &scene.circles[..12]);
        assert_eq!(seen.header("location"), Some(exact.as_str()), "{}", seen.text());
        assert_eq!(ours.follow(&exact).await.0.status, 200);
        let job = ours.jobs().last().unwrap().clone();
        assert!(job.sdk.manifest.contains(&format!("buf.build/gen/go/shapes/base/{GO} v")));
    });
}

#[test]
fn nobody_changes_what_is_of_another_registry() {
    run(async {
        let scene = Scene::new().await;
        scene.pushed().await;
        let ours = &scene.ours;
        let stranger = ours.token("mallory").await;
        for token in [ADMIN, &stranger] {
            let seen = ours
                .call_as(token, common::UPLOAD, &upload("shapes/base", &[], "message X {}", &[]))
                .await;
            assert_eq!(seen.status, 403, "{}", seen.text());
            assert!(seen.text().contains("is fetched from buf.build"), "{}", seen.text());
        }
        let made = module(ours, "shapes", "mine", ModuleVisibility::Public).await;
        assert_eq!(made.status, 403, "{}", made.text());
        assert_eq!(organization(ours, "shapes").await.status, 409);
        let members = ours.api(
            ADMIN,
            "PUT",
            "organizations/shapes/members/mallory",
            json!({"role": "owner"}),
        );
        assert_eq!(members.await.status, 403);
        let deleted = ours.api(ADMIN, "DELETE", "modules/shapes/base?force=true", json!(null));
        assert_eq!(deleted.await.status, 403);
    });
}

/// Whatever another registry says: nothing of a commit is kept that is not as it says, and the words are about what is wrong.
#[test]
fn what_is_not_true_is_not_kept() {
    run(async {
        let cases: [(&str, &str, Change); 13] = [
            ("in trouble", "answered 500", |_, _| {
                let body = r#"{"code": "internal", "message": "oh\u202e no"}"#;
                Ok(Asked { status: 500, body: body.into() })
            }),
            ("its words", "internal: oh no", |_, _| {
                let body = r#"{"code": "internal", "message": "oh\u202e no"}"#;
                Ok(Asked { status: 500, body: body.into() })
            }),
            ("busy", "takes no more calls just now", |_, _| {
                Ok(Asked { status: 429, body: Bytes::new() })
            }),
            ("gone", "answered 404", |_, _| Ok(Asked { status: 404, body: Bytes::new() })),
            ("elsewhere", "answered 302", |_, _| Ok(Asked { status: 302, body: Bytes::new() })),
            ("away", "cannot be reached: refused", |_, _| Err("refused".into())),
            ("another language", "cannot be read", |_, _| {
                Ok(Asked { status: 200, body: "<html>".into() })
            }),
            ("empty", "has no commit", |_, _| Ok(Asked { status: 200, body: Bytes::new() })),
            ("endless", "more than", |path, asked| {
                let body = if path == DOWNLOAD { vec![0; 40_000_000].into() } else { asked.body };
                Ok(Asked { body, ..asked })
            }),
            ("half a body", "cannot be read", |path, asked| {
                let half = asked.body.slice(..asked.body.len() / 2);
                Ok(if path == DOWNLOAD { Asked { body: half, ..asked } } else { asked })
            }),
            ("other files", "have the digest", |path, asked| {
                if path != DOWNLOAD {
                    return Ok(asked);
                }
                let mut reply = DownloadResponse::decode(asked.body).unwrap();
                reply.contents[0].files[0].content = "syntax = \"proto2\";".into();
                Ok(Asked { status: 200, body: reply.encode_to_vec().into() })
            }),
            ("a path that leads out", "must be relative", |path, asked| {
                if path != DOWNLOAD {
                    return Ok(asked);
                }
                let mut reply = DownloadResponse::decode(asked.body).unwrap();
                reply.contents[0].files[0].path = "../../x.proto".into();
                Ok(Asked { status: 200, body: reply.encode_to_vec().into() })
            }),
            ("not public", "does not show shapes/", |path, asked| {
                if !path.ends_with("/GetModules") {
                    return Ok(asked);
                }
                let mut reply = GetModulesResponse::decode(asked.body).unwrap();
                for module in &mut reply.modules {
                    module.visibility = ModuleVisibility::Private.into();
                }
                Ok(Asked { status: 200, body: reply.encode_to_vec().into() })
            }),
        ];
        for (name, words, change) in cases {
            let scene = Scene::new().await;
            scene.answer(change);
            let seen = scene.push(&[(&scene.circles, "buf.build")]).await;
            assert_eq!(seen.json()["code"], "failed_precondition", "{name}: {}", seen.text());
            assert!(seen.text().contains(words), "{name}: {}", seen.text());
            assert!(seen.text().contains("buf.build"), "{name}: {}", seen.text());
            assert_eq!(scene.kept(), [""; 0], "{name}");
            // It is as good as new when they tell the truth again.
            scene.answer(as_it_is);
            scene.pushed().await;
        }
    });
}

#[test]
fn only_what_administrators_listed_is_fetched_and_no_name_is_of_two() {
    run(async {
        let scene = Scene::new().await;
        let hidden = {
            assert_eq!(organization(&scene.theirs, "hidden").await.status, 200);
            let made = module(&scene.theirs, "hidden", "base", ModuleVisibility::Public).await;
            assert_eq!(made.status, 200);
            scene.theirs.push("hidden/base", &[], "message B {}", &[]).await
        };
        let seen = scene.push(&[(&hidden, "buf.build")]).await;
        assert!(seen.text().contains("adds hidden to the owners of buf.build"), "{}", seen.text());
        // Ours has an organization of that name.
        let theirs = scene.theirs.push("acme/units", &[], "message U {}", &[]).await;
        let seen = scene.push(&[(&theirs, "buf.build")]).await;
        assert!(seen.text().contains("the owner acme is another one here"), "{}", seen.text());
        let seen = scene.push(&[(&scene.base, "other.example.com")]).await;
        assert!(seen.text().contains("adds other.example.com to its upstreams"), "{}", seen.text());
        assert_eq!(scene.kept(), [""; 0]);
    });
}

/// A push fetches so many commits, and the next one goes on.
#[test]
fn a_large_closure_is_fetched_by_several_pushes() {
    run(async {
        let scene = Scene::new().await;
        let mut ids: Vec<String> = Vec::new();
        for n in 0..45 {
            let name = format!("m{n:02}");
            let made = module(&scene.theirs, "shapes", &name, ModuleVisibility::Public).await;
            assert_eq!(made.status, 200);
            let before = format!("import \"m{:02}.proto\";", n - 1);
            let text = format!("{}\nmessage M{n} {{}}", if n > 0 { &before } else { "" });
            ids.push(scene.theirs.push(&format!("shapes/{name}"), &[], &text, &ids).await);
        }
        let deps: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), "buf.build")).collect();
        let deps = [deps.as_slice(), &[(&scene.circles, "buf.build"), (&scene.base, "buf.build")]];
        let deps = deps.concat();
        let seen = scene.push(&deps).await;
        assert!(seen.text().contains("40 of 47 commits of buf.build"), "{}", seen.text());
        assert_eq!(scene.kept().len(), 40);
        let seen = scene.push(&deps).await;
        assert_eq!(seen.status, 200, "{}", seen.text());
        assert_eq!(scene.kept().len(), 47);
    });
}

#[test]
fn what_is_withheld_here_is_not_fetched() {
    run(async {
        let scene = Scene::new().await;
        scene.pushed().await;
        let body = json!({ "module": "shapes/base", "commit": scene.base, "reason": "a key" });
        assert_eq!(scene.admin("POST", "takedowns", body).await.status, 200);
        let info = format!("/gen/go/buf.build/gen/go/shapes/base/{GO}/@v/{}.info", scene.base);
        let version = scene.theirs.get(&info).await.json()["Version"].as_str().unwrap().to_owned();
        let zip = format!("/gen/go/buf.build/gen/go/shapes/base/{GO}/@v/{version}.zip");
        let (zip, _) = scene.ours.follow(&zip).await;
        assert_eq!(zip.status, 451, "{}", zip.text());
        // The same files in another commit there.
        scene.theirs.push("shapes/base", &[], "message Other {}", &[]).await;
        let same = scene.theirs.push("shapes/base", &[], "message Base {}", &[]).await;
        let seen = scene.push(&[(&same, "buf.build")]).await;
        assert!(seen.text().contains("is withheld"), "{}", seen.text());
    });
}

/// A private module that is mirrored looks like one that is not there, whatever the other registry does.
#[test]
fn what_is_private_there_is_nobodys_here() {
    run(async {
        let scene = Scene::new().await;
        let made = module(&scene.theirs, "shapes", "secret", ModuleVisibility::Private).await;
        assert_eq!(made.status, 200);
        scene.theirs.push("shapes/secret", &[], "message Secret {}", &[]).await;
        // With a token, as mirrors and moves have one.
        let theirs = scene.theirs.clone();
        scene.ours.set_upstream(Rc::new(move |url, body| {
            let theirs = theirs.clone();
            async move {
                let path = url.strip_prefix("https://buf.build").unwrap().to_owned();
                let headers =
                    [("content-type", "application/proto"), ("authorization", "Bearer admintoken")];
                let seen = theirs.send("POST", &path, &headers, body).await;
                Ok(Asked { status: seen.status, body: seen.body.into() })
            }
            .boxed_local()
        }));
        let mirror = json!({ "module": "buf.build/shapes/secret" });
        for method in ["PUT", "POST"] {
            let seen = scene.admin(method, "mirrors", mirror.clone()).await;
            assert_eq!(seen.status, 200, "{}", seen.text());
        }
        assert_eq!(commits(&scene.ours, ADMIN, "secret", "").await.status, 200);
        let alice = scene.ours.token("alice").await;
        let without_token: Change = as_it_is;
        let away: Change = |_, _| Err("refused".into());
        for change in [without_token, away] {
            scene.answer(change);
            for token in [&alice, "of-no-one"] {
                let [secret, none] = ["secret", "nothing"].map(|name| {
                    let (ours, token) = (scene.ours.clone(), token.to_owned());
                    async move { commits(&ours, &token, name, "").await }
                });
                let (secret, none) = (secret.await, none.await);
                assert_eq!(secret.status, none.status);
                assert_eq!(secret.text().replace("secret", "nothing"), none.text());
            }
        }
    });
}

#[test]
fn those_who_are_signed_in_have_modules_fetched_and_others_do_not() {
    run(async {
        let scene = Scene::new().await;
        let ours = &scene.ours;
        let alice = ours.token("alice").await;
        for nobody in ["", "of-no-one"] {
            let seen = commits(ours, nobody, "circles", "").await;
            assert_ne!(seen.status, 200);
            assert_eq!(scene.calls.get(), 0);
        }
        let seen = commits(ours, &alice, "circles", "").await;
        assert_eq!(seen.status, 200, "{}", seen.text());
        assert_eq!(id_of(&seen), scene.circles);
        // It is there for everybody now, also its label.
        let calls = scene.calls.get();
        let headers = [("content-type", "application/proto")];
        let request = GetCommitsRequest { resource_refs: vec![named("shapes", "circles", "main")] };
        let path = format!("{COMMITS}/GetCommits");
        let seen = ours.send("POST", &path, &headers, request.encode_to_vec()).await;
        assert_eq!(id_of(&seen), scene.circles, "{}", seen.text());
        assert_eq!(scene.calls.get(), calls);
        // A label that moves there moves here for those who may have it fetched.
        let text = "import \"base.proto\";\nmessage Other {}";
        let newer =
            scene.theirs.push("shapes/circles", &[], text, std::slice::from_ref(&scene.base)).await;
        assert_eq!(id_of(&commits(ours, &alice, "circles", "main").await), newer);
        // While they are away it stays where it is.
        scene.answer(|_, _| Err("refused".into()));
        assert_eq!(id_of(&commits(ours, &alice, "circles", "").await), newer);
        let seen = commits(ours, &alice, "base", "none").await;
        assert_eq!(seen.status, 404, "{}", seen.text());
        // Clients of packages, too, hear of trouble, and those without a token of nothing.
        let bearer = format!("Bearer {alice}");
        let path = format!("/gen/go/buf.build/gen/go/shapes/missing/{GO}/@v/list");
        let (seen, _) = ours.follow_as(Some(&bearer), &path).await;
        assert_eq!(seen.status, 503, "{}", seen.text());
        assert_eq!(ours.get(&path).await.status, 404);
        scene.answer(as_it_is);
        let (seen, _) = ours.follow_as(Some(&bearer), &path).await;
        assert_eq!(seen.status, 404, "{}", seen.text());
    });
}

#[test]
fn a_plugin_that_rejects_their_module_leaves_it_to_the_next_proxy() {
    run(async {
        let scene = Scene::new().await;
        scene.pushed().await;
        scene.ours.set_generator(Generator::Rejects("no"));
        let name = format!("buf.build/gen/go/shapes/base/{GO}");
        let info = scene.theirs.get(&format!("/gen/go/{name}/@v/{}.info", scene.base)).await;
        let version = info.json()["Version"].as_str().unwrap().to_owned();
        let (seen, _) = scene.ours.follow(&format!("/gen/go/{name}/@v/{version}.zip")).await;
        assert_eq!(seen.status, 404);
        assert!(seen.text().contains("rejects shapes/base: no"), "{}", seen.text());
    });
}

/// Cut off at any operation of the bucket, a push is done once more: every commit is there once, and lists have it once.
#[test]
fn a_push_that_is_cut_off_anywhere_is_done_once_more() {
    run(async {
        let scene = Scene::new().await;
        let start = scene.ours.bucket.snapshot();
        for operations in 0.. {
            let scene = scene.again(&start);
            scene.ours.bucket.fail_after(operations);
            let cut =
                scene.push(&[(&scene.circles, "buf.build"), (&scene.base, "buf.build")]).await;
            scene.ours.bucket.heal();
            // What was cut off is finished a minute later.
            tokio::time::sleep(Duration::from_secs(61)).await;
            scene.ours.sweep().await;
            scene.pushed().await;
            assert_eq!(scene.kept().len(), 2, "{operations}");
            for module in ["base", "circles"] {
                assert_eq!(listed(&scene.ours, module).await, 1, "{module} {operations}");
            }
            if cut.status == 200 {
                assert!(operations > 40, "{operations}");
                break;
            }
        }
    });
}

impl Scene {
    /// A call of an administrator's below `/-/admin/`.
    async fn admin(&self, method: &str, path: &str, body: serde_json::Value) -> Seen {
        let headers = [("authorization", "Bearer admintoken")];
        self.ours.send(method, &format!("/-/admin/{path}"), &headers, body.to_string().into()).await
    }

    /// One step of the owner's move.
    async fn step(&self) -> Seen {
        self.admin("POST", "move-ins", json!({ "owner": "buf.build/shapes", "token": "theirs" }))
            .await
    }

    async fn move_in(&self) {
        for _ in 0..100 {
            let seen = self.step().await;
            assert_eq!(seen.status, 200, "{}", seen.text());
            if seen.json()["is_finished"] == true {
                return;
            }
        }
        panic!("it never ends");
    }

    /// More commits, labels with histories, and an archived one.
    async fn grow(&self) {
        for n in 0..45 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let text = format!("message Base{n} {{}}");
            let label = format!("l{}", n % 12);
            let labels: &[&str] = if n % 3 == 0 { &[&label] } else { &["main", &label] };
            self.theirs.push("shapes/base", labels, &text, &[]).await;
        }
        self.theirs.archive_label("shapes/base", "l3").await;
    }
}

/// What a registry says of a module: its commits, its labels, and what these have named.
async fn all_of(world: &World, module: &str) -> Vec<serde_json::Value> {
    let headers = [("authorization", "Bearer admintoken"), ("content-type", "application/json")];
    let call = async |rpc: &str, message: serde_json::Value| {
        let seen = world.send("POST", rpc, &headers, message.to_string().into()).await;
        assert_eq!(seen.status, 200, "{rpc}: {}", seen.text());
        seen.json()
    };
    let name = json!({ "owner": "shapes", "module": module });
    let resource = json!({ "pageSize": 250, "resourceRef": { "name": name } });
    let mut commits = resource.clone();
    commits["order"] = "ORDER_CREATE_TIME_ASC".into();
    let commits = call("/buf.registry.module.v1.CommitService/ListCommits", commits).await;
    let mut wanted = resource;
    wanted["archiveFilter"] = "ARCHIVE_FILTER_ALL".into();
    wanted["order"] = "ORDER_CREATE_TIME_ASC".into();
    let labels = call("/buf.registry.module.v1.LabelService/ListLabels", wanted).await;
    let mut all = vec![commits];
    for label in labels["labels"].as_array().unwrap() {
        let named = json!({ "owner": "shapes", "module": module, "label": label["name"] });
        let wanted = json!({ "pageSize": 250, "labelRef": { "name": named } });
        all.push(call("/buf.registry.module.v1.LabelService/ListLabelHistory", wanted).await);
    }
    all.push(labels);
    all
}

#[test]
fn an_owner_moves_in_with_all_that_its_modules_have() {
    run(async {
        let scene = Scene::new().await;
        scene.grow().await;
        let start = scene.ours.bucket.snapshot();
        // Every step is cut off somewhere, another one in each run, and sent again.
        for operations in [1, 7, 23, 60, 140, 300] {
            let scene = scene.again(&start);
            for cut in 0..3 {
                scene.ours.bucket.fail_after(operations + cut);
                scene.step().await;
                scene.ours.bucket.heal();
                assert_eq!(scene.step().await.status, 200);
            }
            // The last step, too, is cut off at each of its operations.
            loop {
                let step = scene.step().await.json();
                let it = &step["move_in"];
                if it["done"] == it["modules"].as_array().unwrap().len() {
                    break;
                }
            }
            for operations in 0..25 {
                scene.ours.bucket.fail_after(operations);
                scene.step().await;
                scene.ours.bucket.heal();
            }
            scene.move_in().await;
            for module in ["base", "circles"] {
                let [theirs, ours] =
                    [&scene.theirs, &scene.ours].map(|world| all_of(world, module));
                assert_eq!(ours.await, theirs.await, "{module} {operations}");
            }
        }
    });
}

#[test]
fn what_moved_in_keeps_its_old_names_and_gets_new_versions_under_ours() {
    run(async {
        let scene = Scene::new().await;
        scene.grow().await;
        scene.move_in().await;
        let (ours, theirs) = (&scene.ours, &scene.theirs);
        let old = format!("/gen/go/buf.build/gen/go/shapes/base/{GO}");
        let new = format!("/gen/go/{HOST}/gen/go/shapes/base/{GO}");
        assert_eq!(
            ours.get(&format!("{old}/@v/list")).await.text(),
            theirs.get(&format!("{old}/@v/list")).await.text()
        );
        for reference in ["main", "l0", "l5", &scene.base] {
            let path = format!("{old}/@v/{reference}.info");
            let seen = theirs.get(&path).await.json();
            assert_eq!(ours.get(&path).await.json(), seen, "{reference}");
            let path = format!("{old}/@v/{}.zip", seen["Version"].as_str().unwrap());
            assert_eq!(ours.follow(&path).await.0.status, 200, "{path}");
        }
        assert_eq!(ours.get(&format!("{new}/@v/list")).await.text(), "");
        let seen = ours.get(&format!("{new}/@latest")).await;
        assert_eq!(seen.status, 404);
        assert!(
            seen.text().contains("its package is buf.build/gen/go/shapes/base"),
            "{}",
            seen.text()
        );
        // The same content is a new commit: it has another name.
        let files = "message Base44 {}";
        let before = commits(theirs, ADMIN, "base", "main").await;
        let pushed = ours.push("shapes/base", &[], files, &[]).await;
        assert_ne!(pushed, id_of(&before));
        let latest = ours.get(&format!("{new}/@latest")).await.json();
        let version = latest["Version"].as_str().unwrap().to_owned();
        assert!(version.contains(&pushed[..12]), "{version}");
        assert_eq!(ours.follow(&format!("{new}/@v/{version}.zip")).await.0.status, 200);
        assert_eq!(ours.get(&format!("{new}/@v/list")).await.text(), format!("{version}\n"));
        assert_eq!(ours.get(&format!("{old}/@v/{version}.info")).await.status, 404);
        assert_eq!(ours.get(&format!("{old}/@v/{version}.zip")).await.status, 404);
        let pinned = theirs.get(&format!("{old}/@v/main.info")).await.json();
        let path = format!("{new}/@v/{}.zip", pinned["Version"].as_str().unwrap());
        assert_eq!(ours.get(&path).await.status, 404);
        let (npm, _) = ours.follow("/gen/npm/v1/@protoedge%2fshapes_base.bufbuild_es").await;
        assert_eq!(npm.status, 200, "{}", npm.text());
        let versions = npm.json()["versions"].as_object().unwrap().len();
        assert_eq!(versions, 1);
        let (npm, _) = ours.follow("/gen/npm/v1/@buf%2fshapes_base.bufbuild_es").await;
        assert_eq!(npm.status, 200, "{}", npm.text());
        assert!(!npm.text().contains(&pushed[..12]));
        // Of a package that has one name, what was there and what was pushed are versions alike.
        let archive = format!("/gen/archive/shapes/base/{GO}");
        for (reference, commit) in [("latest", &pushed), (scene.base.as_str(), &scene.base)] {
            let seen = ours.get(&format!("{archive}/{reference}.zip")).await;
            let exact = format!("{archive}/v1.36.0-{}.1.zip", &commit[..12]);
            assert_eq!(seen.header("location"), Some(exact.as_str()), "{}", seen.text());
            assert_eq!(ours.follow(&exact).await.0.status, 200);
        }
        let (page, _) = ours.follow("/gen/python/shapes-base-protocolbuffers-python/").await;
        assert!(page.text().contains(&pushed[..12]), "{}", page.text());
        // It is finished, and stays so.
        assert_eq!(scene.step().await.json()["is_finished"], true);
    });
}

#[test]
fn nobody_moves_in_over_an_owner_that_is_here() {
    run(async {
        let scene = Scene::new().await;
        let seen = scene.admin("POST", "move-ins", json!({ "owner": "buf.build/acme" })).await;
        assert_eq!(seen.status, 400);
        assert!(seen.text().contains("has an owner of that name"), "{}", seen.text());
        let seen = scene.admin("POST", "move-ins", json!({ "owner": "example.com/acme" })).await;
        assert!(seen.text().contains("none of the other registries"), "{}", seen.text());
    });
}

#[test]
fn a_mirror_follows_what_moves_there() {
    run(async {
        let scene = Scene::new().await;
        let wanted =
            json!({ "module": "buf.build/shapes/base", "labels": ["l1"], "history": true });
        scene.grow().await;
        assert_eq!(scene.admin("PUT", "mirrors", wanted.clone()).await.status, 200);
        let mirror = json!({ "module": "buf.build/shapes/base" });
        let mut steps = 0;
        while scene.admin("POST", "mirrors", mirror.clone()).await.json()["is_finished"] != true {
            steps += 1;
            assert!(steps < 10);
        }
        let first = |all: Vec<serde_json::Value>| {
            assert!(all[0]["commits"].as_array().unwrap().len() > 40);
            all.into_iter().next().unwrap()
        };
        assert_eq!(
            first(all_of(&scene.ours, "base").await),
            first(all_of(&scene.theirs, "base").await)
        );
        // Nothing moved: one call, and none before it is time.
        let calls = scene.calls.get();
        scene.ours.sweep().await;
        assert_eq!(scene.calls.get(), calls);
        tokio::time::sleep(Duration::from_secs(15 * 60)).await;
        scene.ours.sweep().await;
        assert_eq!(scene.calls.get(), calls + 1);
        let head = async |label: &'static str| {
            let seen = commits(&scene.ours, "of-no-one", "base", label).await;
            id_of(&seen)
        };
        scene.theirs.push("shapes/base", &[], "message More {}", &[]).await;
        let newest = scene.theirs.push("shapes/base", &[], "message Most {}", &[]).await;
        let moved = scene.theirs.push("shapes/base", &["l1"], "message Moved {}", &[]).await;
        // They are away, and nothing changes.
        scene.answer(|_, _| Err("refused".into()));
        let before = head("").await;
        tokio::time::sleep(Duration::from_secs(15 * 60)).await;
        scene.ours.sweep().await;
        assert_eq!(head("").await, before);
        let seen = scene.admin("GET", "mirrors", json!(null)).await.json();
        let error = seen["mirrors"][0]["error"].as_str().unwrap().to_owned();
        assert!(error.contains("cannot be reached"), "{error}");
        scene.answer(as_it_is);
        tokio::time::sleep(Duration::from_secs(15 * 60)).await;
        scene.ours.sweep().await;
        assert_eq!(head("").await, newest);
        assert_eq!(head("l1").await, moved);
        assert_eq!(
            first(all_of(&scene.ours, "base").await),
            first(all_of(&scene.theirs, "base").await)
        );
        assert_eq!(scene.admin("DELETE", "mirrors", mirror.clone()).await.status, 204);
        assert_eq!(scene.admin("POST", "mirrors", mirror).await.status, 404);
        assert_eq!(head("").await, newest);
    });
}

/// Cut off at any operation of the bucket, a mirror's step is done once more: every commit is there once, in the order in which it is there.
#[test]
fn a_mirror_that_is_cut_off_anywhere_goes_on() {
    run(async {
        let scene = Scene::new().await;
        scene.grow().await;
        let wanted = json!({ "module": "buf.build/shapes/base", "history": true });
        let mirror = json!({ "module": "buf.build/shapes/base" });
        // On its way a push depends on one of its newest commits.
        assert_eq!(scene.admin("PUT", "mirrors", wanted).await.status, 200);
        scene.pushed().await;
        let start = scene.ours.bucket.snapshot();
        let theirs = all_of(&scene.theirs, "base").await.remove(0);
        for operations in (0..400).step_by(9) {
            let scene = scene.again(&start);
            scene.ours.bucket.fail_after(operations);
            scene.admin("POST", "mirrors", mirror.clone()).await;
            scene.ours.bucket.heal();
            let mut steps = 0;
            while scene.admin("POST", "mirrors", mirror.clone()).await.json()["is_finished"] != true
            {
                steps += 1;
                assert!(steps < 10);
            }
            assert_eq!(all_of(&scene.ours, "base").await.remove(0), theirs, "{operations}");
        }
    });
}

/// The other registry dies after any number of calls of a mirror's step, or has lost a commit: what is here stays, and the next step goes
/// on when it is back.
#[test]
fn a_mirror_outlives_a_registry_that_dies() {
    run(async {
        let scene = Scene::new().await;
        scene.grow().await;
        let mirror = json!({ "module": "buf.build/shapes/base" });
        let wanted = json!({ "module": "buf.build/shapes/base", "history": true });
        assert_eq!(scene.admin("PUT", "mirrors", wanted).await.status, 200);
        let start = scene.ours.bucket.snapshot();
        let theirs = all_of(&scene.theirs, "base").await.remove(0);
        for calls in (0_u32..110).step_by(5) {
            let scene = scene.again(&start);
            let (registry, left) = (scene.theirs.clone(), Rc::new(Cell::new(calls)));
            scene.ours.set_upstream(Rc::new(move |url, body| {
                let (registry, left) = (registry.clone(), left.clone());
                async move {
                    left.set(left.get().checked_sub(1).ok_or("refused")?);
                    let path = url.strip_prefix("https://buf.build").unwrap().to_owned();
                    let headers = [("content-type", "application/proto")];
                    let seen = registry.send("POST", &path, &headers, body).await;
                    Ok(Asked { status: seen.status, body: seen.body.into() })
                }
                .boxed_local()
            }));
            let first = scene.admin("POST", "mirrors", mirror.clone()).await.json();
            let is_dead = first["mirror"]["error"].as_str();
            assert!(is_dead.is_none_or(|error| error.contains("cannot be reached")), "{first}");
            let kept = scene.kept();
            scene.answer(|path, asked| {
                let gone = Asked { status: 404, body: r#"{"code": "not_found"}"#.into() };
                Ok(if path == DOWNLOAD { gone } else { asked })
            });
            scene.admin("POST", "mirrors", mirror.clone()).await;
            assert_eq!(scene.kept(), kept, "{calls}");
            scene.answer(as_it_is);
            let mut steps = 0;
            while scene.admin("POST", "mirrors", mirror.clone()).await.json()["is_finished"] != true
            {
                steps += 1;
                assert!(steps < 10);
            }
            assert_eq!(all_of(&scene.ours, "base").await.remove(0), theirs, "{calls}");
        }
    });
}
