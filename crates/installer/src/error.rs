//! Why a plugin could not be installed.

use protoedge_codegen::diagnostic::Diagnostic;
use protoedge_sandbox::RunError;
use std::{io, path::PathBuf};

/// Why a plugin could not be installed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The package manager said no.
    #[error("installing {package}: {diagnostic}")]
    Refused {
        /// The package with its version.
        package: String,
        /// The tool's own last words.
        diagnostic: Diagnostic,
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
