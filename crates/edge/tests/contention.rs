//! R2 refuses a write where somebody else has just written the same object. No client ever hears of it.

mod common;

use common::{ADMIN, Generator, Seen, UPLOAD, World, artifact, run, upload};
use prost::Message;
use protoedge_bufapi::proto::buf::{
    alpha::registry::v1alpha1::{
        GetNpmVersionRequest, GetRemotePackageVersionPlugin, LocalModuleReference,
    },
    registry::{
        module::v1::{
            CreateModulesRequest, CreateOrUpdateLabelsRequest, LabelRef, ModuleVisibility,
            UploadResponse, create_modules_request, create_or_update_labels_request, label_ref,
        },
        owner::v1::{
            CreateOrganizationsRequest, OwnerRef, create_organizations_request, owner_ref,
        },
    },
};
use protoedge_storage::{Fault, testing::random};
use serde_json::json;
use std::time::Duration;

const GO: &str = "/gen/go/reg.example.com/gen/go/acme/units/protocolbuffers/go";
const NPM: &str = "/gen/npm/v1/@protoedge%2facme_weather.connectrpc_es";

fn makes(seconds: u64) -> Generator {
    Generator::Makes(Duration::from_secs(seconds))
}

async fn admin(world: &World, method: &str, path: &str, body: serde_json::Value) -> Seen {
    let headers = [("authorization", "Bearer admintoken")];
    world.send(method, path, &headers, body.to_string().into()).await
}

async fn rpc(world: &World, path: &str, message: &impl Message) -> Seen {
    world.call_as(ADMIN, path, message).await
}

fn commit_of(seen: &Seen) -> String {
    assert_eq!(seen.status, 200, "{}", seen.text());
    UploadResponse::decode(seen.body.as_slice()).unwrap().commits[0].id.clone()
}

/// Every command of every client, one after the other: its name and its reply.
async fn every_command(world: &World) -> Vec<(&'static str, Seen)> {
    let mut seen = Vec::new();
    let value = create_organizations_request::Value { name: "beta".into(), ..Default::default() };
    let request = CreateOrganizationsRequest { values: vec![value] };
    let path = "/buf.registry.owner.v1.OrganizationService/CreateOrganizations";
    seen.push(("organization", rpc(world, path, &request).await));
    let owner = OwnerRef { value: Some(owner_ref::Value::Name("beta".into())) };
    let value = create_modules_request::Value {
        visibility: ModuleVisibility::Public.into(),
        owner_ref: Some(owner),
        name: "new".into(),
        ..Default::default()
    };
    let request = CreateModulesRequest { values: vec![value] };
    let path = "/buf.registry.module.v1.ModuleService/CreateModules";
    seen.push(("module", rpc(world, path, &request).await));

    let push = upload("acme/units", &["main", "feature"], "message A {}", &[]);
    let units = rpc(world, UPLOAD, &push).await;
    let old = commit_of(&units);
    seen.push(("first push", units));
    let push = upload("acme/units", &[], "message B {}", &[]);
    seen.push(("push", rpc(world, UPLOAD, &push).await));
    let push = upload("acme/weather", &[], "import \"units.proto\";", std::slice::from_ref(&old));
    seen.push(("push with a dependency", rpc(world, UPLOAD, &push).await));

    let name =
        label_ref::Name { owner: "acme".into(), module: "units".into(), label: "release".into() };
    let value = create_or_update_labels_request::Value {
        label_ref: Some(LabelRef { value: Some(label_ref::Value::Name(name)) }),
        commit_id: old.clone(),
    };
    let request = CreateOrUpdateLabelsRequest { values: vec![value] };
    let path = "/buf.registry.module.v1.LabelService/CreateOrUpdateLabels";
    seen.push(("label", rpc(world, path, &request).await));

    let body = json!({"user": "alice", "expires": "2026-12-01T00:00:00Z"});
    seen.push(("token", admin(world, "POST", "/-/admin/tokens", body).await));

    let version = world.follow(&format!("{GO}/@latest")).await.0;
    let latest = version.json()["Version"].as_str().unwrap().to_owned();
    seen.push(("go miss", world.follow(&format!("{GO}/@v/{latest}.zip")).await.0));
    seen.push(("go list", world.follow(&format!("{GO}/@v/list")).await.0));
    let packument = world.follow(NPM).await.0;
    let document = packument.json();
    seen.push(("npm miss", packument));
    let tag = document["dist-tags"]["latest"].as_str().unwrap();
    let tarball = document["versions"][tag]["dist"]["tarball"].as_str().unwrap();
    let path = tarball.strip_prefix("https://edge.example.com").unwrap();
    seen.push(("npm tarball", world.follow(path).await.0));
    let request = GetNpmVersionRequest {
        plugin_reference: Some(GetRemotePackageVersionPlugin {
            owner: "bufbuild".into(),
            name: "es".into(),
            ..Default::default()
        }),
        module_reference: Some(LocalModuleReference {
            owner: "acme".into(),
            repository: "units".into(),
            reference: String::new(),
        }),
    };
    let path = "/buf.alpha.registry.v1alpha1.ResolveService/GetNPMVersion";
    seen.push(("sdk version", rpc(world, path, &request).await));
    let body = json!({ "generator": "1", "entries": [{
        "version": "v1", "name": "protocolbuffers/go", "plugin_version": "v1.37.0",
        "revision": 1, "registry": {"go": {}}, "install": {"file": {"path": "/plugin"}},
    }]});
    seen.push(("catalogue", admin(world, "PUT", "/-/admin/catalogue", body).await));
    let body = json!({ "ecosystem": "go", "module": "acme/units", "plugin": "protocolbuffers/go",
        "version": latest });
    seen.push(("attempt", admin(world, "POST", "/-/admin/attempts", body).await));
    seen
}

