//! Why a command failed, and with which exit status.

use protoedge_codegen::{bundled::NoProtoc, error::CodegenError};
use protoedge_installer::{
    InstallError, catalogue_folder::CatalogueFolderError, facts::FactsError,
};
use protoedge_sandbox::NoSandbox;
use protoedge_sdk::{BadEntry, BadSdk, BadSecret, FailureKind};
use std::io;
use tokio::signal::unix::SignalKind;

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
    /// What Worker and generator share cannot be used.
    #[error(transparent)]
    Secret(#[from] BadSecret),
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
    /// The registry answered something else than it was asked for.
    #[error("the registry's answer cannot be read ({what}): is it as new as this generator?")]
    Unreadable {
        /// What is wrong with it.
        what: String,
    },
    /// Another registry is in trouble, or has something that cannot be taken.
    #[error("{what}")]
    Upstream {
        /// What the registry says of it.
        what: String,
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
            Self::NoPlugin { .. } | Self::Secret(_) | Self::Usage { .. } => 2,
            Self::Refused { status, .. } if *status < 500 => 1,
            Self::Refused { .. }
            | Self::Unreadable { .. }
            | Self::Upstream { .. }
            | Self::Install(_)
            | Self::Protoc(_)
            | Self::Sandbox(_)
            | Self::Http { .. }
            | Self::Io { .. } => 3,
        }
    }
}
