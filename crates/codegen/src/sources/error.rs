use std::io;
use zip::result::ZipError;

/// Why a module's files could not be had.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The cache or the scratch folder cannot be used.
    #[error("the files of a module could not be kept: {source}")]
    Io {
        /// What went wrong.
        #[from]
        source: io::Error,
    },
    /// What the registry sent is no zip.
    #[error("the registry sent a module that is no zip: {source}")]
    Zip {
        /// What is wrong with it.
        #[from]
        source: ZipError,
    },
    /// A name that leads out of the module.
    #[error("the registry sent a module with the file {name:?}, which is no clean relative path")]
    Name {
        /// The name.
        name: String,
    },
    /// A name that this machine cannot hold, nor most others.
    #[error("a file's path is too long, or has too many folders, to be unpacked: {start:?}…")]
    LongName {
        /// Its beginning.
        start: String,
    },
    /// Too many or too large files.
    #[error("the registry sent a module that is too large: {what}")]
    TooLarge {
        /// The limit that was passed.
        what: String,
    },
}
