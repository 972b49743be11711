//! A registry in memory, with a generator that answers as a test wants.

#![allow(dead_code, reason = "not every test needs everything")]

pub mod people;
pub mod sign_in;
pub mod signing;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use futures::future::LocalBoxFuture;
use prost::Message;
use protoedge_bufapi::proto::buf::registry::{
    module::v1::{
        CreateModulesRequest, File, ModuleRef, ModuleVisibility, ScopedLabelRef, UploadRequest,
        UploadResponse, create_modules_request, module_ref, scoped_label_ref, upload_request,
    },
    owner::v1::{CreateOrganizationsRequest, OwnerRef, create_organizations_request, owner_ref},
};
use protoedge_edge::{
    AdminTokens, Asked, Body, BodyError, Config, Context, Fetched, Issuers, Metrics, NotedUsage,
    Platform, Posted, Purged, PurgedReplies, Reply, Request, TrustedIssuers, Upstreams, WaitPolicy,
    handle, sweep,
};
use protoedge_oauth::Key;
use protoedge_registry::{Memo, Store};
use protoedge_sdk::{
    Hosts, Job, Priority, WebhookSecret, WebhookSecrets,
    protocol::{FORMAT, header},
};
use protoedge_storage::{
    Clock, Counting, Fault, MemoryBucket, Retrying, Snapshot, testing::Simulated,
};
use serde_json::json;
use sha2::{Digest, Sha256, Sha512};
use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    rc::Rc,
    time::Duration,
};

pub const ADMIN: &str = "admintoken";
pub const HOST: &str = "reg.example.com";

/// What the generator does with a job.
#[derive(Clone, Debug, PartialEq)]
pub enum Generator {
    /// Uploads after this time, saying that it is alive meanwhile.
    Makes(Duration),
    /// Says no, with these words.
    Rejects(&'static str),
    /// Fails.
    Troubled,
    /// Accepts and is never heard of again.
    Dies,
    /// Cannot be reached.
    Away,
    /// Closes the connection of the first job, then makes them all.
    HangsUp(Duration),
    /// Answers with this status.
    Answers(u16),
    /// Accepts what then is lost.
    Loses,
    /// Gets every job twice, and makes it twice at once.
    Twice(Duration),
    /// Gets jobs this late, and makes them.
    Late(Duration),
}

/// The body of a request, as it comes in.
#[derive(Clone, Debug)]
pub enum Sent {
    /// These bytes.
    Whole(Vec<u8>),
    /// It breaks off before its end.
    Broken,
    /// It never ends.
    Endless,
    /// These bytes, which are all there only after this time.
    Slow(Duration, Vec<u8>),
}

pub struct Wires {
    generator: RefCell<Generator>,
    jobs: RefCell<Vec<Job>>,
    background: Cell<usize>,
    held: Cell<usize>,
    most_held: Cell<usize>,
    version: Cell<&'static str>,
    budget: Cell<u32>,
    log: RefCell<Vec<String>>,
    metrics: RefCell<Vec<serde_json::Value>>,
    reads: Cell<usize>,
    purges: RefCell<Purges>,
    receiver: RefCell<Receiver>,
    spent: RefCell<BTreeMap<String, u32>>,
    upstream: RefCell<Option<Answers>>,
    documents: RefCell<Option<Documents>>,
    world: RefCell<Option<World>>,
}

impl Wires {
    /// Whether a job ends within the time that the registry prefers to wait for the answer.
    async fn is_over(&self, work: tokio::task::JoinHandle<()>, wait: Duration) -> bool {
        if wait.is_zero() {
            return false;
        }
        self.held.set(self.held.get() + 1);
        self.most_held.set(self.most_held.get().max(self.held.get()));
        let over = tokio::time::timeout(wait, work).await;
        self.held.set(self.held.get() - 1);
        matches!(over, Ok(Ok(())))
    }
}

impl Platform for Wires {
    type Bucket = Retrying<Counting<MemoryBucket>>;
    type Body = Sent;

    async fn read(&self, body: Sent, limit: usize) -> Result<Bytes, BodyError> {
        self.reads.set(self.reads.get() + 1);
        let body = match body {
            Sent::Slow(time, body) => {
                tokio::time::sleep(time).await;
                Sent::Whole(body)
            }
            body => body,
        };
        match body {
            Sent::Whole(body) if body.len() <= limit => Ok(body.into()),
            Sent::Whole(_) | Sent::Slow(..) | Sent::Endless => Err(BodyError::TooLarge),
            Sent::Broken => Err(BodyError::Broken),
        }
    }

