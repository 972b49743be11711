use crate::error::InstallError;
use protoedge_codegen::error::CodegenError;
use protoedge_sdk::BadSdk;
use std::io;

/// Why a plugin could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It cannot be installed.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// It makes nothing of a sample module.
    #[error(transparent)]
    Make(#[from] CodegenError),
    /// A sample module's SDK cannot be described.
    #[error(transparent)]
    Sdk(#[from] BadSdk),
    /// A file of ours.
    #[error("{0}")]
    Io(#[from] io::Error),
}
