use crate::{
    digest,
    error::InstallError,
    installer::Installer,
    plugin_source::{Digests, PluginSource, Start},
};
use futures::{
    FutureExt,
    future::{BoxFuture, ready},
};
use protoedge_sandbox::{Confinement, Workspace};
use std::{
    fs,
    io::Read,
    path::{self, Path},
};

/// An executable that the operator put there.
#[derive(Debug)]
pub(super) struct File<'a> {
    /// Its path, below the folder of the catalogue unless it is absolute.
    pub(super) path: &'a str,
}

impl PluginSource for File<'_> {
    fn kind(&self) -> &'static str {
        "file"
    }

    fn name(&self) -> (&str, &str) {
        (self.path, "")
    }

    /// It is there, or [`PluginSource::start`] says that it is not.
    fn is_whole(&self, _: &Path) -> bool {
        true
    }

    fn fetch<'a>(
        &'a self,
        _: &'a Installer,
        _: Option<&'a [u8]>,
        _: &'a Workspace,
    ) -> BoxFuture<'a, Result<(), InstallError>> {
        ready(Ok(())).boxed()
    }

    fn start(&self, installer: &Installer, _: &Path) -> Result<Start, InstallError> {
        plugin(&installer.plugins.join(self.path))
    }

    fn digest<'a>(
        &'a self,
        installer: &'a Installer,
        _: &'a Path,
    ) -> BoxFuture<'a, Result<Digests, InstallError>> {
        ready(digest::tree(&installer.plugins.join(self.path)).map(|digest| (digest, None))).boxed()
    }
}

/// How many processes and threads a script's commands may have at once: a pipeline or two.
const SCRIPT_TASKS: u32 = 64;

/// An executable that the operator put there. A script is made of the system's commands; other
/// executables start nothing.
fn plugin(path: &Path) -> Result<Start, InstallError> {
    // Plugins start in another folder than the generator.
    let path = path::absolute(path).map_err(|_| InstallError::NoFile { path: path.into() })?;
    let mut magic = Vec::new();
    let read = fs::File::open(&path).and_then(|file| file.take(2).read_to_end(&mut magic));
    if read.is_err() {
        return Err(InstallError::NoFile { path });
    }
    if magic == b"#!" {
        let confinement = Confinement::new().reading(&path).running(SCRIPT_TASKS);
        return Ok(Start {
            program: path,
            args: Vec::new(),
            confinement,
            generator: None,
            writes: false,
        });
    }
    Ok(Start::executable(path))
}
