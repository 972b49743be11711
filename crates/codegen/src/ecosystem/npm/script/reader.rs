use super::{flawed::Flawed, package::ScriptPackage};
use crate::{error::CodegenError, response::MAX_ANSWER};
use protoedge_sandbox::{Confinement, Env, Program, RunError, Workspace};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    io::{self, Read, Write},
    process::ExitCode,
    thread,
    time::Duration,
};

/// The first argument that makes this executable a reader of scripts.
const READER: &str = "__scripts";

/// The longest that reading may take: the scripts of 8,000 files take some seconds.
const TIME: Duration = Duration::from_secs(120);

/// The stack of the thread that reads, in bytes: a tenth of it holds what generators nest, thousands of
/// brackets deep.
const STACK: usize = 256 << 20;

/// The signals by which a reader ends whose stack is too small.
const OVERFLOWS: [i32; 2] = [6, 11];

/// What a reader answers.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    /// The files that are to be others.
    Changed(BTreeMap<String, String>),
    /// Why they cannot be in a package.
    Flawed(String),
}

/// Has a package's scripts read by a reader in the cage, and gives the package's files as they are to be.
///
/// # Errors
/// [`CodegenError::Rejected`] as of [`ScriptPackage::complete`], and for scripts that nest too deeply to be read; trouble
/// where the reader cannot be run.
pub async fn complete(
    package: ScriptPackage,
    workspace: &Workspace,
) -> Result<BTreeMap<String, String>, CodegenError> {
    let cwd = workspace.path().join("scripts");
    fs::create_dir_all(&cwd).map_err(CodegenError::io("preparing the reading of scripts"))?;
    let itself = workspace.itself().map_err(CodegenError::io("finding the generator itself"))?;
    let order = serde_json::to_vec(&package).map_err(io::Error::other);
    let program = Program {
        path: &itself,
        args: vec![READER.into()],
        env: Env::Clean,
        cwd: &cwd,
        stdin: order.map_err(CodegenError::io("preparing the reading of scripts"))?,
        time: TIME,
        // As much as the plugin may.
        stdout: MAX_ANSWER,
    };
    let ended = match workspace.run(program, &Confinement::new()).await {
        Err(RunError::Killed { signal, .. }) if OVERFLOWS.contains(&signal) => {
            return Err(CodegenError::rejected(
                "the plugin generated code that nests too deeply to be read",
            ));
        }
        ended => ended?,
    };
    let answer = serde_json::from_slice(&ended.stdout).map_err(|error| {
        io::Error::other(format!("{error}; the reader said: {}", ended.stderr.trim()))
    });
    match answer.map_err(CodegenError::io("reading scripts"))? {
        Answer::Changed(changed) => Ok(package.into_files(changed)),
        Answer::Flawed(reason) => Err(CodegenError::rejected(reason)),
    }
}

/// Whether this executable was started as a reader, with this first argument.
pub fn is_reader(first: &OsStr) -> bool {
    first == READER
}

/// Reads the scripts of the package on standard input, and writes an answer.
pub fn main() -> ExitCode {
    let read = || -> io::Result<()> {
        let mut order = Vec::new();
        io::stdin().read_to_end(&mut order)?;
        let package: ScriptPackage = serde_json::from_slice(&order)?;
        let answer = match package.complete() {
            Ok(changed) => Answer::Changed(changed),
            Err(Flawed(reason)) => Answer::Flawed(reason),
        };
        io::stdout().write_all(&serde_json::to_vec(&answer)?)
    };
    let read = thread::Builder::new().stack_size(STACK).spawn(read).map(thread::JoinHandle::join);
    match read {
        Ok(Ok(Ok(()))) => ExitCode::SUCCESS,
        Ok(Ok(Err(error))) | Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
        // It has said what the matter was.
        Ok(Err(_)) => ExitCode::FAILURE,
    }
}
