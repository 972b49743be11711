//! Installing plugins.

mod util;

use std::{fs, path::Path, process::Stdio};
use util::generator;

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = entries.map(|name| name.into_string().unwrap()).collect();
    // Locks, and what package managers keep for the next time, are left.
    names.retain(|name| !name.ends_with(".lock") && name != ".packages");
    names.sort();
    names
}

#[test]
fn two_at_once_install_one_plugin() {
    let cache = tempfile::tempdir().unwrap();
    let install = || {
        let mut command = generator();
        command.args(["plugins", "install", "connectrpc/go:v1.20.0", "--cache"]);
        command.arg(cache.path()).stdout(Stdio::null()).spawn().unwrap()
    };
    let both = [install(), install()];
    for mut one in both {
        assert!(one.wait().unwrap().success());
    }
    let names = names(cache.path());
    assert_eq!(names.len(), 1, "{names:?}");
    let plugin = cache.path().join(&names[0]).join("bin/protoc-gen-connect-go");
    assert!(plugin.is_file(), "under its own name");
    let list = generator().args(["plugins", "list", "--cache"]).arg(cache.path()).output().unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    assert!(list.contains("connectrpc/go:v1.20.0:1\tgo\tinstalled\n"), "{list}");
    assert!(list.contains("grpc/go:v1.6.2:1\tgo\tnot installed\n"), "{list}");
}

#[test]
fn what_fails_is_trouble_in_the_tools_words_and_leaves_nothing() {
    for (why, install, words) in [
        (
            "go",
            "go: {package: connectrpc.com/connect/cmd/protoc-gen-connect-go, version: v1.0.99}",
            "v1.0.99",
        ),
        (
            "npm",
            "npm: {package: '@bufbuild/protoc-gen-es', version: 0.0.99, bin: protoc-gen-es}",
            "0.0.99",
        ),
        ("no such command", "npm: {package: ms, version: 2.1.3, bin: ms}", "ms@2.1.3"),
    ] {
        let (shelf, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::create_dir_all(shelf.path().join("a1/b1")).unwrap();
        let entry = format!(
            "version: v1\nname: a1/b1\nplugin_version: v1.0.0\nrevision: 1\n\
             registry: {{npm: {{import_style: module}}}}\ninstall: {{{install}}}\n"
        );
        fs::write(shelf.path().join("a1/b1/v1.0.0.yaml"), entry).unwrap();
        let mut command = generator();
        command.args(["plugins", "install", "--plugins"]).arg(shelf.path());
        let output = command.arg("--cache").arg(cache.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{why}: {output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.starts_with("installing ") && said.contains(words), "{why}: {said}");
        assert!(names(cache.path()).is_empty(), "{why}: {:?}", names(cache.path()));
    }
}

#[test]
fn pypi_plugins_are_locked() {
    let catalogue = protoedge_installer::catalogue_folder::read(&util::plugins()).unwrap();
    let mut count = 0;
    for entry in catalogue.iter() {
        let protoedge_sdk::Install::Pypi { package, version, .. } = &entry.install else {
            continue;
        };
        let path = protoedge_installer::catalogue_folder::lock_path(entry).unwrap();
        let lock = fs::read_to_string(util::plugins().join(path)).unwrap();
        // A requirement goes on in the next line behind a backslash.
        let lock = lock.replace("\\\n", "");
        let requirements: Vec<&str> = lock.lines().filter(|line| !line.is_empty()).collect();
        let own = format!("{}==", package.split('[').next().unwrap());
        let found = requirements.iter().find(|it| it.starts_with(&own)).unwrap();
        assert!(
            found.starts_with(&format!("{own}{version} "))
                || found.contains(&format!("=={version} ")),
            "{}",
            entry.id()
        );
        for requirement in &requirements {
            assert!(requirement.contains("--hash=sha256:"), "{}: {requirement}", entry.id());
        }
        count += 1;
    }
    assert!(count > 0);
}

#[test]
fn npm_plugins_are_locked() {
    let catalogue = protoedge_installer::catalogue_folder::read(&util::plugins()).unwrap();
    for entry in catalogue.iter() {
        if let protoedge_sdk::Install::Npm { package, version, .. } = &entry.install {
            let path = protoedge_installer::catalogue_folder::lock_path(entry).unwrap();
            let path = util::plugins().join(path);
            let lock: serde_json::Value =
                serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            let packages = lock["packages"].as_object().unwrap();
            assert_eq!(packages[&format!("node_modules/{package}")]["version"], version.as_str());
            for (name, package) in packages.iter().filter(|(name, _)| !name.is_empty()) {
                assert!(package["integrity"].is_string(), "{}: {name}", path.display());
                assert!(package["resolved"].is_null(), "{}: {name}", path.display());
            }
        }
    }
}