    fn upload(&self, body: Sent) -> Option<Vec<u8>> {
        self.reads.set(self.reads.get() + 1);
        match body {
            Sent::Whole(body) | Sent::Slow(_, body) => Some(body),
            Sent::Broken | Sent::Endless => {
                // The stream ends with an error while the bucket takes it.
                let world = self.world.borrow().clone().unwrap();
                world.bucket.fault_on(|_, key| key.ends_with(".zip").then_some(Fault::Cut));
                Some(Vec::new())
            }
        }
    }

    async fn post(
        &self,
        url: &str,
        headers: &[(&str, String)],
        body: Vec<u8>,
    ) -> Result<Posted, String> {
        let posted = |status| Posted { status, words: String::new() };
        assert_eq!(url, "https://generator.example.com/v1/jobs");
        let world = self.world.borrow().clone().unwrap();
        let value = |name: &str| &headers.iter().find(|it| it.0 == name).unwrap().1;
        let (id, at) = (value("webhook-id"), value("webhook-timestamp"));
        let now = world.app().await.now();
        secret().verify(id, at, value("webhook-signature"), &body, now).unwrap();
        let job: Job = serde_json::from_slice(&body).unwrap();
        let generator = self.generator.borrow().clone();
        if generator == Generator::Away {
            return Err("connection refused".into());
        }
        if let Generator::HangsUp(time) = generator {
            *self.generator.borrow_mut() = Generator::Makes(time);
            return Err("the connection was closed".into());
        }
        if let Generator::Answers(status) = generator {
            return Ok(posted(status));
        }
        self.jobs.borrow_mut().push(job.clone());
        if *value(header::PRIORITY) == Priority::Background.as_str() {
            self.background.set(self.background.get() + 1);
        }
        if let Generator::Twice(_) = generator {
            let (world, job, generator) = (world.clone(), job.clone(), generator.clone());
            tokio::task::spawn_local(async move { world.work(job, generator).await });
        }
        let work = tokio::task::spawn_local(async move { world.work(job, generator).await });
        let wait = value(header::PREFER).strip_prefix("wait=").unwrap().parse().unwrap();
        Ok(posted(if self.is_over(work, Duration::from_secs(wait)).await { 200 } else { 202 }))
    }

    async fn notify(
        &self,
        url: &str,
        headers: &[(&str, String)],
        body: Vec<u8>,
    ) -> Result<u16, String> {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let mut receiver = self.receiver.borrow_mut();
        let body = serde_json::from_slice(&body).unwrap();
        receiver.told.push(Told { url: url.to_owned(), headers: headers.collect(), body });
        receiver.answers.pop_front().unwrap_or(Ok(200))
    }

    async fn ask(
        &self,
        url: &str,
        _headers: &[(&str, String)],
        body: Vec<u8>,
        limit: usize,
    ) -> Result<Asked, String> {
        let upstream = self.upstream.borrow().clone().ok_or("there is nothing")?;
        // By itself, as another registry is: in these tests it is one that needs as much of the stack as this one.
        let asked = tokio::task::spawn_local(upstream(url.to_owned(), body)).await.unwrap()?;
        if asked.body.len() > limit { Err(format!("more than {limit} bytes")) } else { Ok(asked) }
    }

    async fn fetch(
        &self,
        url: &str,
        headers: &[(&str, String)],
        limit: usize,
    ) -> Result<Fetched, String> {
        let documents = self.documents.borrow().clone().ok_or("there is nothing")?;
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let fetched = documents(url, &headers.collect())?;
        if fetched.body.len() > limit {
            Err(format!("more than {limit} bytes"))
        } else {
            Ok(fetched)
        }
    }

    async fn verify(&self, key: &Key, signed: &[u8], signature: &[u8]) -> Result<bool, String> {
        Ok(signing::verify(key, signed, signature))
    }

    async fn may_order(&self, caller: &str) -> bool {
        let mut spent = self.spent.borrow_mut();
        let spent = spent.entry(caller.to_owned()).or_default();
        *spent += 1;
        *spent <= self.budget.get()
    }

