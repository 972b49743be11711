//! Plugins are what their locks say.

mod util;

use protoedge_installer::{catalogue_folder, lock::Lock};
use serde_json::Value;
use std::{collections::BTreeSet, fs, path::Path};
use util::{generator, plugins, reference_data};

/// Copies the entries that a verification of connectrpc/go needs.
fn copy(to: &Path) {
    for name in [
        "connectrpc/go/v1.20.0.yaml",
        "connectrpc/go/v1.20.0.lock.json",
        "protocolbuffers/go/v1.36.11.yaml",
    ] {
        let path = to.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::copy(plugins().join(name), path).unwrap();
    }
}

fn verify(shelf: &Path) -> (Option<i32>, String) {
    let mut command = generator();
    command.args(["plugins", "verify", "connectrpc/go:v1.20.0", "--plugins"]).arg(shelf);
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

#[test]
fn a_change_without_a_new_revision_is_found() {
    for (why, file, from, to, code, words) in [
        ("as it is", "yaml", "", "", 0, "as locked"),
        ("another option", "yaml", "paths=source_relative", "paths=import", 1, "its entry changed"),
        (
            "another version",
            "yaml",
            "    version: v1.20.0\n",
            "    version: v1.19.2\n",
            1,
            "what is installed",
        ),
        ("another output", "lock.json", "\"output\": \"h1:", "\"output\": \"h1:x", 1, "its output"),
        (
            "another content",
            "lock.json",
            "\"installed\": \"",
            "\"installed\": \"x",
            1,
            "what is installed",
        ),
        (
            "another output for an edition",
            "lock.json",
            "\"edition\": \"h1:",
            "\"edition\": \"h1:x",
            1,
            "its output for an edition",
        ),
        ("no lock", "lock.json", "{", "", 1, "cannot be read"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        copy(folder.path());
        let path = folder.path().join(format!("connectrpc/go/v1.20.0.{file}"));
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, if from.is_empty() { text } else { text.replacen(from, to, 2) }).unwrap();
        let (status, said) = verify(folder.path());
        assert_eq!(status, Some(code), "{why}: {said}");
        assert!(said.contains(words), "{why}: {said}");
    }
}

/// Every lock belongs to an entry as it is now; the newest version of each plugin has one.
#[test]
fn locks_belong_to_entries() {
    let catalogue = catalogue_folder::read(&plugins()).unwrap();
    let all: Vec<_> = catalogue.iter().cloned().collect();
    for entry in &all {
        let path = plugins().join(catalogue_folder::path(entry, &all)).with_extension("lock.json");
        let Ok(text) = fs::read(&path) else {
            let is_newest = catalogue.newest(&entry.name, |_| true) == Some(entry);
            assert!(!is_newest, "{} has no lock", entry.id());
            continue;
        };
        let lock: Lock = serde_json::from_slice(&text).unwrap();
        assert_eq!(lock.entry, entry.digest(), "{}", entry.id());
    }
}

/// `plugins/parity.txt` names the versions whose SDKs are compared with public ones, so that
/// `scripts/test` verifies them with the newest.
#[test]
fn the_versions_that_are_verified_are_in_the_catalogue() {
    let catalogue = catalogue_folder::read(&plugins()).unwrap();
    let listed = fs::read_to_string(plugins().join("parity.txt")).unwrap();
    let listed: BTreeSet<String> = listed.lines().map(str::to_owned).collect();
    let all: BTreeSet<String> = catalogue.iter().map(|entry| entry.id()).collect();
    assert!(listed.is_subset(&all), "{:?}", listed.difference(&all));
}

/// And they are those of all cases.
#[test]
#[ignore = "compares with data that are no part of the repository: PROTOEDGE_REFERENCE_DATA"]
fn every_parity_case_is_verified() {
    let listed = fs::read_to_string(plugins().join("parity.txt")).unwrap();
    let listed: BTreeSet<String> = listed.lines().map(str::to_owned).collect();
    let cases = reference_data("parity/cases.json");
    let cases: Vec<Value> = serde_json::from_slice(&fs::read(cases).unwrap()).unwrap();
    let id = |case: &Value| {
        let text = |key: &str| case["plugin"][key].as_str().unwrap().to_owned();
        format!("{}:{}:{}", text("name"), text("version"), case["plugin"]["revision"])
    };
    assert_eq!(listed, cases.iter().map(id).collect());
}

/// Several at once are told in the order of the catalogue, the newest of each with those named.
#[test]
fn the_newest_and_those_named_are_verified_in_order() {
    let folder = tempfile::tempdir().unwrap();
    for version in ["v1.36.10", "v1.36.11"] {
        for kind in ["yaml", "lock.json"] {
            let name = format!("protocolbuffers/go/{version}.{kind}");
            let path = folder.path().join(&name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::copy(plugins().join(name), path).unwrap();
        }
    }
    let mut command = generator();
    command.args(["plugins", "verify", "--newest", "--jobs", "2", "protocolbuffers/go:v1.36.10"]);
    let output = command.arg("--plugins").arg(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    let expected =
        "protocolbuffers/go:v1.36.10:1\tas locked\nprotocolbuffers/go:v1.36.11:1\tas locked\n";
    assert_eq!(said, expected);
}
