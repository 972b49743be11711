//! What a stranger can cost: how much one call asks for, how much one person makes, and which names are reserved.

mod common;

use common::{ADMIN, Generator, Seen, UPLOAD, World, run, upload};
use prost::Message;
use protoedge_bufapi::proto::buf::registry::{
    module::{
        v1::{
            self, CreateModulesRequest, CreateOrUpdateLabelsRequest, DownloadRequest,
            DownloadResponse, GetCommitsRequest, GetGraphRequest, GetLabelsRequest,
            GetModulesRequest, GetResourcesRequest, LabelRef, ModuleRef, ModuleVisibility,
            ResourceRef, create_modules_request, create_or_update_labels_request, download_request,
            label_ref, module_ref, resource_ref,
        },
        v1beta1,
    },
    owner::v1::{
        CreateOrganizationsRequest, GetOrganizationsRequest, GetOwnersRequest, OrganizationRef,
        OwnerRef, create_organizations_request, organization_ref, owner_ref,
    },
};

const CREATE_ORGANIZATIONS: &str = "/buf.registry.owner.v1.OrganizationService/CreateOrganizations";
const CREATE_MODULES: &str = "/buf.registry.module.v1.ModuleService/CreateModules";
const DOWNLOAD: &str = "/buf.registry.module.v1.DownloadService/Download";
const BETA_DOWNLOAD: &str = "/buf.registry.module.v1beta1.DownloadService/Download";

fn refused(seen: &Seen, what: &str, status: u16, code: &str, words: &str) {
    assert_eq!(seen.status, status, "{what}: {}", seen.text());
    assert_eq!(seen.json()["code"].as_str(), Some(code), "{what}");
    assert!(seen.text().contains(words), "{what}: {}", seen.text());
}

/// `owner/module` of acme, with a reference or none.
fn resource(module: &str, child: Option<resource_ref::name::Child>) -> ResourceRef {
    let name = resource_ref::Name { owner: "acme".into(), module: module.into(), child };
    ResourceRef { value: Some(resource_ref::Value::Name(name)) }
}

fn at(module: &str, label: &str) -> ResourceRef {
    resource(module, Some(resource_ref::name::Child::Ref(label.into())))
}

fn with_id(id: &str) -> ResourceRef {
    ResourceRef { value: Some(resource_ref::Value::Id(id.into())) }
}

fn beta(reference: ResourceRef) -> v1beta1::ResourceRef {
    v1beta1::ResourceRef::decode(reference.encode_to_vec().as_slice()).unwrap()
}

fn download(references: Vec<ResourceRef>) -> DownloadRequest {
    let value = |it| download_request::Value { resource_ref: Some(it), ..Default::default() };
    DownloadRequest { values: references.into_iter().map(value).collect() }
}

fn beta_download(references: Vec<ResourceRef>) -> v1beta1::DownloadRequest {
    let value = |it| v1beta1::download_request::Value {
        resource_ref: Some(beta(it)),
        ..Default::default()
    };
    let values = references.into_iter().map(value).collect();
    v1beta1::DownloadRequest { values, ..Default::default() }
}

fn beta_graph(references: Vec<ResourceRef>) -> v1beta1::GetGraphRequest {
    let reference = |it| v1beta1::get_graph_request::ResourceRef {
        resource_ref: Some(beta(it)),
        registry: String::new(),
    };
    let resource_refs = references.into_iter().map(reference).collect();
    v1beta1::GetGraphRequest { resource_refs, ..Default::default() }
}

fn label(name: &str) -> LabelRef {
    let name = label_ref::Name { owner: "acme".into(), module: "units".into(), label: name.into() };
    LabelRef { value: Some(label_ref::Value::Name(name)) }
}

fn module(name: &str) -> ModuleRef {
    let name = module_ref::Name { owner: "acme".into(), module: name.into() };
    ModuleRef { value: Some(module_ref::Value::Name(name)) }
}

fn organizations(names: &[&str]) -> CreateOrganizationsRequest {
    let value = |name: &&str| create_organizations_request::Value {
        name: (*name).into(),
        ..Default::default()
    };
    CreateOrganizationsRequest { values: names.iter().map(value).collect() }
}

