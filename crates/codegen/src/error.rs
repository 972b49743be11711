//! Why an SDK could not be generated.

use crate::{diagnostic::Diagnostic, wire::BadWire};
use protoedge_sandbox::RunError;
use protoedge_sdk::FailureKind;
use std::io;

/// Why an SDK could not be generated.
#[derive(Debug, thiserror::Error)]
pub enum CodegenError {
    /// protoc or the plugin said no, or the plugin's output broke a rule: the same again next time.
    #[error("{diagnostic}")]
    Rejected {
        /// What to show to the user.
        diagnostic: Diagnostic,
    },
    /// A program could not be run to its end.
    #[error(transparent)]
    Run(#[from] RunError),
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

impl CodegenError {
    /// A rejection for a reason that is found here.
    pub fn rejected(reason: impl std::fmt::Display) -> Self {
        Self::Rejected { diagnostic: Diagnostic::new(&reason.to_string()) }
    }

    /// Names what was being done when a file could not be read or written.
    pub fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, source }
    }

    /// Names bytes that are no descriptor.
    pub fn descriptors(error: BadWire) -> Self {
        Self::Descriptors { what: error.to_string() }
    }

    /// Whether it is the input's fault, which is the same next time, or not.
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::Rejected { .. } => FailureKind::Rejected,
            Self::Run(_)
            | Self::Io { .. }
            | Self::Descriptors { .. }
            | Self::Unsupported { .. }
            | Self::Panicked { .. } => FailureKind::Trouble,
        }
    }
}