    async fn purge(&self, replies: &PurgedReplies) -> Result<Purged, String> {
        let mut purges = self.purges.borrow_mut();
        let answer = purges.answers.pop_front().unwrap_or(Ok(Purged::Done));
        purges.calls.push(replies.clone());
        answer
    }

    fn spawn(&self, task: LocalBoxFuture<'static, ()>) {
        tokio::task::spawn_local(task);
    }

    fn log(&self, line: &serde_json::Value) {
        // Apart, since it is time for one whenever a minute has gone by.
        if line["event"] == "metrics" {
            self.metrics.borrow_mut().push(line.clone());
        } else {
            self.log.borrow_mut().push(line.to_string());
        }
    }
}

/// What another registry answers to a URL and a body.
pub type Answers = Rc<dyn Fn(String, Vec<u8>) -> LocalBoxFuture<'static, Result<Asked, String>>>;

/// What issuers' documents say, by a URL and headers.
pub type Documents = Rc<dyn Fn(&str, &BTreeMap<String, String>) -> Result<Fetched, String>>;

/// What a webhook was told.
#[derive(Clone, Debug)]
pub struct Told {
    pub url: String,
    pub headers: BTreeMap<String, String>,
    pub body: serde_json::Value,
}

/// What webhooks were told, and what they answer to the next ones.
#[derive(Default)]
pub struct Receiver {
    pub told: Vec<Told>,
    pub answers: VecDeque<Result<u16, String>>,
}

/// What the cache in front of the registry was told to forget, and what it says to the next calls.
#[derive(Default)]
pub struct Purges {
    pub calls: Vec<PurgedReplies>,
    pub answers: VecDeque<Result<Purged, String>>,
}

/// What registry and generator share.
pub const SECRET: &str = "whsec_c2VjcmV0";

pub fn secret() -> WebhookSecret {
    SECRET.parse().unwrap()
}

/// A registry. Clones speak of the same one.
#[derive(Clone)]
pub struct World {
    pub bucket: Rc<MemoryBucket>,
    clock: Rc<dyn Clock>,
    memo: Rc<Memo>,
    usage: Rc<NotedUsage>,
    metrics: Rc<Metrics>,
    issuers: Rc<Issuers>,
    config: Rc<Config>,
    wires: Rc<Wires>,
}

pub struct Clocked(Rc<dyn Clock>);

impl Clocked {
    pub fn now(&self) -> i64 {
        self.0.now().seconds()
    }
}

/// Runs a test where time passes only when everybody waits.
pub fn run<F: Future<Output = ()>>(test: F) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    tokio::task::LocalSet::new().block_on(&runtime.unwrap(), test);
}

impl World {
    /// A registry with the organization `acme`, its modules `units` and `weather`, and plugins.
    pub async fn new(generator: Generator) -> Self {
        let clock: Rc<dyn Clock> = Rc::new(Simulated::new());
        let config = Config {
            public_url: "https://edge.example.com".into(),
            hosts: Hosts { registry_host: HOST.into(), npm_scope: "@protoedge".into() },
            admin_tokens: AdminTokens::read(ADMIN.into(), None).unwrap(),
            webhook_secrets: WebhookSecrets::read(SECRET, None).unwrap(),
            generator_url: "https://generator.example.com".into(),
            requires_sign_in: false,
            tells_private_addresses: false,
            upstreams: Upstreams::default(),
            sign_in: None,
            trusted_issuers: TrustedIssuers::default(),
            wait_policy: WaitPolicy::default(),
        };
        let wires = Wires {
            generator: RefCell::new(generator),
            jobs: RefCell::default(),
            background: Cell::new(0),
            held: Cell::new(0),
            most_held: Cell::new(0),
            version: Cell::new("1"),
            budget: Cell::new(u32::MAX),
            log: RefCell::default(),
            metrics: RefCell::default(),
            reads: Cell::new(0),
            purges: RefCell::default(),
            receiver: RefCell::default(),
            spent: RefCell::default(),
            upstream: RefCell::default(),
            documents: RefCell::default(),
            world: RefCell::default(),
        };
        let world = Self {
            bucket: Rc::new(MemoryBucket::new(clock.clone())),
            clock,
            memo: Rc::default(),
            usage: Rc::default(),
            metrics: Rc::default(),
            issuers: Rc::default(),
            config: Rc::new(config),
            wires: Rc::new(wires),
        };
        *world.wires.world.borrow_mut() = Some(world.clone());
        world.set_up().await;
        world
    }

