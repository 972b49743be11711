//! What labels mean, and what is told of them.

mod common;

use common::{Generator, World, run};
use prost::Message;
use protoedge_bufapi::proto::buf::registry::module::v1::{
    GetCommitsRequest, GetCommitsResponse, GetResourcesRequest, GetResourcesResponse, ResourceRef,
    resource, resource_ref, resource_ref::name::Child,
};

const GET_RESOURCES: &str = "/buf.registry.module.v1.ResourceService/GetResources";
const GET_COMMITS: &str = "/buf.registry.module.v1.CommitService/GetCommits";
const NPM: &str = "/gen/npm/v1/@protoedge%2facme_units.bufbuild_es";

fn makes() -> Generator {
    Generator::Makes(std::time::Duration::from_secs(1))
}

fn units(child: Child) -> Vec<ResourceRef> {
    let name =
        resource_ref::Name { owner: "acme".into(), module: "units".into(), child: Some(child) };
    vec![ResourceRef { value: Some(resource_ref::Value::Name(name)) }]
}

async fn resource(world: &World, child: Child) -> resource::Value {
    let request = GetResourcesRequest { resource_refs: units(child) };
    let seen = world.call(GET_RESOURCES, &request).await;
    let response = GetResourcesResponse::decode(seen.body.as_slice()).unwrap();
    response.resources[0].value.clone().unwrap()
}

async fn commit(world: &World, child: Child) -> String {
    let request = GetCommitsRequest { resource_refs: units(child) };
    let seen = world.call(GET_COMMITS, &request).await;
    GetCommitsResponse::decode(seen.body.as_slice()).unwrap().commits[0].id.clone()
}

/// A label may be called like the beginning of the commit that it names.
#[test]
fn a_label_is_no_commit_whatever_it_is_called() {
    run(async {
        let world = World::new(makes()).await;
        let id = world.push("acme/units", &[], "message A {}", &[]).await;
        for length in [1, 7, 11, 13, 31] {
            let label = &id[..length];
            assert_eq!(world.push("acme/units", &[label], "message A {}", &[]).await, id);
            for child in [Child::Ref(label.into()), Child::LabelName(label.into())] {
                match resource(&world, child).await {
                    resource::Value::Label(found) => assert_eq!(found.name, label),
                    other => panic!("{label}: {other:?}"),
                }
            }
        }
        for id in [&id[..], &id[..12]] {
            let found = resource(&world, Child::Ref(id.into())).await;
            assert!(matches!(found, resource::Value::Commit(_)), "{id}: {found:?}");
        }
    });
}

/// A label may be called like another commit: whoever says that it is a label means the label.
#[test]
fn a_label_that_is_called_like_another_commit_is_reached_as_a_label() {
    run(async {
        let world = World::new(makes()).await;
        let old = world.push("acme/units", &[], "message A {}", &[]).await;
        let label = &old[..12];
        let new = world.push("acme/units", &[label, "main"], "message B {}", &[]).await;
        assert_eq!(commit(&world, Child::Ref(label.into())).await, old);
        assert_eq!(commit(&world, Child::LabelName(label.into())).await, new);
        let found = resource(&world, Child::LabelName(label.into())).await;
        assert!(matches!(found, resource::Value::Label(_)), "{found:?}");
        for (tag, commit) in [(format!("label-{label}"), &new), (format!("commit-{label}"), &old)] {
            let document = world.follow(&format!("{NPM}/{tag}")).await.0;
            assert_eq!(document.status, 200, "{tag}: {}", document.text());
            let version = document.json()["version"].as_str().unwrap().to_owned();
            assert!(version.contains(&commit[..12]), "{tag}: {version}");
        }
        for tag in ["commit-main", "label-", "commit-"] {
            assert_eq!(world.get(&format!("{NPM}/{tag}")).await.status, 404, "{tag}");
        }
    });
}
