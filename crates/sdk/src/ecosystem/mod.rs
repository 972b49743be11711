//! Where packages go, and what differs from one ecosystem to the next: one file or folder each, and the arms below.

mod go;
mod npm;

pub use go::{Go, GoDep, GoElsewhere, GoElsewheres, GoRegistry, usual_go_elsewheres};
pub use npm::{Npm, NpmDep, NpmRegistry};

use crate::{
    BadVersion, Catalogue, Closure, Entry, Facts, Hosts, Locked, Package, PluginName, Sdk,
    SdkVersion,
};
use serde::{Deserialize, Serialize};
use std::{cmp::Ordering, fmt};

/// Where packages of a plugin go.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ecosystem {
    /// Go modules, served as a GOPROXY.
    Go,
    /// npm packages, served as a registry.
    Npm,
}

impl Ecosystem {
    /// Every ecosystem.
    pub const ALL: [Self; 2] = [Self::Go, Self::Npm];

    /// The rules of this ecosystem.
    pub fn rules(self) -> &'static dyn Rules {
        match self {
            Self::Go => &Go,
            Self::Npm => &Npm,
        }
    }

    /// The name used in bucket paths, jobs and logs.
    pub fn name(self) -> &'static str {
        self.rules().name()
    }

    /// Reads [`Ecosystem::name`].
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }

    /// Reads a version as one of the ecosystems writes it.
    pub fn read_version(text: &str) -> Option<SdkVersion> {
        Self::ALL.into_iter().find_map(|it| it.rules().parse_version(text).ok())
    }

    /// The ecosystems whose lists show only what has bytes.
    pub fn listing_bytes() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|it| it.lists_bytes())
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

impl fmt::Display for Ecosystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which versions the lists of an ecosystem show.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Lists {
    /// Also the newest one that can be generated: the first client that downloads it has it generated.
    Makeable,
    /// Only what has bytes, and each version after all that it pins: lists say the files' hashes.
    WithBytes,
}

/// One of the files that an SDK consists of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ArtifactFile {
    /// The same for each SDK of the ecosystem; one path element.
    pub name: &'static str,
    /// The media type that it is stored and served with.
    pub media_type: &'static str,
}

/// What differs from one ecosystem to the next and depends on no plugin.
pub trait Rules: Sync {
    /// The name used in bucket paths, jobs and logs: lower-case letters.
    fn name(&self) -> &'static str;

    /// The files that each SDK consists of, at least one.
    fn files(&self) -> &'static [ArtifactFile];

    /// Which versions lists show.
    fn lists(&self) -> Lists;

    /// The plugin's major version where it is part of a package's name.
    fn major_in_name(&self, major: u64) -> Option<u64>;

    /// A package's name.
    fn package_name(&self, package: &Package, hosts: &Hosts) -> String;

    /// Reads a package's name; `None` for one that is not of this registry.
    fn parse_package(&self, name: &str, hosts: &Hosts) -> Option<Package>;

    /// A version as clients write it.
    fn version_text(&self, version: &SdkVersion) -> String;

    /// Reads a version as clients write it. One version has one text.
    ///
    /// # Errors
    /// [`BadVersion::Sdk`] for any other text.
    fn parse_version(&self, text: &str) -> Result<SdkVersion, BadVersion>;

    /// The order in which clients see versions; nothing else counts as equal to a version but itself.
    fn compare(&self, a: &SdkVersion, b: &SdkVersion) -> Ordering {
        a.cmp(b)
    }

    /// What lists show of a published SDK besides its files: from the text of its manifest, and from the hash of its
    /// contents where the ecosystem has one of its own.
    ///
    /// # Errors
    /// Says what is wrong with the manifest.
    fn facts(&self, manifest: &str, content_hash: Option<String>) -> Result<Facts, String>;
}

/// What an ecosystem wants to know of a plugin.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Target {
    /// Go modules.
    Go(GoRegistry),
    /// npm packages.
    Npm(NpmRegistry),
}

