//! What clients of each ecosystem ask, one file each, and what differs between them besides.

pub(crate) mod archive;
pub(crate) mod clients;
pub(crate) mod go;
pub(crate) mod npm;
pub(crate) mod python;
#[cfg(feature = "test-ecosystem")]
pub(crate) mod test_ecosystem;
