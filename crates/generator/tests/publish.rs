//! `catalogue publish`.

mod util;

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::put,
};
use protoedge_sdk::{Catalogue, Entry};
use serde_json::Value;
use std::process::Output;
use tokio::{
    net::TcpListener,
    sync::mpsc::{UnboundedSender, unbounded_channel},
};
use util::generator;

type Told = UnboundedSender<(HeaderMap, Value)>;

async fn publish(
    State((status, told)): State<(u16, Told)>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> (StatusCode, &'static str) {
    told.send((headers, body)).unwrap();
    (StatusCode::from_u16(status).unwrap(), "what the registry says")
}

async fn registry(status: u16, told: Told) -> String {
    let app = Router::new().route("/-/admin/catalogue", put(publish)).with_state((status, told));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
    url
}

async fn run(url: String) -> Output {
    let run = move || {
        let mut command = generator();
        command.args(["catalogue", "publish", "--registry", &url]).env("ADMIN_TOKEN", "secret");
        command.output().unwrap()
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

#[tokio::test]
async fn sends_every_entry() {
    let (send, mut told) = unbounded_channel();
    let output = run(registry(200, send).await).await;
    assert!(output.status.success(), "{output:?}");
    let (headers, body) = told.recv().await.unwrap();
    assert_eq!(headers["authorization"], "Bearer secret");
    assert_eq!(body["generator"], protoedge_generator::VERSION);
    let entries: Vec<Entry> = serde_json::from_value(body["entries"].clone()).unwrap();
    let ours = protoedge_installer::catalogue_folder::read(&util::plugins()).unwrap();
    let go_elsewhere = serde_json::from_value(body["go_elsewhere"].clone()).unwrap();
    let sent = Catalogue::new(entries).unwrap().with_go_elsewhere(go_elsewhere).unwrap();
    assert_eq!(sent, ours);
}

#[test]
fn a_file_without_authorities_is_wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    for (file, words) in
        [(empty, "no certificate in it"), (folder.path().join("absent.pem"), "No such file")]
    {
        let mut command = generator();
        command.args(["catalogue", "publish", "--registry", "https://127.0.0.1:1"]);
        let output = command.env("ADMIN_TOKEN", "secret").env("REGISTRY_CA_FILE", &file).output();
        let output = output.unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(words), "{said}");
    }
}

#[tokio::test]
async fn tells_what_the_registry_said() {
    for (status, code) in [(401, 1), (409, 1), (503, 3)] {
        let (send, _told) = unbounded_channel();
        let output = run(registry(status, send).await).await;
        assert_eq!(output.status.code(), Some(code), "{status}");
        if status != 401 {
            continue;
        }
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("401") && said.contains("what the registry says"), "{said}");
    }
    let output = run("http://127.0.0.1:1".into()).await;
    assert_eq!(output.status.code(), Some(3), "nobody there");
}
