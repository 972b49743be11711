//! Where plugins are installed.

use crate::{catalogue_folder, error::InstallError};
use protoedge_sandbox::{Sandbox, Workspace};
use protoedge_sdk::Entry;
use std::{fs, io, os::unix::fs::DirBuilderExt, path::PathBuf, time::Duration};

/// Where plugins are installed, and what runs those that are scripts.
#[derive(Clone, Debug)]
pub struct Installer {
    /// The folder of the catalogue's entries: npm and PyPI plugins may have a lock file beside theirs.
    pub plugins: PathBuf,
    /// The folder of installed plugins.
    pub cache: PathBuf,
    /// What package managers keep for the next time.
    pub packages: PathBuf,
    /// The node that runs npm's.
    pub node: PathBuf,
    /// The Python that runs PyPI's; its pip installs them.
    pub python: PathBuf,
    /// The cage that plugins will run in.
    pub sandbox: Sandbox,
    /// The longest that a plugin may run.
    pub time: Duration,
}

impl Installer {
    /// A workspace beside what is installed, so that its folder `out` can be moved there. Package managers that run
    /// nothing of strangers' share a user, and so what they keep.
    pub(crate) fn workspace(&self, shares: bool) -> Result<Workspace, InstallError> {
        let cache = |source| InstallError::Cache { path: self.cache.clone(), source };
        fs::create_dir_all(&self.cache).map_err(cache)?;
        self.sandbox.open_to_users(&self.cache).map_err(cache)?;
        let workspace = self.sandbox.workspace_within(&self.cache, shares).map_err(cache)?;
        fs::create_dir(workspace.path().join("out")).map_err(cache)?;
        Ok(workspace)
    }

    /// The lock file beside an entry, if there is one: without it, what a plugin itself depends on is what is newest on the day,
    /// and so may be what it generates.
    pub(crate) fn package_lock(&self, entry: &Entry) -> Result<Option<Vec<u8>>, InstallError> {
        let Some(path) = catalogue_folder::lock_path(entry) else { return Ok(None) };
        let path = self.plugins.join(path);
        match fs::read(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(InstallError::Cache { path, source }),
        }
    }

    /// Writes it, where there is none: `lock` makes its text.
    pub(crate) async fn lock_once(
        &self,
        entry: &Entry,
        lock: impl Future<Output = Result<Vec<u8>, InstallError>>,
    ) -> Result<(), InstallError> {
        let Some(path) = catalogue_folder::lock_path(entry) else { return Ok(()) };
        if self.package_lock(entry)?.is_some() {
            return Ok(());
        }
        let lock = lock.await?;
        let path = self.plugins.join(path);
        let cache = |source| InstallError::Cache { path: path.clone(), source };
        fs::create_dir_all(path.parent().unwrap_or(&path)).map_err(cache)?;
        fs::write(&path, lock).map_err(cache)
    }

    /// A folder in which a package manager keeps things for the next time.
    pub(crate) fn kept(&self, name: &str) -> Result<PathBuf, InstallError> {
        let folder = self.packages.join(name);
        let cache = |source| InstallError::Cache { path: folder.clone(), source };
        fs::create_dir_all(&self.packages).map_err(cache)?;
        self.sandbox.open_to_users(&self.packages).map_err(cache)?;
        // Modules may be private ones.
        match fs::DirBuilder::new().mode(0o700).create(&folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(cache(error)),
            Ok(()) | Err(_) => Ok(folder),
        }
    }
}
