//! Plugins that are WebAssembly modules for WASI preview 1.
//!
//! This executable is started once more as a small runner, in the cage that every plugin is in. It is
//! started twice: to compile the module when the plugin is installed, with one folder to write in, and
//! to run what was compiled, with that folder to read. So a module is confined twice: it has no system
//! call but the few of `wasi`, and a hole in the compiler leads into the cage.
//!
//! The runtime is there with the cargo feature `wasm-plugins`.

mod arguments;
#[cfg(feature = "wasm-plugins")]
mod engine;
#[cfg(feature = "wasm-plugins")]
mod guest;
#[cfg(feature = "wasm-plugins")]
mod runner;
#[cfg(feature = "wasm-plugins")]
mod task;
#[cfg(feature = "wasm-plugins")]
mod wasi;

pub(crate) use arguments::is_runner;
pub use arguments::{to_compile, to_run};

use std::{ffi::OsString, process::ExitCode};

/// A number that is different wherever compiled modules do not fit: another compiler, other settings, another
/// processor. 0 where there is no compiler for this machine; compiling then says so. `None` where this executable
/// was built without the cargo feature `wasm-plugins`.
#[cfg(feature = "wasm-plugins")]
pub fn fingerprint() -> Option<u64> {
    Some(engine::fingerprint())
}

/// `None`: this executable was built without the cargo feature `wasm-plugins`.
#[cfg(not(feature = "wasm-plugins"))]
pub fn fingerprint() -> Option<u64> {
    None
}

/// Compiles or runs a module, as the arguments after the first say. Its standard streams are this process's.
#[cfg(feature = "wasm-plugins")]
pub(crate) fn main(args: impl Iterator<Item = OsString>) -> ExitCode {
    runner::main(args)
}

/// Says that there is no runtime.
#[cfg(not(feature = "wasm-plugins"))]
pub(crate) fn main(_: impl Iterator<Item = OsString>) -> ExitCode {
    use crate::exit::{COMPLAINT, NOT_LAUNCHED};
    eprintln!("{COMPLAINT}this executable was built without the cargo feature `wasm-plugins`");
    ExitCode::from(NOT_LAUNCHED)
}
