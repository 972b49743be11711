//! The native generator: a service that takes jobs by webhook, and a command line. It decides no name, no version
//! and no manifest, and keeps no state but caches.

pub mod cli;
pub mod command;
pub mod http;
pub mod serve;

/// The generator's version: a rejection ends with a new one.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
