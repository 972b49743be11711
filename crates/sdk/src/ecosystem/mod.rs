//! Where packages go, and what differs from one ecosystem to the next: a folder each, and the arms below.

pub(crate) mod archive;
pub(crate) mod facts;
pub(crate) mod go;
pub(crate) mod kind;
pub(crate) mod npm;
pub(crate) mod python;
pub(crate) mod rules;
pub(crate) mod target;
#[cfg(feature = "test-ecosystem")]
pub(crate) mod test_ecosystem;

pub use archive::Archive;
pub use facts::Facts;
pub use go::{
    Go,
    elsewhere::{GoElsewhere, GoElsewheres, usual_go_elsewheres},
    registry::{GoDep, GoRegistry},
};
pub use kind::Ecosystem;
pub use npm::{
    Npm,
    registry::{NpmDep, NpmRegistry},
};
pub use python::{
    Python,
    registry::{PythonPackageType, PythonRegistry},
};
pub use rules::{ArtifactFile, Lists, ManifestParts, PluginRules, Rules, Variant};
pub use target::{ArchiveRegistry, RegistryConfig, Target};
#[cfg(feature = "test-ecosystem")]
pub use test_ecosystem::{TestEcosystem, TestRequest, registry::TestRegistry};

use crate::version::SdkVersion;

impl Ecosystem {
    /// The rules of this ecosystem.
    pub fn rules(self) -> &'static dyn Rules {
        match self {
            Self::Go => &Go,
            Self::Npm => &Npm,
            Self::Python => &Python,
            Self::Archive => &Archive,
            #[cfg(feature = "test-ecosystem")]
            Self::Test => &TestEcosystem,
        }
    }

    /// Reads a version as one of the ecosystems writes it.
    pub fn read_version(text: &str) -> Option<SdkVersion> {
        Self::ALL.iter().find_map(|it| it.rules().parse_version(text).ok())
    }

    /// The ecosystems whose lists show only what has bytes.
    pub fn listing_bytes() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|it| it.lists_bytes())
    }

    /// The file of that name, if SDKs have one.
    pub fn file(self, name: &str) -> Option<&'static ArtifactFile> {
        self.rules().files().iter().find(|file| file.name == name)
    }

    /// Whether its lists show only what has bytes.
    pub fn lists_bytes(self) -> bool {
        self.rules().lists() == Lists::WithBytes
    }
}

impl Target {
    /// The rules of this plugin's packages.
    pub fn rules(&self) -> &dyn PluginRules {
        match self {
            Self::Go(go) => go,
            Self::Npm(npm) => npm,
            Self::Python(python) => python,
            Self::Archive(archive) => archive,
            #[cfg(feature = "test-ecosystem")]
            Self::Test(test) => test,
        }
    }
}
