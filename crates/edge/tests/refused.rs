//! Bad input at the Worker's door: each with the right status, one line in the log, and nothing changed.

mod common;

use common::{
    ADMIN, Generator, Sent, UPLOAD, World, artifact, artifact_path, content_digest, run, secret,
    upload,
};
use prost::Message;
use protoedge_bufapi::connect::Rpc;
use protoedge_sdk::{Job, JobToken, WebhookSecret, protocol::FORMAT};
use serde_json::json;
use std::time::Duration;

const GO: &str = "/gen/go/reg.example.com/gen/go/acme/units/protocolbuffers/go";
const NONCE: &str = "0123456789abcdef0123456789abcdef";
const SHA1: &str = "da39a3ee5e6b4b0d3255bfef95601890afd80709";

/// A request and what becomes of it.
struct Row {
    name: String,
    method: &'static str,
    url: String,
    headers: Vec<(&'static str, String)>,
    body: Sent,
    status: u16,
    /// What the line in the log says of the cause; empty where nothing is refused.
    cause: &'static str,
    /// What the reply's headers are beside `no-store`, or instead of it.
    replies: Vec<(&'static str, &'static str)>,
    /// Whether the body is looked at.
    reads: bool,
}

fn row(name: impl Into<String>, method: &'static str, url: impl Into<String>) -> Row {
    Row {
        name: name.into(),
        method,
        url: url.into(),
        headers: Vec::new(),
        body: Sent::Whole(Vec::new()),
        status: 0,
        cause: "",
        replies: vec![("cache-control", "no-store")],
        reads: false,
    }
}

impl Row {
    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn bearer(self, token: &str) -> Self {
        self.with("authorization", format!("Bearer {token}"))
    }

    /// A body that was announced with its length.
    fn body(self, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let length = body.len().to_string();
        self.with("content-length", length).sends(Sent::Whole(body))
    }

    fn sends(mut self, body: Sent) -> Self {
        self.body = body;
        self
    }

    fn replies(mut self, name: &'static str, value: &'static str) -> Self {
        self.replies.retain(|known| known.0 != name);
        self.replies.push((name, value));
        self
    }

    fn reads(mut self) -> Self {
        self.reads = true;
        self
    }

    fn is(mut self, status: u16, cause: &'static str) -> Self {
        (self.status, self.cause) = (status, cause);
        self
    }
}

/// A registry whose generator has died twice: the SDK's making names the second job.
struct Scene {
    world: World,
    /// The job that was given up.
    old: Job,
    job: Job,
    /// The job of another SDK.
    other: Job,
    version: String,
}

async fn scene() -> Scene {
    let world = World::new(Generator::Dies).await;
    let units = world.push("acme/units", &[], "message A {}", &[]).await;
    world.push("acme/weather", &[], "import \"units.proto\";\nmessage B {}", &[units]).await;
    let version = world.get(&format!("{GO}/@v/list")).await.text().trim().to_owned();
    let zip = format!("{GO}/@v/{version}.zip");
    assert_eq!(world.get(&zip).await.status, 307);
    let other = GO.replace("units", "weather");
    let latest = world.get(&format!("{other}/@v/list")).await.text().trim().to_owned();
    assert_eq!(world.get(&format!("{other}/@v/{latest}.zip")).await.status, 307);
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(world.get(&zip).await.status, 307);
    let mut jobs = world.jobs();
    assert_eq!(jobs.len(), 3, "the third takes the first one over");
    let (job, other, old) = (jobs.remove(2), jobs.remove(1), jobs.remove(0));
    assert_eq!(job.sdk, old.sdk);
    world.take_log();
    Scene { world, old, job, other, version }
}

impl Scene {
    /// Sends each row, and looks at what it did.
    async fn try_all(&self, rows: Vec<Row>) {
        for row in rows {
            let (before, jobs) = (self.world.bucket.snapshot(), self.world.jobs().len());
            let reads = self.world.reads();
            self.try_one(&row).await;
            // What goes on behind the reply, if anything does.
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert!(before == self.world.bucket.snapshot(), "{}: the bucket changed", row.name);
            assert_eq!(self.world.jobs().len(), jobs, "{}: a job was sent", row.name);
            assert_eq!(self.world.reads() > reads, row.reads, "{}: reading the body", row.name);
            self.world.bucket.heal();
        }
    }