    async fn set_up(&self) {
        let catalogue = json!({ "generator": "1", "entries": [
            plugin("protocolbuffers/go", "v1.36.0", &[], json!({"go": {"min_version": "1.23"}})),
            plugin("connectrpc/go", "v1.20.0", &["protocolbuffers/go:v1.36.0"], json!({"go": {}})),
            plugin("bufbuild/es", "v1.10.0", &[], json!({"npm": {"import_style": "module"}})),
            plugin("connectrpc/es", "v1.6.1", &["bufbuild/es:v1.10.0"],
                json!({"npm": {"import_style": "module"}})),
            plugin("protocolbuffers/python", "v35.1", &[],
                json!({"python": {"requires_python": ">=3.9", "deps": ["protobuf >= 6.35.1"]}})),
        ]});
        let reply = self
            .send(
                "PUT",
                "/-/admin/catalogue",
                &[("authorization", "Bearer admintoken")],
                catalogue.to_string().into(),
            )
            .await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let organization =
            create_organizations_request::Value { name: "acme".into(), ..Default::default() };
        let request = CreateOrganizationsRequest { values: vec![organization] };
        self.call("/buf.registry.owner.v1.OrganizationService/CreateOrganizations", &request).await;
        for name in ["units", "weather"] {
            let owner = OwnerRef { value: Some(owner_ref::Value::Name("acme".into())) };
            let value = create_modules_request::Value {
                visibility: ModuleVisibility::Public.into(),
                owner_ref: Some(owner),
                name: name.into(),
                // As by hand: the modules are there before anything is pushed to them.
                default_label_name: "main".into(),
                ..Default::default()
            };
            let request = CreateModulesRequest { values: vec![value] };
            self.call("/buf.registry.module.v1.ModuleService/CreateModules", &request).await;
        }
    }

    /// Seconds since 1970.
    pub fn now(&self) -> i64 {
        self.clock.now().seconds()
    }

    /// The same registry on another machine, which remembers for itself.
    pub fn elsewhere(&self) -> Self {
        let (memo, usage, metrics) = (Rc::default(), Rc::default(), Rc::default());
        Self { memo, usage, metrics, issuers: Rc::default(), ..self.clone() }
    }

    /// The same registry on a machine that is set up in another way.
    pub fn configured(&self, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = (*self.config).clone();
        change(&mut config);
        Self { config: Rc::new(config), ..self.elsewhere() }
    }

    /// The registry as it was at a moment, on a machine that remembers nothing.
    pub fn restored(&self, from: Snapshot) -> Self {
        let bucket = Rc::new(MemoryBucket::restored(self.clock.clone(), from));
        Self { bucket, ..self.elsewhere() }
    }

    /// Time.
    pub async fn app(&self) -> Clocked {
        Clocked(self.clock.clone())
    }

    fn new_context(&self) -> Context<Wires> {
        let bucket = Counting::new(self.bucket.clone(), self.metrics.bucket());
        let store = Store::new(
            Rc::new(Retrying::new(Rc::new(bucket), self.clock.clone())),
            self.clock.clone(),
            self.config.hosts.clone(),
            self.memo.clone(),
        )
        .requiring_sign_in(self.config.requires_sign_in)
        .telling_private_addresses(self.config.tells_private_addresses)
        .sealing_with(self.config.admin_tokens.primary());
        let (platform, config) = (self.wires.clone(), self.config.clone());
        let (usage, metrics) = (self.usage.clone(), self.metrics.clone());
        let issuers = self.issuers.clone();
        Context { platform, store, config, usage, metrics, issuers, bell: Rc::default() }
    }

    /// The scheduled handler.
    pub async fn sweep(&self) {
        sweep(&self.new_context()).await;
    }

    /// How many more SDKs each caller may have generated.
    pub fn set_budget(&self, left: u32) {
        self.wires.budget.set(left);
        self.wires.spent.borrow_mut().clear();
    }

    /// How many SDKs callers were charged for, or refused.
    pub fn charges(&self) -> u32 {
        self.wires.spent.borrow().values().sum()
    }

    pub fn set_generator(&self, generator: Generator) {
        *self.wires.generator.borrow_mut() = generator;
    }

