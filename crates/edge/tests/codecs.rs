//! Connect as others speak it: every call in both forms of its messages, by POST and by GET, compressed and not.

mod common;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use common::{ADMIN, Generator, Seen, World, run};
use flate2::{Compression, write::GzEncoder};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use protoedge_bufapi::connect::{self, Codec, Rpc};
use protoedge_storage::Snapshot;
use serde_json::{Value, json};
use std::{io::Write, time::Duration};

/// A registry with two modules, and the commit of one of them.
struct Scene {
    world: World,
    then: Snapshot,
    commit: String,
}

async fn scene() -> Scene {
    let world = World::new(Generator::Makes(Duration::from_secs(1))).await;
    let commit = world.push("acme/units", &["main", "feature"], "message A {}", &[]).await;
    world.push("acme/weather", &[], "message B {}", std::slice::from_ref(&commit)).await;
    let then = world.bucket.snapshot();
    Scene { world, then, commit }
}

/// How a call is made.
#[derive(Clone, Copy, Debug)]
struct Way {
    method: &'static str,
    codec: Codec,
    is_gzipped: bool,
}

const WAYS: [Way; 8] = {
    let (post, get) = ("POST", "GET");
    let (proto, json) = (Codec::Proto, Codec::Json);
    [
        Way { method: post, codec: proto, is_gzipped: false },
        Way { method: post, codec: proto, is_gzipped: true },
        Way { method: post, codec: json, is_gzipped: false },
        Way { method: post, codec: json, is_gzipped: true },
        Way { method: get, codec: proto, is_gzipped: false },
        Way { method: get, codec: proto, is_gzipped: true },
        Way { method: get, codec: json, is_gzipped: false },
        Way { method: get, codec: json, is_gzipped: true },
    ]
};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

impl Scene {
    /// Makes a call of a registry that is as it was.
    async fn call(&self, rpc: Rpc, request: &Value, way: Way) -> Seen {
        let world = self.world.restored(self.then.clone());
        let json = request.to_string().into_bytes();
        let message = match way.codec {
            Codec::Proto => connect::request_from_json(rpc, &json).unwrap().to_vec(),
            Codec::Json => json,
        };
        let message = if way.is_gzipped { gzip(&message) } else { message };
        let bearer = format!("Bearer {ADMIN}");
        let mut headers = vec![("authorization", bearer.as_str())];
        if way.method == "POST" {
            headers.push(("content-type", way.codec.media_type()));
            if way.is_gzipped {
                headers.push(("content-encoding", "gzip"));
            }
            return world.send("POST", rpc.path(), &headers, message).await;
        }
        let mut url = format!("{}?connect=v1&encoding={}", rpc.path(), way.codec.name());
        match way {
            Way { codec: Codec::Json, is_gzipped: false, .. } => {
                url += &format!("&message={}", percent_encode(&message, NON_ALPHANUMERIC));
            }
            _ => url += &format!("&base64=1&message={}", URL_SAFE_NO_PAD.encode(&message)),
        }
        if way.is_gzipped {
            url += "&compression=gzip";
        }
        world.send("GET", &url, &headers, Vec::new()).await
    }

