//! A packed SDK with its hashes.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use protoedge_sdk::{ArtifactFile, JobSdk, protocol::header};
use serde::Serialize;
use sha2::{Digest, Sha256, Sha512};
use std::collections::BTreeMap;

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
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(untagged)]
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

impl Hashes {
    /// The header, besides those of every artifact, that tells a registry a hash which it cannot compute of a
    /// stream.
    pub fn header(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::Go { h1, .. } => Some((header::CONTENT_HASH, h1)),
            Self::Npm { .. } => None,
        }
    }
}

/// A digest of the names and contents of an SDK's files: go.sum's, for every ecosystem.
pub(crate) fn content_digest(sdk: &JobSdk, files: &BTreeMap<String, Vec<u8>>) -> String {
    let of = files.iter().map(|(name, content)| (name.as_str(), content.as_slice()));
    protoedge_gomod::zip_h1(&sdk.package, &sdk.version, of)
}
