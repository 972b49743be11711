//! Sources and a job in, an artifact out: compiles a module with protoc, runs a plugin over it, checks what comes
//! out and packs it as an SDK. It decides no name, no version and no manifest.

pub mod artifact;
mod built_in;
pub mod bundled;
mod comment_lines;
pub mod compiler;
mod describe;
pub mod descriptor;
pub mod diagnostic;
pub mod disk_cache;
mod ecosystem;
pub mod error;
mod insertion;
mod make;
mod options;
mod pack;
mod package_files;
pub mod plugin;
pub mod protoc;
mod quoting;
mod request;
mod response;
mod roles;
pub mod sources;
pub mod tree;
mod wire;
pub mod work;

pub use describe::describe;
pub use ecosystem::hashes::EcosystemHashes;
pub use ecosystem::npm::import_options::suffixes as import_suffixes;
pub use make::make;
pub use roles::carry_out;
