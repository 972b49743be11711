//! Who is told of pushes and label moves, how, and how often.

mod common;

use common::{
    Told,
    people::{REMEMBERED, Scene, scene},
    run,
};
use protoedge_bufapi::{
    connect::{Rpc, request_from_json},
    proto::buf::registry::module::v1::ModuleVisibility,
};
use protoedge_sdk::WebhookSecret;
use serde_json::{Value, json};
use std::time::Duration;

const URL: &str = "https://hooks.wonder.io/protoedge";

/// Longer than the reply's own work takes.
const SOON: Duration = Duration::from_millis(10);

async fn with_module(visibility: ModuleVisibility) -> Scene {
    let scene = scene().await;
    assert_eq!(scene.make_module("olga", "wonder/base", visibility).await, 200);
    scene
}

impl Scene {
    async fn hook(&self, who: &str, body: Value) -> Value {
        self.done(who, "POST", "modules/wonder/base/webhooks", body).await
    }

    /// What was told since the last look.
    async fn told(&self) -> Vec<Told> {
        tokio::time::sleep(SOON).await;
        std::mem::take(&mut self.world.receiver().told)
    }

    fn answers(&self, answers: &[Result<u16, &str>]) {
        let answers = answers.iter().map(|answer| answer.map_err(str::to_owned));
        self.world.receiver().answers = answers.collect();
    }

    async fn attempts(&self, hook: &Value) -> Vec<Value> {
        let id = hook["id"].as_str().unwrap();
        let path = format!("modules/wonder/base/webhooks/{id}/attempts");
        let seen = self.done("olga", "GET", &path, Value::Null).await;
        seen["attempts"].as_array().unwrap().clone()
    }

    async fn move_label(&self, label: &str, commit: &str) {
        let name = json!({ "owner": "wonder", "module": "base", "label": label });
        let value = json!({ "labelRef": { "name": name }, "commitId": commit });
        let request = json!({ "values": [value] });
        assert_eq!(self.by_buf("walt", Rpc::CreateOrUpdateLabels, request).await.0, 200);
    }

    async fn by_buf(&self, who: &str, rpc: Rpc, request: Value) -> (u16, Value) {
        let body = request.to_string().into_bytes();
        request_from_json(rpc, &body).unwrap();
        let bearer = format!("Bearer {}", self.token(who));
        let headers = [("content-type", "application/json"), ("authorization", bearer.as_str())];
        let seen = self.world.send("POST", rpc.path(), &headers, body).await;
        (seen.status, seen.json())
    }
}

fn is_signed(told: &Told, secret: &str, now: i64) {
    let secret: WebhookSecret = secret.parse().unwrap();
    let header = |name: &str| told.headers[name].as_str();
    let (id, at) = (header("webhook-id"), header("webhook-timestamp"));
    let body = told.body.to_string();
    secret.verify(id, at, header("webhook-signature"), body.as_bytes(), now).unwrap();
}

#[test]
fn pushes_and_moves_are_told_and_signed() {
    run(async {
        let scene = with_module(ModuleVisibility::Public).await;
        let hook = scene.hook("anna", json!({ "url": URL })).await;
        let pushes = scene.hook("anna", json!({ "url": URL, "events": ["push"] })).await;
        let first = scene.world.push("wonder/base", &["main", "x"], "message A {}", &[]).await;
        let told = scene.told().await;
        assert_eq!(told.len(), 2);
        let data = &told[0].body["data"];
        assert_eq!(told[0].body["type"], "push");
        assert_eq!(
            (&data["module"], &data["commit"]),
            (&"wonder/base".into(), &first.clone().into())
        );
        assert_eq!((&data["labels"], &data["is_new"]), (&json!(["main", "x"]), &true.into()));
        for (told, hook) in told.iter().zip([&hook, &pushes]) {
            assert_eq!(told.url, URL);
            is_signed(told, hook["secret"].as_str().unwrap(), scene.world.now());
        }
        assert_ne!(told[0].headers["webhook-id"], told[1].headers["webhook-id"]);
        // What changes nothing is no event.
        scene.world.push("wonder/base", &["main", "x"], "message A {}", &[]).await;
        assert!(scene.told().await.is_empty());
        scene.move_label("y", &first).await;
        scene.move_label("y", &first).await;
        let told = scene.told().await;
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(
            (&told[0].body["type"], &told[0].body["data"]["label"]),
            (&"label.move".into(), &"y".into())
        );
        is_signed(&told[0], hook["secret"].as_str().unwrap(), scene.world.now());
        // Nothing is left to do, and the log has it.
        for _ in 0..3 {
            tokio::time::sleep(Duration::from_secs(600)).await;
            scene.world.sweep().await;
        }
        assert!(scene.told().await.is_empty());
        let attempts = scene.attempts(&hook).await;
        assert_eq!(attempts.len(), 2);
        assert!(
            attempts.iter().all(|it| it["status"] == 200 && it["attempt"] == 1),
            "{attempts:?}"
        );
    });
}

