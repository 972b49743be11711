use super::{Exactly, InstallError, Start, tool};
use crate::{process::RunError, sandbox::Grant};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

/// Installs a package by its exact version, without running anything of it; with a lock file, also
/// exactly what the package depends on.
///
/// npm runs on the node that will run the plugin, so that it judges the package's `engines` by that:
/// it refuses instead of taking another version.
pub(super) async fn fetch(
    node: &Path,
    package: &str,
    version: &str,
    locked: Option<&[u8]>,
    into: &Path,
) -> Result<(), InstallError> {
    let id = format!("{package}@{version}");
    let io = |source| InstallError::Cache { path: into.into(), source };
    let manifest = serde_json::json!({"private": true, "dependencies": {package: version}});
    fs::write(into.join("package.json"), manifest.to_string()).map_err(io)?;
    let command = match locked {
        Some(text) => {
            fs::write(into.join("package-lock.json"), text).map_err(io)?;
            "ci"
        }
        None => "install",
    };
    let flags =
        "--ignore-scripts --no-audit --no-fund --no-update-notifier --save-exact --engine-strict";
    let args = [command].into_iter().chain(flags.split(' ')).map(OsString::from).collect();
    npm(node, &id, args, into).await
}

/// Runs npm on this node in a folder.
async fn npm(node: &Path, id: &str, args: Vec<OsString>, cwd: &Path) -> Result<(), InstallError> {
    let io = |source| InstallError::Cache { path: cwd.into(), source };
    // Only node: an npm that came with it is not always whole, nor the operator's choice.
    let folder = tempfile::tempdir().map_err(io)?;
    let node = find(node).map_err(|source| not_found(id, node, source))?;
    symlink(node, folder.path().join("node")).map_err(io)?;
    tool(id, "npm", args, vec![("PATH", Some(path_with(folder.path())))], cwd).await
}

/// What an installation of exactly this version consists of now: the text of a lock file. `exactly` are
/// the versions of packages that it depends on, whatever newer ones its ranges allow.
pub(super) async fn lock(
    node: &Path,
    package: &str,
    version: &str,
    exactly: &[Exactly],
) -> Result<Vec<u8>, InstallError> {
    let outer = tempfile::tempdir()
        .map_err(|source| InstallError::Cache { path: env::temp_dir(), source })?;
    // npm writes the folder's name into the lock file, which is to be the same every time.
    let folder = outer.path().join(version);
    let io = |source| InstallError::Cache { path: folder.clone(), source };
    fs::create_dir(&folder).map_err(io)?;
    let mut manifest = serde_json::json!({"private": true, "dependencies": {package: version}});
    for Exactly { package, version } in exactly {
        manifest["overrides"][package] = version.as_str().into();
    }
    fs::write(folder.join("package.json"), manifest.to_string()).map_err(io)?;
    let flags = "install --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts \
                 --no-audit --no-fund --no-update-notifier --engine-strict --loglevel=error";
    let id = format!("{package}@{version}");
    npm(node, &id, flags.split_whitespace().map(OsString::from).collect(), &folder).await?;
    fs::read(folder.join("package-lock.json")).map_err(io)
}

/// The command of the installed package, run by node.
pub(super) fn plugin(
    node: &Path,
    package: &str,
    version: &str,
    bin: &str,
    folder: &Path,
) -> Result<Start, InstallError> {
    let id = format!("{package}@{version}");
    let mismatch = |what: String| InstallError::Mismatch { package: id.clone(), what };
    let all = folder.join("node_modules");
    let folder = all.join(package);
    let text = fs::read(folder.join("package.json"))
        .map_err(|source| InstallError::Cache { path: folder.clone(), source })?;
    let manifest: Manifest =
        serde_json::from_slice(&text).map_err(|error| mismatch(error.to_string()))?;
    if manifest.version != version {
        return Err(mismatch(format!("npm installed {} instead", manifest.version)));
    }
    let script = match &manifest.bin {
        Bin::One(script) => Some(script),
        Bin::Many(scripts) => scripts.get(bin),
    };
    let script = script.ok_or_else(|| mismatch(format!("there is no command {bin} in it")))?;
    let program = find(node).map_err(|source| not_found(&id, node, source))?;
    let grant = Grant::new().reading(&program).reading(all);
    Ok(Start { program, args: vec![folder.join(script).into_os_string()], grant })
}

#[derive(Deserialize)]
struct Manifest {
    version: String,
    bin: Bin,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Bin {
    One(PathBuf),
    Many(BTreeMap<String, PathBuf>),
}

fn not_found(package: &str, node: &Path, source: io::Error) -> InstallError {
    let program = node.display().to_string();
    InstallError::Run { package: package.into(), source: RunError::NotStarted { program, source } }
}

/// The search path with another folder first.
fn path_with(folder: &Path) -> OsString {
    let rest = env::var_os("PATH").unwrap_or_default();
    let folders = [folder.to_path_buf()].into_iter().chain(env::split_paths(&rest));
    // A folder whose name holds a `:` cannot be in a search path.
    env::join_paths(folders).unwrap_or(rest)
}

/// The whole path of a program that is named without one: plugins see another search path.
fn find(program: &Path) -> io::Result<PathBuf> {
    if program.components().count() > 1 {
        return fs::canonicalize(program);
    }
    let folders = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&folders).map(|folder| folder.join(program)).find(|p| p.is_file());
    found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "not in the search path"))
}
