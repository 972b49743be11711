//! Go SDKs are equal to the public ones, to the byte; Python packages are called and pinned as they are.

mod util;

use protoedge_installer::catalogue_folder;
use protoedge_sdk::{Closure, Hosts, Locked, Sdk};
use serde_json::Value;
use util::{build, here, made, reference_data};

/// `owner/name:{commit}@{time}=DIR` of a case's module.
fn module(of: &Value, sources: &str) -> String {
    let (owner, name) = (of["owner"].as_str().unwrap(), of["name"].as_str().unwrap());
    let commit = of["commit12"].as_str().unwrap();
    let time = of["time"].as_str().unwrap_or("00000000000000");
    format!("{owner}/{name}:{commit:0<32}@{time}={sources}/{owner}/{name}/{commit}")
}

fn plugin(of: &Value) -> String {
    let text = |key: &str| of[key].as_str().unwrap().to_owned();
    format!("{}:{}:{}", text("name"), text("version"), of["revision"])
}

#[test]
#[ignore = "compares with data that are no part of the repository: PROTOEDGE_REFERENCE_DATA"]
fn go_sdks_are_those_of_the_public_registry() {
    let folder = reference_data("parity");
    let cases = std::fs::read(folder.join("cases.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_slice(&cases).unwrap();
    let sources = folder.join("sources").display().to_string();
    let out = tempfile::tempdir().unwrap();
    let mut count = 0;
    for case in cases {
        let mut args = vec!["--host".to_owned(), case["host"].as_str().unwrap().to_owned()];
        args.extend(["--plugin".into(), plugin(&case["plugin"])]);
        args.extend(["--module".into(), module(&case["module"], &sources)]);
        for dep in case["plugin_deps"].as_array().unwrap() {
            args.extend(["--plugin-dep".into(), plugin(dep)]);
        }
        for dep in case["deps"].as_array().unwrap() {
            args.extend(["--dep".into(), module(dep, &sources)]);
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let made = made(&build(out.path(), &args));
        assert_eq!(made["version"], case["version"], "{}", case["name"]);
        assert_eq!(made["go_mod_h1"], case["go_mod_h1"], "go.mod of {}", case["name"]);
        assert_eq!(made["h1"], case["zip_h1"], "zip of {}", case["name"]);
        count += 1;
    }
    assert_eq!(count, 26, "cases");
}

/// Names, versions and pins of Python packages as public lock files have them, which were written of what the public registry
/// served: package, version, and what of the same commit it pins.
const LOCKED: [(&str, &str, &str, Option<&str>); 8] = [
    (
        "protocolbuffers/python",
        "v28.1.0",
        "28.1.0.1.20240717164558+a6c49f84cc0f",
        Some("protocolbuffers-pyi>=28.1.0.1.20240717164558"),
    ),
    ("protocolbuffers/python", "v28.0.0", "28.0.0.1.20240717164558+a6c49f84cc0f", None),
    ("protocolbuffers/python", "v27.3.0", "27.3.0.1.20240717164558+a6c49f84cc0f", None),
    ("protocolbuffers/python", "v29.2.0", "29.2.0.1.20241127180247+a33202765966", None),
    ("protocolbuffers/pyi", "v28.1.0", "28.1.0.1.20240717164558+a6c49f84cc0f", None),
    ("protocolbuffers/pyi", "v29.2.0", "29.2.0.1.20241127180247+a33202765966", None),
    (
        "grpc/python",
        "v1.66.1",
        "1.66.1.1.20240717164558+a6c49f84cc0f",
        Some("protocolbuffers-python>=27.4.0.1.20240717164558"),
    ),
    (
        "grpc/python",
        "v1.69.0",
        "1.69.0.1.20241127180247+a33202765966",
        Some("protocolbuffers-python>=29.2.0.1.20241127180247"),
    ),
];

#[test]
fn python_packages_are_called_as_public_lock_files_have_them() {
    let catalogue = catalogue_folder::read(&here("../../plugins")).unwrap();
    let hosts = Hosts { registry_host: "buf.build".into(), npm_scope: "@buf".into() };
    for (plugin, plugin_version, version, pin) in LOCKED {
        let (stamp, commit) = version.rsplit('.').next().unwrap().split_once('+').unwrap();
        let target = Locked {
            module: "bufbuild/protovalidate".parse().unwrap(),
            commit: format!("{commit:0<32}").parse().unwrap(),
            stamp: stamp.parse().unwrap(),
            digest: String::new(),
            go_elsewhere: None,
            upstream: None,
        };
        let closure = Closure { target, deps: Vec::new(), is_deprecated: false };
        let entry = catalogue.revision(&plugin.parse().unwrap(), &plugin_version.parse().unwrap());
        let entry = entry.unwrap_or_else(|| panic!("{plugin}:{plugin_version} is not here"));
        let manifest = Sdk::manifest(entry, &closure, &catalogue, &hosts).unwrap();
        let name = format!("bufbuild-protovalidate-{}", plugin.replace('/', "-"));
        let head = format!("Name: {name}\nVersion: {version}\n");
        assert!(manifest.contains(&head), "{manifest}");
        if let Some(pin) = pin {
            let line = format!("\nRequires-Dist: bufbuild-protovalidate-{pin}\n");
            assert!(manifest.contains(&line), "{manifest}");
        }
    }
}
