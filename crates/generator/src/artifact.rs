//! A packed SDK with its hashes.

use crate::error::MakeError;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use protoedge_gomod::BadZip;
use protoedge_npm::BadTarball;
use protoedge_sdk::{ArtifactFile, Ecosystem, JobSdk};
use sha2::{Digest, Sha256, Sha512};
use std::{collections::BTreeMap, io::Cursor};

/// The greatest size of an artifact, in bytes: a Worker's request body may have 100 MB, of which some
/// are kept for what surrounds it.
pub const MAX_ARTIFACT: usize = 95_000_000;

/// A packed SDK with its hashes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Artifact {
    /// Which of the SDK's files it is.
    pub file: &'static ArtifactFile,
    /// The .zip or .tgz.
    pub bytes: Vec<u8>,
    /// How many files are in it.
    pub files: usize,
    /// The hashes that its ecosystem asks for.
    pub hashes: Hashes,
    /// A digest of names and contents, however they are packed.
    pub content: String,
}

/// The hashes of an artifact that are its ecosystem's own.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Hashes {
    /// The two lines of go.sum.
    Go {
        /// Of all files.
        h1: String,
        /// Of go.mod.
        go_mod_h1: String,
    },
    /// The two of a packument's `dist`.
    Npm {
        /// SHA-512.
        integrity: String,
        /// SHA-1.
        shasum: String,
    },
}

impl Artifact {
    /// Packs an SDK: its manifest, the module's licence where its ecosystem carries one, and the
    /// generated files. The same input gives the same bytes.
    pub fn pack(
        sdk: &JobSdk,
        license: Option<&[u8]>,
        generated: BTreeMap<String, String>,
    ) -> Result<Self, MakeError> {
        let mut files: BTreeMap<String, Vec<u8>> =
            generated.into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
        let manifest = match sdk.ecosystem {
            Ecosystem::Go => "go.mod",
            Ecosystem::Npm => "package.json",
        };
        let license = license.filter(|_| sdk.ecosystem == Ecosystem::Go);
        let own = [(manifest, Some(sdk.manifest.as_bytes())), ("LICENSE", license)];
        for (name, content) in own {
            let Some(content) = content else { continue };
            if files.insert(name.to_owned(), content.to_vec()).is_some() {
                return Err(MakeError::rejected(format_args!(
                    "the plugin generated a file named {name:?}, which the package has already"
                )));
            }
        }
        let (bytes, hashes) = match sdk.ecosystem {
            Ecosystem::Go => pack_go(sdk, &files)?,
            Ecosystem::Npm => pack_npm(&files)?,
        };
        if bytes.len() > MAX_ARTIFACT {
            return Err(MakeError::rejected(format_args!(
                "the package has {} bytes, {MAX_ARTIFACT} are allowed: split the module",
                bytes.len()
            )));
        }
        let content = match &hashes {
            Hashes::Go { h1, .. } => h1.clone(),
            Hashes::Npm { .. } => zip_h1(sdk, &files),
        };
        let file = &sdk.ecosystem.rules().files()[0];
        Ok(Self { file, bytes, files: files.len(), hashes, content })
    }

    /// The header `Content-Digest` (RFC 9530).
    pub fn content_digest(&self) -> String {
        let sha512 = BASE64.encode(Sha512::digest(&self.bytes));
        let sha256 = BASE64.encode(Sha256::digest(&self.bytes));
        format!("sha-512=:{sha512}:, sha-256=:{sha256}:")
    }

    /// SHA-1 in hexadecimal digits, the header `Protoedge-Sha1`.
    pub fn sha1(&self) -> String {
        protoedge_npm::shasum(&self.bytes)
    }
}

fn pack_go(
    sdk: &JobSdk,
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<(Vec<u8>, Hashes), MakeError> {
    let zip = protoedge_gomod::pack(Cursor::new(Vec::new()), &sdk.package, &sdk.version, files);
    let bytes = zip.map(Cursor::into_inner).map_err(|error| match error {
        BadZip::Write(_) | BadZip::Io(_) => {
            MakeError::Io { doing: "packing", source: std::io::Error::other(error) }
        }
        BadZip::Path(_)
        | BadZip::Collision { .. }
        | BadZip::NestedModule { .. }
        | BadZip::LargeFile { .. }
        | BadZip::Large { .. } => MakeError::rejected(error),
    })?;
    let h1 = zip_h1(sdk, files);
    let go_mod_h1 = protoedge_gomod::go_mod_h1(&sdk.manifest);
    Ok((bytes, Hashes::Go { h1, go_mod_h1 }))
}

fn zip_h1(sdk: &JobSdk, files: &BTreeMap<String, Vec<u8>>) -> String {
    let of = files.iter().map(|(name, content)| (name.as_str(), content.as_slice()));
    protoedge_gomod::zip_h1(&sdk.package, &sdk.version, of)
}

fn pack_npm(files: &BTreeMap<String, Vec<u8>>) -> Result<(Vec<u8>, Hashes), MakeError> {
    let bytes = protoedge_npm::pack(Vec::new(), files).map_err(|error| match error {
        BadTarball::Io(source) => MakeError::Io { doing: "packing", source },
        BadTarball::Name(_) => MakeError::rejected(error),
    })?;
    let integrity = protoedge_npm::integrity(&bytes);
    let shasum = protoedge_npm::shasum(&bytes);
    Ok((bytes, Hashes::Npm { integrity, shasum }))
}
