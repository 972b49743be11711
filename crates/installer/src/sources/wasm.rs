//! A module that the operator put there, run by the generator's own executable. What lies in the cache is
//! the module compiled for this machine, and a seal: the digest of that.

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
use protoedge_sandbox::{Confinement, Env, Program, RunError, Workspace, wasm};
use protoedge_sdk::Entry;
use sha2::{Digest, Sha256};
use std::{
    env, fs, io,
    path::{self, Path, PathBuf},
    time::Duration,
};
use walkdir::WalkDir;

/// A WebAssembly module that the operator put there: a stranger's file.
#[derive(Debug)]
pub(super) struct Wasm<'a> {
    /// Its path, below the folder of the catalogue unless it is absolute.
    pub(super) path: &'a str,
}

impl PluginSource for Wasm<'_> {
    fn kind(&self) -> &'static str {
        "wasm"
    }

    fn name(&self) -> (&str, &str) {
        (self.path, "")
    }

    fn basis(&self, installer: &Installer, _: &Entry) -> Result<Option<Vec<u8>>, InstallError> {
        stamp(&installer.plugins.join(self.path)).map(Some)
    }

    fn is_whole(&self, folder: &Path) -> bool {
        is_sound(folder)
    }

    fn fetch<'a>(
        &'a self,
        installer: &'a Installer,
        _: Option<&'a [u8]>,
        workspace: &'a Workspace,
    ) -> BoxFuture<'a, Result<(), InstallError>> {
        async { compile(workspace, &installer.plugins.join(self.path)).await }.boxed()
    }

    fn start(&self, installer: &Installer, folder: &Path) -> Result<Start, InstallError> {
        plugin(&installer.plugins.join(self.path), folder, installer.time)
    }

    fn digest<'a>(
        &'a self,
        installer: &'a Installer,
        _: &'a Path,
    ) -> BoxFuture<'a, Result<Digests, InstallError>> {
        ready(digest::tree(&installer.plugins.join(self.path)).map(|digest| (digest, None))).boxed()
    }
}

/// What an installed module's folder holds: the compiler's own cache, and the seal.
const CODE: &str = "code";
const SEAL: &str = "seal";

/// The longest that a module may be compiled. One of 14 MB takes a minute, and four where others have most
/// of the machine.
const TIME: Duration = Duration::from_secs(10 * 60);

/// How many times the usual memory a compiler has: it needs a quarter of a MB for each KB of a module.
const MEMORY: u32 = 2;

/// What one compiled form is made of: it fits no other module, and no other compiler or processor.
fn stamp(path: &Path) -> Result<Vec<u8>, InstallError> {
    let fingerprint =
        wasm::fingerprint().ok_or_else(|| InstallError::NoWasm { path: path.into() })?;
    let bytes = fs::read(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => InstallError::NoFile { path: path.into() },
        _ => InstallError::Cache { path: path.into(), source },
    })?;
    let hash = Sha256::new().chain_update(fingerprint.to_le_bytes()).chain_update(bytes);
    Ok(hash.finalize().to_vec())
}

/// Compiles a module into a folder. That happens in a cage of its own: it is a stranger's file.
async fn compile(workspace: &Workspace, path: &Path) -> Result<(), InstallError> {
    let into = &workspace.path().join("out");
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let failed = |source: RunError| InstallError::Run { package: name.clone(), source };
    let cache = |source| InstallError::Cache { path: into.clone(), source };
    let (program, path, code) = paths(path, into)?;
    fs::create_dir(&code).map_err(cache)?;
    let confinement = Confinement::new().reading(&path).writing(&code).larger(MEMORY);
    let ended = workspace.run(
        Program {
            path: &program,
            args: wasm::to_compile(&code, &path),
            env: Env::Clean,
            cwd: &code,
            stdin: Vec::new(),
            time: TIME,
            stdout: 0,
        },
        &confinement,
    );
    let ended = ended.await.map_err(|error| failed(error.of(&name)))?;
    if ended.code != 0 {
        let reason = ended.stderr.trim().to_owned();
        return Err(failed(RunError::NotStarted {
            program: name.clone(),
            source: io::Error::other(reason),
        }));
    }
    let seal = code_digest(&code).map_err(cache)?;
    fs::write(into.join(SEAL), seal).map_err(cache)
}

/// Whether a folder holds a module's compiled form as it was made. Code is run without being looked at:
/// damaged, it could do anything in the cage, and give an SDK that is wrong.
fn is_sound(folder: &Path) -> bool {
    match (fs::read_to_string(folder.join(SEAL)), code_digest(&folder.join(CODE))) {
        (Ok(seal), Ok(code)) => seal == code,
        (Err(_), _) | (_, Err(_)) => false,
    }
}

/// What starts a module whose compiled form is in a folder.
fn plugin(path: &Path, folder: &Path, time: Duration) -> Result<Start, InstallError> {
    let (program, path, code) = paths(path, folder)?;
    let confinement = Confinement::new().reading(&path).reading(&code);
    Ok(Start {
        program,
        args: wasm::to_run(time, &code, &path),
        confinement,
        generator: None,
        writes: false,
    })
}

/// The generator, the module and its code. Plugins start in another folder than the generator.
fn paths(path: &Path, folder: &Path) -> Result<(PathBuf, PathBuf, PathBuf), InstallError> {
    let cache = |source| InstallError::Cache { path: folder.into(), source };
    let path = path::absolute(path).map_err(|_| InstallError::NoFile { path: path.into() })?;
    let code = path::absolute(folder.join(CODE)).map_err(cache)?;
    Ok((env::current_exe().map_err(cache)?, path, code))
}

/// The digest of all code: of a line a file. Beside each, the compiler's cache counts how often it was
/// used, in a file that has an extension.
fn code_digest(code: &Path) -> io::Result<String> {
    let mut lines = String::new();
    for entry in WalkDir::new(code).sort_by_file_name() {
        let entry = entry?;
        if entry.file_type().is_file() && entry.path().extension().is_none() {
            let hash = hex::encode(Sha256::digest(fs::read(entry.path())?));
            lines.push_str(&format!("{hash}  {}\n", entry.file_name().display()));
        }
    }
    Ok(hex::encode(Sha256::digest(lines)))
}