    /// The version that the generator says it has.
    pub fn set_version(&self, version: &'static str) {
        self.wires.version.set(version);
    }

    /// The jobs that generators accepted.
    pub fn jobs(&self) -> Vec<Job> {
        self.wires.jobs.borrow().clone()
    }

    /// The lines of metrics since the last look.
    pub fn take_metrics(&self) -> Vec<serde_json::Value> {
        self.wires.metrics.take()
    }

    pub fn purges(&self) -> std::cell::RefMut<'_, Purges> {
        self.wires.purges.borrow_mut()
    }

    /// Another registry.
    pub fn set_upstream(&self, answers: Answers) {
        *self.wires.upstream.borrow_mut() = Some(answers);
    }

    /// From now on issuers' documents say this.
    pub fn set_documents(&self, documents: Documents) {
        *self.wires.documents.borrow_mut() = Some(documents);
    }

    pub fn receiver(&self) -> std::cell::RefMut<'_, Receiver> {
        self.wires.receiver.borrow_mut()
    }

    /// The other lines of the log since the last look.
    pub fn take_log(&self) -> Vec<String> {
        self.wires.log.take()
    }

    /// How many bodies were read or handed on.
    pub fn reads(&self) -> usize {
        self.wires.reads.get()
    }

    /// How many of them nobody waits for.
    pub fn background_jobs(&self) -> usize {
        self.wires.background.get()
    }

    /// How many jobs the generator had not answered at most, since it was preferred that it waits.
    pub fn most_held(&self) -> usize {
        self.wires.most_held.get()
    }

    pub async fn send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Seen {
        let length = body.len().to_string();
        let mut headers = headers.to_vec();
        if method == "PUT" || method == "POST" {
            headers.push(("content-length", &length));
        }
        // Package managers ask, unless a test says who else does.
        if headers.iter().all(|(name, _)| *name != "user-agent") {
            let is_npm = url.starts_with("/gen/npm/");
            headers.push(("user-agent", if is_npm { "npm/12.2.0" } else { "Go-http-client/2.0" }));
        }
        self.send_just(method, url, &headers, Sent::Whole(body)).await
    }

    /// Sends no other headers than these.
    pub async fn send_just(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: Sent,
    ) -> Seen {
        let (path, query) =
            url.split_once('?').map_or((url, None), |(p, q)| (p, Some(q.to_owned())));
        let mut headers: BTreeMap<String, String> =
            headers.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect();
        if path.starts_with("/-/jobs/") {
            // As every generator of this version does.
            headers.entry(header::FORMAT.into()).or_insert_with(|| FORMAT.to_string());
        }
        let request = Request { method: method.into(), path: path.into(), query, headers, body };
        Seen::of(handle(&self.new_context(), request).await)
    }

    pub async fn get(&self, url: &str) -> Seen {
        self.send("GET", url, &[], Vec::new()).await
    }

    /// Follows redirects as go does: at most nine.
    pub async fn follow(&self, url: &str) -> (Seen, usize) {
        self.follow_as(None, url).await
    }

    /// The same with credentials, or none.
    pub async fn follow_as(&self, authorization: Option<&str>, url: &str) -> (Seen, usize) {
        let headers: Vec<(&str, &str)> =
            authorization.map(|value| ("authorization", value)).into_iter().collect();
        let mut url = url.to_owned();
        for hops in 0..10 {
            let seen = self.send("GET", &url, &headers, Vec::new()).await;
            if seen.status != 307 {
                return (seen, hops);
            }
            let location = seen.header("location").unwrap();
            url = location.trim_start_matches("https://edge.example.com").to_owned();
        }
        panic!("stopped after 10 redirects");
    }

    /// A new token of a user's.
    pub async fn token(&self, user: &str) -> String {
        let body = json!({"user": user, "expires": "2026-12-01T00:00:00Z"}).to_string();
        let headers = [("authorization", "Bearer admintoken")];
        let seen = self.send("POST", "/-/admin/tokens", &headers, body.into()).await;
        assert_eq!(seen.status, 201, "{}", seen.text());
        seen.json()["token"].as_str().unwrap().to_owned()
    }

    /// A call below `/-/api/`; without a body where it is null.
    pub async fn api(
        &self,
        token: &str,
        method: &str,
        path: &str,
        body: serde_json::Value,
    ) -> Seen {
        let token = format!("Bearer {token}");
        let body = if body.is_null() { Vec::new() } else { body.to_string().into() };
        self.send(method, &format!("/-/api/{path}"), &[("authorization", &token)], body).await
    }

    pub async fn call_as(&self, token: &str, rpc: &str, message: &impl Message) -> Seen {
        let token = format!("Bearer {token}");
        let headers = [("authorization", token.as_str()), ("content-type", "application/proto")];
        self.send("POST", rpc, &headers, message.encode_to_vec()).await
    }

    pub async fn call(&self, rpc: &str, message: &impl Message) -> Seen {
        let seen = self.call_as(ADMIN, rpc, message).await;
        assert_eq!(seen.status, 200, "{rpc}: {}", seen.text());
        seen
    }

    /// Pushes one file; returns the commit's id.
    pub async fn push(&self, module: &str, labels: &[&str], text: &str, deps: &[String]) -> String {
        let seen = self.call(UPLOAD, &upload(module, labels, text, deps)).await;
        UploadResponse::decode(seen.body.as_slice()).unwrap().commits[0].id.clone()
    }

    /// A job's sign of life; gives the answer.
    /// Archives a label.
    pub async fn archive_label(&self, module: &str, label: &str) {
        let (owner, name) = module.split_once('/').unwrap();
        let label = json!({ "name": { "owner": owner, "module": name, "label": label } });
        let headers =
            [("authorization", "Bearer admintoken"), ("content-type", "application/json")];
        let path = "/buf.registry.module.v1.LabelService/ArchiveLabels";
        let body = json!({ "labelRefs": [label] }).to_string().into();
        assert_eq!(self.send("POST", path, &headers, body).await.status, 200);
    }

    pub async fn alive(&self, job: &Job) -> serde_json::Value {
        let token = format!("Bearer {}", job.token);
        let path = format!("/-/jobs/{}/alive", job.id);
        let seen = self.send("POST", &path, &[("authorization", &token)], Vec::new()).await;
        assert_eq!(seen.status, 200, "{}", seen.text());
        serde_json::from_slice(&seen.body).unwrap()
    }

    /// Does a job as a generator does.
    async fn work(&self, job: Job, generator: Generator) {
        let token = format!("Bearer {}", job.token);
        let path = |call: &str| {
            format!("{}/{call}", job.callback.strip_prefix("https://edge.example.com").unwrap())
        };
        let post = |call: &'static str, body: serde_json::Value| {
            let (path, token) = (path(call), token.clone());
            async move {
                let headers = [("authorization", token.as_str())];
                let body: Vec<u8> = body.to_string().into();
                let send = async || self.send("POST", &path, &headers, body.clone()).await;
                let seen = until_taken(send).await;
                assert_eq!(seen.status, 200, "{}", seen.text());
            }
        };
        match generator {
            Generator::Away | Generator::HangsUp(_) | Generator::Answers(_) | Generator::Loses => {}
            Generator::Dies => post("alive", json!({})).await,
            Generator::Rejects(words) => {
                post("failure", json!({"kind": "rejected", "message": words, "generator": self.wires.version.get()}))
                    .await;
            }
            Generator::Troubled => {
                post("failure", json!({"kind": "trouble", "message": "killed", "generator": "1"}))
                    .await;
            }
            Generator::Makes(time) | Generator::Twice(time) | Generator::Late(time) => {
                let mut left = time;
                if let Generator::Late(late) = generator {
                    tokio::time::sleep(late).await;
                    left = Duration::from_secs(1);
                }
                loop {
                    post("alive", json!({})).await;
                    let step = left.min(Duration::from_secs(5));
                    tokio::time::sleep(step).await;
                    left -= step;
                    if left.is_zero() {
                        break;
                    }
                }
                let mut body = artifact(&job);
                for place in 0..job.deps.len() {
                    let headers = [("authorization", token.as_str())];
                    let path = path(&format!("deps/{place}"));
                    let dep = self.send("GET", &path, &headers, Vec::new()).await;
                    assert_eq!(dep.status, 200, "{}", dep.text());
                    body.extend([b"\n", dep.body.as_slice()].concat());
                }
                for file in job.sdk.ecosystem.rules().files() {
                    let send = async || self.bring_file(&job, file.name, &body, &token).await;
                    let seen = until_taken(send).await;
                    assert_eq!(seen.status, 200, "{}", seen.text());
                    body = format!("{} of {}", file.name, job.sdk.version).into_bytes();
                }
            }
        }
    }

    /// Uploads the first file of an SDK.
    pub async fn bring(&self, job: &Job, body: &[u8], token: &str) -> Seen {
        self.bring_file(job, job.sdk.ecosystem.rules().files()[0].name, body, token).await
    }

    async fn bring_file(&self, job: &Job, file: &str, body: &[u8], token: &str) -> Seen {
        let digest = content_digest(body);
        let headers = [
            ("authorization", token),
            ("content-digest", digest.as_str()),
            ("protoedge-sha1", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ];
        let path = format!("/-/jobs/{}/artifact/{file}", job.id);
        self.send("PUT", &path, &headers, body.to_vec()).await
    }
}

