//! The line of numbers that a machine writes once a minute.

mod common;

use common::{Generator, World, run};
use serde_json::Value;
use std::time::Duration;

const GO: &str = "/gen/go/reg.example.com/gen/go/acme/units/protocolbuffers/go/@v";

/// All keys of a line, as the operators' page lists them.
const KEYS: [&str; 22] = [
    "bucket_failures",
    "bucket_operations",
    "cache_computed",
    "cache_failed",
    "cache_generated",
    "cache_hit",
    "cache_waiting",
    "event",
    "jobs_refused",
    "jobs_sent",
    "jobs_unanswered",
    "ms_le_100",
    "ms_le_1000",
    "ms_le_10000",
    "ms_max",
    "ms_sum",
    "requests",
    "seconds",
    "status_2xx",
    "status_3xx",
    "status_4xx",
    "status_5xx",
];

/// A registry with a module, whose metrics begin with the next request; gives the path of its zip.
async fn begun() -> (World, String) {
    let world = World::new(Generator::Makes(Duration::from_secs(1))).await;
    world.push("acme/units", &[], "message A {}", &[]).await;
    let version = world.get(&format!("{GO}/list")).await.text().trim().to_owned();
    world.take_metrics();
    (world.elsewhere(), format!("{GO}/{version}.zip"))
}

/// The line that the machine's next request writes.
async fn line(world: &World) -> Value {
    assert!(world.take_metrics().is_empty(), "a minute has not gone by");
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(world.get("/gen/go").await.status, 200);
    let mut lines = world.take_metrics();
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines.remove(0)
}

fn numbers(line: &Value, keys: &[&str]) -> Vec<u64> {
    keys.iter().map(|key| line[key].as_u64().unwrap_or_else(|| panic!("{key}: {line}"))).collect()
}

#[test]
fn a_line_has_these_numbers_and_nothing_else() {
    run(async {
        let (world, zip) = begun().await;
        assert_eq!(world.get(&zip).await.status, 200);
        let line = line(&world).await;
        let fields = line.as_object().unwrap();
        let mut keys: Vec<_> = fields.keys().collect();
        keys.sort();
        assert_eq!(keys, KEYS);
        let others = fields.iter().filter(|(_, value)| !value.is_u64());
        assert_eq!(others.collect::<Vec<_>>(), [(&"event".to_owned(), &"metrics".into())]);
    });
}

#[test]
fn the_operators_page_says_what_each_number_is() {
    let page = include_str!("../../../docs/operating.md");
    for key in KEYS.iter().filter(|key| **key != "event") {
        assert!(page.contains(&format!("`{key}`")), "{key}");
    }
}

#[test]
fn a_minutes_requests_and_jobs_are_counted() {
    run(async {
        let (world, zip) = begun().await;
        let statuses = ["status_2xx", "status_3xx", "status_4xx", "status_5xx"];
        let sources =
            ["cache_hit", "cache_computed", "cache_generated", "cache_waiting", "cache_failed"];
        let jobs = ["jobs_sent", "jobs_refused", "jobs_unanswered"];

        let operations = world.bucket.operations();
        assert_eq!(world.get(&zip).await.status, 200, "generated");
        assert_eq!(world.get(&zip).await.status, 200, "stored");
        assert_eq!(world.get("/nothing/here").await.status, 404);
        let operations = world.bucket.operations() - operations;
        let of_generated = line(&world).await;
        // The generator's calls came to another machine.
        assert_eq!(numbers(&of_generated, &statuses), [3, 0, 1, 0]);
        assert_eq!(numbers(&of_generated, &sources), [1, 1, 1, 0, 1]);
        assert_eq!(numbers(&of_generated, &jobs), [1, 0, 0]);
        assert_eq!(numbers(&of_generated, &["requests", "ms_le_100"]), [4, 3]);
        let longest = of_generated["ms_max"].as_u64().unwrap();
        assert!((1000..=3000).contains(&longest), "{of_generated}");
        let own = of_generated["bucket_operations"].as_u64().unwrap();
        assert!((1..operations).contains(&own), "{own} of {operations}");

        let other =
            zip.replace("protocolbuffers/go", "connectrpc/go").replace("v1.36.0", "v1.20.0");
        for (generator, wanted) in
            [(Generator::Answers(429), [1, 1, 0]), (Generator::Away, [1, 0, 1])]
        {
            world.set_generator(generator.clone());
            assert_eq!(world.get(&other).await.status, 307);
            let line = line(&world).await;
            assert_eq!(numbers(&line, &statuses), [1, 1, 0, 0], "{generator:?}");
            assert_eq!(numbers(&line, &sources), [0, 1, 0, 1, 0], "{generator:?}");
            assert_eq!(numbers(&line, &jobs), wanted, "{generator:?}");
        }
    });
}

#[test]
fn a_bucket_in_trouble_is_counted() {
    run(async {
        let (world, zip) = begun().await;
        world.bucket.fail_after(0);
        assert_eq!(world.get(&zip).await.status, 503);
        world.bucket.heal();
        let line = line(&world).await;
        assert_eq!(numbers(&line, &["status_5xx", "cache_failed"]), [1, 1]);
        let [operations, failures] = numbers(&line, &["bucket_operations", "bucket_failures"])[..]
        else {
            panic!("two numbers")
        };
        // Each attempt, and the home page takes none.
        assert!(failures >= 4 && operations == failures, "{line}");
    });
}

#[test]
fn each_machine_has_its_own_line_and_the_sweep_writes_it_too() {
    run(async {
        let (world, _) = begun().await;
        let other = world.elsewhere();
        for machine in [&world, &other, &world] {
            machine.get("/gen/go").await;
        }
        tokio::time::sleep(Duration::from_secs(59)).await;
        world.sweep().await;
        assert!(world.take_metrics().is_empty());
        tokio::time::sleep(Duration::from_secs(1)).await;
        world.sweep().await;
        other.sweep().await;
        let lines = world.take_metrics();
        let counted: Vec<_> =
            lines.iter().map(|line| numbers(line, &["requests", "seconds"])).collect();
        assert_eq!(counted, [[2, 60], [1, 60]]);
    });
}
