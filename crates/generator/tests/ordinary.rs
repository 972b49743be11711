//! The cage, where the generator is not root: tests often are.

mod util;

use rustix::process::getuid;
use std::{
    fs,
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
};
use util::scene::{Scene, hostile};

/// A user with no rights and no files, `nobody` on every Linux.
const USER: [&str; 5] = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];

/// Copies what the user runs to a folder that they can read, as a binary is copied to another machine.
fn copy(from: &Path, into: &Path) -> std::path::PathBuf {
    let to = into.join(from.file_name().unwrap());
    fs::copy(from, &to).unwrap();
    open(&to, 0o755);
    to
}

fn open(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn an_ordinary_user_has_the_cage_too() {
    if !getuid().is_root() {
        // Then the other tests have tried it.
        return;
    }
    if Command::new("setpriv").arg("--version").output().is_err() {
        let _ = writeln!(io::stderr(), "SKIPPED: there is no setpriv to become another user with");
        return;
    }
    let programs = tempfile::tempdir().unwrap();
    open(programs.path(), 0o755);
    let generator = copy(Path::new(env!("CARGO_BIN_EXE_protoedge-generator")), programs.path());
    let plugin = copy(&hostile(), programs.path());
    let script = programs.path().join("protoc-gen-list");
    fs::write(
        &script,
        "#!/bin/sh\ncat > /dev/null\necho x | cat > x && cat x >&2 && ls /tmp && exit 9\n",
    )
    .unwrap();
    open(&script, 0o755);
    for (why, plugin, option, code, words) in [
        ("reads", &plugin, "read=/etc/shadow", 0, ""),
        ("writes", &plugin, "write", 0, ""),
        ("network", &plugin, "network", 0, ""),
        ("processes", &plugin, "processes", 0, ""),
        ("signals", &plugin, "signals", 0, ""),
        ("too long", &plugin, "endless", 3, "it took more than 2 s"),
        ("a script writes in its own folder, and sees no other", &script, "x", 1, "status 2: x"),
    ] {
        let scene = Scene::new(plugin, option);
        let root = scene.folder.path();
        open(root, 0o777);
        let mut user = Command::new("setpriv");
        user.args(USER).arg(&generator).env("HOME", "/nonexistent").env("TMPDIR", root);
        user.current_dir(root).env("PROTOEDGE_CACHE", programs.path().join("cache"));
        let cache = programs.path().join("cache");
        fs::create_dir_all(&cache).unwrap();
        open(&cache, 0o777);
        let limit = if option == "endless" { "2" } else { "50" };
        let output = scene.command(user, &["--plugin-seconds", limit]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{why}: {said}");
        assert!(said.contains(words), "{why}: {said}");
    }
}
