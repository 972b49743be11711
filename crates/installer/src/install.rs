//! Getting plugins onto this machine.

use crate::{
    error::InstallError,
    installer::Installer,
    plugin_source::{Digests, Exactly, PluginSource, Start},
    sources::source,
};
use protoedge_codegen::plugin::Plugin;
use protoedge_sdk::{Entry, Install};
use sha2::{Digest, Sha256};
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

impl Installer {
    /// The installed plugin of an entry, if it is installed.
    ///
    /// # Errors
    /// If what is installed cannot be read or is not what the entry says.
    pub fn find(&self, entry: &Entry) -> Result<Option<Plugin>, InstallError> {
        let source = source(&entry.install);
        let folder = self.folder(entry, &*source)?;
        if source.is_whole(&folder) { self.plugin(&*source, &folder).map(Some) } else { Ok(None) }
    }

    /// The plugin of an entry, installed first if it is not there yet.
    ///
    /// # Errors
    /// If it cannot be had, or is not what the entry says.
    pub async fn install(&self, entry: &Entry) -> Result<Plugin, InstallError> {
        if let Some(plugin) = self.find(entry)? {
            return Ok(plugin);
        }
        let cache = |source| InstallError::Cache { path: self.cache.clone(), source };
        fs::create_dir_all(&self.cache).map_err(cache)?;
        let source = source(&entry.install);
        let basis = source.basis(self, entry)?;
        let key = key(&entry.install, &*source, basis.as_deref());
        // Held until the end of this function, by one process at a time: the others find the result.
        let _lock = lock(self.cache.join(format!(".{key}.lock"))).await.map_err(cache)?;
        if let Some(plugin) = self.find(entry)? {
            return Ok(plugin);
        }
        let workspace = self.workspace(source.shares_user())?;
        let fresh = workspace.path().join("out");
        tracing::info!(plugin = entry.id(), "installing");
        source.fetch(self, basis.as_deref(), &workspace).await?;
        let settled = self.sandbox.take_back(&fresh);
        settled.map_err(|source| InstallError::Cache { path: fresh.clone(), source })?;
        self.plugin(&*source, &fresh)?;
        let folder = self.cache.join(key);
        if folder.is_dir() {
            // It was found to be damaged.
            fs::remove_dir_all(&folder).map_err(cache)?;
        }
        // The name is given last and at once: what has it is whole.
        fs::rename(&fresh, &folder).map_err(cache)?;
        workspace.close().await;
        self.plugin(&*source, &folder)
    }

    /// Makes sure that the package manager serves a plugin, and writes the lock file of an npm or PyPI plugin
    /// that has none, with exactly these of what the plugin depends on.
    ///
    /// # Errors
    /// If the plugin cannot be had, or its lock file not be written.
    pub async fn pin(&self, entry: &Entry, exactly: &[Exactly]) -> Result<(), InstallError> {
        source(&entry.install).pin(self, entry, exactly).await
    }

    /// The digest of an installed plugin, and of the command if it was built here.
    ///
    /// # Errors
    /// If what is installed cannot be read.
    pub async fn digest(&self, entry: &Entry) -> Result<Digests, InstallError> {
        let source = source(&entry.install);
        let folder = self.folder(entry, &*source)?;
        source.digest(self, &folder).await
    }

    /// The folder in the cache in which an entry's plugin is, if it is installed.
    fn folder(&self, entry: &Entry, source: &dyn PluginSource) -> Result<PathBuf, InstallError> {
        let basis = source.basis(self, entry)?;
        Ok(self.cache.join(key(&entry.install, source, basis.as_deref())))
    }

    fn plugin(&self, source: &dyn PluginSource, folder: &Path) -> Result<Plugin, InstallError> {
        let Start { program, args, confinement, generator, writes } = source.start(self, folder)?;
        Ok(Plugin { program, args, confinement, generator, writes, time: self.time })
    }
}

/// The folder of a plugin in the cache: readable, and different for all that is installed differently.
fn key(install: &Install, source: &dyn PluginSource, basis: Option<&[u8]>) -> String {
    let (kind, (package, version)) = (source.kind(), source.name());
    // An entry holds strings only: it always has a JSON form.
    let json = serde_json::to_vec(install).unwrap_or_default();
    let hash = Sha256::new().chain_update(json).chain_update(basis.unwrap_or_default());
    let hash = hex::encode(hash.finalize());
    let name = package.replace(|c: char| !c.is_ascii_alphanumeric() && !"-.".contains(c), "_");
    format!("{kind}-{name}-{version}-{}", &hash[..12])
}

async fn lock(path: PathBuf) -> io::Result<File> {
    let wait = move || {
        let file = File::options().create(true).append(true).open(path)?;
        file.lock()?;
        Ok(file)
    };
    tokio::task::spawn_blocking(wait).await.map_err(io::Error::other)?
}
