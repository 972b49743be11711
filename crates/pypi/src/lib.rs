//! Python's own rules, as pure functions: nothing here knows what an SDK is.

mod index;
mod metadata;
mod name;
mod request;
#[cfg(test)]
mod tests;
mod wheel;

pub use index::{Index, IndexFile, Projects};
pub use metadata::{Metadata, Requirement};
pub use name::{normalized, wheel_name};
pub use request::IndexRequest;
pub use wheel::{BadWheel, check_files, pack};
