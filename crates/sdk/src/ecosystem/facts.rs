use protoedge_npm::PackageJson;
use serde::{Deserialize, Serialize};

/// What lists show of a published SDK besides its files: each ecosystem its own.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Facts {
    /// Of a Go module.
    Go {
        /// `h1:…` of the zip: what go.sum says.
        h1: Option<String>,
    },
    /// Of an npm package.
    Npm {
        /// The manifest.
        package: Box<PackageJson>,
    },
    /// Of a Python package.
    Python {
        /// The manifest: the text of the wheel's `METADATA`.
        metadata: String,
    },
    /// Of archives, which no list shows.
    Archive {},
    /// Of the ecosystem for tests.
    #[cfg(feature = "test-ecosystem")]
    Test {
        /// The manifest's text.
        manifest: String,
    },
}
