//! What an installation consists of, as one digest.

use crate::error::InstallError;
use sha2::{Digest, Sha256};
use std::{fs, io, path::Path};
use walkdir::WalkDir;

/// `sha256:…` of some bytes.
pub(crate) fn sha256(bytes: impl AsRef<[u8]>) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

/// The digest of a tree of files: of a line a file, its SHA-256 and its name. Links (npm's commands) and
/// npm's own notes tell nothing that the files do not.
pub(crate) fn tree(folder: &Path) -> Result<String, InstallError> {
    read(folder).map_err(|source| InstallError::Cache { path: folder.into(), source })
}

fn read(folder: &Path) -> io::Result<String> {
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
