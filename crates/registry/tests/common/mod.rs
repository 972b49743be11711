//! A registry in memory with an organization and some modules.

#![allow(dead_code, reason = "not every test needs everything")]

pub mod faults;
pub mod races;

use protoedge_registry::accounts;
use protoedge_registry::generation;
use protoedge_registry::modules;
use protoedge_registry::push;

use protoedge_registry::{
    Content, Credentials, Grant, Memo, NewModule, NewToken, Pushed, Requester, Scope, Store,
    StoredCatalogue, Upload, User, Visibility,
};
use protoedge_sdk::{
    ArtifactFile, CommitId, Entry, Hashes, Hosts, ModuleName, Priority, Sdk, usual_go_elsewheres,
};
use protoedge_storage::{Bucket, Clock, MemoryBucket, testing::Simulated};
use serde_json::json;
use sha2::{Digest, Sha512};
use std::{rc::Rc, time::Duration};

/// One who waits, while the catalogue was published by generator 1.
pub const WAITS: Requester<'_> = Requester { generator: "1", priority: Priority::Awaited };

pub struct World {
    pub store: Store<MemoryBucket>,
    pub bucket: Rc<MemoryBucket>,
    pub user: User,
}

impl World {
    /// An organization `acme` with the modules `units`, `weather` and `app`.
    pub async fn new() -> Self {
        let clock: Rc<dyn Clock> = Rc::new(Simulated::new());
        let bucket = Rc::new(MemoryBucket::new(clock.clone()));
        let hosts =
            Hosts { registry_host: "reg.example.com".into(), npm_scope: "@protoedge".into() };
        let store = Store::new(bucket.clone(), clock, hosts, Rc::new(Memo::default()));
        let user = User::unlimited("alice".parse().unwrap());
        accounts::ensure_user(&store, &user.name).await.unwrap();
        accounts::create_organization(&store, &user, &"acme".parse().unwrap(), "", "")
            .await
            .unwrap();
        for name in ["acme/units", "acme/weather", "acme/app"] {
            let new = NewModule {
                visibility: Visibility::Public,
                name: name.parse().unwrap(),
                default_label: "main".parse().unwrap(),
                description: String::new(),
                url: String::new(),
                awaits_push: false,
            };
            modules::create_module(&store, &user, new).await.unwrap();
        }
        Self { store, bucket, user }
    }

    /// Publishes a catalogue of an npm plugin and one that depends on it, and of a Go plugin.
    pub async fn with_catalogue() -> Self {
        let world = Self::new().await;
        let npm = |name: &str, deps: serde_json::Value| {
            entry(name, deps, json!({"npm": {"import_style": "module"}}))
        };
        let entries = vec![
            npm("bufbuild/es", json!([])),
            npm("connectrpc/es", json!([{"plugin": "bufbuild/es:v1.0.0", "revision": 1}])),
            entry("protocolbuffers/go", json!([]), json!({"go": {}})),
        ];
        let new =
            StoredCatalogue { generator: "1".into(), entries, go_elsewhere: usual_go_elsewheres() };
        let (_, publication) = generation::publish_catalogue(&world.store, new).await.unwrap();
        generation::order_default_heads(&world.store, publication.unwrap(), 10).await.unwrap();
        world
    }

    pub async fn push(&self, contents: Vec<Content>, deps: &[CommitId]) -> Pushed {
        let upload = Upload { contents, deps: deps.to_vec() };
        push::push(&self.store, &self.user, &upload).await.unwrap()
    }
}

/// A token that is good for all that a user may do, for so long.
pub async fn token<B: Bucket>(store: &Store<B>, user: &str, life: Duration) -> String {
    let administrator = User::administrator("admin".parse().unwrap());
    let new = NewToken {
        name: "test".into(),
        scope: Scope::Admin,
        modules: None,
        expires: store.now() + life,
    };
    let made = accounts::create_token(store, &administrator, &user.parse().unwrap(), &new).await;
    made.unwrap().0.expose().to_owned()
}

/// What a stranger's grant for a module is.
pub async fn seen<B: Bucket>(store: &Store<B>, module: &ModuleName) -> Grant {
    accounts::see(store, &Credentials::None, module).await.unwrap()
}

/// The one file that the SDKs of these tests consist of.
pub fn file_of(sdk: &Sdk) -> &'static ArtifactFile {
    &sdk.ecosystem.rules().files()[0]
}

/// What an uploader announces of these bytes.
pub fn hashes(body: &[u8]) -> Hashes {
    Hashes { sha1: [0; 20], sha256: [0; 32], sha512: Sha512::digest(body).into() }
}

fn entry(name: &str, deps: serde_json::Value, registry: serde_json::Value) -> Entry {
    serde_json::from_value(json!({
        "version": "v1", "name": name, "plugin_version": "v1.0.0", "revision": 1, "deps": deps,
        "registry": registry, "install": {"file": {"path": "/plugin"}},
    }))
    .unwrap()
}

/// One file `{module}.proto` that imports others.
pub fn content(module: &str, labels: &[&str], imports: &[&str], extra: &str) -> Content {
    let module: ModuleName = module.parse().unwrap();
    let imports: String = imports.iter().map(|path| format!("import \"{path}\";\n")).collect();
    let text = format!("syntax = \"proto3\";\n{imports}{extra}");
    Content {
        files: vec![(format!("{}.proto", module.name()), text.into_bytes().into())],
        module,
        labels: labels.iter().map(|label| label.parse().unwrap()).collect(),
        source_control_url: String::new(),
    }
}
