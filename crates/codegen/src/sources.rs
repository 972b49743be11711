//! The modules' files, fetched from the registry.

mod error;
mod unpack;

pub use error::SourceError;
pub use unpack::unpack;

/// How many bytes of modules' files are kept on disk: some hundred commits of ordinary modules, or some
/// dozen of the largest public one.
pub const MAX_KEPT: u64 = 1 << 30;
