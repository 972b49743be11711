//! npm's own rules, as pure functions: nothing here knows what an SDK is.

mod package_json;

pub use package_json::{ModuleType, PackageJson};
