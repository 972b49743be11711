//! npm's own rules, as pure functions: nothing here knows what an SDK is.

mod package_json;
mod tarball;
mod packument;
mod request;

pub use packument::{Dist, Packument, VersionDocument};
pub use request::RegistryRequest;
pub use package_json::{ModuleType, PackageJson};
pub use tarball::{BadTarball, check_files, integrity, pack, shasum};
