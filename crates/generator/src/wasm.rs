//! Plugins that are WebAssembly modules for WASI preview 1.
//!
//! The generator starts itself once more as a small runner, in the cage that every plugin is in, and the
//! runner interprets the module. So a module is confined twice: it has no system call but the few of
//! [`wasi`], and a hole in the interpreter leads into the cage. Nothing is compiled and kept, and no
//! memory is ever executable.

mod guest;
mod wasi;

use crate::sandbox::{NOT_LAUNCHED, launch::COMPLAINT};
use guest::World;
use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};
use wasmi::{Config, Engine, ExternType, Linker, Module, Store};

/// The first argument that makes the generator a runner of modules.
pub const RUNNER: &str = "__wasi";

/// What a module says that ran into the limit of its memory. [`crate::process::run`] knows the words.
pub const OUT_OF_MEMORY: &str = "the WebAssembly module ran out of memory";

/// The exit status of a module that trapped; what shells give for an aborted program.
const TRAPPED: u8 = 134;

/// How deep calls may nest, and the memory of their frames in bytes: what a native thread has by
/// default (8 MiB), and frames of 128 bytes.
const CALLS: usize = 64 << 10;
const STACK: usize = 8 << 20;

/// What every binary module begins with: a magic number and version 1.
const MODULE: &[u8; 8] = b"\0asm\x01\0\0\0";

/// What every binary component begins with: the same with layer 1.
const COMPONENT: &[u8; 8] = b"\0asm\x0d\0\x01\0";

/// Why a module cannot run at all.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    #[error("it is no WebAssembly module in binary form")]
    Foreign,
    #[error("it is a WebAssembly component: build a module for WASI preview 1 (wasip1) instead")]
    Component,
    #[error("its code is not valid or uses a feature that is not carried out here: {0}")]
    Invalid(wasmi::Error),
    #[error("it exports no function `_start`: build it as a command, not as a library")]
    NoStart,
    #[error("it needs {name} of {module}, which is no part of WASI preview 1")]
    Import { module: String, name: String },
    #[error("it cannot be started: {0}")]
    Start(wasmi::Error),
}

/// How a module ended.
enum Ended {
    /// With an exit status of its own.
    Exit(i32),
    /// By doing what no module may do, or what it does on purpose to abort.
    Trap(String),
}

/// Runs a module: `{path}`. Its standard streams are this process's.
pub fn main(mut args: impl Iterator<Item = OsString>) -> ExitCode {
    let path = PathBuf::from(args.next().unwrap_or_default());
    match run(&path) {
        // A process's exit status has eight bits.
        Ok((Ended::Exit(code), _)) => ExitCode::from(code.to_le_bytes()[0]),
        Ok((Ended::Trap(_), true)) => {
            eprintln!("{OUT_OF_MEMORY}");
            ExitCode::from(TRAPPED)
        }
        Ok((Ended::Trap(why), false)) => {
            eprintln!("the WebAssembly module trapped: {why}");
            ExitCode::from(TRAPPED)
        }
        Err(error) => {
            eprintln!("{COMPLAINT}{error}");
            ExitCode::from(u8::try_from(NOT_LAUNCHED).unwrap_or(1))
        }
    }
}

/// Gives how the module ended, and whether it was refused memory before.
fn run(path: &Path) -> Result<(Ended, bool), Unusable> {
    let bytes = fs::read(path)?;
    check_kind(&bytes)?;
    let mut config = Config::default();
    config.set_max_recursion_depth(CALLS).set_max_stack_height(STACK);
    let engine = Engine::new(&config);
    let module = Module::new(&engine, &bytes).map_err(Unusable::Invalid)?;
    drop(bytes);
    check_exports(&module)?;
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    let mut store = Store::new(&engine, World::new(name));
    store.limiter(|world| world);
    let mut linker = Linker::new(&engine);
    wasi::define(&mut linker, &module).map_err(Unusable::Start)?;
    if let Some(import) = module.imports().find(|import| import.module() != wasi::MODULE) {
        let (module, name) = (import.module().to_owned(), import.name().to_owned());
        return Err(Unusable::Import { module, name });
    }
    let instance = linker.instantiate_and_start(&mut store, &module).map_err(Unusable::Start)?;
    let start =
        instance.get_typed_func::<(), ()>(&store, "_start").map_err(|_| Unusable::NoStart)?;
    let ended = match start.call(&mut store, ()) {
        Ok(()) => Ended::Exit(0),
        Err(error) => match error.i32_exit_status() {
            Some(code) => Ended::Exit(code),
            None => Ended::Trap(error.to_string()),
        },
    };
    Ok((ended, store.data().is_starved()))
}

fn check_kind(bytes: &[u8]) -> Result<(), Unusable> {
    match bytes.first_chunk() {
        Some(MODULE) => Ok(()),
        Some(COMPONENT) => Err(Unusable::Component),
        Some(_) | None => Err(Unusable::Foreign),
    }
}

fn check_exports(module: &Module) -> Result<(), Unusable> {
    match module.get_export("_start") {
        Some(ExternType::Func(kind)) if kind.params().is_empty() && kind.results().is_empty() => {
            Ok(())
        }
        Some(_) | None => Err(Unusable::NoStart),
    }
}
