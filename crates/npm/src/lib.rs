//! npm's own rules, as pure functions: nothing here knows what an SDK is.

mod dist_tag;
mod file_name;
mod package_json;
mod packument;
mod request;
mod tarball;

pub use dist_tag::dist_tag;
pub use file_name::{BadFileName, check_files, check_path};
pub use package_json::{ModuleType, PackageJson};
pub use packument::{Dist, Links, Packument, Repository, VersionDocument};
pub use request::RegistryRequest;
pub use tarball::{BadTarball, integrity, pack, shasum};
