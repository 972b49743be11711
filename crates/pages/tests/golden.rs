//! The page that matters most in each of its states, as it is sent: `UPDATE_GOLDEN=1 cargo test --package protoedge-pages --test golden`
//! writes the files anew.

use protoedge_pages::{
    Companion, Contents, Frame, InstalledPackage, Language, ListedPlugin, ModuleHead, PackedFile,
    Page, Pin, SdkState, Sdks, ShownCommit, ShownPin, ShownSdk, Words,
};
use protoedge_sdk::{Ecosystem, Hosts};
use std::{env, fs, path::Path};

fn page(state: SdkState) -> Sdks {
    let hosts = Hosts { registry_host: "pb.acme.dev".into(), npm_scope: "@acme".into() };
    let package = "pb.acme.dev/gen/go/acme/weather/connectrpc/go";
    let installed = InstalledPackage {
        ecosystem: Ecosystem::Go,
        name: package,
        hosts: &hosts,
        runtime: &[],
        public_url: "https://pb.acme.dev",
    };
    let contents = (state == SdkState::Ready).then(|| Contents {
        files: vec![PackedFile {
            path: "acme/weather/v1/weatherv1connect/weather.connect.go".into(),
            size: 5133,
        }],
        more: 0,
        has_no_code: false,
        hashes: vec![("go.sum".into(), "h1:Vp3xQ0m1c8nB7rYk2dTq5wLz9eJ4sHf6uGaXoNiRtKM=".into())],
        size: 2482,
        millis: Some(920),
    });
    let import = contents
        .as_ref()
        .and_then(|it| installed.import(it.files.iter().map(|file| file.path.as_str())));
    let listed = |name: &str, state| ListedPlugin {
        name: name.into(),
        description: "What it makes.".into(),
        state,
        is_chosen: name == "connectrpc/go",
        is_deprecated: false,
    };
    Sdks {
        module: ModuleHead {
            module: "acme/weather".into(),
            description: "Forecasts for every station.".into(),
            homepage: None,
            is_private: false,
            is_deprecated: false,
            successor: None,
            upstream: None,
            reference: "main".into(),
            default_label: "main".into(),
            is_empty: false,
            is_archived: false,
        },
        commit: ShownCommit {
            id: "8f2b61c0d94e00000000000000000000".into(),
            pushed: "2026-11-21 09:30 UTC".into(),
        },
        languages: vec![Language {
            name: "Go",
            ecosystem: "go".into(),
            plugin: "protocolbuffers/go".into(),
            is_chosen: true,
        }],
        plugins: vec![
            listed("protocolbuffers/go", SdkState::Ready),
            listed("connectrpc/go", state.clone()),
        ],
        labels: vec!["main".into(), "feature/x".into()],
        plugin_versions: vec!["v1.20.0".into(), "v1.19.1".into()],
        sdk: Some(ShownSdk {
            plugin: "connectrpc/go".into(),
            plugin_version: "v1.20.0".into(),
            revision: 1,
            is_older_plugin: false,
            package: package.into(),
            version: "v1.20.0-20261121093000-8f2b61c0d94e.1".into(),
            state,
            managers: installed.managers(Pin::Latest),
            manager: "go",
            import,
            pins: vec![ShownPin {
                suffix: "@latest".into(),
                moved_by: "a push to main, or a newer connectrpc/go".into(),
            }],
            with_it: vec![Companion {
                package: "connectrpc.com/connect".into(),
                address: None,
                version: "v1.20.0".into(),
                because: "the code of connectrpc/go runs with it".into(),
            }],
            contents,
            is_label_unnamed: false,
            source_digest: "b5:00".into(),
        }),
    }
}

fn states() -> Vec<(&'static str, SdkState)> {
    let words = |text: &str, address: Option<&str>| Words {
        text: text.into(),
        address: address.map(str::to_owned),
    };
    vec![
        ("ready", SdkState::Ready),
        ("being_made", SdkState::BeingMade { seconds: Some(4) }),
        (
            "rejected",
            SdkState::Rejected {
                by: "connectrpc/go v1.20.0".into(),
                words: vec![
                    words("a.proto:41:3: no", Some("/acme/weather/file/main:a.proto#L41")),
                    words("and \u{202e}<b>", None),
                ],
                accepted: Some("51aa07e93c1d".into()),
            },
        ),
        ("resting", SdkState::Resting { seconds: 240 }),
        ("not_asked_for", SdkState::NotAskedFor),
        ("unavailable", SdkState::Unavailable { reason: "It pins what is rejected.".into() }),
    ]
}

/// HTML with a line for each element, so that a difference is one line.
fn lines(html: &str) -> String {
    html.replace("><", ">\n<") + "\n"
}

#[test]
fn the_page_of_an_sdk_in_each_state() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    for (name, state) in states() {
        let html = lines(&page(state).html(&Frame { is_indexed: true, ..Frame::default() }));
        // Assets change with every change of the style.
        let html = html
            .lines()
            .filter(|line| !line.contains("/-/assets/"))
            .fold(String::new(), |all, line| all + line + "\n");
        let path = folder.join(format!("{name}.html"));
        if env::var_os("UPDATE_GOLDEN").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &html).unwrap();
        }
        let golden = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(html, golden, "{}", path.display());
    }
}
