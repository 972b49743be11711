use serde::{Deserialize, Serialize};
use std::fmt;

/// Where packages of a plugin go.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ecosystem {
    /// Go modules, served as a GOPROXY.
    Go,
    /// npm packages, served as a registry.
    Npm,
    /// Python packages, served as a simple index.
    Python,
    /// Archives of what any plugin generates.
    Archive,
    /// Packages that no client knows: see [`super::test_ecosystem`].
    #[cfg(feature = "test-ecosystem")]
    Test,
}

impl Ecosystem {
    /// Every ecosystem.
    pub const ALL: &[Self] = &[
        Self::Go,
        Self::Npm,
        Self::Python,
        Self::Archive,
        #[cfg(feature = "test-ecosystem")]
        Self::Test,
    ];

    /// The name used in bucket paths, jobs and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Go => "go",
            Self::Npm => "npm",
            Self::Python => "python",
            Self::Archive => "archive",
            #[cfg(feature = "test-ecosystem")]
            Self::Test => "test",
        }
    }

    /// Reads [`Ecosystem::name`].
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.name() == name)
    }
}

impl fmt::Display for Ecosystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
