//! Digests of modules, as the `buf` command computes them again over everything it downloads.

use crate::module_path::{DOCS, LICENSE, PROTO_SUFFIX};
use shake::{ExtendableOutput, Shake256, Update, XofReader};
use std::{fmt, fmt::Write, str::FromStr};

/// Bytes of a digest: twice the security level of SHAKE256, as the `buf` command chose.
const LENGTH: usize = 64;

/// Why a digest was refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{text:?} is not a digest of the form {prefix}: with 128 digits of 0-9 and a-f")]
pub struct BadDigest {
    prefix: &'static str,
    text: String,
}

/// The digest of a module's own files: SHAKE256 over their manifest. Printed as `shake256:…`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct B4([u8; LENGTH]);

/// The digest of a module's files and of all that it depends on. Printed as `b5:…`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct B5([u8; LENGTH]);

impl B4 {
    const PREFIX: &str = "shake256:";

    /// Hashes a module's files, given with their paths in any order. Files that do not count, such
    /// as a second README, are left out: [`counted`].
    pub fn of_files<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Self {
        let mut files: Vec<_> = files.into_iter().collect();
        files.sort_by_key(|(path, _)| *path);
        let paths: Vec<&str> = files.iter().map(|(path, _)| *path).collect();
        let mut manifest = String::new();
        for (path, content) in files.iter().filter(|(path, _)| counted(path, &paths)) {
            let content = Self(shake256(content));
            // Writing to a String never fails.
            let _ = writeln!(manifest, "{content}  {path}");
        }
        Self(shake256(manifest.as_bytes()))
    }
}

impl B5 {
    const PREFIX: &str = "b5:";

    /// Joins the digest of a module's own files with those of its whole dependency closure, direct
    /// and transitive, one a module, in any order.
    pub fn new(files: B4, closure: impl IntoIterator<Item = Self>) -> Self {
        let mut closure: Vec<_> = closure.into_iter().collect();
        closure.sort();
        let lines: Vec<String> =
            std::iter::once(files.to_string()).chain(closure.iter().map(Self::to_string)).collect();
        Self(shake256(lines.join("\n").as_bytes()))
    }
}

/// Whether the file at `path` is part of its module, which consists of `paths`: every .proto file,
/// the LICENSE and the first README that there is.
pub fn counted(path: &str, paths: &[&str]) -> bool {
    let doc = || DOCS.iter().find(|doc| paths.contains(doc));
    path.ends_with(PROTO_SUFFIX) || path == LICENSE || doc().is_some_and(|doc| *doc == path)
}

fn shake256(bytes: &[u8]) -> [u8; LENGTH] {
    let mut hasher = Shake256::default();
    hasher.update(bytes);
    let mut digest = [0; LENGTH];
    hasher.finalize_xof().read(&mut digest);
    digest
}

/// What both digests can do: from and to bytes, from and to text.
macro_rules! digest {
    ($type:ident) => {
        impl $type {
            /// The bytes on the wire.
            pub fn as_bytes(&self) -> &[u8; LENGTH] {
                &self.0
            }
        }

        impl From<[u8; LENGTH]> for $type {
            fn from(bytes: [u8; LENGTH]) -> Self {
                Self(bytes)
            }
        }

        impl FromStr for $type {
            type Err = BadDigest;

            fn from_str(text: &str) -> Result<Self, BadDigest> {
                let bad =
                    || BadDigest { prefix: Self::PREFIX.trim_end_matches(':'), text: text.into() };
                let digits = text.strip_prefix(Self::PREFIX).ok_or_else(bad)?;
                let mut bytes = [0; LENGTH];
                hex::decode_to_slice(digits, &mut bytes).map_err(|_| bad())?;
                let digest = Self(bytes);
                // One digest, one text: upper-case digits are refused.
                if digest.to_string() == text { Ok(digest) } else { Err(bad()) }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", Self::PREFIX, hex::encode(self.0))
            }
        }
    };
}

digest!(B4);
digest!(B5);

#[cfg(test)]
mod tests;