#[test]
fn no_command_fails_where_every_write_is_refused_at_first() {
    for times in [0, 1, 2] {
        run(async {
            let world = World::new(makes(1)).await;
            world.bucket.contend_each(times);
            for (command, seen) in every_command(&world).await {
                let is_good = seen.status == 200 || seen.status == 201;
                assert!(is_good, "{command}, {times} times: {} {}", seen.status, seen.text());
            }
            tokio::time::sleep(Duration::from_secs(120)).await;
            world.sweep().await;
            tokio::time::sleep(Duration::from_secs(60)).await;
            world.sweep().await;
            let left = world.bucket.keys();
            let is_left = |key: &&String| {
                ["orders/", "pushes/", "publications/"].iter().any(|it| key.starts_with(it))
            };
            assert_eq!(left.iter().find(is_left), None, "{times}");
        });
    }
}

/// A write whose answer was lost is refused when it is tried again: it was just written.
#[test]
fn no_command_fails_where_answers_are_lost_and_writes_are_refused_within_a_second() {
    for seed in 1..=20_u64 {
        run(async {
            let world = World::new(makes(1)).await;
            world.bucket.contend();
            let mut random = random(seed);
            world.bucket.fault(move |_| {
                let drawn = random();
                let fault = if drawn & 0x100 == 0 { Fault::Before } else { Fault::After };
                drawn.is_multiple_of(20).then_some(fault)
            });
            for (command, seen) in every_command(&world).await {
                let is_good = seen.status == 200 || seen.status == 201;
                assert!(is_good, "{command}, seed {seed}: {} {}", seen.status, seen.text());
            }
            world.bucket.heal();
            let mut log: Vec<_> = Vec::new();
            for key in world.bucket.keys().iter().filter(|key| key.contains("/log/")) {
                log.push(world.bucket.peek(key).unwrap());
            }
            log.sort();
            assert!(
                log.windows(2).all(|two| two[0] != two[1]),
                "seed {seed}: a commit has two places"
            );
        });
    }
}

/// Two generators bring the same SDK within a second: both hear that it is there.
#[test]
fn an_artifact_that_somebody_else_just_brought_is_there() {
    run(async {
        let world = World::new(Generator::Loses).await;
        world.push("acme/units", &[], "message A {}", &[]).await;
        let version = world.get(&format!("{GO}/@latest")).await.json();
        let version = version["Version"].as_str().unwrap();
        assert_eq!(world.get(&format!("{GO}/@v/{version}.zip")).await.status, 307);
        let job = world.jobs().remove(0);
        let token = format!("Bearer {}", job.token);
        world.bucket.contend();
        for _ in 0..2 {
            assert_eq!(world.bring(&job, &artifact(&job), &token).await.status, 200);
        }
        assert_eq!(world.get(&format!("{GO}/@v/{version}.zip")).await.body, artifact(&job));
    });
}