#[test]
fn what_does_not_arrive_is_tried_again_under_the_same_id_and_given_up_at_last() {
    run(async {
        let scene = with_module(ModuleVisibility::Public).await;
        let hook = scene.hook("anna", json!({ "url": URL })).await;
        scene.answers(&[Err("connection refused"), Ok(302), Ok(500), Ok(204)]);
        scene.pushed("wonder/base", "message A {}", &[]).await;
        let first = scene.told().await.remove(0);
        let mut ids = vec![first.headers["webhook-id"].clone()];
        for wait in [60, 300, 1800] {
            tokio::time::sleep(Duration::from_secs(wait - 1)).await;
            scene.world.sweep().await;
            assert!(scene.told().await.is_empty(), "too early by {wait} s");
            tokio::time::sleep(Duration::from_secs(1)).await;
            scene.world.sweep().await;
            let told = scene.told().await.remove(0);
            is_signed(&told, hook["secret"].as_str().unwrap(), scene.world.now());
            ids.push(told.headers["webhook-id"].clone());
        }
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        let attempts = scene.attempts(&hook).await;
        let said: Vec<_> =
            attempts.iter().map(|it| (it["attempt"].as_u64(), it["status"].as_u64())).collect();
        let some = |n: u64, status: Option<u64>| (Some(n), status);
        assert_eq!(
            said,
            [some(4, Some(204)), some(3, Some(500)), some(2, Some(302)), some(1, None)]
        );
        assert_eq!(attempts[3]["error"], "connection refused");

        scene.answers(&[Ok(500); 20]);
        scene.pushed("wonder/base", "message B {}", &[]).await;
        for _ in 0..12 {
            tokio::time::sleep(Duration::from_secs(25 * 60 * 60)).await;
            scene.world.sweep().await;
        }
        assert_eq!(scene.told().await.len(), 8);
        assert_eq!(scene.attempts(&hook).await[0]["next"], Value::Null);
        let keys = scene.world.bucket.keys();
        assert!(!keys.iter().any(|key| key.starts_with("deliveries/")), "{keys:?}");
    });
}

/// A push that was cut off after it had taken place is told by the sweep.
#[test]
fn a_push_that_was_cut_off_is_told_all_the_same() {
    run(async {
        let mut told_late = 0;
        for step in 1..200 {
            let scene = with_module(ModuleVisibility::Public).await;
            scene.hook("anna", json!({ "url": URL })).await;
            scene.world.bucket.fail_after(step);
            let pushed = scene.push("olga", "wonder/base", "message A {}", &[]).await.status;
            tokio::time::sleep(SOON).await;
            scene.world.bucket.heal();
            let at_once = scene.told().await.len();
            for _ in 0..5 {
                tokio::time::sleep(Duration::from_secs(61)).await;
                scene.world.sweep().await;
            }
            let late = scene.told().await;
            let request =
                json!({ "resourceRefs": [{ "name": { "owner": "wonder", "module": "base" } }] });
            let took_place = scene.by_buf("olga", Rpc::GetCommits, request).await.0 == 200;
            assert_eq!(at_once + late.len() > 0, took_place, "cut off after {step} operations");
            told_late += usize::from(at_once == 0 && !late.is_empty());
            if pushed == 200 && at_once > 0 && late.is_empty() {
                assert!(told_late > 1, "{told_late}");
                return;
            }
        }
        panic!("no push was whole");
    });
}

#[test]
fn only_public_addresses_are_told() {
    run(async {
        let scene = with_module(ModuleVisibility::Public).await;
        for bad in [
            "http://hooks.wonder.io/",
            "https://localhost/",
            "https://169.254.169.254/latest",
            "https://[::1]/",
            "https://db.internal/",
            "https://ada:secret@hooks.wonder.io/",
            "file:///etc/passwd",
            "",
        ] {
            let seen = scene
                .api("anna", "POST", "modules/wonder/base/webhooks", json!({ "url": bad }))
                .await;
            assert_eq!(seen.status, 400, "{bad}: {}", seen.text());
        }
        let none = json!({ "url": URL, "events": [] });
        assert_eq!(
            scene.api("anna", "POST", "modules/wonder/base/webhooks", none).await.status,
            400
        );
        for who in ["walt", "rita", "mallory"] {
            let seen =
                scene.api(who, "POST", "modules/wonder/base/webhooks", json!({ "url": URL })).await;
            assert_eq!(seen.status, 403, "{who}");
        }
        for _ in 0..10 {
            scene.hook("anna", json!({ "url": URL })).await;
        }
        let seen =
            scene.api("anna", "POST", "modules/wonder/base/webhooks", json!({ "url": URL })).await;
        assert_eq!(seen.status, 429);
        // In development others are told, too.
        let local = scene.world.configured(|config| config.tells_private_addresses = true);
        let local = Scene { world: local, tokens: scene.tokens.clone() };
        let hooks = local.done("anna", "GET", "modules/wonder/base/webhooks", Value::Null).await;
        let id = hooks["webhooks"][0]["id"].as_str().unwrap();
        assert!(hooks["webhooks"][0]["secret"].is_null(), "{hooks}");
        assert_eq!(local.delete("anna", &format!("modules/wonder/base/webhooks/{id}")).await, 204);
        local.hook("anna", json!({ "url": "http://127.0.0.1:9999/" })).await;
    });
}

