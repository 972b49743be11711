//! Plugins are what their locks say.

mod util;

use protoedge_generator::{shelf, verify::Lock};
use std::{fs, path::Path};
use util::{generator, plugins};

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
    let catalogue = shelf::read(&plugins()).unwrap();
    let all: Vec<_> = catalogue.iter().cloned().collect();
    for entry in &all {
        let path = plugins().join(shelf::path(entry, &all)).with_extension("lock.json");
        let Ok(text) = fs::read(&path) else {
            let is_newest = catalogue.newest(&entry.name, |_| true) == Some(entry);
            assert!(!is_newest, "{} has no lock", entry.id());
            continue;
        };
        let lock: Lock = serde_json::from_slice(&text).unwrap();
        assert_eq!(lock.entry, entry.digest(), "{}", entry.id());
    }
}
