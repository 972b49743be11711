//! npm's own rules, as pure functions: nothing here knows what an SDK is.

mod package_json;
mod tarball;

pub use package_json::{ModuleType, PackageJson};
pub use tarball::{BadTarball, check_files, integrity, pack, shasum};
