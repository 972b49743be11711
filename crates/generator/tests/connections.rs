//! Bad input at the generator's port: refused with the right status, logged once, and no other request waits.

mod util;

use axum::{Json, Router, http::StatusCode, routing::post};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use protoedge_sdk::{
    Closure, Hosts, Job, JobKind, JobPlugin, JobSdk, Sdk, WebhookSecret, WebhookSecrets,
    protocol::FORMAT,
};
use reqwest::{Body, RequestBuilder};
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{Instant, timeout},
};
use util::{
    WEATHER, generator, plugins,
    serving::{PATIENCE, SECRET, Serving, TOKEN, now},
};

/// The limit in time of the head and of the body of a request.
const LIMIT: Duration = Duration::from_secs(10);

/// A running generator and its registry, which writes down the failures that it is told.
struct Service {
    serving: Serving,
    public_url: String,
    failures: Arc<Mutex<usize>>,
    client: reqwest::Client,
}

impl Service {
    async fn open(args: &[&str]) -> Self {
        Self::open_with(args, &[]).await
    }

    /// Opens one that has more in its environment.
    async fn open_with(args: &[&str], environment: &[(&str, &str)]) -> Self {
        let failures: Arc<Mutex<usize>> = Arc::default();
        let told = failures.clone();
        let fail = post(async move || *told.lock().unwrap() += 1);
        let alive = post(async || Json(json!({"alive": true, "priority": "awaited"})));
        let app =
            Router::new().route("/-/jobs/{id}/alive", alive).route("/-/jobs/{id}/failure", fail);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let public_url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
        let args = [&["--install-on-demand"], args].concat();
        let serving = Serving::start_with(&public_url, &args, environment);
        let client =
            protoedge_generator::http::client(protoedge_generator::http::Authorities::default())
                .unwrap();
        Self { serving, public_url, failures, client }
    }

    /// A job that fails at once: its token has expired.
    fn job(&self, id: &str, plugin: &str) -> Job {
        let catalogue = protoedge_installer::catalogue_folder::read(&plugins()).unwrap();
        let entry = catalogue.newest(&plugin.parse().unwrap(), |_| true).unwrap();
        let module: protoedge_generator::command::reference::ModuleRef =
            format!("{WEATHER}=x").parse().unwrap();
        let closure = Closure { target: module.locked, deps: Vec::new(), is_deprecated: false };
        let hosts = Hosts { registry_host: "x.localhost".into(), npm_scope: "@x".into() };
        let sdk = Sdk::new(entry, &closure.target);
        Job {
            format: FORMAT,
            kind: JobKind::Sdk,
            id: id.into(),
            token: TOKEN.into(),
            expires: "2001-01-01T00:00:00Z".into(),
            sdk: JobSdk {
                ecosystem: sdk.ecosystem,
                package: sdk.package().name(&hosts),
                version: sdk.version_text(),
                manifest: String::new(),
            },
            plugin: JobPlugin {
                name: entry.name.clone(),
                version: entry.plugin_version.clone(),
                revision: entry.revision,
                digest: entry.digest(),
                options: entry.options(),
            },
            modules: Sdk::job_modules(entry, &closure, &catalogue, &hosts),
            deps: Vec::new(),
            callback: format!("{}/-/jobs/{id}", self.public_url),
        }
    }

    fn post(&self, body: impl Into<Body>) -> RequestBuilder {
        self.client.post(format!("http://{}/v1/jobs", self.serving.address)).body(body)
    }

    /// The webhook as the registry sends it.
    fn webhook(&self, job: &Job, at: i64) -> RequestBuilder {
        let body = serde_json::to_vec(job).unwrap();
        signed(self.post(body.clone()), &job.id, at, &ours().sign(&job.id, at, &body))
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(&self.serving.address).await.unwrap()
    }

    /// The next line of the log that is about a request.
    fn refused(&self) -> Value {
        loop {
            let line = self.serving.line();
            if line["event"] == "refused" {
                return line;
            }
        }
    }

    /// The next line of numbers.
    fn metrics(&self) -> Value {
        loop {
            let line = self.serving.line();
            if line["event"] == "metrics" {
                return line;
            }
        }
    }

    /// Nothing more was logged about requests.
    fn has_said_all(&self) {
        std::thread::sleep(Duration::from_millis(200));
        let more: Vec<_> =
            self.serving.lines.try_iter().filter(|line| line.contains("refused")).collect();
        assert!(more.is_empty(), "{more:?}");
    }
}