fn modules(owner: &str, names: &[&str]) -> CreateModulesRequest {
    let value = |name: &&str| create_modules_request::Value {
        visibility: ModuleVisibility::Public.into(),
        owner_ref: Some(OwnerRef { value: Some(owner_ref::Value::Name(owner.into())) }),
        name: (*name).into(),
        ..Default::default()
    };
    CreateModulesRequest { values: names.iter().map(value).collect() }
}

/// Every call with references, where they name two things: its path and its body. `again` stands for a
/// second name of something other than `main`.
fn calls(again: &str, commit: &str) -> Vec<(&'static str, Vec<u8>)> {
    let references = || vec![at("units", "main"), at("units", again)];
    let module_again = if again == "main" { "units" } else { "weather" };
    let moved = |name: &str, to: &str| create_or_update_labels_request::Value {
        label_ref: Some(label(name)),
        commit_id: to.into(),
    };
    let elsewhere = if again == "main" { "f".repeat(32) } else { commit.to_owned() };
    let beta_commits = v1beta1::GetCommitsRequest {
        resource_refs: references().into_iter().map(beta).collect(),
        ..Default::default()
    };
    vec![
        (
            "/buf.registry.module.v1.ModuleService/GetModules",
            GetModulesRequest { module_refs: vec![module("units"), module(module_again)] }
                .encode_to_vec(),
        ),
        (
            "/buf.registry.module.v1.CommitService/GetCommits",
            GetCommitsRequest { resource_refs: references() }.encode_to_vec(),
        ),
        (
            "/buf.registry.module.v1.ResourceService/GetResources",
            GetResourcesRequest { resource_refs: references() }.encode_to_vec(),
        ),
        (
            "/buf.registry.module.v1.LabelService/GetLabels",
            GetLabelsRequest { label_refs: vec![label("main"), label(again)] }.encode_to_vec(),
        ),
        (
            "/buf.registry.module.v1.LabelService/CreateOrUpdateLabels",
            CreateOrUpdateLabelsRequest {
                values: vec![moved("main", commit), moved(again, &elsewhere)],
            }
            .encode_to_vec(),
        ),
        (
            "/buf.registry.module.v1.GraphService/GetGraph",
            GetGraphRequest { resource_refs: references() }.encode_to_vec(),
        ),
        (DOWNLOAD, download(references()).encode_to_vec()),
        ("/buf.registry.module.v1beta1.CommitService/GetCommits", beta_commits.encode_to_vec()),
        (
            "/buf.registry.module.v1beta1.GraphService/GetGraph",
            beta_graph(references()).encode_to_vec(),
        ),
        (BETA_DOWNLOAD, beta_download(references()).encode_to_vec()),
    ]
}

/// The same for calls with references to owners, where they name acme and another one.
fn owner_calls(other: &str) -> Vec<(&'static str, Vec<u8>)> {
    let owner = |name: &str| OwnerRef { value: Some(owner_ref::Value::Name(name.into())) };
    let organization =
        |name: &str| OrganizationRef { value: Some(organization_ref::Value::Name(name.into())) };
    let owners = GetOwnersRequest { owner_refs: vec![owner("acme"), owner(other)] };
    let organizations = GetOrganizationsRequest {
        organization_refs: vec![organization("acme"), organization(other)],
    };
    vec![
        ("/buf.registry.owner.v1.OwnerService/GetOwners", owners.encode_to_vec()),
        (
            "/buf.registry.owner.v1.OrganizationService/GetOrganizations",
            organizations.encode_to_vec(),
        ),
    ]
}

async fn raw(world: &World, rpc: &str, body: Vec<u8>) -> Seen {
    let headers = [("authorization", "Bearer admintoken"), ("content-type", "application/proto")];
    world.send("POST", rpc, &headers, body).await
}

