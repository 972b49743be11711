//! Modules that are made for a push, and those that are made by hand.

mod common;

use common::{ADMIN, Generator, Seen, UPLOAD, World, run, upload};
use prost::Message;
use protoedge_bufapi::proto::buf::registry::{
    module::v1::{
        CreateModulesRequest, CreateModulesResponse, GetModulesRequest, GetModulesResponse,
        ModuleRef, ModuleVisibility, create_modules_request, module_ref,
    },
    owner::v1::{OwnerRef, owner_ref},
};

const CREATE_MODULES: &str = "/buf.registry.module.v1.ModuleService/CreateModules";
const GET_MODULES: &str = "/buf.registry.module.v1.ModuleService/GetModules";
const BAD: &str = "import \"none.proto\";";

async fn create(world: &World, default_label: &str) -> Seen {
    let value = create_modules_request::Value {
        visibility: ModuleVisibility::Public.into(),
        owner_ref: Some(OwnerRef { value: Some(owner_ref::Value::Name("acme".into())) }),
        name: "new".into(),
        default_label_name: default_label.into(),
        ..Default::default()
    };
    world.call_as(ADMIN, CREATE_MODULES, &CreateModulesRequest { values: vec![value] }).await
}

fn created(seen: &Seen) -> String {
    assert_eq!(seen.status, 200, "{}", seen.text());
    CreateModulesResponse::decode(seen.body.as_slice()).unwrap().modules[0].id.clone()
}

async fn push(world: &World, text: &str) -> Seen {
    world.call_as(ADMIN, UPLOAD, &upload("acme/new", &[], text, &[])).await
}

/// The module's id, for somebody who asks for it by name.
async fn seen(world: &World) -> Option<String> {
    let name = module_ref::Name { owner: "acme".into(), module: "new".into() };
    let value = Some(module_ref::Value::Name(name));
    let request = GetModulesRequest { module_refs: vec![ModuleRef { value }] };
    let seen = world.elsewhere().call_as(ADMIN, GET_MODULES, &request).await;
    match seen.status {
        200 => {
            let modules = GetModulesResponse::decode(seen.body.as_slice()).unwrap().modules;
            Some(modules[0].id.clone())
        }
        404 => None,
        other => panic!("{other}: {}", seen.text()),
    }
}

/// What `buf push --create` sends: the module is there with its first commit.
#[test]
fn a_module_that_is_made_for_a_push_is_there_with_it() {
    run(async {
        let world = World::new(Generator::Dies).await;
        let go = "/gen/go/reg.example.com/gen/go/acme/new/protocolbuffers/go/@v/list";
        let id = created(&create(&world, "").await);
        assert_eq!(push(&world, BAD).await.status, 400);
        assert_eq!(seen(&world).await, None, "the push failed");
        assert_eq!(world.get(go).await.status, 404);
        assert_eq!(created(&create(&world, "").await), id, "the same once more");
        assert_eq!(push(&world, "message A {}").await.status, 200);
        assert_eq!(seen(&world).await, Some(id));
        assert_eq!(world.get(go).await.status, 200);
        // Somebody who found no module a moment ago makes it, too; later on, that is a mistake.
        assert_eq!(created(&create(&world, "").await), seen(&world).await.unwrap());
        assert_eq!(create(&world, "main").await.status, 409);
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        let again = create(&world, "").await;
        assert_eq!((again.status, again.json()["code"].as_str()), (409, Some("already_exists")));
    });
}

#[test]
fn a_module_that_is_made_by_hand_stays_empty() {
    run(async {
        let world = World::new(Generator::Dies).await;
        let id = created(&create(&world, "main").await);
        assert_eq!(seen(&world).await, Some(id.clone()));
        assert_eq!(push(&world, BAD).await.status, 400);
        assert_eq!(seen(&world).await, Some(id));
        for default_label in ["", "main"] {
            assert_eq!(create(&world, default_label).await.status, 409);
        }
    });
}

/// A push failed, and somebody makes its module by hand.
#[test]
fn what_awaits_a_push_can_be_made_by_hand() {
    run(async {
        let world = World::new(Generator::Dies).await;
        let id = created(&create(&world, "").await);
        assert_eq!(created(&create(&world, "trunk").await), id);
        assert_eq!(seen(&world).await, Some(id));
        let pushed = world.push("acme/new", &[], "message A {}", &[]).await;
        assert_eq!(world.push("acme/new", &["trunk"], "message A {}", &[]).await, pushed);
    });
}

/// Two make the same module for their pushes at once.
#[test]
fn two_first_pushes_at_once_both_take_place() {
    run(async {
        let world = World::new(Generator::Dies).await;
        let [one, other] = [world.clone(), world.elsewhere()];
        let (first, second) = futures::future::join(create(&one, ""), create(&other, "")).await;
        assert_eq!(created(&first), created(&second));
        let both = futures::future::join(push(&one, "message A {}"), push(&other, "message B {}"));
        let (first, second) = both.await;
        assert_eq!((first.status, second.status), (200, 200), "{} {}", first.text(), second.text());
        assert!(seen(&world).await.is_some());
        let log = world.bucket.keys().into_iter().filter(|key| key.contains("acme/new/log/"));
        assert_eq!(log.count(), 2);
    });
}

/// Cut off anywhere, it is there if and only if its first commit is.
#[test]
fn a_first_push_that_is_cut_off_takes_place_or_does_not() {
    run(async {
        let (mut none, mut all) = (0, 0);
        for operations in 0.. {
            let world = World::new(Generator::Dies).await;
            created(&create(&world, "").await);
            world.bucket.fail_after(operations);
            let pushed = push(&world, "message A {}").await.status;
            world.bucket.heal();
            tokio::time::sleep(std::time::Duration::from_secs(61)).await;
            world.sweep().await;
            let has_commit = world.bucket.keys().iter().any(|key| {
                key.starts_with("modules/acme/new/commits/")
                    && key.ends_with(".json")
                    && !key.ends_with(".paths.json")
            });
            assert_eq!(seen(&world).await.is_some(), has_commit, "after {operations}");
            none += usize::from(!has_commit);
            all += usize::from(has_commit);
            if pushed == 200 {
                break;
            }
        }
        assert!(none > 0 && all > 1, "{none} {all}");
    });
}
