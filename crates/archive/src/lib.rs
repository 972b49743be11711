//! Archives, as pure functions: nothing here knows what an SDK is.
//!
//! The same files give the same bytes, in either format, as long as the compressor is the same: files stand in the order of
//! their names, with one time, one mode and one owner.

mod format;
mod names;
mod request;
mod tarball;
mod zipped;

pub use format::{BadArchive, Format, pack};
pub use names::{BadPath, Collision, Names, check_files, check_path, folded};
pub use request::ArchiveRequest;
pub use tarball::Tarball;
pub use zipped::Zipped;
