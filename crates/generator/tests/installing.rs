//! What package managers run in: no secrets of the generator's, no files but their own, and for what strangers
//! wrote no network.

mod util;

use axum::{Router, routing};
use rustix::process::getuid;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::{
    fs,
    io::{self, Write},
    net::TcpListener,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Command, Output},
};
use util::{generator, scene::Scene};

/// What the generator has in its environment.
const SECRETS: [&str; 2] = ["WEBHOOK_SECRET", "ADMIN_TOKEN"];

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// `plugins install` with a search path and variables of its own.
fn install(scene: &Scene, first: &Path, variables: &[(&str, &Path)]) -> Output {
    let mut command = generator();
    let path = std::env::var("PATH").unwrap();
    command.env("PATH", format!("{}:{path}", first.display()));
    command
        .args(["plugins", "install", "a1/b1", "--plugins"])
        .arg(scene.folder.path().join("shelf"));
    command.arg("--cache").arg(scene.folder.path().join("cache"));
    for secret in SECRETS {
        command.env(secret, "hunter2");
    }
    command.envs(variables.iter().copied()).output().unwrap()
}

#[test]
fn a_package_manager_has_an_environment_and_folders_of_its_own() {
    let scene = Scene::of("go: {package: example.com/x, version: v1.0.0}", "x");
    let root = scene.folder.path();
    let (go, outside) = (root.join("goroot/bin/go"), root.join("outside"));
    let private = root.join("private");
    write(&private, "secret");
    fs::set_permissions(&private, fs::Permissions::from_mode(0o644)).unwrap();
    // Asked for its settings, it is the operator's; asked to install, it is in the cage.
    let script = format!(
        "#!/bin/sh\nif [ \"$1\" = env ]; then echo '{}'; exit; fi\nexport -p >&2\n\
         cat {private} >&2 && echo read >&2\necho x > {outside} && echo wrote >&2\n\
         chmod 700 {private} && echo chmod >&2\nls {root} >&2 && echo listed >&2\n\
         echo \"args $*\" >&2\necho x > \"$GOMODCACHE-x\" && echo kept >&2\nexit 1\n",
        json!({"GOROOT": root.join("goroot"), "GOPROXY": "https://proxy.example"}),
        private = private.display(),
        outside = outside.display(),
        root = root.display(),
    );
    write(&go, &script);
    let output = install(&scene, go.parent().unwrap(), &[("GOPRIVATE", Path::new("x.example"))]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("args install -trimpath"), "{said}");
    assert!(said.contains("kept"), "its own folder is its own: {said}");
    for done in ["read", "wrote", "chmod", "listed"] {
        assert!(!said.lines().any(|line| line == done), "{done}: {said}");
    }
    for secret in SECRETS {
        assert!(!said.contains(secret), "{secret}: {said}");
    }
    assert!(!said.contains("hunter2") && !outside.exists(), "{said}");
}

/// A build script that attacks, and says so by failing.
const BUILD: &str = r#"
use std::{env, fs, net, process::Command};
fn main() {
    let mut done = Vec::new();
    for name in ["WEBHOOK_SECRET", "ADMIN_TOKEN", "HTTPS_PROXY"] {
        if env::var_os(name).is_some() { done.push(format!("env {name}")); }
    }
    if net::TcpStream::connect("LISTENER").is_ok() { done.push("tcp".into()); }
    if net::UdpSocket::bind("127.0.0.1:0").is_ok() { done.push("udp".into()); }
    for path in ["OUTSIDE/secret", "/etc/shadow", "/proc/1/environ"] {
        if fs::read(path).is_ok() { done.push(format!("read {path}")); }
    }
    for path in ["OUTSIDE", "OUTSIDE/cache", "/tmp", "/root", "/home"] {
        if fs::read_dir(path).is_ok() { done.push(format!("list {path}")); }
        if fs::write(format!("{path}/written"), "x").is_ok() { done.push(format!("write {path}")); }
    }
    for (program, arguments) in [
        ("chmod", &["777", "OUTSIDE/secret"][..]),
        ("kill", &["-0", "GENERATOR"][..]),
        ("renice", &["5", "GENERATOR"][..]),
    ] {
        if Command::new(program).args(arguments).status().is_ok_and(|status| status.success()) {
            done.push(program.into());
        }
    }
    let out = env::var("OUT_DIR").unwrap();
    fs::write(format!("{out}/x.rs"), "fn main() {}").unwrap();
    if !done.is_empty() { panic!("succeeded: {}", done.join(", ")); }
}
"#;

