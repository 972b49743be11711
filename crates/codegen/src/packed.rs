//! What packing gives.

use crate::artifact::Hashes;

/// A package's bytes and digests.
#[derive(Debug)]
pub struct Packed {
    /// The .zip or .tgz.
    pub bytes: Vec<u8>,
    /// The hashes that its ecosystem asks for.
    pub hashes: Hashes,
    /// A digest of names and contents, however they are packed.
    pub content: String,
}