    async fn try_one(&self, row: &Row) {
        let name = &row.name;
        let headers: Vec<_> = row.headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let seen = self.world.send_just(row.method, &row.url, &headers, row.body.clone()).await;
        assert_eq!(seen.status, row.status, "{name}: {}", seen.text());
        for (header, value) in &row.replies {
            assert_eq!(seen.header(header), Some(*value), "{name}: {header}");
        }
        let trouble = [429, 503].contains(&row.status) && !row.url.starts_with("/buf.");
        assert_eq!(seen.header("retry-after").is_some(), trouble, "{name}: Retry-After");
        let lines = self.world.take_log();
        assert_eq!(lines.len(), 1, "{name}: {lines:?}");
        let line: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
        let path = row.url.split('?').next().unwrap();
        let asked = [&line["event"], &line["method"], &line["path"], &line["status"]];
        let wanted = [json!("request"), json!(row.method), json!(path), json!(row.status)];
        assert_eq!(asked.map(Clone::clone), wanted, "{name}");
        let cause = line["error"].as_str().unwrap_or_default();
        assert!(cause.contains(row.cause), "{name}: {cause}");
        assert_eq!(cause.is_empty(), row.cause.is_empty(), "{name}: {cause}");
        for (header, value) in &row.headers {
            let secret = value.rsplit(' ').next().unwrap();
            assert!(*header != "authorization" || !lines[0].contains(secret), "{name}: {line}");
        }
    }

    fn now(&self) -> i64 {
        self.world.now()
    }

    /// A token of the job that the making names, changed.
    fn token(&self, secret: &WebhookSecret, change: impl FnOnce(&mut JobToken)) -> String {
        let mut token = JobToken::open(&self.job.token, &common::secret(), self.now()).unwrap();
        change(&mut token);
        token.seal(secret)
    }

