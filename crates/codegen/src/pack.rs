//! Files in, artifacts out.

use crate::{artifact::Packed, ecosystem, error::CodegenError};
use protoedge_sdk::{JobSdk, protocol::limit};
use std::collections::BTreeMap;

/// Packs an SDK: its manifest, the module's licence where its ecosystem carries one, and the
/// generated files. The same input gives the same bytes.
///
/// # Errors
/// [`CodegenError::Rejected`] for files that cannot be in a package together, and for a package that is too large.
pub fn pack(
    sdk: &JobSdk,
    license: Option<&[u8]>,
    mut files: BTreeMap<String, Vec<u8>>,
) -> Result<Packed, CodegenError> {
    for (name, content) in ecosystem::own_files(sdk, license) {
        if files.insert(name.to_owned(), content.to_vec()).is_some() {
            return Err(CodegenError::rejected(format_args!(
                "the plugin generated a file named {name:?}, which the package has already"
            )));
        }
    }
    let packed = ecosystem::pack(sdk, &files)?;
    for bytes in packed.artifacts.iter().map(|artifact| artifact.bytes.len()) {
        if bytes > limit::FILE {
            return Err(CodegenError::rejected(format_args!(
                "the package has {bytes} bytes, {} are allowed: split the module",
                limit::FILE
            )));
        }
    }
    Ok(packed)
}
