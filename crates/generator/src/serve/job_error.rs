//! Why a job failed.

use super::callback::CallbackError;
use protoedge_codegen::{error::CodegenError, sources::SourceError};
use protoedge_installer::InstallError;
use protoedge_sdk::FailureKind;
use std::io;

/// Why a job failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum JobError {
    /// The SDK could not be generated.
    #[error(transparent)]
    Codegen(#[from] CodegenError),
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
    /// There is no workspace for it.
    #[error("making a workspace: {source}")]
    Workspace {
        /// What went wrong.
        source: io::Error,
    },
    /// Part of the generator panicked.
    #[error("the generator panicked while it {doing}")]
    Panicked {
        /// What was being done.
        doing: &'static str,
    },
}

impl JobError {
    /// Whether it is the module's fault, which is the same next time, or not.
    pub(super) fn kind(&self) -> FailureKind {
        match self {
            Self::Codegen(error) => error.kind(),
            Self::Sources(SourceError::LongName { .. }) => FailureKind::Rejected,
            Self::Install(_)
            | Self::Sources(_)
            | Self::Callback(_)
            | Self::Late { .. }
            | Self::Workspace { .. }
            | Self::Panicked { .. } => FailureKind::Trouble,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_no_machine_holds_is_the_same_next_time() {
        let long = JobError::from(SourceError::LongName { start: "a".into() });
        assert_eq!(long.kind(), FailureKind::Rejected);
        let broken = JobError::from(SourceError::from(io::Error::other("x")));
        assert_eq!(broken.kind(), FailureKind::Trouble);
    }
}