/// A toolchain that everybody can walk to: links to the one here, where that is in a closed home.
fn toolchain(into: &Path) -> Option<PathBuf> {
    let printed = Command::new("rustc").args(["--print", "sysroot"]).output().unwrap();
    let own = PathBuf::from(String::from_utf8(printed.stdout).unwrap().trim());
    let is_open = |path: &Path| path.metadata().is_ok_and(|found| found.mode() & 0o5 == 0o5);
    if !getuid().is_root() || own.ancestors().all(is_open) {
        return Some(own);
    }
    let to = into.join("toolchain");
    // Hard links: it has more than a GB.
    let linked = Command::new("cp").arg("-al").args([&own, &to]).output().unwrap();
    if linked.status.success() {
        return Some(to);
    }
    let said = String::from_utf8_lossy(&linked.stderr).into_owned();
    let _ = writeln!(io::stderr(), "SKIPPED: the toolchain cannot be linked: {said}");
    None
}

/// A crate as registries serve it.
fn crate_file(build: &str) -> Vec<u8> {
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), Default::default()));
    let manifest = "[package]\nname = \"protoc-gen-x\"\nversion = \"1.0.0\"\nedition = \"2021\"\n";
    let lock = "version = 4\n\n[[package]]\nname = \"protoc-gen-x\"\nversion = \"1.0.0\"\n";
    let main = "include!(concat!(env!(\"OUT_DIR\"), \"/x.rs\"));";
    for (name, text) in
        [("Cargo.toml", manifest), ("Cargo.lock", lock), ("build.rs", build), ("src/main.rs", main)]
    {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append_data(&mut header, format!("protoc-gen-x-1.0.0/{name}"), text.as_bytes())
            .unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

/// Serves one crate as a sparse registry; gives its address.
async fn registry(file: Vec<u8>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let sum = hex::encode(Sha256::digest(&file));
    let config = json!({"dl": format!("{address}/dl/{{crate}}/{{version}}")}).to_string();
    let line = json!({"name": "protoc-gen-x", "vers": "1.0.0", "deps": [], "features": {}, "cksum": sum, "yanked": false});
    let line = format!("{line}\n");
    let app = Router::new()
        .route("/config.json", routing::get(move || async move { config }))
        .route("/pr/ot/protoc-gen-x", routing::get(move || async move { line }))
        .route("/dl/protoc-gen-x/1.0.0", routing::get(move || async move { file }));
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

/// Installs a crate with a build script, which may name the folder of the test; `None` where no toolchain can
/// be had.
async fn install_crate(build: impl FnOnce(&Path) -> String) -> Option<Output> {
    let install_as = "cargo: {package: protoc-gen-x, version: 1.0.0, bin: protoc-gen-x}";
    let scene = Scene::of(install_as, "x");
    let root = scene.folder.path().to_owned();
    let toolchain = toolchain(&root)?;
    let address = registry(crate_file(&build(&root))).await;
    let settings = format!(
        "[source.crates-io]\nreplace-with = \"here\"\n[source.here]\nregistry = \"sparse+{address}/\"\n"
    );
    write(&root.join("home/config.toml"), &settings);
    let output = tokio::task::spawn_blocking(move || {
        let home = root.join("home");
        install(&scene, &toolchain.join("bin"), &[("CARGO_HOME", &home)])
    });
    Some(output.await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_script_gets_nowhere() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let output = install_crate(|root| {
        write(&root.join("secret"), "secret");
        BUILD
            .replace("LISTENER", &listener.local_addr().unwrap().to_string())
            .replace("OUTSIDE", root.to_str().unwrap())
            .replace("GENERATOR", &std::process::id().to_string())
    });
    let Some(output) = output.await else { return };
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
}

/// What shows that the one above would be heard.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_build_script_says_is_told() {
    let build = "fn main() { panic!(\"succeeded: nothing\") }";
    let Some(output) = install_crate(|_| build.to_owned()).await else { return };
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("succeeded: nothing"), "{said}");
}