impl Target {
    /// The rules of this plugin's packages.
    pub fn rules(&self) -> &dyn PluginRules {
        match self {
            Self::Go(go) => go,
            Self::Npm(npm) => npm,
        }
    }
}

/// What a manifest is written of.
pub struct ManifestParts<'a> {
    /// The SDK.
    pub sdk: &'a Sdk,
    /// Its package's name.
    pub name: String,
    /// Name and version of each SDK that it pins.
    pub pins: Vec<(String, String)>,
    /// What generates it.
    pub entry: &'a Entry,
    /// Its commit, and those that this one depends on.
    pub closure: &'a Closure,
    /// All plugins.
    pub catalogue: &'a Catalogue,
    /// The registry's names.
    pub hosts: &'a Hosts,
}

/// What differs from one ecosystem to the next and depends on the plugin.
pub trait PluginRules {
    /// Whose rules these are.
    fn ecosystem(&self) -> Ecosystem;

    /// The SDKs of a module's dependency that the module's SDK pins; `bases` are the plugin's own dependencies.
    fn pins_of(&self, entry: &Entry, bases: &[&Entry], dep: &Locked) -> Vec<Sdk>;

    /// The manifest's text.
    fn manifest(&self, parts: &ManifestParts<'_>) -> String;

    /// The plugin, with its major version, from whose packages generated code imports besides those of the entry's
    /// dependencies.
    fn imported(&self, entry: &Entry) -> Option<(PluginName, u64)>;

    /// Where a dependency's code is, if in no SDK of this registry.
    fn elsewhere<'a>(&self, dep: &'a Locked) -> Option<&'a GoElsewhere>;
}

/// Where the packages of a plugin go: exactly one ecosystem, and the options of the plugin there.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawRegistry", into = "RawRegistry")]
pub struct Registry {
    /// The ecosystem with what it wants to know.
    pub target: Target,
    /// The plugin's options: `key=value` or `key`.
    pub opts: Vec<String>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawRegistry {
    #[serde(skip_serializing_if = "Option::is_none")]
    go: Option<GoRegistry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    npm: Option<NpmRegistry>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    opts: Vec<String>,
}

impl TryFrom<RawRegistry> for Registry {
    type Error = String;

    fn try_from(raw: RawRegistry) -> Result<Self, Self::Error> {
        let mut targets = raw.go.map(Target::Go).into_iter().chain(raw.npm.map(Target::Npm));
        match (targets.next(), targets.next()) {
            (Some(target), None) => Ok(Self { target, opts: raw.opts }),
            (None, _) => {
                let known = Ecosystem::ALL.map(Ecosystem::name).join(" or ");
                Err(format!("a registry names one ecosystem: {known}"))
            }
            (Some(_), Some(_)) => Err("a registry names one ecosystem only".into()),
        }
    }
}

impl From<Registry> for RawRegistry {
    fn from(registry: Registry) -> Self {
        let raw = Self { opts: registry.opts, ..Self::default() };
        match registry.target {
            Target::Go(go) => Self { go: Some(go), ..raw },
            Target::Npm(npm) => Self { npm: Some(npm), ..raw },
        }
    }
}

/// Reads the form that Go and npm share, less npm's missing `v`:
/// `v{plugin}-{YYYYMMDDHHMMSS}-{short commit}.{revision}`, as the BSR writes it.
fn parse_pseudo_version(text: &str) -> Option<SdkVersion> {
    let (rest, revision) = text.rsplit_once('.')?;
    let (rest, commit) = rest.rsplit_once('-')?;
    let (plugin, stamp) = rest.rsplit_once('-')?;
    Some(SdkVersion {
        plugin: plugin.parse().ok()?,
        stamp: stamp.parse().ok()?,
        commit: commit.parse().ok()?,
        revision: revision.parse().ok().filter(|number| *number > 0)?,
    })
}
