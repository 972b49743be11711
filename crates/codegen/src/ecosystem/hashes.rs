use serde::Serialize;

/// The hashes of an artifact that are its ecosystem's own.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(untagged)]
pub enum EcosystemHashes {
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
    /// The one of an index's page.
    Python {
        /// SHA-256.
        sha256: String,
    },
    /// SHA-256 of an archive's two files.
    Archive {
        /// Of the .tar.gz.
        tar_gz_sha256: String,
        /// Of the .zip.
        zip_sha256: String,
    },
    /// Those of the ecosystem for tests.
    #[cfg(feature = "test-ecosystem")]
    Test {
        /// SHA-256 of the code.
        sha256: String,
    },
}
