//! How a plugin gets here and stays the same: from Go, npm and cargo's registries, or as a file or a WebAssembly
//! module of the operator's; the catalogue's folder, the locks beside its entries, and whether they still hold.

pub mod catalogue_folder;
mod digest;
mod error;
pub mod facts;
mod install;
mod installer;
pub mod lock;
mod plugin_source;
mod recipes;
mod revisions;
mod sources;
mod tools;
pub mod verify;

pub use error::InstallError;
pub use installer::Installer;
pub use plugin_source::Exactly;
pub use recipes::exactly;
