//! Archives of what any plugin generates. Where the code is what packages of another ecosystem have, it is asked for and looked
//! at as there. Of other code the names of its files are looked at, and what its plugin would copy into code is made harmless or rejected
//! before: its language is not known.

mod texts;

use crate::{
    artifact::{Artifact, Packed, content_digest, sizes},
    ecosystem::hashes::EcosystemHashes,
    error::CodegenError,
    options,
    protoc::Compiled,
    quoting,
    request::Request,
    work::Work,
};
use protoedge_archive::{BadArchive, Format};
use protoedge_sdk::{Archive, ArchiveRegistry, JobSdk};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What the same code would be made of as a package of its own ecosystem, if it has one.
pub fn code(work: &Work, registry: &ArchiveRegistry) -> Option<Work> {
    let ecosystem = registry.code.as_ref()?.ecosystem();
    let sdk = JobSdk { ecosystem, ..work.sdk.clone() };
    Some(Work { sdk, entry: work.entry.code().into_owned(), ..work.clone() })
}

/// What a plugin is asked for other code, with what it would copy into code made harmless.
///
/// # Errors
/// [`CodegenError::Rejected`] with the file for a text that no plugin can be trusted to quote; [`CodegenError::Unsupported`] for
/// an option that is carried out for Go alone.
pub fn request(work: &Work, compiled: Compiled) -> Result<Request, CodegenError> {
    let mut options = work.options.clone();
    options::take_separate(work, &mut options, &[])?;
    let mut request = Request::new(options, compiled.files, compiled.sources);
    texts::check_names(&request)?;
    quoting::check(&work.entry, &request)?;
    request.map_comments(texts::plain)?;
    request.cut_to_closure();
    Ok(request)
}

/// An archive's own file: the module's licence.
pub fn own_files(license: Option<&[u8]>) -> impl Iterator<Item = (&'static str, &[u8])> {
    license.map(|text| ("LICENSE", text)).into_iter()
}

/// Packs the same files in each format.
///
/// # Errors
/// [`CodegenError::Rejected`] for names that cannot be unpacked everywhere.
pub fn pack(sdk: &JobSdk, files: &BTreeMap<String, Vec<u8>>) -> Result<Packed, CodegenError> {
    let packed = |format| {
        let bytes = protoedge_archive::pack(format, files).map_err(|error| match error {
            BadArchive::Io(source) => CodegenError::Io { doing: "packing", source },
            BadArchive::Names(_) => CodegenError::rejected(error),
        })?;
        Ok::<_, CodegenError>(Artifact { file: Archive::file(format), bytes, content_hash: None })
    };
    let (tar_gz, zip) = (packed(Format::TarGz)?, packed(Format::Zip)?);
    let sha256 = |artifact: &Artifact| hex::encode(Sha256::digest(&artifact.bytes));
    let hashes =
        EcosystemHashes::Archive { tar_gz_sha256: sha256(&tar_gz), zip_sha256: sha256(&zip) };
    let content = content_digest(sdk, files);
    Ok(Packed { artifacts: vec![tar_gz, zip], hashes, content, files: sizes(files) })
}