    /// An upload of the job's artifact, right but for what the row adds.
    fn put(&self, name: &str) -> Row {
        row(name, "PUT", artifact_path(&self.job))
            .bearer(&self.job.token)
            .with("protoedge-sha1", SHA1)
    }
}

const CALLS: [(&str, &str); 4] =
    [("POST", "alive"), ("POST", "failure"), ("PUT", "artifact/module.zip"), ("GET", "sources/0")];

#[test]
fn tokens_open_their_own_job_until_they_expire() {
    run(async {
        let scene = scene().await;
        let job = &scene.job;
        let theirs: WebhookSecret = "whsec_b3RoZXI=".parse().unwrap();
        let now = scene.now();
        let sdk = JobToken::open(&scene.other.token, &secret(), now).unwrap().sdk;
        let claims = scene.token(&secret(), |token| token.sdk = sdk.clone());
        let mac = job.token.split_once('.').unwrap().1;
        let spliced = format!("{}.{mac}", claims.split_once('.').unwrap().0);
        let late = scene.token(&secret(), |token| token.expires = now);
        let foreign = scene.token(&theirs, |_| {});
        let forged = "not one of this registry's";
        let mut rows = Vec::new();
        for (method, call) in CALLS {
            for (what, token, cause) in [
                ("of another job", scene.other.token.as_str(), "of another job"),
                ("of the job that was given up", &scene.old.token, "of another job"),
                ("with the claims of another SDK", &spliced, forged),
                ("by another secret", &foreign, forged),
                ("that expired", &late, "has expired"),
                ("that is the administrator's", ADMIN, forged),
                ("that is no token", "x", forged),
            ] {
                let name = format!("{call} with a token {what}");
                let url = format!("/-/jobs/{}/{call}", job.id);
                let wanted = row(name, method, url).bearer(token).body("{}").is(401, cause);
                rows.push(wanted.replies("www-authenticate", "Basic realm=\"protoedge\""));
            }
            let url = format!("/-/jobs/{}/{call}", job.id);
            rows.push(row(format!("{call} without a token"), method, url).is(401, "needs"));
        }
        for place in 0..job.token.len() {
            let mut bytes = job.token.clone().into_bytes();
            bytes[place] ^= 1;
            let token = String::from_utf8(bytes).unwrap();
            let url = format!("/-/jobs/{}/alive", job.id);
            rows.push(row(format!("bit {place}"), "POST", url).bearer(&token).is(401, forged));
        }
        scene.try_all(rows).await;
    });
}

#[test]
fn artifacts_are_what_was_announced_and_come_in_time() {
    run(async {
        let scene = scene().await;
        let whole = artifact(&scene.job);
        let digest = content_digest(&whole);
        let wrong = content_digest(b"something else");
        let (sha512, sha256) = digest.split_once(", ").unwrap();
        let late = scene.token(&secret(), |token| token.expires = scene.now());
        let put = |name: &str| scene.put(name);
        let digested = |name: &str| scene.put(name).with("content-digest", digest.clone());
        let mismatch = "does not have the sha512";
        let rows = vec![
            put("another sha-512")
                .with("content-digest", wrong)
                .body(whole.clone())
                .reads()
                .is(400, mismatch),
            digested("fewer bytes than were hashed").body(&whole[1..]).reads().is(400, mismatch),
            digested("more bytes than were hashed")
                .body([&whole[..], b"x"].concat())
                .reads()
                .is(400, mismatch),
            digested("a body that breaks off")
                .with("content-length", "1000")
                .sends(Sent::Broken)
                .reads()
                .is(503, "trouble"),
            put("no Content-Digest").body(whole.clone()).is(400, "sha-512 in Content-Digest"),
            put("no sha-512").with("content-digest", sha256).body(whole.clone()).is(400, "sha-512"),
            put("no sha-256").with("content-digest", sha512).body(whole.clone()).is(400, "sha-256"),
            put("a short sha-512")
                .with("content-digest", format!("sha-512=:AAAA:, {sha256}"))
                .body(whole.clone())
                .is(400, "sha-512"),
            digested("a long hash of the contents")
                .with("protoedge-content-hash", "x".repeat(101))
                .body(whole.clone())
                .is(400, "Protoedge-Content-Hash"),
            digested("another form of the protocol")
                .with("protoedge-format", (FORMAT + 1).to_string())
                .body(whole.clone())
                .is(400, "the other side format"),
            digested("no Content-Length")
                .sends(Sent::Whole(whole.clone()))
                .is(411, "Content-Length"),
            digested("no Content-Length and no end").sends(Sent::Endless).is(411, "Content-Length"),
            digested("a length that is none")
                .with("content-length", "many")
                .is(400, "Content-Length"),
            digested("a length below zero").with("content-length", "-1").is(400, "Content-Length"),
            digested("more than 95 MB")
                .with("content-length", "95000001")
                .sends(Sent::Endless)
                .is(413, "95000000 bytes, not 95000001"),
            digested("more than any number")
                .with("content-length", "9".repeat(30))
                .sends(Sent::Endless)
                .is(400, "Content-Length"),
            row("after the deadline", "PUT", artifact_path(&scene.job))
                .bearer(&late)
                .with("content-digest", digest.clone())
                .with("protoedge-sha1", SHA1)
                .body(whole.clone())
                .is(401, "has expired"),
            row("no sha-1", "PUT", artifact_path(&scene.job))
                .bearer(&scene.job.token)
                .with("content-digest", digest.clone())
                .body(whole)
                .is(400, "Protoedge-Sha1"),
        ];
        scene.try_all(rows).await;
    });
}

#[test]
fn reports_count_for_the_job_that_is_made() {
    run(async {
        let scene = scene().await;
        let path = |job: &Job, call: &str| format!("/-/jobs/{}/{call}", job.id);
        let failure = |name: &str| {
            row(name, "POST", path(&scene.job, "failure")).bearer(&scene.job.token).reads()
        };
        let rejected = r#"{"kind": "rejected", "message": "no", "generator": "1"}"#;
        let large = format!(r#"{{"kind": "trouble", "message": "{}"}}"#, "x".repeat(100_000));
        let sources = |n: &str| {
            row(format!("sources/{n}"), "GET", path(&scene.job, &format!("sources/{n}")))
                .bearer(&scene.job.token)
        };
        let rows = vec![
            row("a failure of a job that was given up", "POST", path(&scene.old, "failure"))
                .bearer(&scene.old.token)
                .body(rejected)
                .reads()
                .is(200, ""),
            row("a sign of life of a job that was given up", "POST", path(&scene.old, "alive"))
                .bearer(&scene.old.token)
                .is(200, ""),
            failure("no failure").body("{}").is(400, "not a failure"),
            failure("another kind")
                .body(r#"{"kind": "x", "message": ""}"#)
                .is(400, "not a failure"),
            failure("no JSON").body([0xff; 9]).is(400, "not a failure"),
            failure("compressed")
                .with("content-encoding", "gzip")
                .body([0x1f, 0x8b, 8])
                .is(400, "not a failure"),
            failure("too many words").body(large).is(413, "65536 bytes"),
            failure("words without an end").sends(Sent::Endless).is(413, "may have"),
            failure("words that break off").sends(Sent::Broken).is(400, "broke off"),
            sources("1").is(404, "no module 1"),
            sources("18446744073709551615").is(404, "no module"),
            sources("18446744073709551616")
                .is(404, "serves nothing")
                .replies("cache-control", "public, max-age=300"),
            sources("-1").is(404, "serves nothing").replies("cache-control", "public, max-age=300"),
        ];
        scene.try_all(rows).await;
    });
}

#[test]
fn a_job_that_is_over_has_nothing_to_say() {
    run(async {
        let scene = scene().await;
        let Scene { world, old, job, .. } = &scene;
        let token = format!("Bearer {}", old.token);
        // Whoever made it: what is stored is published.
        let seen = world.bring(old, &artifact(old), &token).await;
        assert_eq!((seen.status, seen.json()), (200, json!({"listed": true})));
        tokio::time::sleep(Duration::from_secs(5)).await;
        world.take_log();
        let headers = [("authorization", token.as_str())];
        let alive =
            world.send("POST", &format!("/-/jobs/{}/alive", old.id), &headers, vec![]).await;
        assert_eq!(alive.json()["alive"], false);
        world.take_log();
        let rejected = r#"{"kind": "rejected", "message": "no", "generator": "1"}"#;
        let mut rows = Vec::new();
        for job in [old, job] {
            for (call, body) in [("alive", ""), ("failure", rejected)] {
                let row = row(call, "POST", format!("/-/jobs/{}/{call}", job.id));
                let mut row = row.bearer(&job.token).body(body).is(200, "");
                row.reads = call == "failure";
                rows.push(row);
            }
            let digest = content_digest(b"other bytes");
            rows.push(
                row("another artifact", "PUT", artifact_path(job))
                    .bearer(&job.token)
                    .with("content-digest", digest)
                    .with("protoedge-sha1", SHA1)
                    .body("other bytes")
                    .reads()
                    .is(200, ""),
            );
        }
        scene.try_all(rows).await;
        let zip = world.get(&format!("{GO}/@v/{}.zip", scene.version)).await;
        assert_eq!(zip.body, artifact(job));
    });
}

#[test]
fn hops_are_those_of_our_replies() {
    run(async {
        let scene = scene().await;
        let version = &scene.version;
        let mut rows = Vec::new();
        let npm = "/gen/npm/v1/@protoedge%2facme_units.bufbuild_es";
        for waits in [
            format!("{GO}/@v/{version}.zip"),
            npm.to_owned(),
            format!("{npm}/latest"),
            format!("{npm}/-/acme_units.bufbuild_es-{}.tgz", &version[1..]),
        ] {
            let hops = [
                "",
                "1",
                "1.",
                "0",
                "999",
                "1.x",
                "10.x",
                &format!("0.{NONCE}"),
                &format!("10.{NONCE}"),
                &format!("-1.{NONCE}"),
                &format!("01.{NONCE}"),
                &format!("999.{NONCE}"),
                &format!("4294967297.{NONCE}"),
                &format!("1.{NONCE}0"),
                &format!("1.{}", &NONCE[1..]),
                &format!("1.{}g", &NONCE[1..]),
                &format!("1.{NONCE}%00"),
                &format!("1.{NONCE}.1"),
            ]
            .map(str::to_owned);
            rows.extend(hops.map(|hop| row("", "GET", format!("{waits}?w={hop}"))));
            rows.push(row("", "HEAD", format!("{waits}?x=1&w=999")));
        }
        for never in [
            "@v/list".into(),
            "@latest".into(),
            format!("@v/{version}.info"),
            format!("@v/{version}.mod"),
        ] {
            // A hop of the right form may be a reply's of ours: `go.rs` shows what becomes of it.
            for hop in [format!("10.{NONCE}"), "999".into()] {
                rows.push(row("", "GET", format!("{GO}/{never}?w={hop}")));
            }
        }
        let named = |row: Row| {
            Row { name: row.url.clone(), ..row }.is(404, "no reply of this registry leads")
        };
        scene.try_all(rows.into_iter().map(named).collect()).await;
        let foreign = "/gen/go/example.com/x/@v/list?w=999";
        let foreign = row("a foreign path is no hop", "GET", foreign).is(404, "serves nothing");
        scene.try_all(vec![foreign]).await;
    });
}

#[test]
fn methods_are_those_of_the_path() {
    run(async {
        let scene = scene().await;
        let read = "GET, HEAD";
        let mut rows = Vec::new();
        for (path, allow) in [
            ("/".to_owned(), read),
            ("/-/renovate.json".into(), read),
            (format!("{GO}/@latest"), read),
            (format!("{GO}/@v/{}.zip", scene.version), read),
            (format!("{GO}?go-get=1"), read),
            ("/gen/npm/v1/@protoedge%2facme_units.bufbuild_es".into(), read),
            ("/-/admin/tokens".into(), "POST"),
            ("/-/admin/attempts".into(), "POST"),
            ("/-/admin/catalogue".into(), "PUT"),
            (Rpc::GetModules.path().into(), "GET, POST"),
            (Rpc::Upload.path().into(), "POST"),
        ]
        .into_iter()
        .chain(CALLS.map(|(method, call)| (format!("/-/jobs/{}/{call}", scene.job.id), method)))
        {
            for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "get"] {
                if !allow.split(", ").any(|allowed| allowed == method) {
                    let row = row(format!("{method} {path}"), method, path.clone()).bearer(ADMIN);
                    rows.push(row.replies("allow", allow).is(405, "not"));
                }
            }
        }
        scene.try_all(rows).await;
    });
}

#[test]
fn calls_are_small_and_whole() {
    run(async {
        let scene = scene().await;
        let call = |name: &str, rpc: &str| {
            row(name, "POST", rpc).bearer(ADMIN).with("content-type", "application/proto")
        };
        let push = upload("acme/units", &[], "message C {}", &[]).encode_to_vec();
        let half = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0];
        let modules = Rpc::GetModules.path();
        let rows = vec![
            call("a push over 32 MiB", UPLOAD)
                .body(vec![0; 32 * 1024 * 1024 + 1])
                .reads()
                .is(429, "32 MiB"),
            call("a push without an end", UPLOAD).sends(Sent::Endless).reads().is(429, "32 MiB"),
            call("a push that breaks off", UPLOAD)
                .sends(Sent::Broken)
                .reads()
                .is(400, "invalid_argument"),
            call("half a push", UPLOAD)
                .body(&push[..push.len() / 2])
                .reads()
                .is(400, "invalid_argument"),
            call("a push of many parts", UPLOAD)
                .body([0x0a, 0].repeat(100_001))
                .reads()
                .is(429, "100000"),
            call("a call over 1 MiB", modules)
                .body(vec![0; 1024 * 1024 + 1])
                .reads()
                .is(429, "a call may have 1 MiB"),
            call("a call without an end", modules).sends(Sent::Endless).reads().is(429, "1 MiB"),
            call("half a text in gzip", UPLOAD)
                .with("content-encoding", "gzip")
                .body(half)
                .reads()
                .is(400, "invalid_argument"),
            call("a text in brotli", modules)
                .with("content-encoding", "br")
                .body(half)
                .is(501, "compressed by gzip"),
            call("another version", modules)
                .with("connect-protocol-version", "2")
                .is(400, "version of Connect"),
            call("an unknown call", "/buf.registry.module.v1.ModuleService/X")
                .is(400, "does not have"),
            call("a call that is not answered yet", Rpc::GetMavenVersion.path())
                .reads()
                .is(400, "does not answer"),
            row("what no client asks", "POST", "/oauth2/device/other")
                .with("content-type", "application/json")
                .body("{}")
                .replies("content-type", "text/plain; charset=utf-8")
                .replies("cache-control", "public, max-age=300")
                .is(404, "serves nothing at"),
            row("a form", "POST", modules)
                .with("content-type", "application/x-www-form-urlencoded")
                .body("{}")
                .is(415, "x-www-form-urlencoded"),
            row("what is no JSON", "POST", modules)
                .bearer(ADMIN)
                .with("content-type", "application/json")
                .body("{")
                .reads()
                .is(400, "invalid_argument"),
            row("a stranger's push", "POST", UPLOAD)
                .with("content-type", "application/proto")
                .body(push.clone())
                .is(401, "needs a token"),
            row("a push with a wrong token", "POST", UPLOAD)
                .bearer("wrong")
                .with("content-type", "application/proto")
                .body(push)
                .is(401, "unknown or has expired"),
        ];
        scene.try_all(rows).await;
    });
}

#[test]
fn orders_of_administrators_are_small_and_theirs() {
    run(async {
        let scene = scene().await;
        let mut rows = Vec::new();
        for (method, path, large) in [
            ("POST", "/-/admin/tokens", 4 * 1024 + 1),
            ("POST", "/-/admin/attempts", 4 * 1024 + 1),
            ("PUT", "/-/admin/catalogue", 16 * 1024 * 1024 + 1),
        ] {
            let order =
                |name: &str| row(format!("{path}: {name}"), method, path).bearer(ADMIN).reads();
            rows.extend([
                order("too large").body(vec![b' '; large]).is(413, "may have"),
                order("without an end").sends(Sent::Endless).is(413, "may have"),
                order("breaks off").sends(Sent::Broken).is(400, "broke off"),
                order("no JSON").body("{").is(400, ""),
                order("another order").body(r#"{"x": 1}"#).is(400, ""),
                row(format!("{path}: a stranger's"), method, path)
                    .sends(Sent::Endless)
                    .is(401, "ADMIN_TOKEN"),
                row(format!("{path}: a job's"), method, path)
                    .bearer(&scene.job.token)
                    .sends(Sent::Endless)
                    .is(401, "ADMIN_TOKEN"),
            ]);
        }
        for row in rows.iter_mut().filter(|row| row.cause.is_empty()) {
            row.cause = if row.url.ends_with("catalogue") { "not a catalogue" } else { "wanted" };
        }
        scene.try_all(rows).await;
    });
}