/// Where a job's file is brought.
pub fn artifact_path(job: &Job) -> String {
    let file = job.sdk.ecosystem.rules().files()[0].name;
    format!("/-/jobs/{}/artifact/{file}", job.id)
}

/// Sends until the registry is out of trouble, as a generator does: five times.
async fn until_taken(send: impl AsyncFn() -> Seen) -> Seen {
    for _ in 0..4 {
        let seen = send().await;
        if seen.status != 503 {
            return seen;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    send().await
}

pub const UPLOAD: &str = "/buf.registry.module.v1.UploadService/Upload";

pub fn upload(module: &str, labels: &[&str], text: &str, deps: &[String]) -> UploadRequest {
    let (owner, name) = module.split_once('/').unwrap();
    let name_ref = module_ref::Name { owner: owner.into(), module: name.into() };
    let labels = labels.iter().map(|label| ScopedLabelRef {
        value: Some(scoped_label_ref::Value::Name((*label).into())),
    });
    let file = File {
        path: format!("{name}.proto"),
        content: format!("syntax = \"proto3\";\n{text}").into_bytes().into(),
    };
    let content = upload_request::Content {
        module_ref: Some(ModuleRef { value: Some(module_ref::Value::Name(name_ref)) }),
        files: vec![file],
        scoped_label_refs: labels.collect(),
        source_control_url: String::new(),
    };
    UploadRequest { contents: vec![content], dep_commit_ids: deps.to_vec() }
}

/// The header `Content-Digest` of a body.
pub fn content_digest(body: &[u8]) -> String {
    let (sha512, sha256) = (Sha512::digest(body), Sha256::digest(body));
    format!("sha-512=:{}:, sha-256=:{}:", BASE64.encode(sha512), BASE64.encode(sha256))
}

/// The bytes that the generator of these tests makes.
pub fn artifact(job: &Job) -> Vec<u8> {
    format!("{}@{}", job.sdk.package, job.sdk.version).into_bytes()
}

fn plugin(
    name: &str,
    version: &str,
    deps: &[&str],
    registry: serde_json::Value,
) -> serde_json::Value {
    let deps: Vec<_> = deps.iter().map(|dep| json!({"plugin": dep, "revision": 1})).collect();
    json!({
        "version": "v1", "name": name, "plugin_version": version, "revision": 1, "deps": deps,
        "registry": registry, "install": {"file": {"path": "/plugin"}},
    })
}

/// A reply, read to its end.
#[derive(Clone, Debug)]
pub struct Seen {
    pub status: u16,
    headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Seen {
    fn of(reply: Reply<Vec<u8>>) -> Self {
        for name in ["cache-control", "cache-status"] {
            assert!(reply.header(name).is_some(), "no {name}");
        }
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        let body = match reply.body {
            Body::Empty => Vec::new(),
            Body::Bytes(bytes) => bytes.to_vec(),
            Body::Stored(bytes, length) => {
                assert_eq!(bytes.len() as u64, length);
                bytes
            }
        };
        Self {
            status: reply.status,
            headers: reply.headers.into_iter().map(|(n, v)| (n, v.into_owned())).collect(),
            body,
        }
    }

    /// All of them, in an order that says nothing.
    pub fn headers(&self) -> BTreeMap<&'static str, String> {
        self.headers.iter().cloned().collect()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// All values of a header.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let values = self.headers.iter().filter(|(known, _)| *known == name);
        values.map(|(_, value)| value.as_str()).collect()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{}", self.text()))
    }
}
