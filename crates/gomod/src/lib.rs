//! Go's own rules, as pure functions: nothing here knows what an SDK is.
//!
//! The rules are those of the `golang.org/x/mod` packages `module`, `zip` and `sumdb/dirhash`
//! and of the GOPROXY protocol (`go help goproxy`).

mod directive;
mod dirhash;
mod escape;
mod file_name;
mod mod_file;
mod packages;
mod path;
mod request;
mod source;
mod zip;

pub use directive::directive;
pub use dirhash::{go_mod_h1, h1, zip_h1};
pub use escape::unescape;
pub use file_name::{is_test, name_for_all};
pub use mod_file::ModFile;
pub use packages::{Packages, Unbuildable};
pub use path::{BadPath, check_file_path, check_path, check_version};
pub use request::ProxyRequest;
pub use source::{BadSource, Declaration, Directive, GoFile, Import};
pub use zip::{BadZip, MAX_SPECIAL_FILE, MAX_ZIP, check_files, pack};