#[test]
fn no_call_names_the_same_twice() {
    run(async {
        let world = World::new(Generator::Away).await;
        let commit = world.push("acme/units", &["main", "other"], "message A {}", &[]).await;
        world.call(CREATE_ORGANIZATIONS, &organizations(&["beta"])).await;
        for (rpc, body) in calls("other", &commit).into_iter().chain(owner_calls("beta")) {
            let seen = raw(&world, rpc, body).await;
            assert_eq!(seen.status, 200, "{rpc}: {}", seen.text());
        }
        let before = world.bucket.keys();
        for (rpc, body) in calls("main", &commit).into_iter().chain(owner_calls("acme")) {
            let from = world.bucket.operations();
            refused(&raw(&world, rpc, body).await, rpc, 400, "invalid_argument", "twice");
            assert_eq!(world.bucket.operations(), from, "{rpc}: nothing was looked up");
        }
        let push = upload("acme/units", &[], "message B {}", &[]);
        let contents = [push.contents.clone(), push.contents].concat();
        let twice = v1::UploadRequest { contents, ..Default::default() };
        refused(
            &world.call_as(ADMIN, UPLOAD, &twice).await,
            "push",
            400,
            "invalid_argument",
            "twice",
        );
        let beta_upload = "/buf.registry.module.v1beta1.UploadService/Upload";
        let seen = raw(&world, beta_upload, twice.encode_to_vec()).await;
        refused(&seen, beta_upload, 400, "invalid_argument", "twice");
        for (rpc, body) in [
            (CREATE_ORGANIZATIONS, organizations(&["gamma", "delta", "gamma"]).encode_to_vec()),
            (CREATE_MODULES, modules("acme", &["gamma", "delta", "gamma"]).encode_to_vec()),
        ] {
            refused(&raw(&world, rpc, body).await, rpc, 400, "invalid_argument", "twice");
        }
        assert_eq!(world.bucket.keys(), before, "nothing was made");
    });
}

/// The buf CLI sends a label twice whose user did.
#[test]
fn a_label_may_be_named_twice_for_one_commit() {
    run(async {
        let world = World::new(Generator::Away).await;
        let commit = world.push("acme/units", &["main", "a", "a"], "message A {}", &[]).await;
        let value = create_or_update_labels_request::Value {
            label_ref: Some(label("b")),
            commit_id: commit.clone(),
        };
        let request = CreateOrUpdateLabelsRequest { values: vec![value.clone(), value] };
        let path = "/buf.registry.module.v1.LabelService/CreateOrUpdateLabels";
        let seen = world.call(path, &request).await;
        let labels = v1::CreateOrUpdateLabelsResponse::decode(seen.body.as_slice()).unwrap().labels;
        assert_eq!(labels.len(), 2, "one for each value");
        assert!(labels.iter().all(|it| it.commit_id == commit));
    });
}

#[test]
fn one_call_has_250_items() {
    run(async {
        let world = World::new(Generator::Away).await;
        let references = |count| (0..count).map(|n| at("units", &format!("l{n}"))).collect();
        let seen = world.call_as(ADMIN, DOWNLOAD, &download(references(251))).await;
        refused(&seen, "251", 400, "invalid_argument", "250 items, not 251");
        let seen = world.call_as(ADMIN, DOWNLOAD, &download(references(250))).await;
        refused(&seen, "250", 404, "not_found", "l0");
    });
}

