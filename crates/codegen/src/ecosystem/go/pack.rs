use crate::{
    artifact::{Packed, content_digest},
    ecosystem::hashes::EcosystemHashes,
    error::CodegenError,
};
use protoedge_gomod::BadZip;
use protoedge_sdk::JobSdk;
use std::{collections::BTreeMap, io::Cursor};

/// A Go module's own files: go.mod, and the licence, which Go's tools show.
pub fn own_files<'a>(
    sdk: &'a JobSdk,
    license: Option<&'a [u8]>,
) -> impl Iterator<Item = (&'static str, &'a [u8])> {
    let license = license.map(|text| ("LICENSE", text));
    [("go.mod", sdk.manifest.as_bytes())].into_iter().chain(license)
}

/// Packs a module zip.
///
/// # Errors
/// [`CodegenError::Rejected`] for files that no module zip can hold.
pub fn pack(sdk: &JobSdk, files: &BTreeMap<String, Vec<u8>>) -> Result<Packed, CodegenError> {
    let zip = protoedge_gomod::pack(Cursor::new(Vec::new()), &sdk.package, &sdk.version, files);
    let bytes = zip.map(Cursor::into_inner).map_err(|error| match error {
        BadZip::Io(source) => CodegenError::Io { doing: "packing", source },
        BadZip::Path(_)
        | BadZip::Collision(_)
        | BadZip::NestedModule { .. }
        | BadZip::LargeFile { .. }
        | BadZip::Large { .. } => CodegenError::rejected(error),
    })?;
    let h1 = content_digest(sdk, files);
    let go_mod_h1 = protoedge_gomod::go_mod_h1(&sdk.manifest);
    let hashes = EcosystemHashes::Go { h1: h1.clone(), go_mod_h1 };
    Ok(Packed::single(sdk.ecosystem, bytes, Some(h1.clone()), hashes, h1, files))
}
