use crate::{
    artifact::{Packed, content_digest},
    ecosystem::hashes::EcosystemHashes,
    error::CodegenError,
};
use protoedge_npm::BadTarball;
use protoedge_sdk::JobSdk;
use std::collections::BTreeMap;

/// An npm package's own file.
pub fn own_files(sdk: &JobSdk) -> impl Iterator<Item = (&'static str, &[u8])> {
    [("package.json", sdk.manifest.as_bytes())].into_iter()
}

/// Packs a tarball.
///
/// # Errors
/// [`CodegenError::Rejected`] for a name that no tarball can hold.
pub fn pack(sdk: &JobSdk, files: &BTreeMap<String, Vec<u8>>) -> Result<Packed, CodegenError> {
    let bytes = protoedge_npm::pack(Vec::new(), files).map_err(|error| match error {
        BadTarball::Io(source) => CodegenError::Io { doing: "packing", source },
        BadTarball::Name(_) => CodegenError::rejected(error),
    })?;
    let integrity = protoedge_npm::integrity(&bytes);
    let shasum = protoedge_npm::shasum(&bytes);
    let content = content_digest(sdk, files);
    let hashes = EcosystemHashes::Npm { integrity, shasum };
    Ok(Packed::single(sdk.ecosystem, bytes, None, hashes, content, files))
}
