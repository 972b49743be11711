//! Where plugins are installed.

use crate::error::InstallError;
use protoedge_sandbox::{Sandbox, Workspace};
use std::{fs, io, os::unix::fs::DirBuilderExt, path::PathBuf, time::Duration};

/// Where plugins are installed, and what runs those that are scripts.
#[derive(Clone, Debug)]
pub struct Installer {
    /// The folder of the catalogue's entries: npm plugins may have a lock file beside theirs.
    pub plugins: PathBuf,
    /// The folder of installed plugins.
    pub cache: PathBuf,
    /// What package managers keep for the next time.
    pub packages: PathBuf,
    /// The node that runs npm's.
    pub node: PathBuf,
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
