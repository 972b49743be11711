//! `plugins import`.

mod util;

use protoedge_installer::{catalogue_folder, exactly};
use protoedge_sdk::Install;
use serde_json::{Value, json};
use std::{collections::BTreeSet, fs};
use util::{generator, plugins};

const RUNTIME: &str = "@bufbuild/protobuf";

/// All versions of a package that a lock file holds, here and below other packages.
fn versions_of<'a>(package: &str, lock: &'a Value) -> BTreeSet<&'a str> {
    let all = lock["packages"].as_object().unwrap().iter();
    let path = format!("node_modules/{package}");
    let found = all.filter(|(name, _)| name.ends_with(&path));
    found.map(|(_, package)| package["version"].as_str().unwrap()).collect()
}

#[test]
fn early_protobuf_es_2_gets_the_runtime_of_its_own_version() {
    let folder = tempfile::tempdir().unwrap();
    let registry = json!({"npm": {"import_style": "module"}});
    let versions = json!({"v2.2.0": {"registry": registry}, "v1.10.0": {"registry": registry}});
    let facts = json!({"plugins": [{"plugin": "bufbuild/es", "versions": versions}]});
    let path = folder.path().join("facts.json");
    fs::write(&path, facts.to_string()).unwrap();
    let shelf = folder.path().join("shelf");
    let mut command = generator();
    command.args(["plugins", "import", "--facts"]).arg(&path).arg("--plugins").arg(&shelf);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said == "2 written\n", "{said}");
    let lock = |version: &str| -> Value {
        let path = format!("bufbuild/es/v{version}.package-lock.json");
        serde_json::from_slice(&fs::read(shelf.join(path)).unwrap()).unwrap()
    };
    assert_eq!(versions_of(RUNTIME, &lock("2.2.0")), BTreeSet::from(["2.2.0"]));
    assert_eq!(lock("2.2.0")["name"], "2.2.0", "nothing of the folder that it was made in");
    let other = lock("1.10.0");
    assert_ne!(versions_of(RUNTIME, &other), BTreeSet::from(["1.10.0"]), "what its ranges allow");
}

#[test]
fn the_catalogue_is_locked_as_the_import_would() {
    let catalogue = catalogue_folder::read(&plugins()).unwrap();
    let (mut of_npm, mut of_pypi) = (0, 0);
    for entry in catalogue.iter() {
        for wanted in exactly(entry) {
            let path = plugins().join(catalogue_folder::lock_path(entry).unwrap());
            let text = fs::read_to_string(path).unwrap();
            if let Install::Pypi { .. } = entry.install {
                let own = format!("{}==", wanted.package);
                let all: Vec<&str> = text.lines().filter_map(|it| it.strip_prefix(&own)).collect();
                assert_eq!(all, [format!("{} \\", wanted.version)], "{}", entry.id());
                of_pypi += 1;
            } else {
                let lock: Value = serde_json::from_str(&text).unwrap();
                let versions = versions_of(&wanted.package, &lock);
                assert_eq!(versions, BTreeSet::from([wanted.version.as_str()]), "{}", entry.id());
                of_npm += 1;
            }
        }
    }
    assert_eq!(of_npm, 13, "bufbuild/es from v2.0.0 to v2.6.0, but v2.2.4");
    assert_eq!(of_pypi, 2, "bufbuild/grpc-py v0.2.1 and v0.3.0");
}
