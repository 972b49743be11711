//! Calls that take long: what is taken away meanwhile counts.

mod common;

use common::{
    Sent, UPLOAD,
    people::{LATER, Scene, named, scene},
    run, upload,
};
use futures::join;
use prost::Message;
use protoedge_bufapi::{
    connect::Rpc,
    proto::buf::registry::module::v1::{
        CreateOrUpdateLabelsRequest, LabelRef, ListLabelsRequest, ListLabelsResponse,
        ModuleVisibility, create_or_update_labels_request, label_ref,
    },
};
use protoedge_storage::Fault;
use serde_json::json;
use std::time::Duration;

/// Sends a body that is there only after half a minute; the token is revoked meanwhile.
async fn late(scene: &Scene, id: &str, path: &str, media: &str, body: Vec<u8>) -> common::Seen {
    let bearer = format!("Bearer {}", scene.token("stolen"));
    let length = body.len().to_string();
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", media),
        ("content-length", length.as_str()),
    ];
    let there = scene.elsewhere();
    let slow = Sent::Slow(Duration::from_secs(30), body);
    let revoke = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let path = format!("users/olga/tokens/{id}");
        assert_eq!(scene.delete("olga", &path).await, 204);
    };
    join!(there.world.send_just("POST", path, &headers, slow), revoke).0
}

/// A token that was revoked while the body came makes no new token half a minute later.
#[test]
fn a_revoked_token_makes_no_token_by_a_body_that_comes_late() {
    run(async {
        let mut scene = scene().await;
        let id = scene.new_token("stolen", "olga", "olga", json!({})).await;
        let body = json!({ "name": "back", "scope": "admin", "expires": LATER }).to_string();
        let path = "/-/api/users/olga/tokens";
        let seen = late(&scene, &id, path, "application/json", body.into()).await;
        assert_eq!(seen.status, 401, "a token made with a revoked one: {}", seen.text());
    });
}

/// Nor does it push.
#[test]
fn a_revoked_token_pushes_nothing_by_a_body_that_comes_late() {
    run(async {
        let mut scene = scene().await;
        scene.make_module("olga", "wonder/one", ModuleVisibility::Private).await;
        let id = scene.new_token("stolen", "olga", "olga", json!({})).await;
        let body = upload("wonder/one", &[], "message Evil {}", &[]).encode_to_vec();
        let seen = late(&scene, &id, UPLOAD, "application/proto", body).await;
        assert_eq!(seen.status, 401, "pushed with a revoked token: {}", seen.text());
    });
}

/// A call that changes much stops where its token was revoked.
#[test]
fn a_revoked_token_moves_no_more_labels_in_a_call_that_takes_long() {
    run(async {
        let mut scene = scene().await;
        scene.make_module("olga", "wonder/one", ModuleVisibility::Private).await;
        let commit = scene.pushed("wonder/one", "message A {}", &[]).await;
        let id = scene.new_token("stolen", "olga", "olga", json!({})).await;
        let values = (0..60).map(|n| {
            let label = format!("label-{n:02}");
            let name = label_ref::Name { owner: "wonder".into(), module: "one".into(), label };
            create_or_update_labels_request::Value {
                label_ref: Some(LabelRef { value: Some(label_ref::Value::Name(name)) }),
                commit_id: commit.clone(),
            }
        });
        let request = CreateOrUpdateLabelsRequest { values: values.collect() };
        let there = scene.elsewhere();
        // As slow as a bucket on the other side of the world.
        scene.world.bucket.fault(|_| Some(Fault::Slow(Duration::from_millis(150))));
        let revoke = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert_eq!(scene.delete("olga", &format!("users/olga/tokens/{id}")).await, 204);
            tokio::time::sleep(Duration::from_secs(12)).await;
            let request = ListLabelsRequest {
                resource_ref: Some(named("wonder/one")),
                page_size: 250,
                ..Default::default()
            };
            let seen = scene.rpc(Some("olga"), Rpc::ListLabels, &request).await;
            ListLabelsResponse::decode(seen.body.as_slice()).unwrap().labels.len()
        };
        let (seen, then) =
            join!(there.rpc(Some("stolen"), Rpc::CreateOrUpdateLabels, &request), revoke);
        scene.world.bucket.heal();
        let request = ListLabelsRequest {
            resource_ref: Some(named("wonder/one")),
            page_size: 250,
            ..Default::default()
        };
        let all = scene.rpc(Some("olga"), Rpc::ListLabels, &request).await;
        let all = ListLabelsResponse::decode(all.body.as_slice()).unwrap().labels.len();
        assert_eq!((seen.status, all), (401, then), "labels moved after the token was revoked");
    });
}
