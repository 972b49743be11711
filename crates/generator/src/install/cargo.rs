use super::{InstallError, Start, tool};
use std::{ffi::OsString, path::Path};

/// Builds a command of a crate with the dependencies that its authors locked.
pub(super) async fn fetch(
    package: &str,
    version: &str,
    bin: &str,
    into: &Path,
) -> Result<(), InstallError> {
    let id = format!("{package}@{version}");
    let exact = format!("={version}");
    let mut args: Vec<OsString> =
        ["install", "--locked", package, "--version", &exact, "--bin", bin, "--root"]
            .map(OsString::from)
            .to_vec();
    args.push(into.into());
    // Nothing of the build stays, and nobody else's build is waited for.
    let build =
        tempfile::tempdir().map_err(|source| InstallError::Cache { path: into.into(), source })?;
    let env = vec![("CARGO_TARGET_DIR", Some(build.path().into()))];
    tool(&id, "cargo", args, env, into).await
}

/// The command.
pub(super) fn plugin(
    package: &str,
    version: &str,
    bin: &str,
    folder: &Path,
) -> Result<Start, InstallError> {
    let program = folder.join("bin").join(bin);
    if program.is_file() {
        return Ok(Start::executable(program));
    }
    Err(InstallError::Mismatch {
        package: format!("{package}@{version}"),
        what: format!("there is no command {bin} in it"),
    })
}
