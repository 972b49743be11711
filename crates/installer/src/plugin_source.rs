//! What every way of installing a plugin can do.

use crate::{error::InstallError, installer::Installer, lock::Built};
use futures::{
    FutureExt,
    future::{BoxFuture, ready},
};
use protoedge_sandbox::{Confinement, Workspace};
use protoedge_sdk::Entry;
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

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
pub(crate) struct Start {
    pub(crate) program: PathBuf,
    pub(crate) args: Vec<OsString>,
    pub(crate) confinement: Confinement,
    /// Of a command that is protoc itself: which of its own generators is asked.
    pub(crate) generator: Option<String>,
    /// Whether it may write into the folder that it starts in.
    pub(crate) writes: bool,
}

impl Start {
    /// An executable that needs nothing but itself.
    pub(crate) fn executable(program: PathBuf) -> Self {
        let confinement = Confinement::new().reading(&program);
        Self { program, args: Vec::new(), confinement, generator: None, writes: false }
    }
}

/// The digest of what is installed, and of the command if it was built here.
pub(crate) type Digests = (String, Option<Built>);

/// Where one plugin comes from, and what it takes to have it here.
pub(crate) trait PluginSource: Send + Sync {
    /// What its folder's name in the cache begins with.
    fn kind(&self) -> &'static str;

    /// Its package or path, and its version where it has one: the rest of that name.
    fn name(&self) -> (&str, &str);

    /// Whether nothing of strangers' runs while it is fetched, so that it is fetched as the user that all package
    /// managers share.
    fn shares_user(&self) -> bool {
        false
    }

    /// What an installation is made of besides the entry, if anything: the lock file of those that have one.
    ///
    /// # Errors
    /// If that cannot be read.
    fn basis(&self, installer: &Installer, entry: &Entry) -> Result<Option<Vec<u8>>, InstallError> {
        installer.package_lock(entry)
    }

    /// Whether a folder of the cache holds it, whole.
    fn is_whole(&self, folder: &Path) -> bool {
        folder.is_dir()
    }

    /// Brings it into the folder `out` of a workspace.
    ///
    /// # Errors
    /// If it cannot be had.
    fn fetch<'a>(
        &'a self,
        installer: &'a Installer,
        basis: Option<&'a [u8]>,
        workspace: &'a Workspace,
    ) -> BoxFuture<'a, Result<(), InstallError>>;

    /// What starts it, when it is in a folder.
    ///
    /// # Errors
    /// If it is not what the entry says.
    fn start(&self, installer: &Installer, folder: &Path) -> Result<Start, InstallError>;

    /// The digests of what is in a folder.
    ///
    /// # Errors
    /// If that cannot be read.
    fn digest<'a>(
        &'a self,
        installer: &'a Installer,
        folder: &'a Path,
    ) -> BoxFuture<'a, Result<Digests, InstallError>>;

    /// Makes sure that it can be had, and writes down what it depends on, with exactly these of it.
    ///
    /// # Errors
    /// If it cannot be had.
    fn pin<'a>(
        &'a self,
        _: &'a Installer,
        _: &'a Entry,
        _: &'a [Exactly],
    ) -> BoxFuture<'a, Result<(), InstallError>> {
        ready(Ok(())).boxed()
    }
}
