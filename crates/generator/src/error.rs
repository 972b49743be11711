//! Why an SDK was not made.

use crate::{install::InstallError, serve::CallbackError, sources::SourceError, words::Words};
use protoedge_sandbox::RunError;
use protoedge_sdk::FailureKind;
use std::io;

/// Why an SDK was not made.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    /// protoc or the plugin said no, or the plugin's output broke a rule: the same again next time.
    #[error("{words}")]
    Rejected {
        /// What to show to the user.
        words: Words,
    },
    /// A program could not be run to its end.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The plugin could not be installed.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// The module's files could not be had.
    #[error(transparent)]
    Sources(#[from] SourceError),
    /// The registry could not be asked or told.
    #[error(transparent)]
    Callback(#[from] CallbackError),
    /// The job's token expired, or the job took too long.
    #[error("the job was not done within the {seconds} s that it had")]
    Late {
        /// How long it had.
        seconds: u64,
    },
    /// A file of ours could not be read or written.
    #[error("{doing}: {source}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What went wrong.
        source: io::Error,
    },
    /// protoc wrote descriptors that are none.
    #[error("protoc wrote descriptors that cannot be read: {what}")]
    Descriptors {
        /// What is wrong with them.
        what: String,
    },
    /// An option that the generator has to carry out itself, but cannot for this plugin.
    #[error("this generator cannot carry out {option} for {plugin}; a newer one may")]
    Unsupported {
        /// The option.
        option: String,
        /// The plugin.
        plugin: String,
    },
    /// Part of the generator panicked.
    #[error("the generator panicked while it {doing}")]
    Panicked {
        /// What was being done.
        doing: &'static str,
    },
}

impl MakeError {
    /// A rejection in words of ours.
    pub fn rejected(words: impl std::fmt::Display) -> Self {
        Self::Rejected { words: Words::new(&words.to_string()) }
    }

    /// Names what was being done when a file could not be read or written.
    pub fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, source }
    }

    /// Whose fault it is.
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::Rejected { .. } | Self::Sources(SourceError::LongName { .. }) => {
                FailureKind::Rejected
            }
            Self::Run(_)
            | Self::Install(_)
            | Self::Sources(_)
            | Self::Callback(_)
            | Self::Late { .. }
            | Self::Io { .. }
            | Self::Descriptors { .. }
            | Self::Unsupported { .. }
            | Self::Panicked { .. } => FailureKind::Trouble,
        }
    }
}
