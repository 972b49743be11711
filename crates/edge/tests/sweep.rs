//! The sweep finds what was promised and not delivered.

mod common;

use common::{ADMIN, Generator, UPLOAD, World, run, upload};
use futures::future::{FutureExt, LocalBoxFuture};
use serde_json::json;
use std::time::Duration;

const GO: &str = "/gen/go/reg.example.com/gen/go/acme/units/protocolbuffers/go";
const WEATHER: &str = "/gen/npm/v1/@protoedge%2facme_weather.bufbuild_es";

/// Longer than a push, a publication or a generator lives that nothing was heard of.
const LONG: Duration = Duration::from_secs(61);

struct Row {
    name: &'static str,
    /// Leaves something undone.
    left: fn() -> LocalBoxFuture<'static, World>,
    /// What must be there in the end, beside the orders that are gone.
    is_delivered: fn(&World) -> LocalBoxFuture<'_, bool>,
}

const ROWS: &[Row] = &[
    Row {
        name: "a job that never arrived",
        left: || async { asked(Generator::Away).await }.boxed_local(),
        is_delivered: |w| async { has(w, "go/acme/units/", "/files/", 1) }.boxed_local(),
    },
    Row {
        name: "a job that was accepted and lost",
        left: || async { asked(Generator::Loses).await }.boxed_local(),
        is_delivered: |w| async { has(w, "go/acme/units/", "/files/", 1) }.boxed_local(),
    },
    Row {
        name: "a generator that died at work",
        left: || async { asked(Generator::Dies).await }.boxed_local(),
        is_delivered: |w| async { has(w, "go/acme/units/", "/files/", 1) }.boxed_local(),
    },
    Row {
        name: "one whose rest is over",
        left: || rests().boxed_local(),
        is_delivered: |w| async { has(w, "go/acme/units/", "/files/", 1) }.boxed_local(),
    },
    Row {
        name: "an artifact that was stored and not listed",
        left: || stored_not_listed().boxed_local(),
        is_delivered: |w| async { has(w, "go/acme/units/", "/listed", 1) }.boxed_local(),
    },
    Row {
        name: "an order of a push that nobody asked for",
        left: || push_never_asked().boxed_local(),
        is_delivered: |w| async { has(w, "go/acme/units/", "/listed", 2) }.boxed_local(),
    },
    Row {
        name: "another attempt by hand that was never sent",
        left: || attempt_never_sent().boxed_local(),
        is_delivered: |w| async { has(w, "go/acme/units/", "/listed", 1) }.boxed_local(),
    },
    Row {
        name: "a published catalogue without any of its orders",
        left: || catalogue_cut_off(0).boxed_local(),
        is_delivered: |w| async { has(w, "v1.37.0", "/listed", 2) }.boxed_local(),
    },
    Row {
        name: "a published catalogue with one of its two orders",
        left: || catalogue_cut_off(1).boxed_local(),
        is_delivered: |w| async { has(w, "v1.37.0", "/listed", 2) }.boxed_local(),
    },
    Row {
        name: "a push whose labels were not moved",
        left: || labels_half_moved(0).boxed_local(),
        is_delivered: |w| labels_are_moved(w).boxed_local(),
    },
    Row {
        name: "a push one of whose two labels was moved",
        left: || labels_half_moved(1).boxed_local(),
        is_delivered: |w| labels_are_moved(w).boxed_local(),
    },
    Row {
        name: "an npm SDK whose closure was completed by somebody who was cut off",
        left: || closure_unseen().boxed_local(),
        is_delivered: |w| async { has(w, "npm/acme/weather", "/listed", 1) }.boxed_local(),
    },
];

fn makes(seconds: u64) -> Generator {
    Generator::Makes(Duration::from_secs(seconds))
}

/// Whether so many keys hold both texts.
fn has(world: &World, one: &str, other: &str, many: usize) -> bool {
    let keys = world.bucket.keys();
    keys.iter().filter(|key| key.contains(one) && key.contains(other)).count() == many
}

fn orders(world: &World) -> usize {
    world.bucket.keys().iter().filter(|key| key.starts_with("orders/")).count()
}

