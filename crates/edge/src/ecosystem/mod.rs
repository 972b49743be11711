//! What clients of each ecosystem ask, one file each.

pub(crate) mod go;
pub(crate) mod npm;
