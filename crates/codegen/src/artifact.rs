//! A packed SDK: its files with their hashes.

use crate::ecosystem::hashes::EcosystemHashes;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use protoedge_sdk::{ArtifactFile, Ecosystem, JobSdk};
use sha2::{Digest, Sha256, Sha512};
use std::collections::BTreeMap;

/// A packed SDK.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Packed {
    /// The files that it consists of, in the order of its ecosystem's rules.
    pub artifacts: Vec<Artifact>,
    /// The hashes that its ecosystem asks for.
    pub hashes: EcosystemHashes,
    /// A digest of names and contents, however they are packed.
    pub content: String,
    /// What is packed: paths, and sizes in bytes.
    pub files: BTreeMap<String, u64>,
}

/// One of the files that an SDK consists of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Artifact {
    /// Which one.
    pub file: &'static ArtifactFile,
    /// The .zip, the .tgz or what else the ecosystem has.
    pub bytes: Vec<u8>,
    /// The hash of what is in it as its ecosystem writes it, where a registry cannot compute that of a stream: the header
    /// `Protoedge-Content-Hash`.
    pub content_hash: Option<String>,
}

impl Packed {
    /// An SDK that consists of one file.
    pub(crate) fn single(
        ecosystem: Ecosystem,
        bytes: Vec<u8>,
        content_hash: Option<String>,
        hashes: EcosystemHashes,
        content: String,
        files: &BTreeMap<String, Vec<u8>>,
    ) -> Self {
        let file = &ecosystem.rules().files()[0];
        let artifacts = vec![Artifact { file, bytes, content_hash }];
        Self { artifacts, hashes, content, files: sizes(files) }
    }
}

impl Artifact {
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

/// How many bytes each file has.
pub(crate) fn sizes(files: &BTreeMap<String, Vec<u8>>) -> BTreeMap<String, u64> {
    files.iter().map(|(path, bytes)| (path.clone(), bytes.len() as u64)).collect()
}

/// A digest of the names and contents of an SDK's files: go.sum's, for every ecosystem.
pub(crate) fn content_digest(sdk: &JobSdk, files: &BTreeMap<String, Vec<u8>>) -> String {
    let of = files.iter().map(|(name, content)| (name.as_str(), content.as_slice()));
    protoedge_gomod::zip_h1(&sdk.package, &sdk.version, of)
}
