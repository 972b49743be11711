//! What the command line's commands do.

pub mod build;
pub mod catalogue;
pub mod import;
pub mod plugins;
pub mod serve;
pub mod verify;

use crate::cli::{Cli, Command};
use futures::FutureExt;
use protoedge_codegen::{bundled::NoProtoc, error::CodegenError};
use protoedge_installer::{
    InstallError, catalogue_folder::CatalogueFolderError, facts::FactsError,
};
use protoedge_sandbox::NoSandbox;
use protoedge_sdk::{BadEntry, BadSdk, FailureKind};
use std::io;
use tokio::signal::unix::{SignalKind, signal};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// An SDK could not be generated.
    #[error(transparent)]
    Codegen(#[from] CodegenError),
    /// A plugin was not installed.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// Facts did not become a catalogue.
    #[error(transparent)]
    Facts(#[from] FactsError),
    /// There is no compiler.
    #[error(transparent)]
    Protoc(#[from] NoProtoc),
    /// Programs cannot be caged.
    #[error(transparent)]
    Sandbox(#[from] NoSandbox),
    /// The catalogue was refused.
    #[error(transparent)]
    CatalogueFolder(#[from] CatalogueFolderError),
    /// The entries do not go together.
    #[error(transparent)]
    Entry(#[from] BadEntry),
    /// The SDK cannot be described.
    #[error(transparent)]
    Sdk(#[from] BadSdk),
    /// A plugin that is not in the catalogue.
    #[error("the catalogue has no {plugin}: `protoedge-generator plugins list` shows what it has")]
    NoPlugin {
        /// What was asked for.
        plugin: String,
    },
    /// Plugins that are not what they were.
    #[error("{count} plugins are not as their locks say")]
    Verify {
        /// How many.
        count: usize,
    },
    /// Options that contradict each other.
    #[error("{what}")]
    Usage {
        /// What is wrong, and what to do.
        what: String,
    },
    /// The registry said no.
    #[error("the registry answered {status}: {text}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it said.
        text: String,
    },
    /// The registry could not be asked.
    #[error("the registry could not be asked: {source}")]
    Http {
        /// What went wrong.
        source: reqwest::Error,
    },
    /// A signal asked for it.
    #[error("stopped")]
    Stopped {
        /// Which one.
        signal: SignalKind,
    },
    /// A file or a socket of ours.
    #[error("{doing}: {source}")]
    Io {
        /// What was being done.
        doing: String,
        /// What went wrong.
        source: io::Error,
    },
}

impl CommandError {
    /// 1 the input was refused, 2 wrong usage, 3 trouble of ours, 128 and more a signal.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Codegen(error) => match error.kind() {
                FailureKind::Rejected => 1,
                FailureKind::Trouble => 3,
            },
            Self::CatalogueFolder(CatalogueFolderError::Read { .. }) => 3,
            Self::CatalogueFolder(_)
            | Self::Entry(_)
            | Self::Sdk(_)
            | Self::Facts(_)
            | Self::Verify { .. } => 1,
            // As shells have it.
            Self::Stopped { signal } => {
                u8::try_from(signal.as_raw_value()).unwrap_or_default().saturating_add(128)
            }
            Self::NoPlugin { .. } | Self::Usage { .. } => 2,
            Self::Refused { status, .. } if *status < 500 => 1,
            Self::Refused { .. }
            | Self::Install(_)
            | Self::Protoc(_)
            | Self::Sandbox(_)
            | Self::Http { .. }
            | Self::Io { .. } => 3,
        }
    }
}

/// Carries out a command, until a signal asks it to end: what it started ends with it.
///
/// # Errors
/// What went wrong.
pub async fn run(cli: Cli) -> Result<(), CommandError> {
    let io = |source| CommandError::Io { doing: "waiting for signals".into(), source };
    let command = match cli.command {
        // It ends its jobs by itself.
        Command::Serve(args) => return serve::run(*args).await,
        Command::Build(args) => build::run(*args).boxed_local(),
        Command::Plugins(command) => plugins::run(command).boxed_local(),
        Command::Catalogue(command) => catalogue::run(command).boxed_local(),
    };
    let stop = stop().map_err(io)?;
    tokio::select! {
        ended = command => ended,
        signal = stop => Err(CommandError::Stopped { signal }),
    }
}

/// Over when a signal asks the process to end; gives which one. From now on, such a signal does nothing else.
fn stop() -> io::Result<impl Future<Output = SignalKind>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => SignalKind::terminate(),
            _ = interrupt.recv() => SignalKind::interrupt(),
        }
    })
}
