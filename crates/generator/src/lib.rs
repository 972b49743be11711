//! The native generator: compiles a module with protoc, runs a plugin over it, checks what comes out
//! and packs it as an SDK. It decides no name, no version and no manifest, and keeps no state but caches.

pub mod artifact;
pub mod bundled;
mod checks;
pub mod cli;
pub mod command;
pub mod compiler;
pub mod descriptor;
pub mod disk_cache;
pub mod error;
mod gateway;
mod go_package;
pub mod http;
pub mod import;
mod insertion;
pub mod install;
pub mod make;
pub mod plugin;
pub mod protoc;
mod request;
mod response;
mod rewrite;
pub mod script;
mod separate;
pub mod serve;
pub mod shelf;
pub mod sources;
pub mod tree;
pub mod verify;
mod wire;
pub mod words;
pub mod work;

/// The generator's version: a rejection ends with a new one.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
