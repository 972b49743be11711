//! `build` as the command line promises it.

mod util;

use std::{fs, path::Path};
use util::{UNITS, WEATHER, build, build_example, generator, made};

const PLUGIN: &str = "connectrpc/go:v1.20.0";

#[test]
fn the_same_input_gives_the_same_bytes() {
    let out = tempfile::tempdir().unwrap();
    for plugin in [PLUGIN, "bufbuild/es:v1.10.0"] {
        let bytes = || {
            let made = made(&build_example(out.path(), plugin));
            fs::read(made["file"].as_str().unwrap()).unwrap()
        };
        assert!(bytes() == bytes(), "{plugin}");
    }
}

#[test]
fn prints_names_and_hashes() {
    let out = tempfile::tempdir().unwrap();
    let go = made(&build_example(out.path(), PLUGIN));
    assert_eq!(go["package"], "protoedge.localhost/gen/go/acme/weather/connectrpc/go");
    assert_eq!(go["version"], "v1.20.0-20260102030405-a1a1a1a1a1a1.1");
    assert!(go["h1"].as_str().unwrap().starts_with("h1:"));
    let npm = made(&build_example(out.path(), "bufbuild/es:v1.10.0"));
    assert_eq!(npm["package"], "@protoedge/acme_weather.bufbuild_es");
    assert_eq!(npm["version"], "1.10.0-20260102030405-a1a1a1a1a1a1.1");
    let bytes = fs::read(npm["file"].as_str().unwrap()).unwrap();
    assert_eq!(npm["integrity"], protoedge_npm::integrity(&bytes));
    assert_eq!(npm["shasum"], protoedge_npm::shasum(&bytes));
}

/// Builds one module of these files; gives status and standard error.
fn build_files(files: &[(&str, &str)], plugin: &str) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let module = format!("{WEATHER}={}", folder.path().display());
    let out = tempfile::tempdir().unwrap();
    let output = build(out.path(), &["--plugin", plugin, "--module", &module]);
    let words = String::from_utf8(output.stderr).unwrap();
    let path = folder.path().display().to_string();
    assert!(!words.contains(&path) && !words.contains("/m0/"), "no paths of ours: {words}");
    (output.status.code().unwrap(), words)
}

#[test]
fn refuses_modules_in_their_own_words() {
    const MESSAGE: &str = "syntax = \"proto3\";\nmessage M {}\n";
    for (why, files, plugin, words) in [
        (
            "syntax",
            &[("a/b.proto", "syntax = \"proto3\";\nmess M {}\n")][..],
            PLUGIN,
            "a/b.proto:2:1: ",
        ),
        (
            "missing import",
            &[("a.proto", "syntax = \"proto3\";\nimport \"x.proto\";\n")],
            PLUGIN,
            "x.proto: File not found.",
        ),
        ("read as an option", &[("--x.proto", MESSAGE)], PLUGIN, "starts with '-'"),
        ("read as a file of options", &[("@x.proto", MESSAGE)], PLUGIN, "'@'"),
        (
            "device name",
            &[("aux/a.proto", MESSAGE)],
            "protocolbuffers/go",
            "device name on Windows",
        ),
        ("import option", &[("a,b.proto", MESSAGE)], "connectrpc/es", "cannot have ','"),
        (
            "edition",
            &[("a.proto", "edition = \"2023\";\nmessage M {}\n")],
            "bufbuild/es:v1.10.0",
            "a.proto",
        ),
    ] {
        let (status, said) = build_files(files, plugin);
        assert_eq!(status, 1, "{why}: {said}");
        assert!(said.contains(words), "{why}: {said}");
    }
}

#[test]
fn a_module_without_anything_to_generate_is_an_empty_package() {
    let message = [("a/v1/a.proto", "syntax = \"proto3\";\npackage a.v1;\nmessage M {}\n")];
    for (why, files) in [("no services", &message[..]), ("no files", &[])] {
        let (status, said) = build_files(files, PLUGIN);
        assert_eq!(status, 0, "{why}: {said}");
        let (status, said) = build_files(files, "grpc/go");
        assert_eq!(status, 0, "{why}: {said}");
    }
}

#[test]
fn go_code_does_without_options_of_other_languages() {
    let text = "edition = \"2023\";\npackage a.v1;\n\
        import \"google/protobuf/cpp_features.proto\";\nimport \"google/protobuf/empty.proto\";\n\
        option features.(pb.cpp).string_type = VIEW;\n\
        message M { string s = 1; google.protobuf.Empty e = 2; }\n";
    let (status, said) = build_files(&[("a/v1/a.proto", text)], "protocolbuffers/go");
    assert_eq!(status, 0, "{said}");
}

#[test]
fn exit_codes() {
    let out = tempfile::tempdir().unwrap();
    let module = format!("{UNITS}={}", util::here("tests/modules/acme_units").display());
    let missing = format!("{UNITS}=/nowhere");
    for (why, args, code) in [
        ("no such option", &["--bad"][..], 2),
        ("no plugin named", &["--module", &module], 2),
        ("unknown plugin", &["--plugin", "a1/b1", "--module", &module], 2),
        ("unknown version", &["--plugin", "connectrpc/go:v9.0.0", "--module", &module], 2),
        (
            "plugin dependency without revision",
            &[
                "--plugin",
                PLUGIN,
                "--plugin-dep",
                "protocolbuffers/go:v1.36.11",
                "--module",
                &module,
            ],
            2,
        ),
        ("malformed module", &["--plugin", PLUGIN, "--module", "acme/units"], 2),
        ("no such folder", &["--plugin", PLUGIN, "--module", &missing], 3),
    ] {
        let output = build(out.path(), args);
        assert_eq!(output.status.code(), Some(code), "{why}: {output:?}");
        assert!(!output.stderr.is_empty() && output.stdout.is_empty(), "{why}");
    }
}

#[test]
fn a_plugin_that_cannot_be_installed_is_trouble() {
    let shelf = tempfile::tempdir().unwrap();
    let folder = shelf.path().join("a1/b1");
    fs::create_dir_all(&folder).unwrap();
    let entry = "version: v1\nname: a1/b1\nplugin_version: v1.0.0\nrevision: 1\n\
        registry: {go: {}}\ninstall: {file: {path: /nowhere/protoc-gen-x}}\n";
    fs::write(folder.join("v1.0.0.yaml"), entry).unwrap();
    let module = format!("{UNITS}={}", util::here("tests/modules/acme_units").display());
    let output = generator()
        .args(["build", "--plugin", "a1/b1", "--module", &module, "--out", "/nowhere", "--plugins"])
        .arg(shelf.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("/nowhere/protoc-gen-x"));
    assert!(!Path::new("/nowhere").exists());
}
