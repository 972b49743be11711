//! Go's own rules, as pure functions: nothing here knows what an SDK is.
//!
//! The rules are those of the `golang.org/x/mod` packages `module`, `zip` and `sumdb/dirhash`
//! and of the GOPROXY protocol (`go help goproxy`).

mod mod_file;

pub use mod_file::ModFile;