/// Paths, names for one commit, and what is read through the older version of the wire: all of it counts.
#[test]
fn a_download_is_bounded_whatever_it_consists_of() {
    run(async {
        let world = World::new(Generator::Away).await;
        let labels: Vec<String> = (0..30).map(|n| format!("l{n}")).collect();
        let names: Vec<&str> = labels.iter().map(String::as_str).collect();
        let mut push = upload("acme/units", &names, "", &[]);
        let file = &push.contents[0].files[0];
        let folder = format!("{}/", "d".repeat(250)).repeat(15);
        push.contents[0].files = (0..500)
            .map(|n| v1::File { path: format!("{folder}{n:03}.proto"), ..file.clone() })
            .collect();
        let seen = world.call(UPLOAD, &push).await;
        let commit = v1::UploadResponse::decode(seen.body.as_slice()).unwrap().commits.remove(0);
        // Some 1.9 MB of paths and next to no content; each label is another name for them.
        let ask = |count: usize| labels[..count].iter().map(|label| at("units", label)).collect();
        let mut seen = Vec::new();
        for count in [1, 20, 30] {
            let new = world.call_as(ADMIN, DOWNLOAD, &download(ask(count))).await;
            let old = world.call_as(ADMIN, BETA_DOWNLOAD, &beta_download(ask(count))).await;
            assert_eq!(new.status, old.status, "{count}");
            seen.push((new.status, new.body.len()));
            if new.status != 200 {
                refused(&new, "many", 429, "resource_exhausted", "ask for fewer");
                refused(&old, "many", 429, "resource_exhausted", "ask for fewer");
            }
        }
        assert_eq!(seen.iter().map(|it| it.0).collect::<Vec<_>>(), [200, 200, 429]);
        assert!(seen[1].1 > 30_000_000 && seen[1].1 < 43_000_000, "{} bytes", seen[1].1);
        let both = download(vec![with_id(&commit.id), at("units", "l0")]);
        let seen = world.call(DOWNLOAD, &both).await;
        let contents = DownloadResponse::decode(seen.body.as_slice()).unwrap().contents;
        assert_eq!(contents.len(), 2, "two names for one commit are two contents");
        let from = world.bucket.operations();
        refused(
            &world.call_as(ADMIN, DOWNLOAD, &download(ask(30))).await,
            "again",
            429,
            "resource_exhausted",
            "",
        );
        let took = world.bucket.operations() - from;
        assert!(took < 30 * 3, "it went on after {took} operations");
    });
}

#[test]
fn one_call_makes_few() {
    run(async {
        let world = World::new(Generator::Away).await;
        let alice = world.token("alice").await;
        let names: Vec<String> = (0..250).map(|n| format!("team-{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let before = world.bucket.keys();
        for count in [11, 250] {
            let (one, other) = (organizations(&names[..count]), modules("acme", &names[..count]));
            let words = format!("not {count}");
            for token in [ADMIN, &alice] {
                let seen = world.call_as(token, CREATE_ORGANIZATIONS, &one).await;
                refused(
                    &seen,
                    "organizations",
                    429,
                    "resource_exhausted",
                    "at most 10 organizations",
                );
                refused(&seen, "organizations", 429, "resource_exhausted", &words);
                assert_eq!(seen.header("retry-after"), None, "it would be refused again");
            }
            let seen = world.call_as(ADMIN, CREATE_MODULES, &other).await;
            refused(&seen, "modules", 429, "resource_exhausted", "at most 10 modules");
        }
        assert_eq!(world.bucket.keys(), before, "nothing was made");
        world.call(CREATE_MODULES, &modules("acme", &names[..10])).await;
        for tens in [&names[..10], &names[10..20]] {
            let seen = world.call_as(&alice, CREATE_ORGANIZATIONS, &organizations(tens)).await;
            assert_eq!(seen.status, 200, "{}", seen.text());
        }
        let before = world.bucket.keys();
        let more = organizations(&names[20..21]);
        let seen = world.call_as(&alice, CREATE_ORGANIZATIONS, &more).await;
        refused(&seen, "the 21st", 429, "resource_exhausted", "alice has 20 organizations");
        refused(&seen, "the 21st", 429, "resource_exhausted", "ask an administrator");
        assert_eq!(world.bucket.keys(), before, "nothing was made");
        world.call(CREATE_ORGANIZATIONS, &more).await;
    });
}

#[test]
fn names_that_everybody_knows_are_for_administrators() {
    run(async {
        let world = World::new(Generator::Away).await;
        let alice = world.token("alice").await;
        let before = world.bucket.keys();
        for names in [&["googleapis"][..], &["google-apis"], &["fine", "buf-build"]] {
            let seen = world.call_as(&alice, CREATE_ORGANIZATIONS, &organizations(names)).await;
            refused(&seen, names[0], 403, "permission_denied", "is reserved for");
            refused(&seen, names[0], 403, "permission_denied", "administrator");
            assert_eq!(world.bucket.keys(), before, "{names:?}: nothing was made");
        }
        world.call(CREATE_ORGANIZATIONS, &organizations(&["googleapis", "google-apis"])).await;
        let bufbuild = world.token("bufbuild").await;
        let seen = world.call_as(&bufbuild, CREATE_MODULES, &modules("bufbuild", &["es"])).await;
        assert_eq!(seen.status, 200, "{}", seen.text());
    });
}