async fn latest(world: &World) -> String {
    world.get(&format!("{GO}/@v/list")).await.text().lines().last().unwrap().to_owned()
}

/// Somebody asks for the newest Go SDK of units, and goes away.
async fn ask(world: &World) -> u16 {
    let url = format!("{GO}/@v/{}.zip", latest(world).await);
    world.get(&url).await.status
}

async fn asked(generator: Generator) -> World {
    let world = World::new(generator).await;
    world.push("acme/units", &[], "message A {}", &[]).await;
    assert_eq!(ask(&world).await, 307);
    assert_eq!(orders(&world), 1);
    world
}

async fn rests() -> World {
    let world = World::new(Generator::Troubled).await;
    world.push("acme/units", &[], "message A {}", &[]).await;
    assert_eq!(ask(&world).await, 503);
    world
}

/// Cuts `act` off after each number of operations in a world that `prepare` makes, until one is left as
/// `is_left` wants it.
async fn cut_off(
    prepare: impl AsyncFn() -> World,
    act: impl AsyncFn(&World),
    is_left: impl Fn(&World) -> bool,
) -> World {
    for operations in 0..200 {
        let world = prepare().await;
        world.bucket.fail_after(operations);
        act(&world).await;
        tokio::time::sleep(Duration::from_secs(30)).await;
        world.bucket.heal();
        if is_left(&world) {
            return world;
        }
    }
    panic!("it is never left so")
}

async fn stored_not_listed() -> World {
    let act = async |world: &World| {
        let job = world.jobs().remove(0);
        let token = format!("Bearer {}", job.token);
        world.bring(&job, &common::artifact(&job), &token).await;
    };
    let is_left = |world: &World| has(world, "go/", "/files/", 1) && has(world, "", "/listed", 0);
    cut_off(async || asked(Generator::Loses).await, act, is_left).await
}

/// Units by Go is in use.
async fn used() -> World {
    let world = World::new(makes(1)).await;
    world.push("acme/units", &[], "message A {}", &[]).await;
    assert_eq!(ask(&world).await, 200);
    tokio::time::sleep(Duration::from_secs(2)).await;
    world
}

async fn push_never_asked() -> World {
    let act = async |world: &World| {
        let push = upload("acme/units", &[], "message B {}", &[]);
        world.call_as(ADMIN, UPLOAD, &push).await;
    };
    let is_left = |world: &World| orders(world) == 1 && has(world, "sdks/go", "state.json", 1);
    cut_off(async || used().await, act, is_left).await
}

async fn attempt_never_sent() -> World {
    let prepare = async || {
        let world = World::new(Generator::Rejects("no")).await;
        world.push("acme/units", &[], "message A {}", &[]).await;
        assert_eq!(ask(&world).await, 422);
        world
    };
    let act = async |world: &World| {
        let info = world.get(&format!("{GO}/@v/main.info")).await;
        if info.status != 200 {
            return;
        }
        let body = json!({ "ecosystem": "go", "module": "acme/units",
            "plugin": "protocolbuffers/go", "version": info.json()["Version"] });
        let headers = [("authorization", "Bearer admintoken")];
        world.send("POST", "/-/admin/attempts", &headers, body.to_string().into()).await;
    };
    let is_left = |world: &World| {
        let keys = world.bucket.keys();
        let making = keys.iter().find(|key| key.ends_with("state.json")).unwrap();
        String::from_utf8(world.bucket.peek(making).unwrap()).unwrap().contains("wanted")
    };
    cut_off(prepare, act, is_left).await
}

