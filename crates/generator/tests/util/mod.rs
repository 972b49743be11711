//! What several tests need.

#![allow(dead_code, reason = "every test uses another part of it")]

pub mod scene;
pub mod serving;

use flate2::read::GzDecoder;
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Read,
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

/// Data that are no part of the repository: sources of public modules with the hashes of their SDKs, and what is
/// known of public plugins. Tests that need them are ignored unless `scripts/test` finds them.
///
/// # Panics
/// Where they are not: a test that compares nothing must not pass.
pub fn reference_data(path: &str) -> PathBuf {
    let folder = std::env::var_os("PROTOEDGE_REFERENCE_DATA").map(PathBuf::from);
    let path =
        folder.expect("PROTOEDGE_REFERENCE_DATA must name the folder with the data").join(path);
    assert!(path.exists(), "{} is not there", path.display());
    path
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
    build_example_with(generator(), out, plugin)
}

/// The same by a program with an environment or a catalogue of its own.
pub fn build_example_with(mut generator: Command, out: &Path, plugin: &str) -> Output {
    let module =
        |id: &str, folder: &str| format!("{id}={}", here("tests/modules").join(folder).display());
    let (weather, units) = (module(WEATHER, "acme_weather"), module(UNITS, "acme_units"));
    generator.args(["build", "--plugin", plugin, "--module", &weather, "--dep", &units]);
    generator.arg("--out").arg(out).output().unwrap()
}

/// `build` of the module that the example depends on, which has messages alone.
pub fn build_units(out: &Path, plugin: &str) -> Output {
    let units = format!("{UNITS}={}", here("tests/modules").join("acme_units").display());
    let mut generator = generator();
    generator.args(["build", "--plugin", plugin, "--module", &units]);
    generator.arg("--out").arg(out).output().unwrap()
}

/// The files of a package.
pub fn unpack(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let file = File::open(path).unwrap();
    if path.extension().is_some_and(|end| end == "zip" || end == "whl") {
        let mut zip = zip::ZipArchive::new(file).unwrap();
        for place in 0..zip.len() {
            let mut entry = zip.by_index(place).unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            files.insert(entry.name().unwrap().into_owned(), content);
        }
    } else {
        for entry in tar::Archive::new(GzDecoder::new(file)).entries().unwrap() {
            let mut entry = entry.unwrap();
            let name = entry.path().unwrap().to_str().unwrap().to_owned();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            files.insert(name, content);
        }
    }
    files
}

/// The one line of JSON that `build` prints.
pub fn made(output: &Output) -> serde_json::Value {
    let (out, err) = (&output.stdout, &output.stderr);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(err));
    assert_eq!(out.iter().filter(|byte| **byte == b'\n').count(), 1, "one line");
    serde_json::from_slice(out).unwrap()
}

/// Writes files into a folder.
pub fn write(folder: &Path, files: &[(&str, impl AsRef<[u8]>)]) {
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// Makes the SDK of a module of these files.
pub fn build_files(plugin: &str, files: &[(&str, impl AsRef<[u8]>)], out: &Path) -> Output {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), files);
    let module = format!("{UNITS}={}", folder.path().display());
    build(out, &["--plugin", plugin, "--module", &module])
}

/// What is said of a module that is rejected.
pub fn rejected(plugin: &str, files: &[(&str, &str)]) -> String {
    let out = tempfile::tempdir().unwrap();
    let output = build_files(plugin, files, out.path());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{plugin}: {files:?}: {said}");
    said
}

/// A module's package, unpacked.
pub fn package(plugin: &str, files: &[(&str, &str)]) -> Vec<(String, String)> {
    let out = tempfile::tempdir().unwrap();
    let made = made(&build_files(plugin, files, out.path()));
    let files = unpack(Path::new(made["file"].as_str().unwrap()));
    files.into_iter().map(|(name, text)| (name, String::from_utf8(text).unwrap())).collect()
}
