//! `serve` against a registry that is none: one that only writes down what it is told. It answers while a test waits for a line of the
//! generator's log, which blocks the thread that it is on.

mod util;

use axum::{
    Router,
    body::Bytes,
    extract::{Path as UrlPath, State},
    http::{HeaderMap, StatusCode},
    routing::{get, post, put},
};
use protoedge_sdk::{
    Acknowledgement, Closure, Entry, Hosts, Job, JobKind, JobPlugin, JobSdk, Locked, Priority, Sdk,
    WebhookSecret,
    protocol::{FORMAT, header},
};
use serde_json::{Value, json};
use std::{
    io::{Cursor, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant, SystemTime},
};
use tokio::{net::TcpListener, sync::mpsc};
use util::{
    UNITS, WEATHER, build_example, here, made,
    serving::{PATIENCE, SECRET, Serving, TOKEN, now},
};
use walkdir::WalkDir;
use zip::{ZipWriter, write::SimpleFileOptions};

/// What the registry was told.
#[derive(Debug)]
enum Told {
    Artifact { headers: HeaderMap, body: Bytes },
    Failure(Value),
}

/// As the registry answers: nothing here reads it.
async fn contents() -> axum::Json<Value> {
    axum::Json(json!({}))
}

struct Registry {
    folders: [std::path::PathBuf; 2],
    told: mpsc::UnboundedSender<Told>,
    alive: Mutex<u32>,
    /// How many artifacts are answered with 503 before one is taken.
    stumbles: Mutex<u32>,
    authorizations: Mutex<Vec<String>>,
}

impl Registry {
    fn note(&self, headers: &HeaderMap) {
        let value = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
        self.authorizations.lock().unwrap().push(value.unwrap_or_default());
    }
}

async fn source(
    State(registry): State<Arc<Registry>>,
    UrlPath((_, place)): UrlPath<(String, usize)>,
    headers: HeaderMap,
) -> Vec<u8> {
    registry.note(&headers);
    zip_folder(&registry.folders[place])
}

async fn alive(
    State(registry): State<Arc<Registry>>,
    axum::extract::Path(id): axum::extract::Path<String>,
    headers: HeaderMap,
) -> axum::Json<Acknowledgement> {
    registry.note(&headers);
    *registry.alive.lock().unwrap() += 1;
    let is_awaited = id.starts_with("awaited");
    let priority = if is_awaited { Priority::Awaited } else { Priority::Background };
    axum::Json(Acknowledgement { alive: true, priority })
}

async fn failure(
    State(registry): State<Arc<Registry>>,
    headers: HeaderMap,
    axum::Json(body): axum::Json<Value>,
) {
    registry.note(&headers);
    registry.told.send(Told::Failure(body)).unwrap();
}

async fn artifact(
    State(registry): State<Arc<Registry>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    registry.note(&headers);
    let mut stumbles = registry.stumbles.lock().unwrap();
    if *stumbles > 0 {
        *stumbles -= 1;
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    registry.told.send(Told::Artifact { headers, body }).unwrap();
    StatusCode::CREATED
}

fn zip_folder(folder: &Path) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for entry in WalkDir::new(folder) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let name = entry.path().strip_prefix(folder).unwrap().to_str().unwrap();
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(&std::fs::read(entry.path()).unwrap()).unwrap();
        }
    }
    zip.finish().unwrap().into_inner()
}

/// A running generator and the registry that it works for.
struct Stage {
    registry: Arc<Registry>,
    told: mpsc::UnboundedReceiver<Told>,
    public_url: String,
    serving: Serving,
    client: reqwest::Client,
}

