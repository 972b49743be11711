//! The catalogue as a folder of files.

use protoedge_sdk::{BadEntry, Catalogue, Entry, GoElsewheres, Install};
use serde::de::DeserializeOwned;
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use walkdir::WalkDir;

/// Why a folder of catalogue entries was refused.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueFolderError {
    /// The folder or a file cannot be read.
    #[error("{path}: {source}", path = path.display())]
    Read {
        /// Which one.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// A file that is no entry.
    #[error("{path}: {what}", path = path.display())]
    Entry {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A file that is not where its name and version say.
    #[error("{path} holds {entry}: it belongs to {name}/{version}.yaml or {name}/{version}.{revision}.yaml",
        path = path.display(), entry = entry.id(), name = entry.name, version = entry.plugin_version,
        revision = entry.revision)]
    Place {
        /// Which file, below the folder.
        path: PathBuf,
        /// What it holds.
        entry: Box<Entry>,
    },
    /// The entries do not go together.
    #[error(transparent)]
    Catalogue(#[from] BadEntry),
    /// No entry at all.
    #[error("{path} holds no plugin: name the folder of the catalogue with --plugins", path = path.display())]
    Empty {
        /// The folder.
        path: PathBuf,
    },
}

/// The file, in the folder, of the modules whose Go code is elsewhere.
pub const GO_ELSEWHERE: &str = "go-elsewhere.yaml";

/// Reads a catalogue: one YAML file a plugin version, `{owner}/{name}/{version}.yaml`, or
/// `{version}.{revision}.yaml` where several revisions are kept; and [`GO_ELSEWHERE`], where there is one.
///
/// # Errors
/// A file that cannot be read, is no entry, lies in another place than its name says, or does not go with the others.
pub fn read(folder: &Path) -> Result<Catalogue, CatalogueFolderError> {
    let mut entries = Vec::new();
    let mut go_elsewhere = None;
    for found in WalkDir::new(folder).sort_by_file_name() {
        let found = found.map_err(|error| CatalogueFolderError::Read {
            path: folder.into(),
            source: error.into(),
        })?;
        let path = found.path();
        let below = path.strip_prefix(folder).unwrap_or(path);
        if below == Path::new(GO_ELSEWHERE) {
            go_elsewhere = Some(read_yaml::<GoElsewheres>(path)?);
        } else if found.file_type().is_file() && path.extension().is_some_and(|end| end == "yaml") {
            entries.push(read_entry(path, below)?);
        }
    }
    if entries.is_empty() {
        return Err(CatalogueFolderError::Empty { path: folder.into() });
    }
    let catalogue = Catalogue::new(entries)?;
    Ok(match go_elsewhere {
        Some(go_elsewhere) => catalogue.with_go_elsewhere(go_elsewhere)?,
        None => catalogue,
    })
}

/// Where an entry's file is, below the folder: with its revision in the name if there are several.
pub fn path(entry: &Entry, all: &[Entry]) -> PathBuf {
    let Entry { name, plugin_version, revision, .. } = entry;
    let is_other = |other: &&Entry| {
        (&other.name, &other.plugin_version) == (name, plugin_version)
            && other.revision != *revision
    };
    match all.iter().find(is_other) {
        Some(_) => format!("{name}/{plugin_version}.{revision}.yaml").into(),
        None => format!("{name}/{plugin_version}.yaml").into(),
    }
}

/// The text of an entry's file.
///
/// # Errors
/// [`CatalogueFolderError::Entry`] where it has no text.
pub fn print(entry: &Entry) -> Result<String, CatalogueFolderError> {
    serde_saphyr::to_string(entry).map_err(|error| CatalogueFolderError::Entry {
        path: entry.id().into(),
        what: error.to_string(),
    })
}

/// Where the lock file of a plugin is that has one, below the folder: beside its entry. npm's is made with
/// `npm install --package-lock-only --omit-lockfile-registry-resolved`, PyPI's with `uv pip compile --universal --generate-hashes`.
pub fn lock_path(entry: &Entry) -> Option<PathBuf> {
    let end = match entry.install {
        Install::Npm { .. } => "package-lock.json",
        Install::Pypi { .. } => "requirements.txt",
        Install::Go { .. }
        | Install::Cargo { .. }
        | Install::File { .. }
        | Install::Wasm { .. } => {
            return None;
        }
    };
    Some(format!("{}/{}.{end}", entry.name.plain(), entry.plugin_version).into())
}

fn read_yaml<T: DeserializeOwned>(path: &Path) -> Result<T, CatalogueFolderError> {
    let text = fs::read_to_string(path)
        .map_err(|source| CatalogueFolderError::Read { path: path.into(), source })?;
    serde_saphyr::from_str(&text)
        .map_err(|error| CatalogueFolderError::Entry { path: path.into(), what: error.to_string() })
}

fn read_entry(path: &Path, below: &Path) -> Result<Entry, CatalogueFolderError> {
    let entry: Entry = read_yaml(path)?;
    let Entry { name, plugin_version, revision, .. } = &entry;
    let places = [
        format!("{name}/{plugin_version}.yaml"),
        format!("{name}/{plugin_version}.{revision}.yaml"),
    ];
    if places.iter().any(|place| below == Path::new(place)) {
        Ok(entry)
    } else {
        Err(CatalogueFolderError::Place { path: below.into(), entry: Box::new(entry) })
    }
}