    /// What is called, of which the answer is good.
    fn request(&self, rpc: Rpc) -> Value {
        let id = &self.commit;
        let name = json!({ "owner": "acme", "module": "weather" });
        let label = json!({ "name": { "owner": "acme", "module": "units", "label": "feature" } });
        let module = json!({ "moduleReference": { "owner": "acme", "repository": "weather" } });
        let with_plugin = |owner: &str, name: &str| {
            let mut request = module.clone();
            request["pluginReference"] = json!({ "owner": owner, "name": name });
            request
        };
        match rpc {
            Rpc::GetCommits | Rpc::GetResources => json!({ "resourceRefs": [{ "name": name }] }),
            Rpc::GetGraph => json!({ "resourceRefs": [{ "id": id }] }),
            Rpc::ListCommits | Rpc::ListLabels => json!({ "resourceRef": { "name": name } }),
            Rpc::Download => json!({ "values": [{ "resourceRef": { "name": name } }] }),
            Rpc::GetLabels | Rpc::ArchiveLabels | Rpc::UnarchiveLabels => {
                json!({ "labelRefs": [label] })
            }
            Rpc::ListLabelHistory => json!({ "labelRef": label, "order": "ORDER_DESC" }),
            Rpc::CreateOrUpdateLabels => {
                json!({ "values": [{ "labelRef": label, "commitId": id }] })
            }
            Rpc::GetModules => json!({ "moduleRefs": [{ "name": name }] }),
            Rpc::ListModules => json!({ "ownerRefs": [{ "name": "acme" }] }),
            Rpc::CreateModules => json!({ "values": [{
                "ownerRef": { "name": "acme" }, "name": "new",
                "visibility": "MODULE_VISIBILITY_PUBLIC", "description": "é",
            }] }),
            Rpc::UpdateModules => json!({ "values": [{
                "moduleRef": { "name": name }, "visibility": "MODULE_VISIBILITY_PRIVATE",
            }] }),
            Rpc::Upload => json!({ "contents": [{
                "moduleRef": { "name": name }, "scopedLabelRefs": [{ "name": "x" }],
                "files": [{ "path": "weather.proto", "content": "c3ludGF4ID0gInByb3RvMyI7Cg==" }],
            }] }),
            Rpc::BetaGetCommits => {
                json!({ "resourceRefs": [{ "name": name }], "digestType": "DIGEST_TYPE_B4" })
            }
            Rpc::BetaDownload => json!({
                "values": [{ "resourceRef": { "name": name } }], "digestType": "DIGEST_TYPE_B4",
            }),
            Rpc::BetaGetGraph => json!({
                "resourceRefs": [{ "resourceRef": { "name": name } }], "digestType": "DIGEST_TYPE_B5",
            }),
            Rpc::BetaUpload => json!({
                "contents": [{
                    "moduleRef": { "name": name }, "scopedLabelRefs": [{ "name": "x" }],
                    "files": [{ "path": "weather.proto", "content": "c3ludGF4ID0gInByb3RvMyI7Cg==" }],
                }],
                "depRefs": [{ "commitId": id }],
            }),
            Rpc::GetOrganizations => json!({ "organizationRefs": [{ "name": "acme" }] }),
            Rpc::CreateOrganizations => json!({ "values": [{ "name": "beta" }] }),
            Rpc::GetOwners => json!({ "ownerRefs": [{ "name": "acme" }] }),
            Rpc::GetCurrentUser | Rpc::AlphaGetCurrentUser => json!({}),
            Rpc::GetLatestCuratedPlugin => json!({ "owner": "bufbuild", "name": "es" }),
            Rpc::GetSdkInfo | Rpc::GetNpmVersion => with_plugin("bufbuild", "es"),
            Rpc::GetPythonVersion => with_plugin("protocolbuffers", "python"),
            Rpc::GetGoVersion => with_plugin("protocolbuffers", "go"),
            Rpc::DeleteModules => json!({ "moduleRefs": [{ "name": name }] }),
            Rpc::UpdateOrganizations => json!({ "values": [{
                "organizationRef": { "name": "acme" }, "description": "Sells everything.",
            }] }),
            Rpc::DeleteOrganizations => json!({ "organizationRefs": [{ "name": "acme" }] }),
            Rpc::CreateWebhook => json!({
                "webhookEvent": "WEBHOOK_EVENT_REPOSITORY_PUSH", "ownerName": "acme",
                "repositoryName": "weather", "callbackUrl": "https://hooks.acme.io/",
            }),
            Rpc::DeleteWebhook => json!({ "webhookId": "f".repeat(32) }),
            Rpc::ListWebhooks => json!({ "ownerName": "acme", "repositoryName": "weather" }),
            // Refused, in words.
            Rpc::GetSwiftVersion
            | Rpc::GetMavenVersion
            | Rpc::GetCargoVersion
            | Rpc::GetNugetVersion
            | Rpc::GetCmakeVersion => json!({}),
        }
    }
}

