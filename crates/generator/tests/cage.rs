//! Plugins that attack: each is contained, reported, and hurts no other job.

mod util;

use std::{fs, os::unix::fs::PermissionsExt, path::Path, time::Instant};
use util::scene::{Scene, folder, hostile};

fn secret() -> String {
    let path = util::here("Cargo.toml");
    path.display().to_string()
}

#[test]
fn attacks_fail() {
    for option in [format!("read={}", secret()), "write".into(), "network".into()]
        .into_iter()
        .chain(["processes".into(), "signals".into()])
    {
        let output = Scene::new(&hostile(), &option).build(&[]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{option}: {said}");
    }
    assert!(!Path::new("/tmp/hostile-was-here").exists());
}

/// What shows that the attacks above are attacks.
#[test]
fn without_the_cage_they_succeed() {
    for (option, done) in [
        (format!("read={}", secret()), "Cargo.toml"),
        ("processes".into(), "/"),
        ("network".into(), "udp"),
    ] {
        let output = Scene::new(&hostile(), &option).build(&["--no-sandbox"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{option}: {said}");
        assert!(said.contains("succeeded: ") && said.contains(done), "{option}: {said}");
        assert!(said.contains("runs without a sandbox"), "every run says so: {said}");
    }
}

#[test]
fn whatever_has_no_end_is_ended() {
    for (option, words, code) in [
        ("memory", "ran out of memory", 3),
        ("endless", "it took more than 2 s", 3),
        ("flood", "it wrote more than", 3),
        ("complain", "xxxx", 1),
    ] {
        let start = Instant::now();
        let output = Scene::new(&hostile(), option).build(&["--plugin-seconds", limit(option)]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{option}: {said}");
        assert!(said.contains(words), "{option}: {said}");
        assert!(said.len() < 64 << 10, "{option}: {} bytes", said.len());
        assert!(start.elapsed().as_secs() < 60, "{option}: {:?}", start.elapsed());
    }
}

fn limit(option: &str) -> &'static str {
    if option == "endless" { "2" } else { "50" }
}

/// A script may run commands, but not without end, and none of them outlives the job.
#[test]
fn a_script_that_multiplies_is_ended_with_all_its_children() {
    let folder = folder();
    let script = folder.path().join("protoc-gen-bomb");
    let marker = "77.31415";
    let text = format!("#!/bin/sh\nb() {{ b | b & sleep {marker}; }}\nb\nsleep {marker}\n");
    fs::write(&script, text).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let output = Scene::new(&script, "x").build(&["--plugin-seconds", "2"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_ne!(output.status.code(), Some(0), "{said}");
    let left = fs::read_dir("/proc").unwrap().flatten().filter(|entry| {
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        line.windows(marker.len()).any(|part| part == marker.as_bytes())
    });
    assert_eq!(left.count(), 0, "children are left");
    let next = Scene::new(&hostile(), "write").build(&[]);
    assert!(next.status.success(), "{next:?}");
}

/// Whoever starts the generator may have left a file open for it.
#[test]
fn open_files_of_the_generator_stay_its_own() {
    let folder = folder();
    let script = folder.path().join("protoc-gen-look");
    fs::write(&script, "#!/bin/sh\ncat > /dev/null\nif cat <&7 >&2; then exit 9; fi\n").unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let scene = Scene::new(&script, "x");
    for more in [&[][..], &["--no-sandbox"]] {
        let mut shell = std::process::Command::new("/bin/sh");
        shell.args(["-c", "exec 7< \"$0\"; \"$@\"", &secret()]);
        shell.arg(env!("CARGO_BIN_EXE_protoedge-generator"));
        let output = scene.command(shell, more).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{more:?}: {said}");
        assert!(!said.contains("[package]"), "{more:?}: {said}");
    }
}
