//! What an installation consists of, as one digest.

use super::{InstallError, Installer, go};
use crate::verify::Built;
use sha2::{Digest, Sha256};
use std::{fs, io, path::Path};
use walkdir::WalkDir;

/// `sha256:…` of some bytes.
fn sha256(bytes: impl AsRef<[u8]>) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

/// The digest of a tree of files: of a line a file, its SHA-256 and its name. Links (npm's commands) and
/// npm's own notes tell nothing that the files do not.
pub(super) fn tree(folder: &Path) -> io::Result<String> {
    let mut lines = String::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry?;
        let name = entry.path().strip_prefix(folder).unwrap_or(entry.path()).display().to_string();
        if entry.file_type().is_file() && name != ".package-lock.json" {
            let hash = hex::encode(Sha256::digest(fs::read(entry.path())?));
            lines.push_str(&format!("{hash}  {name}\n"));
        }
    }
    Ok(sha256(lines))
}

/// The digests of a Go command: of the checksums of the modules that it is built from, as the command
/// carries them, and of the command.
pub(super) async fn go(
    installer: &Installer,
    command: &Path,
) -> Result<(String, Built), InstallError> {
    let package = command.display().to_string();
    let text = go::built_from(installer, command).await?;
    let modules: Vec<&str> = text
        .lines()
        .map(str::trim_start)
        .filter(|line| {
            ["path\t", "mod\t", "dep\t", "=>\t"].iter().any(|kind| line.starts_with(kind))
        })
        .collect();
    if modules.is_empty() {
        let what = "it does not say which modules it is built from".to_owned();
        return Err(InstallError::Mismatch { package, what });
    }
    let setting = |key: &str| {
        text.lines().find_map(|line| line.trim().strip_prefix(&format!("build\t{key}=")))
    };
    let compiler = text.lines().next().and_then(|line| line.rsplit(' ').next()).unwrap_or_default();
    let (os, arch) = (setting("GOOS").unwrap_or_default(), setting("GOARCH").unwrap_or_default());
    let bytes =
        fs::read(command).map_err(|source| InstallError::Cache { path: command.into(), source })?;
    let built = Built { by: format!("{compiler} {os}/{arch}"), digest: sha256(bytes) };
    Ok((sha256(modules.join("\n")), built))
}