/// What a reply says, whatever form it has.
fn said(rpc: Rpc, seen: &Seen, codec: Codec) -> (u16, Value) {
    let media_type = if seen.status == 200 { codec.media_type() } else { "application/json" };
    assert_eq!(seen.header("content-type"), Some(media_type), "{rpc} {codec:?}");
    assert_eq!(seen.header("cache-control"), Some("no-store"), "{rpc}");
    let json = match codec {
        Codec::Proto if seen.status == 200 => {
            connect::reply_to_json(rpc, Bytes::from(seen.body.clone())).unwrap()
        }
        Codec::Proto | Codec::Json => seen.body.clone(),
    };
    let mut said = serde_json::from_slice(&json).unwrap();
    if rpc.has_side_effects() {
        without_ids(&mut said);
    }
    (seen.status, said)
}

/// What is made anew has another id each time.
fn without_ids(said: &mut Value) {
    match said {
        Value::Object(fields) => {
            fields.remove("id");
            fields.remove("webhookId");
            fields.values_mut().for_each(without_ids);
        }
        Value::Array(values) => values.iter_mut().for_each(without_ids),
        _ => {}
    }
}

#[test]
fn every_call_answers_the_same_in_every_way() {
    run(async {
        let scene = scene().await;
        let mut good = 0;
        for &rpc in Rpc::ALL {
            let request = scene.request(rpc);
            let first = scene.call(rpc, &request, WAYS[0]).await;
            let expected = said(rpc, &first, Codec::Proto);
            good += usize::from(expected.0 == 200);
            for way in WAYS {
                let seen = scene.call(rpc, &request, way).await;
                if way.method == "GET" && rpc.has_side_effects() {
                    assert_eq!((seen.status, seen.header("allow")), (405, Some("POST")), "{rpc}");
                    continue;
                }
                assert_eq!(said(rpc, &seen, way.codec), expected, "{rpc} {way:?}");
            }
            // The same of what is missing or malformed.
            let odd = json!({ "values": [{}], "contents": [{}], "resourceRefs": [{ "id": "x" }],
                "resourceRef": { "id": "f".repeat(32) }, "labelRefs": [{ "name": { "owner": "acme" } }],
                "moduleRefs": [{ "id": "x" }], "ownerRefs": [{ "name": "A" }] });
            let odd = match rpc {
                // Fields of the same name are of another kind here.
                Rpc::BetaGetGraph => json!({ "resourceRefs": [{}] }),
                _ => odd,
            };
            let first = scene.call(rpc, &odd, WAYS[0]).await;
            let expected = said(rpc, &first, Codec::Proto);
            for way in WAYS.into_iter().filter(|way| way.method == "POST") {
                let seen = scene.call(rpc, &odd, way).await;
                assert_eq!(said(rpc, &seen, way.codec), expected, "{rpc} {way:?} of what is odd");
            }
        }
        assert!(good > 25, "only {good} calls were answered");
    });
}

const LIST_LABELS: &str = "/buf.registry.module.v1.LabelService/ListLabels";

/// What a reply is compressed by is the platform's to do: here the header says that it may.
#[test]
fn replies_are_compressed_for_those_who_take_it_and_where_it_pays() {
    run(async {
        let scene = scene().await;
        let bearer = format!("Bearer {ADMIN}");
        let call = async |rpc: Rpc, encodings: &str| {
            let headers = [
                ("authorization", bearer.as_str()),
                ("content-type", "application/json"),
                ("accept-encoding", encodings),
            ];
            let body = scene.request(rpc).to_string().into_bytes();
            scene.world.send("POST", rpc.path(), &headers, body).await
        };
        let large = json!("x".repeat(2000)).to_string();
        scene.world.push("acme/weather", &[], &format!("// {large}"), &[]).await;
        for (rpc, encodings, expected) in [
            (Rpc::Download, "gzip", Some("gzip")),
            (Rpc::Download, "br, gzip;q=0.8", Some("gzip")),
            (Rpc::Download, "gzip;q=0", None),
            (Rpc::Download, "br", None),
            (Rpc::GetModules, "gzip", None),
        ] {
            let seen = call(rpc, encodings).await;
            assert_eq!(seen.status, 200, "{rpc}: {}", seen.text());
            assert_eq!(seen.header("content-encoding"), expected, "{rpc} {encodings}");
        }
    });
}

