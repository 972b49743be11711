//! pip itself reads an index's page, a wheel and its metadata: from files, so that no network is needed.

use protoedge_pypi::{Index, IndexFile, Metadata, Requirement, pack, wheel_name};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::Path,
    process::{Command, Output},
};

const NAME: &str = "acme-weather-protocolbuffers-python";
const VERSION: &str = "36.0.0.1.20260102030405+aaaaaaaaaaaa";

/// Python without anything of this machine's: no settings, no packages of the user's.
fn python(args: &[&str]) -> io::Result<Output> {
    Command::new("python3").arg("-I").args(args).output()
}

fn has_pip() -> bool {
    let has = python(&["-m", "pip", "--version"]).is_ok_and(|output| output.status.success());
    if !has {
        let _ = writeln!(io::stderr(), "SKIPPED: there is no python3 with pip");
    }
    has
}

/// Lays an index out in a folder: one project with one wheel, whose hash is said to be this one, or what it is.
fn lay_out(folder: &Path, sha256: Option<[u8; 32]>) {
    let metadata = Metadata {
        name: NAME.into(),
        version: VERSION.into(),
        summary: "Code.".into(),
        requires_python: Some(">=3.8".into()),
        is_inactive: true,
        requires: vec![Requirement::parse("protobuf >= 3.20")],
    };
    let metadata = metadata.to_string();
    let code = ("acme/weather/v1/weather_pb2.py".to_owned(), b"DEGREES = 21\n".to_vec());
    let wheel = pack(NAME, VERSION, &metadata, Some(b"Free."), &BTreeMap::from([code])).unwrap();
    let file = IndexFile {
        name: wheel_name(NAME, VERSION),
        version: VERSION.into(),
        sha256: Some(sha256.unwrap_or_else(|| Sha256::digest(&wheel).into())),
        metadata_sha256: Some(Sha256::digest(&metadata).into()),
        requires_python: Some(">=3.8".into()),
        size: u64::try_from(wheel.len()).ok(),
        upload_time: Some("2026-01-02T03:04:05Z".into()),
        yanked: None,
    };
    let project = folder.join(NAME);
    fs::create_dir_all(&project).unwrap();
    fs::write(project.join(&file.name), wheel).unwrap();
    fs::write(project.join(format!("{}.metadata", file.name)), metadata).unwrap();
    let (page, _) = Index { name: NAME.into(), files: vec![file] }.answer(None);
    fs::write(project.join("index.html"), page).unwrap();
}

/// Installs the project from the index in `folder` into its folder `site`.
fn install(folder: &Path) -> Output {
    let index = format!("file://{}", folder.display());
    let site = folder.join("site").display().to_string();
    let flags = ["--isolated", "--no-cache-dir", "--disable-pip-version-check", "--no-deps"];
    let args = [&["-m", "pip", "install"], &flags[..], &["--index-url", &index, "--target", &site]];
    python(&[&args.concat()[..], &[NAME]].concat()).unwrap()
}

#[test]
fn pip_installs_what_the_index_lists() {
    if !has_pip() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    lay_out(folder.path(), None);
    let installed = install(folder.path());
    assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));
    let program = format!(
        "import sys; sys.path.insert(0, {:?})\n\
         import importlib.metadata as m, acme.weather.v1.weather_pb2 as w\n\
         of = m.distribution({NAME:?})\n\
         print(w.DEGREES, of.version, of.requires, of.metadata['Requires-Python'])",
        folder.path().join("site")
    );
    let ran = python(&["-c", &program]).unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert_eq!(said.trim(), format!("21 {VERSION} ['protobuf>=3.20'] >=3.8"), "{ran:?}");
}

#[test]
fn pip_refuses_a_wheel_that_is_not_what_the_index_says() {
    if !has_pip() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    lay_out(folder.path(), Some([0; 32]));
    let refused = install(folder.path());
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("DO NOT MATCH THE HASHES"), "{said}");
}
