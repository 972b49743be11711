//! The modules' files, fetched from the registry.

use std::io;

/// Why a module's files could not be had.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The cache cannot be used.
    #[error("the source cache: {source}")]
    Cache {
        /// What went wrong.
        source: io::Error,
    },
}
