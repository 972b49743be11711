//! Plugins that misbehave.

mod util;

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Output};
use util::generator;

/// Builds a module of one file with a plugin that is a shell script.
fn build_with(script: &str, out: &Path) -> Output {
    let folder = util::scene::folder();
    let (module, shelf) = (folder.path().join("module"), folder.path().join("shelf"));
    fs::create_dir_all(&module).unwrap();
    fs::create_dir_all(shelf.join("a1/b1")).unwrap();
    fs::write(module.join("a.proto"), "syntax = \"proto3\";\nmessage M {}\n").unwrap();
    fs::write(module.join("LICENSE"), "free\n").unwrap();
    let plugin = folder.path().join("protoc-gen-x");
    fs::write(&plugin, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&plugin, fs::Permissions::from_mode(0o755)).unwrap();
    let entry = format!(
        "version: v1\nname: a1/b1\nplugin_version: v1.0.0\nrevision: 1\n\
         registry: {{go: {{}}}}\ninstall: {{file: {{path: {}}}}}\n",
        plugin.display()
    );
    fs::write(shelf.join("a1/b1/v1.0.0.yaml"), entry).unwrap();
    let module = format!("{}={}", util::UNITS, module.display());
    let mut command = generator();
    command.args(["build", "--plugin", "a1/b1", "--module", &module, "--plugins"]).arg(&shelf);
    command.arg("--out").arg(out).output().unwrap()
}

/// A response with these files, as an argument of `printf`.
fn answer(files: &[(&str, &str)]) -> String {
    let field = |tag: u8, content: &[u8]| {
        let length = u8::try_from(content.len()).unwrap();
        assert!(length < 128);
        [&[tag, length], content].concat()
    };
    let bytes: Vec<u8> = files
        .iter()
        .flat_map(|(name, content)| {
            field(0x7a, &[field(0x0a, name.as_bytes()), field(0x7a, content.as_bytes())].concat())
        })
        .collect();
    let octal: String = bytes.iter().map(|byte| format!("\\{byte:03o}")).collect();
    format!("cat > /dev/null; printf '{octal}'")
}

#[test]
fn what_a_plugin_does_wrong_is_told_apart() {
    let out = tempfile::tempdir().unwrap();
    for (why, script, code, words) in [
        ("a file", answer(&[("a.go", "package a")]), 0, ""),
        ("nothing", "cat > /dev/null".into(), 0, ""),
        ("nothing, unread", "exit 0".into(), 0, ""),
        ("its own no", "echo 'a.proto: no' >&2; exit 4".into(), 1, "status 4: a.proto: no"),
        ("no reason", "exit 1".into(), 1, "no reason was given"),
        ("no response", "echo hello".into(), 1, "cannot be read"),
        ("upwards", answer(&[("../a.go", "x")]), 1, "\"../a.go\""),
        ("absolute", answer(&[("/etc/a.go", "x")]), 1, "\"/etc/a.go\""),
        ("twice", answer(&[("a.go", "x"), ("a.go", "y")]), 1, "twice"),
        ("cases", answer(&[("a.go", "x"), ("A.go", "y")]), 1, "do not tell them apart"),
        ("manifest", answer(&[("go.mod", "x")]), 1, "has already"),
        ("licence", answer(&[("LICENSE", "x")]), 1, "has already"),
        ("module in a module", answer(&[("a/go.mod", "x")]), 1, "at its root only"),
        ("killed", "ulimit -t 1; while :; do :; done".into(), 3, "ended by signal"),
        ("no process", "echo 'sh: 0: Cannot fork' >&2; exit 2".into(), 3, "for want of processes"),
        ("no disk", "echo 'x: No space left on device' >&2; exit 1".into(), 3, "disk space: x: No"),
        ("a killed command", "exit 137".into(), 3, "a command of it was killed"),
        ("no memory", "echo 'fatal error: runtime: out of memory' >&2; exit 2".into(), 3, "memory"),
    ] {
        let output = build_with(&script, out.path());
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{why}: {said}");
        assert!(said.contains(words), "{why}: {said}");
    }
}

#[test]
fn a_plugin_sees_nothing_of_ours() {
    let out = tempfile::tempdir().unwrap();
    let output = build_with("cat > /dev/null; export -p >&2; pwd >&2; exit 1", out.path());
    let said = String::from_utf8_lossy(&output.stderr);
    for secret in ["HOME", "PROTOEDGE", "CARGO", "/tmp"] {
        assert!(!said.contains(secret), "{secret}: {said}");
    }
}
