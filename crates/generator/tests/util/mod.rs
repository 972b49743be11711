//! What several tests need.

#![allow(dead_code, reason = "every test uses another part of it")]

pub mod scene;

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// The commit and time of the example modules.
pub const WEATHER: &str = "acme/weather:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1@20260102030405";
/// Its dependency.
pub const UNITS: &str = "acme/units:b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2@20260101000000";

/// A folder of this crate.
pub fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The catalogue of this repository.
pub fn plugins() -> PathBuf {
    here("../../plugins")
}

/// Files that are shared between clones but are no part of the repository. `None`, with a line that
/// says so, where they are missing.
pub fn shared(path: &str) -> Option<PathBuf> {
    let path = here("../../../shared").join(path);
    if path.exists() {
        return Some(path);
    }
    // Written past the capture of the test harness, so that it is seen.
    let _ = writeln!(io::stderr(), "SKIPPED: {} is not there", path.display());
    None
}

/// The program, with this repository's catalogue.
pub fn generator() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_protoedge-generator"));
    command.env("PROTOEDGE_PLUGINS", plugins()).env("RUST_LOG", "warn");
    command
}

/// `build` with more arguments.
pub fn build(out: &Path, args: &[&str]) -> Output {
    generator().arg("build").arg("--out").arg(out).args(args).output().unwrap()
}

/// `build` of the example module with its dependency.
pub fn build_example(out: &Path, plugin: &str) -> Output {
    let module =
        |id: &str, folder: &str| format!("{id}={}", here("tests/modules").join(folder).display());
    let (weather, units) = (module(WEATHER, "acme_weather"), module(UNITS, "acme_units"));
    build(out, &["--plugin", plugin, "--module", &weather, "--dep", &units])
}

/// The one line of JSON that `build` prints.
pub fn made(output: &Output) -> serde_json::Value {
    let (out, err) = (&output.stdout, &output.stderr);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(err));
    assert_eq!(out.iter().filter(|byte| **byte == b'\n').count(), 1, "one line");
    serde_json::from_slice(out).unwrap()
}
