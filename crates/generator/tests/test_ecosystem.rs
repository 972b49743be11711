//! A job of an ecosystem that is awkward on purpose: the SDK is compiled against files of others, and consists of two.

mod util;

use axum::{
    Router,
    body::Bytes,
    extract::{Path as UrlPath, State},
    http::StatusCode,
    routing::{get, post, put},
};
use protoedge_installer::catalogue_folder;
use protoedge_sdk::{
    Assembly, Closure, Hosts, Job, Locked, WebhookSecrets,
    protocol::{JOBS_PATH, header},
};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fs,
    io::{Cursor, Write},
    sync::Arc,
};
use tokio::{net::TcpListener, sync::mpsc};
use util::serving::{PATIENCE, SECRET, Serving, now};

/// What the generator asked for and brought: `GET` or `PUT`, the path below the job's, and the body.
type Said = (String, Bytes);

async fn source(
    State(_): State<Arc<mpsc::UnboundedSender<Said>>>,
    UrlPath(place): UrlPath<usize>,
) -> Vec<u8> {
    let (name, text) = match place {
        0 => (
            "weather.proto",
            "syntax = \"proto3\";\nimport \"units.proto\";\nmessage W { U u = 1; }\n",
        ),
        _ => ("units.proto", "syntax = \"proto3\";\nmessage U {}\n"),
    };
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(text.as_bytes()).unwrap();
    zip.finish().unwrap().into_inner()
}

async fn dep(UrlPath(place): UrlPath<usize>) -> String {
    format!("code {place}")
}

async fn artifact(
    State(said): State<Arc<mpsc::UnboundedSender<Said>>>,
    UrlPath(file): UrlPath<String>,
    body: Bytes,
) -> StatusCode {
    said.send((file, body)).unwrap();
    StatusCode::OK
}

async fn failure(State(said): State<Arc<mpsc::UnboundedSender<Said>>>, body: Bytes) -> StatusCode {
    said.send(("failure".into(), body)).unwrap();
    StatusCode::OK
}

async fn alive() -> &'static str {
    r#"{"alive": true, "priority": "awaited"}"#
}

/// A catalogue with a plugin that writes one file, by the name of its only option, and depends on another plugin.
fn shelf() -> tempfile::TempDir {
    let folder = util::scene::folder();
    let root = folder.path();
    let plugin = root.join("protoc-gen-x");
    // A CodeGeneratorResponse with a file named x, whose content is y.
    let script = "#!/bin/sh\ncat > /dev/null\nprintf '\\172\\006\\012\\001x\\172\\001y'\n";
    util::write(root, &[("protoc-gen-x", script)]);
    let mut permissions = fs::metadata(&plugin).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
    fs::set_permissions(&plugin, permissions).unwrap();
    let entry = |name: &str, deps: &str| {
        format!(
            "version: v1\nname: a1/{name}\nplugin_version: v1.0.0\nrevision: 1\n{deps}\
             registry: {{test: {{variants: {{lite: [small]}}}}}}\n\
             install: {{file: {{path: {}}}}}\n",
            plugin.display()
        )
    };
    let deps = "deps: [{plugin: 'a1/base:v1.0.0', revision: 1}]\n";
    util::write(
        root,
        &[
            ("shelf/a1/base/v1.0.0.yaml", entry("base", "")),
            ("shelf/a1/stubs/v1.0.0.yaml", entry("stubs", deps)),
        ],
    );
    folder
}

fn locked(module: &str, digit: char) -> Locked {
    Locked {
        module: module.parse().unwrap(),
        commit: digit.to_string().repeat(32).parse().unwrap(),
        stamp: "20260102030405".parse().unwrap(),
        digest: format!("b5:{}", now()),
        go_elsewhere: None,
        upstream: None,
    }
}

#[tokio::test]
async fn the_job_is_compiled_against_its_dependencies_and_brings_two_files() {
    let (send, mut said) = mpsc::unbounded_channel::<Said>();
    let app = Router::new()
        .route("/-/jobs/1/sources/{place}", get(source))
        .route("/-/jobs/1/deps/{place}", get(dep))
        .route("/-/jobs/1/alive", post(alive))
        .route("/-/jobs/1/failure", post(failure))
        .route("/-/jobs/1/artifact/{file}", put(artifact))
        .with_state(Arc::new(send));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let public_url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
    let folder = shelf();
    let plugins = folder.path().join("shelf");
    let serving = Serving::start(&public_url, &["--plugins", plugins.to_str().unwrap()]);

    let catalogue = catalogue_folder::read(&plugins).unwrap();
    let secrets = WebhookSecrets::read(SECRET, None).unwrap();
    let job = Job::assemble(Assembly {
        id: "1".into(),
        // A variant, as registries order it.
        entry: catalogue.by_id("a1/stubs+lite:v1.0.0:1").unwrap(),
        closure: &Closure {
            target: locked("acme/weather", 'a'),
            deps: vec![locked("acme/units", 'b')],
            is_deprecated: false,
        },
        catalogue: &catalogue,
        hosts: &Hosts { registry_host: "r.example.com".into(), npm_scope: "@x".into() },
        public_url: &public_url,
        secrets: &secrets,
        expires: (now() + 3600, "2099-01-01T00:00:00Z".into()),
    })
    .unwrap();
    assert_eq!(job.deps.len(), 3, "{:?}", job.deps);
    assert_eq!(
        (job.sdk.package.as_str(), job.plugin.options.as_slice()),
        ("acme_weather_a1_stubs_lite", &["small".to_owned()][..])
    );
    let body = serde_json::to_vec(&job).unwrap();
    let answer = protoedge_generator::http::client(Default::default())
        .unwrap()
        .post(format!("http://{}{JOBS_PATH}", serving.address))
        .header(header::WEBHOOK_ID, "1")
        .header(header::WEBHOOK_TIMESTAMP, now().to_string())
        .header(header::WEBHOOK_SIGNATURE, secrets.sign("1", now(), &body))
        .body(body)
        .send();
    let answer = answer.await.unwrap();
    assert_eq!(answer.status(), StatusCode::ACCEPTED, "{}", answer.text().await.unwrap());

    let mut brought = BTreeMap::new();
    for _ in 0..2 {
        let (file, body) = tokio::time::timeout(PATIENCE, said.recv()).await.unwrap().unwrap();
        brought.insert(file, String::from_utf8(body.into()).unwrap());
    }
    let linked: String =
        (0..3).map(|place| hex::encode(Sha256::digest(format!("code {place}"))) + "\n").collect();
    let code = format!("{linked}{}y", job.sdk.manifest);
    let sources = "compiled/linked\nmanifest\nx\n".to_owned();
    let wanted = [("code.bin".to_owned(), code), ("sources.txt".to_owned(), sources)];
    assert_eq!(brought, wanted.into());
}