/// A catalogue with a newer plugin is cut off, of which two modules are in use.
async fn catalogue_cut_off(ordered: usize) -> World {
    let prepare = async || {
        let world = used().await;
        world.push("acme/weather", &[], "message W {}", &[]).await;
        let package = GO.replace("units", "weather");
        let version = world.get(&format!("{package}/@latest")).await.json();
        let version = version["Version"].as_str().unwrap();
        assert_eq!(world.get(&format!("{package}/@v/{version}.zip")).await.status, 200);
        tokio::time::sleep(Duration::from_secs(2)).await;
        world
    };
    let act = async |world: &World| {
        let body = json!({ "generator": "1", "entries": [{
            "version": "v1", "name": "protocolbuffers/go", "plugin_version": "v1.37.0",
            "revision": 1, "registry": {"go": {}}, "install": {"file": {"path": "/plugin"}},
        }]});
        let headers = [("authorization", "Bearer admintoken")];
        world.send("PUT", "/-/admin/catalogue", &headers, body.to_string().into()).await;
    };
    let is_left = |world: &World| {
        let catalogue = String::from_utf8(world.bucket.peek("catalogue/all.json").unwrap());
        catalogue.unwrap().contains("v1.37.0") && orders(world) == ordered
    };
    cut_off(prepare, act, is_left).await
}

/// How many of two labels name the newer of two commits.
fn moved(world: &World) -> usize {
    let path = "modules/acme/units/label/";
    let heads = ["feature", "other"].map(|label| {
        let record: serde_json::Value =
            serde_json::from_slice(&world.bucket.peek(&format!("{path}{label}.json")).unwrap())
                .unwrap();
        record["data"]["history"].as_array().unwrap().len() - 1
    });
    heads.iter().sum()
}

async fn labels_half_moved(before: usize) -> World {
    let labels = &["feature", "other"];
    let prepare = async || {
        let world = World::new(makes(1)).await;
        world.push("acme/units", labels, "message A {}", &[]).await;
        world
    };
    let act = async |world: &World| {
        world.call_as(ADMIN, UPLOAD, &upload("acme/units", labels, "message B {}", &[])).await;
    };
    let is_left = |world: &World| has(world, "pushes/", "", 1) && moved(world) == before;
    cut_off(prepare, act, is_left).await
}

async fn labels_are_moved(world: &World) -> bool {
    moved(world) == 2 && has(world, "pushes/", "", 0)
}

/// Weather was brought first; units, which it pins, by somebody who listed it and was cut off then.
async fn closure_unseen() -> World {
    let prepare = async || {
        let world = World::new(Generator::Loses).await;
        let units = world.push("acme/units", &[], "message U {}", &[]).await;
        world.push("acme/weather", &[], "import \"units.proto\";", &[units]).await;
        assert_eq!(world.get(WEATHER).await.status, 307);
        bring(&world, "weather").await;
        assert!(has(&world, "/waiting/", "weather", 1));
        world
    };
    let is_left = |world: &World| {
        has(world, "sdks/npm/acme/units", "/listed", 1) && has(world, "acme/weather", "/listed", 0)
    };
    cut_off(prepare, async |world| bring(world, "units").await, is_left).await
}

async fn bring(world: &World, module: &str) {
    let jobs = world.jobs();
    let job = jobs.iter().find(|job| job.modules[0].name.name() == module).unwrap();
    world.bring(job, &common::artifact(job), &format!("Bearer {}", job.token)).await;
}

#[test]
fn one_sweep_delivers_what_was_promised_and_the_next_does_nothing() {
    for row in ROWS {
        run(async {
            let world = (row.left)().await;
            world.set_generator(makes(1));
            tokio::time::sleep(LONG).await;
            assert!(!(row.is_delivered)(&world).await, "{}: nothing is left", row.name);
            let jobs = world.jobs().len();
            world.sweep().await;
            tokio::time::sleep(Duration::from_secs(10)).await;
            assert!((row.is_delivered)(&world).await, "{}", row.name);
            let jobs = world.jobs().len() - jobs;
            assert_eq!(orders(&world), 0, "{}: {:?}", row.name, world.bucket.keys());
            let before = (world.bucket.writing_operations(), world.bucket.operations());
            world.sweep().await;
            tokio::time::sleep(Duration::from_secs(10)).await;
            let written = world.bucket.writing_operations() - before.0;
            let operations = world.bucket.operations() - before.1;
            println!("{}: {jobs} jobs; the next sweep: {operations} operations", row.name);
            assert_eq!(written, 0, "{}: the next sweep writes", row.name);
        });
    }
}
