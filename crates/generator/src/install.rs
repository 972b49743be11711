//! Getting plugins onto this machine.

mod cargo;
mod digest;
mod file;
mod go;
mod npm;
mod tools;
mod wasm;

use crate::{plugin::Plugin, shelf, verify::Built, words::Words};
use protoedge_sandbox::{Confinement, RunError, Sandbox, Workspace};
use protoedge_sdk::{Entry, Install};
use sha2::{Digest, Sha256};
use std::{
    ffi::OsString,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

/// Why a plugin could not be installed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The package manager said no.
    #[error("installing {package}: {words}")]
    Refused {
        /// The package with its version.
        package: String,
        /// The tool's own last words.
        words: Words,
    },
    /// The package manager could not be run to its end.
    #[error("installing {package}: {source}")]
    Run {
        /// The package with its version.
        package: String,
        /// What went wrong.
        source: RunError,
    },
    /// The package is there, but not what the entry says.
    #[error("installing {package}: {what}")]
    Mismatch {
        /// The package with its version.
        package: String,
        /// What is different.
        what: String,
    },
    /// The cache cannot be used.
    #[error("the plugin cache {path}: {source}", path = path.display())]
    Cache {
        /// Where.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// The plugin is to be there, and is not.
    #[error("{path} is not there: put the plugin there or correct its catalogue entry", path = path.display())]
    NoFile {
        /// Where.
        path: PathBuf,
    },
    /// A WebAssembly module, in a generator that cannot run it.
    #[error(
        "{path} is a WebAssembly module, and this generator was built without what runs them: build it with the cargo \
         feature `wasm-plugins`",
        path = path.display()
    )]
    NoWasm {
        /// Where the module is.
        path: PathBuf,
    },
    /// Not installed, and not to be installed now.
    #[error(
        "{entry} is not installed: run `protoedge-generator plugins install`, or serve with --install-on-demand"
    )]
    NotInstalled {
        /// Which one.
        entry: String,
    },
}

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

/// A package in exactly one version.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Exactly {
    /// Its name.
    pub package: String,
    /// Its version.
    pub version: String,
}

/// What starts an installed plugin.
#[derive(Debug)]
struct Start {
    program: PathBuf,
    args: Vec<OsString>,
    confinement: Confinement,
}

impl Start {
    /// An executable that needs nothing but itself.
    fn executable(program: PathBuf) -> Self {
        let confinement = Confinement::new().reading(&program);
        Self { program, args: Vec::new(), confinement }
    }
}

impl Installer {
    /// The installed plugin of an entry, if it is installed.
    pub fn find(&self, entry: &Entry) -> Result<Option<Plugin>, InstallError> {
        let folder = self.cache.join(key(&entry.install, self.basis_of(entry)?.as_deref()));
        let is_whole = match &entry.install {
            Install::File { .. } => true,
            Install::Wasm { .. } => wasm::is_sound(&folder),
            Install::Go { .. } | Install::Npm { .. } | Install::Cargo { .. } => folder.is_dir(),
        };
        if is_whole { self.plugin(&entry.install, &folder).map(Some) } else { Ok(None) }
    }

    /// The plugin of an entry, installed first if it is not there yet.
    pub async fn install(&self, entry: &Entry) -> Result<Plugin, InstallError> {
        if let Some(plugin) = self.find(entry)? {
            return Ok(plugin);
        }
        let cache = |source| InstallError::Cache { path: self.cache.clone(), source };
        fs::create_dir_all(&self.cache).map_err(cache)?;
        let basis = self.basis_of(entry)?;
        let key = key(&entry.install, basis.as_deref());
        // Held until the end of this function, by one process at a time: the others find the result.
        let _lock = lock(self.cache.join(format!(".{key}.lock"))).await.map_err(cache)?;
        if let Some(plugin) = self.find(entry)? {
            return Ok(plugin);
        }
        // A crate's build script is a stranger's program, and a module a stranger's file.
        let shares = match &entry.install {
            Install::Go { .. } | Install::Npm { .. } => true,
            Install::Cargo { .. } | Install::File { .. } | Install::Wasm { .. } => false,
        };
        let workspace = self.workspace(shares)?;
        let fresh = workspace.path().join("out");
        tracing::info!(plugin = entry.id(), "installing");
        self.fetch(&entry.install, basis.as_deref(), &workspace).await?;
        let settled = self.sandbox.take_back(&fresh);
        settled.map_err(|source| InstallError::Cache { path: fresh.clone(), source })?;
        self.plugin(&entry.install, &fresh)?;
        let folder = self.cache.join(key);
        if folder.is_dir() {
            // It was found to be damaged.
            fs::remove_dir_all(&folder).map_err(cache)?;
        }
        // The name is given last and at once: what has it is whole.
        fs::rename(&fresh, &folder).map_err(cache)?;
        workspace.close().await;
        self.plugin(&entry.install, &folder)
    }

