//! The largest public module: what is too large for a program's limits is refused with the reason, and its
//! larger half is made.

mod util;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{LazyLock, Mutex, PoisonError},
    thread,
};
use tempfile::TempDir;
use util::{build, made};

/// All of it, from a package that has its .proto files: about 8,000.
const PACKAGE: &str = "google-proto-files@6.0.1";

/// More than half of the files, and what they import.
const HALF: [&str; 6] = ["ads", "api", "rpc", "type", "longrunning", "logging"];

/// Longer than a program takes that runs out of memory, and three times what the half takes on two cores: a
/// busy machine is no reason to fail.
const WHOLE_SECONDS: &str = "60";
const HALF_SECONDS: &str = "180";

/// One test at a time: each has several GB in memory.
static TURN: Mutex<()> = Mutex::new(());

const MODULE: &str = "googleapis/googleapis:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1@20260102030405";

static FILES: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let install = ["install", "--prefix", ".", "--no-save", "--ignore-scripts", PACKAGE];
    let status = Command::new("npm").args(install).current_dir(folder.path()).status().unwrap();
    assert!(status.success(), "npm install {PACKAGE}");
    let google = folder.path().join("node_modules/google-proto-files/google");
    // The compiler's own files and tests, of which some import what is not there.
    fs::remove_dir_all(google.join("protobuf")).unwrap();
    folder
});

fn whole() -> PathBuf {
    FILES.path().join("node_modules/google-proto-files")
}

fn make(plugin: &str, folder: &Path, out: &Path, seconds: &str) -> Output {
    let module = format!("{MODULE}={}", folder.display());
    build(out, &["--plugin", plugin, "--module", &module, "--plugin-seconds", seconds])
}

/// Both plugins at once, as two jobs are.
fn both(folder: &Path, seconds: &str) -> [Output; 2] {
    let out = tempfile::tempdir().unwrap();
    let plugins = ["protocolbuffers/go", "bufbuild/es"];
    thread::scope(|scope| {
        plugins
            .map(|plugin| scope.spawn(|| make(plugin, folder, out.path(), seconds)))
            .map(|job| job.join().unwrap())
    })
}

/// Go's code alone has more bytes than a Go module may have.
#[test]
fn all_files_are_more_than_a_program_may_have_memory_and_time_for() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    for output in both(&whole(), WHOLE_SECONDS) {
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{said}");
        let reasons =
            [" ran out of memory: split the module", " was stopped: it took more than 60 s"];
        assert!(reasons.iter().any(|reason| said.contains(reason)), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[test]
fn the_larger_half_is_made() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("google")).unwrap();
    for name in HALF {
        let mut copy = Command::new("cp");
        copy.arg("-r").arg(whole().join("google").join(name)).arg(folder.path().join("google"));
        assert!(copy.status().unwrap().success(), "{name}");
    }
    for output in both(folder.path(), HALF_SECONDS) {
        made(&output);
    }
}