#[test]
fn of_a_private_module_those_hear_who_may_read_it() {
    run(async {
        let scene = with_module(ModuleVisibility::Private).await;
        scene.hook("anna", json!({ "url": URL })).await;
        scene.hook("adam", json!({ "url": "https://adam.example.org/" })).await;
        scene.pushed("wonder/base", "message A {}", &[]).await;
        assert_eq!(scene.told().await.len(), 2);
        // One that is on its way when its maker leaves does not arrive.
        scene.answers(&[Ok(500), Ok(500)]);
        scene.pushed("wonder/base", "message B {}", &[]).await;
        assert_eq!(scene.told().await.len(), 2);
        assert_eq!(scene.delete("olga", "organizations/wonder/members/adam").await, 204);
        tokio::time::sleep(REMEMBERED + Duration::from_secs(60)).await;
        scene.world.sweep().await;
        let told = scene.told().await;
        assert_eq!(told.iter().map(|it| it.url.as_str()).collect::<Vec<_>>(), [URL]);
        scene.pushed("wonder/base", "message C {}", &[]).await;
        assert_eq!(scene.told().await.len(), 1);
        scene.world.take_log();
        scene.pushed("wonder/base", "message D {}", &[]).await;
        scene.told().await;
        let log = scene.world.take_log().join("\n");
        assert!(!log.contains("hooks.wonder.io") && !log.contains("whsec_"), "{log}");
        // A deleted module is told of no more.
        scene.answers(&[Ok(500)]);
        scene.pushed("wonder/base", "message E {}", &[]).await;
        scene.told().await;
        let path = "modules/wonder/base?force=true";
        assert_eq!(scene.api("olga", "DELETE", path, Value::Null).await.status, 204);
        for _ in 0..3 {
            tokio::time::sleep(Duration::from_secs(600)).await;
            scene.world.sweep().await;
        }
        assert!(scene.told().await.is_empty());
    });
}

#[test]
fn the_buf_command_makes_lists_and_deletes_them() {
    run(async {
        let scene = with_module(ModuleVisibility::Private).await;
        let new = json!({
            "webhookEvent": "WEBHOOK_EVENT_REPOSITORY_PUSH", "ownerName": "wonder",
            "repositoryName": "base", "callbackUrl": URL,
        });
        let (status, made) = scene.by_buf("anna", Rpc::CreateWebhook, new).await;
        assert_eq!(status, 200, "{made}");
        let id = made["webhook"]["webhookId"].as_str().unwrap().to_owned();
        let of = json!({ "ownerName": "wonder", "repositoryName": "base" });
        let (_, listed) = scene.by_buf("anna", Rpc::ListWebhooks, of.clone()).await;
        assert_eq!(listed["webhooks"], json!([made["webhook"]]));
        let said = |name: &str| made["webhook"][name].as_str().unwrap().to_owned();
        assert_eq!(
            (said("event"), said("callbackUrl")),
            ("WEBHOOK_EVENT_REPOSITORY_PUSH".into(), URL.into())
        );
        // Its secret is shown when it is renewed.
        let path = format!("modules/wonder/base/webhooks/{id}/secret");
        let renewed = scene.done("anna", "POST", &path, Value::Null).await;
        scene.pushed("wonder/base", "message A {}", &[]).await;
        let told = scene.told().await.remove(0);
        is_signed(&told, renewed["secret"].as_str().unwrap(), scene.world.now());
        let delete = json!({ "webhookId": id });
        for (who, status) in [("mallory", 404), ("walt", 403), ("anna", 200), ("anna", 404)] {
            let (seen, said) = scene.by_buf(who, Rpc::DeleteWebhook, delete.clone()).await;
            assert_eq!(seen, status, "{who}: {said}");
        }
        scene.pushed("wonder/base", "message B {}", &[]).await;
        assert!(scene.told().await.is_empty());
        let bad = json!({ "webhookEvent": "WEBHOOK_EVENT_UNSPECIFIED", "ownerName": "wonder", "repositoryName": "base", "callbackUrl": URL });
        assert_eq!(scene.by_buf("anna", Rpc::CreateWebhook, bad).await.0, 400);
    });
}
