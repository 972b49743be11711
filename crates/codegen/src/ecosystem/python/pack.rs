use crate::{
    artifact::{Packed, content_digest},
    ecosystem::hashes::EcosystemHashes,
    error::CodegenError,
};
use protoedge_pypi::BadWheel;
use protoedge_sdk::JobSdk;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The name under which a package's licence comes to [`pack`]; it is put where wheels have it.
const LICENSE: &str = "LICENSE";

/// The files of its own that the wheel's folder `.dist-info` is made of: the licence. What else is in it the format makes.
pub fn own_files(license: Option<&[u8]>) -> impl Iterator<Item = (&'static str, &[u8])> {
    license.map(|text| (LICENSE, text)).into_iter()
}

/// Packs a wheel.
///
/// # Errors
/// [`CodegenError::Rejected`] for a name that no wheel can hold.
pub fn pack(sdk: &JobSdk, files: &BTreeMap<String, Vec<u8>>) -> Result<Packed, CodegenError> {
    let mut code = files.clone();
    let license = code.remove(LICENSE);
    let (name, version) = (&sdk.package, &sdk.version);
    let wheel = protoedge_pypi::pack(name, version, &sdk.manifest, license.as_deref(), &code);
    let bytes = wheel.map_err(|error| match error {
        BadWheel::Io(source) => CodegenError::Io { doing: "packing", source },
        BadWheel::Path { .. } | BadWheel::Special { .. } | BadWheel::Collision(_) => {
            CodegenError::rejected(error)
        }
    })?;
    let hashes = EcosystemHashes::Python { sha256: hex::encode(Sha256::digest(&bytes)) };
    let content = content_digest(sdk, files);
    Ok(Packed::single(sdk.ecosystem, bytes, None, hashes, content, files))
}
