#[cfg(feature = "test-ecosystem")]
use super::test_ecosystem::registry::TestRegistry;
use super::{
    go::registry::GoRegistry, kind::Ecosystem, npm::registry::NpmRegistry,
    python::registry::PythonRegistry,
};
use serde::{Deserialize, Serialize};

/// What an ecosystem wants to know of a plugin.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Target {
    /// Go modules.
    Go(GoRegistry),
    /// npm packages.
    Npm(NpmRegistry),
    /// Python packages.
    Python(PythonRegistry),
    /// Archives.
    Archive(ArchiveRegistry),
    /// Packages that no client knows.
    #[cfg(feature = "test-ecosystem")]
    Test(TestRegistry),
}

/// What archives need to know of a plugin.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ArchiveRegistry {
    /// What another ecosystem wants to know of the plugin, where the code is what packages there have: it is asked for and looked at
    /// as there. Of other code nothing is known, and only what goes into it is looked at.
    pub code: Option<Box<Target>>,
}

impl Target {
    /// The ecosystem.
    pub const fn ecosystem(&self) -> Ecosystem {
        match self {
            Self::Go(_) => Ecosystem::Go,
            Self::Npm(_) => Ecosystem::Npm,
            Self::Python(_) => Ecosystem::Python,
            Self::Archive(_) => Ecosystem::Archive,
            #[cfg(feature = "test-ecosystem")]
            Self::Test(_) => Ecosystem::Test,
        }
    }
}

/// Where the packages of a plugin go: exactly one ecosystem, and the options of the plugin there.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawRegistryConfig", into = "RawRegistryConfig")]
pub struct RegistryConfig {
    /// The ecosystem with what it wants to know.
    pub target: Target,
    /// The plugin's options: `key=value` or `key`.
    pub opts: Vec<String>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawRegistryConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    go: Option<GoRegistry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    npm: Option<NpmRegistry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    python: Option<PythonRegistry>,
    /// Besides another one: archives of the code that packages there have, and no packages.
    #[serde(skip_serializing_if = "Option::is_none")]
    archive: Option<RawArchive>,
    #[cfg(feature = "test-ecosystem")]
    #[serde(skip_serializing_if = "Option::is_none")]
    test: Option<TestRegistry>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    opts: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawArchive {}

impl TryFrom<RawRegistryConfig> for RegistryConfig {
    type Error = String;

    fn try_from(raw: RawRegistryConfig) -> Result<Self, Self::Error> {
        let targets = raw.go.map(Target::Go).into_iter().chain(raw.npm.map(Target::Npm));
        let targets = targets.chain(raw.python.map(Target::Python));
        #[cfg(feature = "test-ecosystem")]
        let targets = targets.chain(raw.test.map(Target::Test));
        let mut targets = targets.fuse();
        let of = |target| Ok(Self { target, opts: raw.opts });
        match (targets.next(), targets.next(), raw.archive) {
            (Some(target), None, None) => of(target),
            (code, None, Some(RawArchive {})) => {
                of(Target::Archive(ArchiveRegistry { code: code.map(Box::new) }))
            }
            (None, _, None) => {
                let known: Vec<&str> = Ecosystem::ALL.iter().map(|it| it.name()).collect();
                let known = known.join(" or ");
                Err(format!("a registry names one ecosystem: {known}"))
            }
            (_, Some(_), _) => Err("a registry names one ecosystem only".into()),
        }
    }
}

impl From<RegistryConfig> for RawRegistryConfig {
    fn from(registry: RegistryConfig) -> Self {
        let raw = Self { opts: registry.opts, ..Self::default() };
        match registry.target {
            Target::Go(go) => Self { go: Some(go), ..raw },
            Target::Npm(npm) => Self { npm: Some(npm), ..raw },
            Target::Python(python) => Self { python: Some(python), ..raw },
            Target::Archive(ArchiveRegistry { code }) => {
                let opts = raw.opts;
                let code = code.map(|target| RegistryConfig { target: *target, opts: Vec::new() });
                let code = code.map(Self::from).unwrap_or_default();
                Self { archive: Some(RawArchive {}), opts, ..code }
            }
            #[cfg(feature = "test-ecosystem")]
            Target::Test(test) => Self { test: Some(test), ..raw },
        }
    }
}