#[test]
fn what_is_too_much_when_unpacked_is_refused() {
    run(async {
        let scene = scene().await;
        let bearer = format!("Bearer {ADMIN}");
        let many = format!("{{\"moduleRefs\": [{}]}}", vec!["{}"; 50_000].join(","));
        let zeros = vec![b' '; 40_000_000];
        for (name, path, content_type, encoding, body, status) in [
            ("a bomb for a call", LIST_LABELS, "application/proto", "gzip", gzip(&zeros), 429),
            (
                "a bomb for a push",
                Rpc::Upload.path(),
                "application/json",
                "gzip",
                gzip(&zeros),
                429,
            ),
            ("no gzip", LIST_LABELS, "application/json", "gzip", b"{}".to_vec(), 400),
            ("another compression", LIST_LABELS, "application/json", "br", b"{}".to_vec(), 501),
            ("many elements", LIST_LABELS, "application/json", "identity", many.into_bytes(), 429),
            ("gRPC", LIST_LABELS, "application/grpc", "identity", Vec::new(), 415),
        ] {
            let headers = [
                ("authorization", bearer.as_str()),
                ("content-type", content_type),
                ("content-encoding", encoding),
            ];
            let seen = scene.world.send("POST", path, &headers, body).await;
            assert_eq!(seen.status, status, "{name}: {}", seen.text());
            if status == 415 {
                let both = "application/proto, application/json";
                assert_eq!(seen.header("accept-post"), Some(both), "{name}");
            } else {
                assert!(seen.json()["message"].is_string(), "{name}: {}", seen.text());
            }
        }
    });
}

/// Whoever does not want to wait is told in time, and a change that was asked for so is made or not made.
#[test]
fn callers_wait_as_long_as_they_want() {
    run(async {
        let scene = scene().await;
        let bearer = format!("Bearer {ADMIN}");
        let call = async |rpc: Rpc, timeout: &str| {
            let headers = [
                ("authorization", bearer.as_str()),
                ("content-type", "application/json"),
                ("connect-timeout-ms", timeout),
            ];
            let body = scene.request(rpc).to_string().into_bytes();
            // A machine that remembers nothing.
            scene.world.elsewhere().send("POST", rpc.path(), &headers, body).await
        };
        let seen = call(Rpc::GetModules, "119999").await;
        assert_eq!(seen.status, 200, "{}", seen.text());
        let seen = call(Rpc::GetModules, "soon").await;
        assert_eq!((seen.status, &seen.json()["code"]), (400, &json!("invalid_argument")));
        let slow = |_: u64, _: &str| Some(protoedge_storage::Fault::Slow(Duration::from_secs(1)));
        for rpc in [Rpc::GetModules, Rpc::Upload] {
            scene.world.bucket.fault_on(slow);
            let started = scene.world.now();
            let seen = call(rpc, "500").await;
            let took = scene.world.now() - started;
            assert_eq!((seen.status, &seen.json()["code"]), (504, &json!("deadline_exceeded")));
            assert!((0..=1).contains(&took), "{rpc}: {took} s");
            scene.world.bucket.heal();
        }
        let seen = call(Rpc::Upload, "5000").await;
        assert_eq!(seen.status, 200, "{}", seen.text());
    });
}

/// docs/buf.md says of every call whether it is answered.
#[test]
fn the_table_of_calls_says_what_is_answered() {
    run(async {
        let scene = scene().await;
        let page = include_str!("../../../docs/buf.md");
        let section = page.split("\n## Calls\n").nth(1).unwrap();
        let rows: Vec<(&str, bool)> = section
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
            .map(|(path, here)| (path, here.starts_with('✓')))
            .collect();
        let mut answered = Vec::new();
        for &rpc in Rpc::ALL {
            let said = scene.call(rpc, &scene.request(rpc), WAYS[0]).await.text();
            answered.push((&rpc.path()[1..], !said.contains("does not answer")));
        }
        assert_eq!(rows, answered);
    });
}
