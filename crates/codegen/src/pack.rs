//! Files in, artifact out.

use crate::{artifact::Artifact, ecosystem, error::CodegenError, packed::Packed};
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
    generated: BTreeMap<String, String>,
) -> Result<Artifact, CodegenError> {
    let mut files: BTreeMap<String, Vec<u8>> =
        generated.into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
    for (name, content) in ecosystem::own_files(sdk, license) {
        if files.insert(name.to_owned(), content.to_vec()).is_some() {
            return Err(CodegenError::rejected(format_args!(
                "the plugin generated a file named {name:?}, which the package has already"
            )));
        }
    }
    let Packed { bytes, hashes, content } = ecosystem::pack(sdk, &files)?;
    if bytes.len() > limit::FILE {
        return Err(CodegenError::rejected(format_args!(
            "the package has {} bytes, {} are allowed: split the module",
            bytes.len(),
            limit::FILE
        )));
    }
    let file = &sdk.ecosystem.rules().files()[0];
    Ok(Artifact { file, bytes, files: files.len(), hashes, content })
}