    /// Makes sure that the package manager serves a plugin, and writes the lock file of an npm plugin
    /// that has none, with exactly these of what the plugin depends on.
    pub async fn pin(&self, entry: &Entry, exactly: &[Exactly]) -> Result<(), InstallError> {
        match &entry.install {
            Install::Go { package, version } => go::ask(self, package, version).await,
            Install::Npm { package, version, .. } => {
                let path = self.plugins.join(shelf::lock_path(entry));
                if path.is_file() {
                    return Ok(());
                }
                let lock = npm::lock(self, package, version, exactly).await?;
                let cache = |source| InstallError::Cache { path: path.clone(), source };
                fs::create_dir_all(path.parent().unwrap_or(&path)).map_err(cache)?;
                fs::write(&path, lock).map_err(cache)
            }
            Install::Cargo { .. } | Install::File { .. } | Install::Wasm { .. } => Ok(()),
        }
    }

    /// The digest of an installed plugin, and of the command if it was built here.
    pub async fn digest(&self, entry: &Entry) -> Result<(String, Option<Built>), InstallError> {
        let folder = self.cache.join(key(&entry.install, self.basis_of(entry)?.as_deref()));
        let cache = |source| InstallError::Cache { path: folder.clone(), source };
        match &entry.install {
            Install::Go { package, version } => {
                let command = go::plugin(package, version, &folder)?.program;
                let (modules, built) = digest::go(self, &command).await?;
                Ok((modules, Some(built)))
            }
            Install::Npm { .. } => {
                Ok((digest::tree(&folder.join("node_modules")).map_err(cache)?, None))
            }
            Install::Cargo { .. } => Ok((digest::tree(&folder.join("bin")).map_err(cache)?, None)),
            Install::File { path } | Install::Wasm { path } => {
                let path = self.plugins.join(path);
                let cache = |source| InstallError::Cache { path: path.clone(), source };
                Ok((digest::tree(&path).map_err(cache)?, None))
            }
        }
    }

    /// What an installation is made of besides the entry, if anything: the lock file of an npm plugin,
    /// where there is one (without it, what the plugin itself depends on is whatever is newest on the
    /// day, and so may be what it generates), and a WebAssembly module's content.
    fn basis_of(&self, entry: &Entry) -> Result<Option<Vec<u8>>, InstallError> {
        match &entry.install {
            Install::Npm { .. } => {
                let path = self.plugins.join(shelf::lock_path(entry));
                match fs::read(&path) {
                    Ok(text) => Ok(Some(text)),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                    Err(source) => Err(InstallError::Cache { path, source }),
                }
            }
            Install::Wasm { path } => wasm::stamp(&self.plugins.join(path)).map(Some),
            Install::Go { .. } | Install::Cargo { .. } | Install::File { .. } => Ok(None),
        }
    }

    async fn fetch(
        &self,
        install: &Install,
        basis: Option<&[u8]>,
        workspace: &Workspace,
    ) -> Result<(), InstallError> {
        match install {
            Install::Go { package, version } => go::fetch(self, package, version, workspace).await,
            Install::Npm { package, version, .. } => {
                npm::fetch(self, package, version, basis, workspace).await
            }
            Install::Cargo { package, version, bin } => {
                cargo::fetch(package, version, bin, workspace).await
            }
            Install::Wasm { path } => wasm::compile(workspace, &self.plugins.join(path)).await,
            Install::File { .. } => Ok(()),
        }
    }

    fn plugin(&self, install: &Install, folder: &Path) -> Result<Plugin, InstallError> {
        let start = match install {
            Install::Go { package, version } => go::plugin(package, version, folder),
            Install::Npm { package, version, bin } => {
                npm::plugin(&self.node, package, version, bin, folder)
            }
            Install::Cargo { package, version, bin } => {
                cargo::plugin(package, version, bin, folder)
            }
            Install::File { path } => file::plugin(&self.plugins.join(path)),
            Install::Wasm { path } => wasm::plugin(&self.plugins.join(path), folder, self.time),
        };
        start.map(|start| self.ready(start))
    }

    fn ready(&self, start: Start) -> Plugin {
        let Start { program, args, confinement } = start;
        Plugin { program, args, confinement, time: self.time }
    }
}

/// The folder of a plugin in the cache: readable, and different for whatever is installed differently.
fn key(install: &Install, basis: Option<&[u8]>) -> String {
    let (kind, package, version) = match install {
        Install::Go { package, version } => ("go", package, version.as_str()),
        Install::Npm { package, version, .. } => ("npm", package, version.as_str()),
        Install::Cargo { package, version, .. } => ("cargo", package, version.as_str()),
        Install::File { path } => ("file", path, ""),
        Install::Wasm { path } => ("wasm", path, ""),
    };
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