fn ours() -> WebhookSecret {
    SECRET.parse().unwrap()
}

fn signed(request: RequestBuilder, id: &str, at: i64, signature: &str) -> RequestBuilder {
    request
        .header("webhook-id", id)
        .header("webhook-timestamp", at.to_string())
        .header("webhook-signature", signature)
}

/// Reads until the other side closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    // A reset ends it as well.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut text)).await.unwrap();
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_registry_sent_is_refused_and_logged_once() {
    let service = Service::open(&[]).await;
    let job = service.job("1", "connectrpc/go");
    let body = serde_json::to_vec(&job).unwrap();
    let theirs: WebhookSecret = "whsec_b3RoZXI=".parse().unwrap();
    let at = now();
    let good = ours().sign("1", at, &body);
    let with =
        |id: &str, at: i64, signature: &str| signed(service.post(body.clone()), id, at, signature);
    let sent = |text: &str| {
        signed(service.post(text.to_owned()), "1", at, &ours().sign("1", at, text.as_bytes()))
    };
    let bare = |name: &str| {
        let headers = [
            ("webhook-id", "1"),
            ("webhook-timestamp", &at.to_string()),
            ("webhook-signature", &good),
        ];
        let rest = headers.into_iter().filter(|header| header.0 != name);
        rest.fold(service.post(body.clone()), |request, (name, value)| request.header(name, value))
    };
    let url = |path: &str| format!("http://{}{path}", service.serving.address);
    let foreign = Job { callback: "http://127.0.0.1:1/-/jobs/1".into(), ..job.clone() };
    let mut unknown = job.clone();
    unknown.plugin.digest = "sha256:00".into();
    let many = format!("{} {}", "v1,AAAA ".repeat(200), "v2,x");
    let flood =
        |count| (0..count).fold(bare(""), |request, n| request.header(format!("x-flood-{n}"), "y"));
    let (stale, early) = (at - 301, at + 302);
    let rows = [
        ("no id", bare("webhook-id"), 401, "webhook-id is missing"),
        ("no time stamp", bare("webhook-timestamp"), 401, "webhook-timestamp is missing"),
        ("no signature", bare("webhook-signature"), 401, "webhook-signature is missing"),
        ("another secret", with("1", at, &theirs.sign("1", at, &body)), 401, "signature is wrong"),
        (
            "the signature of another body",
            with("1", at, &ours().sign("1", at, b"{}")),
            401,
            "signature",
        ),
        ("the signature of another id", with("2", at, &good), 401, "signature is wrong"),
        ("the signature of another time", with("1", at - 1, &good), 401, "signature is wrong"),
        ("half a signature", with("1", at, &good[..good.len() - 4]), 401, "signature is wrong"),
        ("many signatures", with("1", at, &many), 401, "signature is wrong"),
        (
            "too old",
            with("1", stale, &ours().sign("1", stale, &body)),
            401,
            "more than 5 minutes off",
        ),
        (
            "too new",
            with("1", early, &ours().sign("1", early, &body)),
            401,
            "more than 5 minutes off",
        ),
        ("the id of another job", with("2", at, &ours().sign("2", at, &body)), 400, "another job"),
        ("no job", sent(&format!(r#"{{"format": {FORMAT}}}"#)), 400, "the body is no job"),
        ("no format", sent("{}"), 400, "the other side none"),
        ("another format", sent(r#"{"format": 9}"#), 400, "the other side format 9"),
        ("no JSON", sent("job"), 400, "the body is no job"),
        (
            "a foreign callback",
            service.webhook(&foreign, at),
            403,
            "not below a configured public URL",
        ),
        ("an unknown plugin", service.webhook(&unknown, at), 503, "does not have the entry"),
        ("too large", bare("").body(vec![b' '; (4 << 20) + 1]), 413, "more than 4194304 bytes"),
        ("a flood of headers", flood(100), 431, ""),
        ("a large header", bare("").header("x-flood", "y".repeat(64 << 10)), 431, ""),
        ("another method", service.client.get(url("/v1/jobs")), 405, "405"),
        ("another path", service.client.get(url("/v1/secrets?x")), 404, "404"),
    ];
    for (name, request, status, reason) in rows {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status, "{name}");
        assert_eq!(answer.headers().contains_key("retry-after"), status == 503, "{name}");
        assert_eq!(answer.headers().contains_key("allow"), status == 405, "{name}");
        let line = service.refused();
        assert_eq!(line["from"], "127.0.0.1", "{name}");
        // What is no request has no status of its own in the log.
        let logged = if status == 431 { Value::Null } else { json!(status) };
        assert_eq!(line["status"], logged, "{name}: {line}");
        assert!(line["reason"].as_str().unwrap().contains(reason), "{name}: {line}");
    }
    let mut stream = service.connect().await;
    stream.write_all(b"\x16\x03\x01 this is TLS\r\n\r\n").await.unwrap();
    assert!(rest(&mut stream).await.starts_with("HTTP/1.1 400 "));
    service.refused();
    service.has_said_all();
    assert_eq!(*service.failures.lock().unwrap(), 0, "no job was begun");
    let several = with("1", at, &format!("v1,AAAA v2,x {good}"));
    assert_eq!(several.send().await.unwrap().status(), StatusCode::ACCEPTED, "one of them is ours");
}

/// A secret that comes after [`SECRET`].
const NEXT: &str = "whsec_bmV4dCBzZWNyZXQ=";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn either_secret_is_believed_while_it_is_rotated() {
    let theirs = "whsec_b3RoZXI=";
    let service = Service::open_with(&[], &[(WebhookSecrets::FALLBACK_SETTING, NEXT)]).await;
    let plugins =
        ["connectrpc/go", "grpc/go", "protocolbuffers/go", "bufbuild/es", "connectrpc/es"];
    let rows = [
        ("the first one", SECRET, None, 202),
        ("the second one", NEXT, None, 202),
        ("both", NEXT, Some(SECRET), 202),
        ("a third one", theirs, None, 401),
        ("a third one and the second", theirs, Some(NEXT), 202),
    ];
    for (n, ((signed_by, first, second, status), plugin)) in
        rows.into_iter().zip(plugins).enumerate()
    {
        let secrets = WebhookSecrets::read(first, second).unwrap();
        let (job, at) = (service.job(&n.to_string(), plugin), now());
        let body = serde_json::to_vec(&job).unwrap();
        let signatures = secrets.sign(&job.id, at, &body);
        let answer = signed(service.post(body), &job.id, at, &signatures).send().await.unwrap();
        assert_eq!(answer.status(), status, "{signed_by}");
    }
    assert!(service.refused()["reason"].as_str().unwrap().contains("signature is wrong"));
    service.has_said_all();
}

#[test]
fn a_secret_that_cannot_be_used_ends_the_service_at_its_start() {
    let settings = [WebhookSecrets::SETTING, WebhookSecrets::FALLBACK_SETTING];
    for (setting, value) in settings.into_iter().flat_map(|name| [(name, ""), (name, "hunter2")]) {
        let ended = generator()
            .args(["serve", "--listen", "127.0.0.1:0", "--public-url", "http://127.0.0.1:9"])
            .env(WebhookSecrets::SETTING, SECRET)
            .env(setting, value)
            .output()
            .unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(2), "{setting}={value}: {said}");
        assert!(said.contains(&format!("the setting {setting} cannot be used")), "{said}");
        assert!(said.contains("whsec_") && !said.contains("hunter2"), "{said}");
        assert!(ended.stdout.is_empty(), "it never listened");
    }
}

/// What is counted in a line of numbers: not the event, what is now, and zeros.
fn counted(mut line: Value) -> Value {
    let about = ["event", "seconds", "job_ms_sum", "job_ms_max"];
    line.as_object_mut()
        .unwrap()
        .retain(|key, value| !about.contains(&key.as_str()) && *value != 0);
    line
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_service_prints_numbers_and_so_does_one_with_connections() {
    let service = Service::open(&["--metrics-seconds", "1"]).await;
    for _ in 0..2 {
        let line = service.metrics();
        assert!((1..=30).contains(&line["seconds"].as_u64().unwrap()), "{line}");
        assert_eq!(counted(line), json!({}));
    }
    let _silent = service.connect().await;
    // The line that was due when it came is without it.
    let lines = [service.metrics(), service.metrics()];
    assert_eq!(counted(lines[1].clone()), json!({"connections": 1}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_counted_since_the_last_numbers_is_printed_at_the_end() {
    let mut service = Service::open(&["--metrics-seconds", "3600"]).await;
    let (job, at) = (service.job("1", "connectrpc/go"), now());
    for status in [202, 409] {
        assert_eq!(service.webhook(&job, at).send().await.unwrap().status(), status);
    }
    assert_eq!(service.post("{}").send().await.unwrap().status(), 401);
    let get = service.client.get(format!("http://{}/nothing", service.serving.address));
    assert_eq!(get.send().await.unwrap().status(), 404);
    while *service.failures.lock().unwrap() == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    service.serving.terminate();
    let line = service.metrics();
    let wanted = json!({"jobs_accepted": 1, "jobs_troubled": 1, "refused_401": 1, "refused_409": 1,
        "refused_other": 1});
    assert_eq!(counted(line), wanted);
    assert!(service.serving.child.wait().unwrap().success());
    assert!(service.serving.lines.recv().is_err(), "it is the last line");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_never_ends_is_cut_off() {
    let service = Service::open(&[]).await;
    let mut endless = service.connect().await;
    let head = "POST /v1/jobs HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
    endless.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let mut sent = 0;
    // It may write into the buffers of both sides before it notices.
    while sent < 64 << 20 && endless.write_all(chunk.as_bytes()).await.is_ok() {
        sent += 0x10000;
    }
    assert!(sent < 32 << 20, "it took {sent} bytes");
    let line = service.refused();
    assert_eq!((&line["status"], &line["path"]), (&json!(413), &json!("/v1/jobs")));

    let from = Instant::now();
    let (mut silent, mut head, mut body) =
        (service.connect().await, service.connect().await, service.connect().await);
    head.write_all(b"POST /v1/jobs HTTP/1.1\r\nhost: x\r\nwebhook-").await.unwrap();
    let announced = b"POST /v1/jobs HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{";
    body.write_all(announced).await.unwrap();
    let drip = async {
        // A byte now and then does not make it longer.
        while body.write_all(b" ").await.is_ok() && from.elapsed() < LIMIT / 2 {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        rest(&mut body).await
    };
    let (silent, head, body) = tokio::join!(rest(&mut silent), rest(&mut head), drip);
    let took = from.elapsed();
    assert!((LIMIT..LIMIT * 2).contains(&took), "{took:?}");
    assert_eq!((silent.as_str(), head.as_str()), ("", ""));
    assert!(body.starts_with("HTTP/1.1 408 "), "{body}");
    let mut statuses: Vec<String> =
        (0..3).map(|_| service.refused()["status"].to_string()).collect();
    statuses.sort();
    assert_eq!(statuses, ["408", "null", "null"]);

    let mut gone = service.connect().await;
    gone.write_all(announced).await.unwrap();
    drop(gone);
    assert!(
        service.refused()["reason"].as_str().unwrap().contains("bro"),
        "who goes away is logged, too"
    );
    service.has_said_all();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_senders_that_say_nothing_keep_no_job_out() {
    let service = Service::open(&["--delay", "30"]).await;
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).unwrap();
    let half = "POST /v1/jobs HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n";
    for (n, (what, said)) in [
        ("silent", ""),
        ("in the middle of a head", "POST /v1/jobs HTTP/1.1\r\nhost:"),
        ("in the middle of a body", half),
        ("answered already", "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut crowd = Vec::new();
        for _ in 0..1000 {
            let mut stream = service.connect().await;
            // It may have made room already.
            let _ = stream.write_all(said.as_bytes()).await;
            crowd.push(stream);
        }
        let plugins = ["connectrpc/go", "grpc/go", "protocolbuffers/go", "bufbuild/es"];
        let job = Job {
            expires: "2099-01-01T00:00:00Z".into(),
            ..service.job(&n.to_string(), plugins[n])
        };
        let from = Instant::now();
        let answer = service.webhook(&job, now()).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED, "{what}");
        assert!(from.elapsed() < Duration::from_secs(1), "{what}: {:?}", from.elapsed());
        let files = format!("/proc/{}/fd", service.serving.child.id());
        let files = std::fs::read_dir(files).unwrap().count();
        assert!(
            files < 400,
            "{what}: {files} files are open, and a container may have no more than 1,024"
        );
        drop(crowd);
    }
}

/// What bodies may take of memory together (`serve/body.rs`): 64 KiB for each of 256 connections, and 16 MiB
/// that all share.
const BODIES: u64 = 32 << 20;

/// What a connection takes besides: its buffers and its tasks, and what the allocator keeps.
const SLACK: u64 = 16 << 20;

/// What a process has in memory, in bytes.
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// A stranger that sends so much of what it announced and then no more; gives what it was told.
async fn stranger(address: String, announced: usize, sent: usize) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("POST /v1/jobs HTTP/1.1\r\nhost: x\r\ncontent-length: {announced}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    // Not read further, it is refused while it sends.
    let _ = stream.write_all(&vec![b' '; sent]).await;
    rest(&mut stream).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_with_large_bodies_take_bounded_memory_and_keep_no_job_out() {
    let service = Service::open(&["--delay", "30"]).await;
    let process = service.serving.child.id();
    let lasting = |id: &str, plugin: &str| Job {
        expires: "2099-01-01T00:00:00Z".into(),
        ..service.job(id, plugin)
    };
    let (from, before) = (Instant::now(), resident(process));
    let strangers: Vec<_> = (0..60)
        .map(|n| {
            // All that they may, some that they may not, and the last byte never comes.
            let announced = if n % 6 == 0 { 8 << 20 } else { 4 << 20 };
            tokio::spawn(stranger(service.serving.address.clone(), announced, announced - 1))
        })
        .collect();
    let mut most = before;
    while from.elapsed() < Duration::from_secs(4) {
        most = most.max(resident(process));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let sent = Instant::now();
    let answer = service.webhook(&lasting("1", "connectrpc/go"), now()).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    assert!(sent.elapsed() < Duration::from_secs(1), "{:?}", sent.elapsed());
    assert!(from.elapsed() < LIMIT / 2, "the strangers are still there");
    most = most.max(resident(process));
    let grown = most - before;
    println!("{} MiB for 60 strangers", grown >> 20);
    assert!(grown < BODIES + SLACK, "it took {} MiB more", grown >> 20);

    // A large one is taken when their time is over, and its memory is given back each time.
    for stranger in strangers {
        let told = stranger.await.unwrap();
        // One that was not read to its end may see its connection end instead.
        let status = told.get(9..12).unwrap_or("503");
        assert!(["408", "503"].contains(&status), "{told}");
    }
    assert!(from.elapsed() < LIMIT * 2, "{:?}", from.elapsed());
    for (n, plugin) in ["grpc/go", "protocolbuffers/go", "bufbuild/es"].into_iter().enumerate() {
        let mut job = lasting(&format!("large-{n}"), plugin);
        job.sdk.manifest = " ".repeat(4_000_000);
        let answer = service.webhook(&job, now()).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED, "{plugin}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_heard_once() {
    let service = Service::open(&["--jobs", "1"]).await;
    let job = service.job("1", "connectrpc/go");
    let at = now();
    let webhook = service.webhook(&job, at);
    let send = async |request: &RequestBuilder| {
        request.try_clone().unwrap().send().await.unwrap().status()
    };
    assert_eq!(send(&webhook).await, StatusCode::ACCEPTED);
    assert_eq!(send(&webhook).await, StatusCode::CONFLICT, "replayed at once");
    while *service.failures.lock().unwrap() == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(send(&webhook).await, StatusCode::CONFLICT, "replayed when the job is over");
    assert_eq!(
        send(&service.webhook(&job, at + 1)).await,
        StatusCode::CONFLICT,
        "sent before it was"
    );
    let next = Job { callback: format!("{}/-/jobs/2", service.public_url), id: "2".into(), ..job };
    assert_eq!(send(&service.webhook(&next, at)).await, StatusCode::ACCEPTED, "another attempt");
    while *service.failures.lock().unwrap() < 2 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for _ in 0..3 {
        assert_eq!(service.refused()["status"], 409);
    }
    service.has_said_all();
    assert_eq!(*service.failures.lock().unwrap(), 2, "each job was made once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn open_connections_do_not_keep_it_from_stopping() {
    let mut service = Service::open(&[]).await;
    let mut silent = service.connect().await;
    let mut answered = service.connect().await;
    answered.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert!(rest(&mut answered).await.starts_with("HTTP/1.1 200 OK"), "and closed");
    let from = Instant::now();
    service.serving.terminate();
    assert_eq!(rest(&mut silent).await, "");
    assert!(service.serving.child.wait().unwrap().success());
    assert!(from.elapsed() < Duration::from_secs(3), "{:?}", from.elapsed());
}
