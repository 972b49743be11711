//! What a generator may do with a job's token, and what others may not.

mod common;

use common::{ADMIN, Generator, SECRET, World, artifact, artifact_path, run};
use protoedge_sdk::{Job, WebhookSecrets};
use serde_json::json;
use std::time::Duration;

const ZIP: &str = "/gen/go/reg.example.com/gen/go/acme/units/protocolbuffers/go/@v";

/// A registry whose generator has died, and the job that it left.
async fn left() -> (World, Job, String) {
    let world = World::new(Generator::Dies).await;
    world.push("acme/units", &[], "message A {}", &[]).await;
    let version = world.get(&format!("{ZIP}/list")).await.text().trim().to_owned();
    let url = format!("{ZIP}/{version}.zip");
    assert_eq!(world.get(&url).await.status, 307);
    let job = world.jobs().remove(0);
    (world, job, url)
}

#[test]
fn a_job_says_everything() {
    run(async {
        let (world, job, _) = left().await;
        assert_eq!(job.callback, format!("https://edge.example.com/-/jobs/{}", job.id));
        assert_eq!(job.modules[0].name.to_string(), "acme/units");
        assert!(job.modules[0].digest.starts_with("b5:"));
        assert!(job.sdk.manifest.starts_with("module reg.example.com/gen/go/acme/units/"));
        let token = format!("Bearer {}", job.token);
        let sources = format!("/-/jobs/{}/sources", job.id);
        let headers = [("authorization", token.as_str())];
        let seen = world.send("GET", &format!("{sources}/0"), &headers, Vec::new()).await;
        assert_eq!((seen.status, &seen.body[..2]), (200, &b"PK"[..]));
        assert_eq!(
            world.send("GET", &format!("{sources}/1"), &headers, Vec::new()).await.status,
            404
        );
    });
}

#[test]
fn only_the_jobs_own_token_opens_it() {
    run(async {
        let (world, job, _) = left().await;
        let paths = ["alive", "failure", "artifact/module.zip", "sources/0"];
        for token in ["Bearer x", "Bearer x.y", &format!("Bearer {ADMIN}"), "Basic eDp5"] {
            for (call, method) in paths.iter().zip(["POST", "POST", "PUT", "GET"]) {
                let path = format!("/-/jobs/{}/{call}", job.id);
                let headers = [("authorization", token)];
                let seen = world.send(method, &path, &headers, b"{}".to_vec()).await;
                assert_eq!(seen.status, 401, "{token} {call}");
            }
        }
        let token = format!("Bearer {}", job.token);
        let headers = [("authorization", token.as_str())];
        let other = "/-/jobs/0123456789abcdef0123456789abcdef/alive";
        assert_eq!(world.send("POST", other, &headers, Vec::new()).await.status, 401);
        tokio::time::sleep(Duration::from_secs(60 * 60)).await;
        let path = format!("/-/jobs/{}/alive", job.id);
        assert_eq!(world.send("POST", &path, &headers, Vec::new()).await.status, 401);
    });
}

#[test]
fn artifacts_are_stored_once_and_only_if_their_hash_fits() {
    run(async {
        let (world, job, url) = left().await;
        let token = format!("Bearer {}", job.token);
        let path = artifact_path(&job);
        let digest =
            format!("sha-512=:{}:, sha-256=:{}:", "A".repeat(86) + "==", "A".repeat(43) + "=");
        let wrong = [
            ("authorization", token.as_str()),
            ("content-digest", digest.as_str()),
            ("protoedge-sha1", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ];
        assert_eq!(world.send("PUT", &path, &wrong, b"x".to_vec()).await.status, 400);
        assert_eq!(world.send("PUT", &path, &wrong[..2], b"x".to_vec()).await.status, 400);
        assert!(world.bucket.keys().iter().all(|key| !key.contains("/files/")));
        assert_eq!(world.bring(&job, &artifact(&job), &token).await.status, 200);
        assert_eq!(world.bring(&job, b"something else", &token).await.status, 200);
        assert_eq!(world.get(&url).await.body, artifact(&job));
    });
}

#[test]
fn failures_are_read_before_they_count() {
    run(async {
        let (world, job, _) = left().await;
        let token = format!("Bearer {}", job.token);
        let path = format!("/-/jobs/{}/failure", job.id);
        let headers = [("authorization", token.as_str())];
        for body in ["", "{}", "[]", "{\"kind\": \"other\", \"message\": \"\"}"] {
            assert_eq!(
                world.send("POST", &path, &headers, body.into()).await.status,
                400,
                "{body}"
            );
        }
        let large = json!({"kind": "trouble", "message": "x".repeat(100_000)}).to_string();
        assert_eq!(world.send("POST", &path, &headers, large.into()).await.status, 413);
    });
}

/// What a heartbeat of the job is answered with.
async fn heartbeat(world: &World, job: &Job) -> u16 {
    let token = format!("Bearer {}", job.token);
    let path = format!("/-/jobs/{}/alive", job.id);
    world.send("POST", &path, &[("authorization", &token)], Vec::new()).await.status
}

/// The machines of a rotation, in its order: before it, prepared, changed, after it.
fn rotation(world: &World) -> [World; 4] {
    let next = "whsec_bmV4dA==";
    [(SECRET, None), (SECRET, Some(next)), (next, Some(SECRET)), (next, None)].map(
        |(first, second)| {
            let secrets = WebhookSecrets::read(first, second).unwrap();
            world.configured(|config| config.webhook_secrets = secrets)
        },
    )
}

#[test]
fn a_job_outlives_the_rotation_of_its_secret() {
    run(async {
        let (world, job, url) = left().await;
        let [before, prepared, changed, after] = rotation(&world);
        let heard = async |job: &Job| {
            let mut heard = Vec::new();
            for machine in [&before, &prepared, &changed, &after] {
                heard.push(heartbeat(machine, job).await);
            }
            heard
        };
        assert_eq!(heard(&job).await, [200, 200, 200, 401], "sealed before");
        let token = format!("Bearer {}", job.token);
        assert_eq!(changed.bring(&job, &artifact(&job), &token).await.status, 200);
        assert_eq!(after.get(&url).await.body, artifact(&job));

        // The generator, which has the former secret alone, takes what a changed machine signs.
        world.set_generator(Generator::Loses);
        let other =
            url.replace("protocolbuffers/go", "connectrpc/go").replace("v1.36.0", "v1.20.0");
        assert_eq!(changed.get(&other).await.status, 307);
        let job = world.jobs().pop().unwrap();
        assert!(job.sdk.package.ends_with("connectrpc/go"), "{}", job.sdk.package);
        assert_eq!(heard(&job).await, [401, 200, 200, 200], "sealed by a changed machine");
    });
}