impl Stage {
    async fn set(weather: &Path, args: &[&str]) -> Self {
        let (send, told) = mpsc::unbounded_channel();
        let registry = Arc::new(Registry {
            folders: [weather.to_owned(), here("tests/modules/acme_units")],
            told: send,
            alive: Mutex::default(),
            stumbles: Mutex::default(),
            authorizations: Mutex::default(),
        });
        let app = Router::new()
            .route("/-/jobs/{id}/sources/{place}", get(source))
            .route("/-/jobs/{id}/alive", post(alive))
            .route("/-/jobs/{id}/failure", post(failure))
            .route("/-/jobs/{id}/artifact/{file}", put(artifact))
            .route("/-/jobs/{id}/contents", put(contents))
            .with_state(registry.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let public_url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
        let serving = Serving::start(&public_url, args);
        let client =
            protoedge_generator::http::client(protoedge_generator::http::Authorities::default())
                .unwrap();
        Self { registry, told, public_url, serving, client }
    }

    fn job(&self, id: &str, plugin: &str) -> Job {
        self.job_from(&util::plugins(), id, plugin)
    }

    fn job_from(&self, shelf: &Path, id: &str, plugin: &str) -> Job {
        let catalogue = protoedge_installer::catalogue_folder::read(shelf).unwrap();
        let entry = catalogue.newest(&plugin.parse().unwrap(), |_| true).unwrap();
        job(entry, &catalogue, id, format!("{}/-/jobs/{id}", self.public_url))
    }

    async fn send(&self, job: &Job) -> StatusCode {
        let secret: WebhookSecret = SECRET.parse().unwrap();
        self.send_signed(&serde_json::to_vec(job).unwrap(), &secret, now()).await
    }

    async fn send_in_background(&self, job: &Job) -> StatusCode {
        let body = serde_json::to_vec(job).unwrap();
        let request = self.signed(&body, &SECRET.parse().unwrap(), now());
        let request = request.header(header::PRIORITY, Priority::Background.as_str());
        request.send().await.unwrap().status()
    }

    fn signed(&self, body: &[u8], secret: &WebhookSecret, at: i64) -> reqwest::RequestBuilder {
        let job = serde_json::from_slice::<Value>(body).ok();
        let id = job.as_ref().and_then(|job| job["id"].as_str()).unwrap_or("none");
        self.client
            .post(format!("http://{}/v1/jobs", self.serving.address))
            .header("webhook-id", id)
            .header("webhook-timestamp", at.to_string())
            .header("webhook-signature", secret.sign(id, at, body))
            .body(body.to_vec())
    }

    async fn send_signed(&self, body: &[u8], secret: &WebhookSecret, at: i64) -> StatusCode {
        let answer = self.signed(body, secret, at).send().await.unwrap();
        let is_for_later = [StatusCode::SERVICE_UNAVAILABLE, StatusCode::TOO_MANY_REQUESTS]
            .contains(&answer.status());
        assert_eq!(answer.headers().contains_key("retry-after"), is_for_later);
        answer.status()
    }

    async fn told(&mut self) -> Told {
        tokio::time::timeout(PATIENCE, self.told.recv()).await.unwrap().unwrap()
    }

    fn line(&self) -> Value {
        loop {
            let line = self.serving.line();
            // What becomes of requests, and numbers, are told in `connections.rs`.
            if line["event"] == "job" {
                return line;
            }
        }
    }
}

fn locked(id: &str) -> Locked {
    let module: protoedge_generator::command::reference::ModuleRef =
        format!("{id}=x").parse().unwrap();
    // Another digest each time: the cache of sources outlives the test.
    Locked { digest: format!("b5:{:?}", SystemTime::now()), ..module.locked }
}

fn job(entry: &Entry, catalogue: &protoedge_sdk::Catalogue, id: &str, callback: String) -> Job {
    let closure =
        Closure { target: locked(WEATHER), deps: vec![locked(UNITS)], is_deprecated: false };
    let hosts =
        Hosts { registry_host: "protoedge.localhost".into(), npm_scope: "@protoedge".into() };
    let sdk = Sdk::new(entry, &closure.target);
    Job {
        format: FORMAT,
        kind: JobKind::Sdk,
        id: id.into(),
        token: TOKEN.into(),
        expires: "2099-01-01T00:00:00Z".into(),
        sdk: JobSdk {
            ecosystem: sdk.ecosystem,
            package: sdk.package().name(&hosts),
            version: sdk.version_text(),
            manifest: Sdk::manifest(entry, &closure, catalogue, &hosts).unwrap(),
        },
        plugin: JobPlugin {
            name: entry.name.clone(),
            version: entry.plugin_version.clone(),
            revision: entry.revision,
            digest: entry.digest(),
            options: entry.options(),
        },
        modules: Sdk::job_modules(entry, &closure, catalogue, &hosts),
        deps: Vec::new(),
        callback,
    }
}

fn weather() -> std::path::PathBuf {
    here("tests/modules/acme_weather")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_is_made_as_on_the_command_line() {
    let mut stage = Stage::set(&weather(), &["--install-on-demand"]).await;
    *stage.registry.stumbles.lock().unwrap() = 1;
    let job = stage.job("1", "connectrpc/go");
    assert_eq!(stage.send(&job).await, StatusCode::ACCEPTED);
    let Told::Artifact { headers, body } = stage.told().await else { panic!("no artifact") };
    let out = tempfile::tempdir().unwrap();
    let built = made(&build_example(out.path(), "connectrpc/go"));
    assert!(body == std::fs::read(built["file"].as_str().unwrap()).unwrap());
    assert_eq!(headers["protoedge-content-hash"], built["h1"].as_str().unwrap());
    assert_eq!(headers["protoedge-sha1"], protoedge_npm::shasum(&body).as_str());
    assert_eq!(headers["content-length"], body.len().to_string().as_str());
    let integrity = protoedge_npm::integrity(&body);
    let sha512 = integrity.strip_prefix("sha512-").unwrap();
    let digest = headers["content-digest"].to_str().unwrap();
    assert!(digest.starts_with(&format!("sha-512=:{sha512}:, sha-256=:")), "{digest}");
    let line = stage.line();
    assert_eq!((&line["event"], &line["outcome"]), (&json!("job"), &json!("done")));
    assert_eq!(line["package"], job.sdk.package);
    assert_eq!(line["version"], job.sdk.version);
    assert!(line["ms"].is_u64());
    assert!(*stage.registry.alive.lock().unwrap() >= 1);
    let authorizations = stage.registry.authorizations.lock().unwrap().clone();
    assert!(authorizations.iter().all(|value| *value == format!("Bearer {TOKEN}")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_begins_to_wait_for_is_made_first() {
    let args = ["--install-on-demand", "--jobs", "1", "--delay", "1"];
    let mut stage = Stage::set(&weather(), &args).await;
    let first = stage.job("1", "connectrpc/go");
    let second = stage.job("2", "protocolbuffers/go");
    let mut third = stage.job("awaited", "connectrpc/go");
    third.sdk.version = third.sdk.version.replace("-2026", "-2025");
    assert_eq!(stage.send(&first).await, StatusCode::ACCEPTED);
    for job in [&second, &third] {
        assert_eq!(stage.send_in_background(job).await, StatusCode::ACCEPTED);
    }
    for job in [&first, &third, &second] {
        assert!(matches!(stage.told().await, Told::Artifact { .. }));
        let line = stage.line();
        let seen = (line["package"].as_str().unwrap(), line["version"].as_str().unwrap());
        assert_eq!(seen, (job.sdk.package.as_str(), job.sdk.version.as_str()), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejected_job_is_told_in_the_words_of_the_compiler() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("bad.proto"), "syntax = \"proto3\";\nmess M {}\n").unwrap();
    let mut stage = Stage::set(folder.path(), &["--install-on-demand"]).await;
    assert_eq!(stage.send(&stage.job("1", "connectrpc/go")).await, StatusCode::ACCEPTED);
    let Told::Failure(failure) = stage.told().await else { panic!("no failure") };
    assert_eq!(failure["kind"], "rejected");
    assert_eq!(failure["generator"], protoedge_generator::VERSION);
    let words = failure["message"].as_str().unwrap();
    assert!(words.starts_with("bad.proto:2:1: "), "{words}");
    assert_eq!(stage.line()["outcome"], "rejected");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_answer_waits_for_a_job_as_long_as_the_registry_prefers() {
    let mut stage = Stage::set(&weather(), &["--install-on-demand", "--delay", "4"]).await;
    let send = async |stage: &Stage, job: &Job, prefer: &str| {
        let body = serde_json::to_vec(job).unwrap();
        let request = stage.signed(&body, &SECRET.parse().unwrap(), now());
        let started = Instant::now();
        let answer = request.header(header::PREFER, prefer).send().await.unwrap();
        (answer.status(), started.elapsed())
    };
    // Over at once.
    let mut late = stage.job("1", "connectrpc/go");
    late.expires = "2001-01-01T00:00:00Z".into();
    let (status, took) = send(&stage, &late, "wait=3").await;
    assert!(status == StatusCode::OK && took < Duration::from_secs(3), "{status}, {took:?}");
    assert!(matches!(stage.told().await, Told::Failure(_)));
    // Not over then, and it goes on.
    let (status, took) = send(&stage, &stage.job("2", "connectrpc/go"), "wait=1").await;
    assert!(status == StatusCode::ACCEPTED && took >= Duration::from_secs(1), "{status}, {took:?}");
    assert!(matches!(stage.told().await, Told::Artifact { .. }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trouble_is_told_as_trouble() {
    let mut stage = Stage::set(&weather(), &["--install-on-demand"]).await;
    let mut job = stage.job("1", "connectrpc/go");
    job.expires = "2001-01-01T00:00:00Z".into();
    assert_eq!(stage.send(&job).await, StatusCode::ACCEPTED);
    let Told::Failure(failure) = stage.told().await else { panic!("no failure") };
    assert_eq!(failure["kind"], "trouble");
    let line = stage.line();
    assert_eq!(line["outcome"], "trouble");
    assert!(line["reason"].is_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_to_be_believed_is_refused() {
    let stage = Stage::set(&weather(), &["--install-on-demand"]).await;
    let good = stage.job("1", "connectrpc/go");
    let body = serde_json::to_vec(&good).unwrap();
    let (ours, theirs): (WebhookSecret, WebhookSecret) =
        (SECRET.parse().unwrap(), "whsec_b3RoZXI=".parse().unwrap());
    let stale = now() - 600;
    assert_eq!(stage.send_signed(&body, &theirs, now()).await, StatusCode::UNAUTHORIZED);
    assert_eq!(stage.send_signed(&body, &ours, stale).await, StatusCode::UNAUTHORIZED);
    assert_eq!(stage.send_signed(b"{}", &ours, now()).await, StatusCode::BAD_REQUEST);
    let large = vec![b' '; (4 << 20) + 1];
    assert_eq!(stage.send_signed(&large, &ours, now()).await, StatusCode::PAYLOAD_TOO_LARGE);
    let unsigned = stage
        .client
        .post(format!("http://{}/v1/jobs", stage.serving.address))
        .body(body)
        .send()
        .await;
    assert_eq!(unsigned.unwrap().status(), StatusCode::UNAUTHORIZED);
    let foreign = Job { callback: "http://127.0.0.1:1/-/jobs/1".into(), ..good.clone() };
    assert_eq!(stage.send(&foreign).await, StatusCode::FORBIDDEN);
    let mut other = good.clone();
    other.plugin.digest = "sha256:00".into();
    assert_eq!(stage.send(&other).await, StatusCode::SERVICE_UNAVAILABLE);
    let mut unknown = serde_json::to_value(&good).unwrap();
    unknown["kind"] = "documentation".into();
    let unknown = serde_json::to_vec(&unknown).unwrap();
    let status = stage.send_signed(&unknown, &ours, now()).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "another generator may know that kind");
    assert!(stage.registry.authorizations.lock().unwrap().is_empty(), "nobody was asked anything");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_that_is_not_installed_is_not_promised() {
    let cache = tempfile::tempdir().unwrap();
    let stage = Stage::set(&weather(), &["--cache", cache.path().to_str().unwrap()]).await;
    let status = stage.send(&stage.job("1", "connectrpc/go")).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_sdk_is_taken_once_and_no_more_jobs_than_fit() {
    let args = ["--install-on-demand", "--jobs", "1", "--queue", "1", "--delay", "7"];
    let mut stage = Stage::set(&weather(), &args).await;
    let job = stage.job("1", "connectrpc/go");
    assert_eq!(stage.send(&job).await, StatusCode::ACCEPTED);
    assert_eq!(stage.send(&job).await, StatusCode::CONFLICT, "the same job");
    let again = Job { id: "2".into(), ..job };
    assert_eq!(stage.send(&again).await, StatusCode::CONFLICT, "the same SDK");
    assert_eq!(stage.send(&stage.job("3", "grpc/go")).await, StatusCode::ACCEPTED, "waits");
    let third = stage.job("4", "protocolbuffers/go");
    assert_eq!(stage.send(&third).await, StatusCode::TOO_MANY_REQUESTS, "full");
    let health =
        stage.client.get(format!("http://{}/healthz", stage.serving.address)).send().await.unwrap();
    let health: Value = health.json().await.unwrap();
    assert_eq!((&health["running"], &health["waiting"]), (&json!(1), &json!(1)));
    assert!(matches!(stage.told().await, Told::Artifact { .. }));
    assert!(matches!(stage.told().await, Told::Artifact { .. }));
    // Two jobs, the second alive for 14 s, of which it waited 7: 2 + 3 signs of life.
    assert!(*stage.registry.alive.lock().unwrap() >= 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stops_when_it_is_told_to() {
    let mut stage = Stage::set(&weather(), &["--install-on-demand", "--delay", "1"]).await;
    assert_eq!(stage.send(&stage.job("1", "connectrpc/go")).await, StatusCode::ACCEPTED);
    tokio::time::sleep(Duration::from_millis(300)).await;
    stage.serving.terminate();
    assert!(matches!(stage.told().await, Told::Artifact { .. }), "what runs is finished");
    let status = stage.serving.child.wait().unwrap();
    assert!(status.success(), "{status}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaves_no_process_behind() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = folder.path().join("protoc-gen-x");
    let shelf = folder.path().join("shelf");
    std::fs::create_dir_all(shelf.join("a1/b1")).unwrap();
    // Nobody else sleeps for just so long.
    const SLEEP: &str = "600.27182";
    std::fs::write(&plugin, format!("#!/bin/sh\nsleep {SLEEP} &\nsleep {SLEEP}\n")).unwrap();
    std::fs::set_permissions(&plugin, std::fs::Permissions::from_mode(0o755)).unwrap();
    let entry = format!(
        "version: v1\nname: a1/b1\nplugin_version: v1.0.0\nrevision: 1\n\
         registry: {{go: {{}}}}\ninstall: {{file: {{path: {}}}}}\n",
        plugin.display()
    );
    std::fs::write(shelf.join("a1/b1/v1.0.0.yaml"), entry).unwrap();
    let mut stage = Stage::set(&weather(), &["--plugins", shelf.to_str().unwrap()]).await;
    let job = stage.job_from(&shelf, "1", "a1/b1");
    assert_eq!(stage.send(&job).await, StatusCode::ACCEPTED);
    let started = tokio::time::timeout(PATIENCE, async {
        while running(SLEEP) < 2 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    started.await.unwrap();
    stage.serving.terminate();
    assert!(stage.serving.child.wait().unwrap().success());
    assert_eq!(running(SLEEP), 0);
}

/// A catalogue of plugins that attack: `a1/{attack}`.
fn hostile_shelf(attacks: &[&str]) -> tempfile::TempDir {
    let shelf = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(shelf.path().join("a1")).unwrap();
    std::fs::write(shelf.path().join("a1/x.wasm"), "#!/bin/sh").unwrap();
    for attack in attacks {
        let name = attack.split('=').next().unwrap();
        let install = match name {
            "foreign" => "wasm: {path: a1/x.wasm}".to_owned(),
            "absent" => "file: {path: a1/absent/protoc-gen-x}".to_owned(),
            _ => format!("file: {{path: {}}}", util::scene::hostile().display()),
        };
        std::fs::create_dir_all(shelf.path().join("a1").join(name)).unwrap();
        let attack = attack.strip_prefix("calm=").unwrap_or(attack);
        let entry = format!(
            "version: v1\nname: a1/{name}\nplugin_version: v1.0.0\nrevision: 1\nregistry:\n  \
             npm: {{import_style: module}}\n  opts: ['{attack}']\ninstall: {{{install}}}\n"
        );
        std::fs::write(shelf.path().join(format!("a1/{name}/v1.0.0.yaml")), entry).unwrap();
    }
    shelf
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_plugin_fails_alone() {
    // One that never ends is given little time, and the others as much as a busy machine needs.
    let endless = Some(("trouble", "hostile was stopped: it took more than 2 s"));
    attack("2", &[("endless", endless)]).await;
    let rows = [
        ("flood", Some(("trouble", "hostile was stopped: it "))),
        ("memory", Some(("trouble", "hostile ran out of memory"))),
        ("complain", Some(("rejected", "plugin a1/complain:v1.0.0:1 exited with status 9: xxxx"))),
        // What is merely forbidden leaves a plugin that answers.
        ("read=/etc/hosts", None),
        ("write", None),
        ("network", None),
        ("processes", None),
        ("signals", None),
    ];
    attack("50", &rows).await;
}

/// What becomes of a job: why and how it fails, or `None` if it is made.
type Outcome = Option<(&'static str, &'static str)>;

/// Orders each attack as a job, and after it a good one.
async fn attack(seconds: &str, rows: &[(&str, Outcome)]) {
    let names = rows.iter().map(|(attack, _)| *attack);
    let attacks: Vec<&str> = names.chain(["absent", "foreign", "calm=write"]).collect();
    let shelf = hostile_shelf(&attacks);
    let args = ["--plugins", shelf.path().to_str().unwrap(), "--plugin-seconds", seconds];
    let mut stage = Stage::set(&weather(), &args).await;
    for (attack, want) in rows.iter().copied() {
        let name = attack.split('=').next().unwrap();
        let job = stage.job_from(shelf.path(), name, &format!("a1/{name}"));
        assert_eq!(stage.send(&job).await, StatusCode::ACCEPTED, "{attack}");
        match (stage.told().await, want) {
            (Told::Artifact { .. }, None) => {}
            (Told::Failure(failure), Some((kind, words))) => {
                let message = failure["message"].as_str().unwrap();
                assert_eq!(failure["kind"], kind, "{attack}: {message}");
                assert!(message.starts_with(words), "{attack}: {message}");
                assert!(message.len() < 5000, "{attack}: {} bytes", message.len());
            }
            (told, _) => panic!("{attack}: {told:?}"),
        }
        stage.line();
        let next = stage.job_from(shelf.path(), &format!("after-{name}"), "a1/calm");
        assert_eq!(stage.send(&next).await, StatusCode::ACCEPTED, "after {attack}");
        assert!(matches!(stage.told().await, Told::Artifact { .. }), "after {attack}");
        stage.line();
    }
    // Neither is there, and what is no module cannot be compiled: not promised.
    for name in ["absent", "foreign"] {
        let job = stage.job_from(shelf.path(), name, &format!("a1/{name}"));
        assert_eq!(stage.send(&job).await, StatusCode::SERVICE_UNAVAILABLE, "{name}");
    }
}

/// How many processes have this argument. One that is dead and not yet reaped has none any more.
fn running(argument: &str) -> usize {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines
        .filter(|line| line.split(|byte| *byte == 0).any(|part| part == argument.as_bytes()))
        .count()
}

/// Every thread of a service that started as root has four capabilities, and can never have another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_gives_up_what_it_does_not_need() {
    if !rustix::process::getuid().is_root() {
        return;
    }
    let serving = Serving::start("http://127.0.0.1:9", &[]);
    let threads = std::fs::read_dir(format!("/proc/{}/task", serving.child.id())).unwrap();
    let mut count = 0;
    for thread in threads {
        let status = std::fs::read_to_string(thread.unwrap().path().join("status")).unwrap();
        // CHOWN is 0, KILL 5, SETGID 6, SETUID 7.
        for (set, wanted) in
            [("CapPrm", 0xe1), ("CapEff", 0xe1), ("CapBnd", 0xe1), ("CapInh", 0), ("CapAmb", 0)]
        {
            let line =
                status.lines().find_map(|line| line.strip_prefix(&format!("{set}:\t"))).unwrap();
            assert_eq!(u64::from_str_radix(line, 16).unwrap(), wanted, "{set}");
        }
        count += 1;
    }
    assert!(count > 1);
}
