use crate::{Ecosystem, PluginName, PluginVersion};
use protoedge_npm::ModuleType;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Why a catalogue was refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadEntry {
    /// Two entries of one plugin, version and revision.
    #[error("{entry} is there twice")]
    Twice {
        /// `owner/name:version:revision`.
        entry: String,
    },
    /// A plugin dependency that is not in the catalogue.
    #[error("{entry} depends on {dep}, which is not in the catalogue")]
    MissingDep {
        /// Who depends.
        entry: String,
        /// On what.
        dep: String,
    },
    /// A plugin dependency whose packages go elsewhere.
    #[error("{entry} depends on {dep}, which is for another ecosystem")]
    OtherEcosystem {
        /// Who depends.
        entry: String,
        /// On what.
        dep: String,
    },
    /// Entries that depend on each other in a circle.
    #[error("the plugin dependencies of {entry} lead back to it")]
    Circle {
        /// Where the circle was found.
        entry: String,
    },
}

/// One plugin version at one revision: what it needs, and how it is installed. The keys are those
/// of `buf.plugin.yaml`, plus `revision` and `install`. Write-once.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The version of this format: `v1`.
    pub version: FormatVersion,
    /// The plugin. Read with or without a registry's host before it.
    #[serde(deserialize_with = "name_without_host")]
    pub name: PluginName,
    /// The plugin's version.
    pub plugin_version: PluginVersion,
    /// Grows when the same plugin version is packaged anew. From 1.
    pub revision: u32,
    /// Where the plugin's source is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
    /// One sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The plugin's licence, as SPDX names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spdx_license_id: Option<String>,
    /// The licence's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license_url: Option<String>,
    /// A guide for users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integration_guide_url: Option<String>,
    /// Whether users should move on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deprecated: bool,
    /// The languages of the generated files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub output_languages: Vec<String>,
    /// The plugins whose packages the generated code imports.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deps: Vec<PluginDep>,
    /// Where packages go, and what they need there.
    pub registry: Registry,
    /// How a generator gets the plugin.
    pub install: Install,
}

/// The one version of the entry format.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FormatVersion {
    /// `v1`.
    V1,
}

fn name_without_host<'de, D: Deserializer<'de>>(from: D) -> Result<PluginName, D::Error> {
    let text = String::deserialize(from)?;
    let name = match text.split('/').count() {
        3 => text.split_once('/').map_or(text.as_str(), |(_, rest)| rest),
        _ => &text,
    };
    name.parse().map_err(D::Error::custom)
}

/// A plugin dependency: `plugin: owner/name:version`, `revision: n`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PluginDep {
    /// The plugin.
    pub name: PluginName,
    /// Its version.
    pub version: PluginVersion,
    /// Its revision: named, not found, so that an entry means the same for ever.
    pub revision: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPluginDep {
    plugin: String,
    revision: u32,
}

impl Serialize for PluginDep {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let plugin = format!("{}:{}", self.name, self.version);
        RawPluginDep { plugin, revision: self.revision }.serialize(to)
    }
}

impl<'de> Deserialize<'de> for PluginDep {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let raw = RawPluginDep::deserialize(from)?;
        let (name, version) = raw
            .plugin
            .rsplit_once(':')
            .ok_or_else(|| D::Error::custom("a plugin dependency is owner/name:version"))?;
        let name = match name.split('/').count() {
            3 => name.split_once('/').map_or(name, |(_, rest)| rest),
            _ => name,
        };
        Ok(Self {
            name: name.parse().map_err(D::Error::custom)?,
            version: version.parse().map_err(D::Error::custom)?,
            revision: raw.revision,
        })
    }
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

/// What an ecosystem wants to know of a plugin.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Target {
    /// Go modules.
    Go(GoRegistry),
    /// npm packages.
    Npm(NpmRegistry),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRegistry {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    go: Option<GoRegistry>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    npm: Option<NpmRegistry>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    opts: Vec<String>,
}

impl TryFrom<RawRegistry> for Registry {
    type Error = &'static str;

    fn try_from(raw: RawRegistry) -> Result<Self, Self::Error> {
        let target = match (raw.go, raw.npm) {
            (Some(go), None) => Target::Go(go),
            (None, Some(npm)) => Target::Npm(npm),
            (None, None) => return Err("a registry names one ecosystem: go or npm"),
            (Some(_), Some(_)) => return Err("a registry names one ecosystem only"),
        };
        Ok(Self { target, opts: raw.opts })
    }
}

impl From<Registry> for RawRegistry {
    fn from(registry: Registry) -> Self {
        let opts = registry.opts;
        match registry.target {
            Target::Go(go) => Self { go: Some(go), npm: None, opts },
            Target::Npm(npm) => Self { go: None, npm: Some(npm), opts },
        }
    }
}

/// What go.mod needs to know of a plugin.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoRegistry {
    /// The `go` line (`1.23`); without it go.mod has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_version: Option<String>,
    /// The runtime libraries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deps: Vec<GoDep>,
    /// The plugin whose packages hold the messages, where it is not `protocolbuffers/go`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_plugin: Option<PluginName>,
}

/// A Go module that generated code imports.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoDep {
    /// The module's path.
    pub module: String,
    /// Its version, with `v`.
    pub version: String,
}

/// What package.json needs to know of a plugin.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NpmRegistry {
    /// How node reads the generated files.
    pub import_style: ModuleType,
    /// For plugins that rewrite imports: `x.proto` becomes `x_{suffix}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rewrite_import_path_suffix: Option<String>,
    /// The runtime libraries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deps: Vec<NpmDep>,
}

/// An npm package that generated code imports.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NpmDep {
    /// The package's name.
    pub package: String,
    /// A range of versions.
    pub version: String,
}

/// How a generator gets the plugin.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Install {
    /// A Go command, built from its module.
    Go {
        /// The command's import path.
        package: String,
        /// The module's version, with `v`.
        version: String,
    },
    /// A command of an npm package.
    Npm {
        /// The package's name.
        package: String,
        /// Its exact version.
        version: String,
        /// The command, as the package's `bin` names it.
        bin: String,
    },
    /// A command of a crate.
    Cargo {
        /// The crate's name.
        package: String,
        /// Its exact version.
        version: String,
        /// The command.
        bin: String,
    },
    /// An executable that the operator put on the generator's machine.
    File {
        /// Its path; one that is not absolute starts in the folder of the catalogue.
        path: String,
    },
    /// A WebAssembly module for WASI preview 1 that the operator put on the generator's machine.
    Wasm {
        /// Its path, as that of a [`Install::File`].
        path: String,
    },
}

impl Entry {
    /// `owner/name:version:revision`, as the command line writes it.
    pub fn id(&self) -> String {
        format!("{}:{}:{}", self.name, self.plugin_version, self.revision)
    }

    /// The ecosystem of the packages.
    pub fn ecosystem(&self) -> Ecosystem {
        match self.registry.target {
            Target::Go(_) => Ecosystem::Go,
            Target::Npm(_) => Ecosystem::Npm,
        }
    }

    /// The options as a plugin gets them: sorted by key.
    pub fn options(&self) -> Vec<String> {
        let mut options = self.registry.opts.clone();
        options.sort_by(|a, b| {
            let key = |option: &str| option.split('=').next().unwrap_or_default().to_owned();
            key(a).cmp(&key(b))
        });
        options
    }

    /// `sha256:…` of the entry's JSON: a Worker and a generator that print the same mean the same.
    pub fn digest(&self) -> String {
        // An entry holds strings, numbers and lists: it always has a JSON form.
        let json = serde_json::to_vec(self).unwrap_or_default();
        format!("sha256:{}", hex::encode(Sha256::digest(json)))
    }
}

/// All plugins of a registry.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Catalogue {
    entries: BTreeMap<PluginName, BTreeMap<(PluginVersion, u32), Entry>>,
}

impl Catalogue {
    /// Checks that every entry is there once and that plugin dependencies lead somewhere.
    pub fn new(entries: impl IntoIterator<Item = Entry>) -> Result<Self, BadEntry> {
        let mut catalogue = Self::default();
        for entry in entries {
            let versions = catalogue.entries.entry(entry.name.clone()).or_default();
            let key = (entry.plugin_version.clone(), entry.revision);
            if versions.contains_key(&key) {
                return Err(BadEntry::Twice { entry: entry.id() });
            }
            versions.insert(key, entry);
        }
        for entry in catalogue.iter() {
            catalogue.check_deps(entry)?;
        }
        Ok(catalogue)
    }

    fn check_deps(&self, entry: &Entry) -> Result<(), BadEntry> {
        for dep in &entry.deps {
            let name = format!("{}:{}:{}", dep.name, dep.version, dep.revision);
            let found = self
                .get(&dep.name, &dep.version, dep.revision)
                .ok_or_else(|| BadEntry::MissingDep { entry: entry.id(), dep: name.clone() })?;
            if found.ecosystem() != entry.ecosystem() {
                return Err(BadEntry::OtherEcosystem { entry: entry.id(), dep: name });
            }
        }
        if self.walk_deps(entry).iter().any(|dep| dep.name == entry.name) {
            return Err(BadEntry::Circle { entry: entry.id() });
        }
        Ok(())
    }

    /// All entries, by name, then version, then revision.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values().flat_map(BTreeMap::values)
    }

    /// One entry.
    pub fn get(&self, name: &PluginName, version: &PluginVersion, revision: u32) -> Option<&Entry> {
        self.entries.get(name)?.get(&(version.clone(), revision))
    }

    /// The newest revision of a plugin version.
    pub fn revision(&self, name: &PluginName, version: &PluginVersion) -> Option<&Entry> {
        let all = (version.clone(), 0)..=(version.clone(), u32::MAX);
        self.entries.get(name)?.range(all).next_back().map(|(_, entry)| entry)
    }

    /// The newest version of a plugin at its newest revision, among those that `wanted` takes.
    pub fn newest(
        &self,
        name: &PluginName,
        wanted: impl Fn(&PluginVersion) -> bool,
    ) -> Option<&Entry> {
        let versions = self.entries.get(name)?;
        versions.iter().rev().find(|((version, _), _)| wanted(version)).map(|(_, entry)| entry)
    }

    /// The entries that an entry depends on, directly and through others, each once, the direct ones
    /// first. Dependencies that are not in the catalogue are left out.
    pub fn walk_deps(&self, entry: &Entry) -> Vec<&Entry> {
        let mut found: Vec<&Entry> = Vec::new();
        let mut next: Vec<&PluginDep> = entry.deps.iter().collect();
        while !next.is_empty() {
            let level = std::mem::take(&mut next);
            for dep in level {
                let Some(dep) = self.get(&dep.name, &dep.version, dep.revision) else { continue };
                if !found.iter().any(|known| known.id() == dep.id()) {
                    found.push(dep);
                    next.extend(&dep.deps);
                }
            }
        }
        found
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde_json::json;

    pub(crate) fn entry(
        name: &str,
        version: &str,
        deps: &[&str],
        registry: serde_json::Value,
    ) -> Entry {
        let deps: Vec<_> = deps.iter().map(|dep| json!({"plugin": dep, "revision": 1})).collect();
        serde_json::from_value(json!({
            "version": "v1", "name": name, "plugin_version": version, "revision": 1, "deps": deps,
            "registry": registry, "install": {"file": {"path": "/plugin"}},
        }))
        .unwrap()
    }

    #[test]
    fn reads_names_with_and_without_host() {
        let go = json!({"go": {}});
        let with = entry("buf.build/a1/b1", "v1.0.0", &["buf.build/c1/d1:v1.0.0"], go.clone());
        let without = entry("a1/b1", "v1.0.0", &["c1/d1:v1.0.0"], go);
        assert_eq!(with, without);
        assert_eq!(with.digest(), without.digest());
        assert_eq!(with.id(), "a1/b1:v1.0.0:1");
    }

    #[test]
    fn options_are_sorted_by_key() {
        let registry =
            json!({"go": {}, "opts": ["paths=source_relative", "default_api_level=API_HYBRID"]});
        let options = entry("a1/b1", "v1.0.0", &[], registry).options();
        assert_eq!(options, ["default_api_level=API_HYBRID", "paths=source_relative"]);
    }

    #[test]
    fn a_registry_has_one_ecosystem() {
        for registry in [
            json!({}),
            json!({"go": {}, "npm": {"import_style": "module"}}),
            json!({"maven": {}}),
            json!({"go": {"unknown": 1}}),
        ] {
            assert!(serde_json::from_value::<Registry>(registry.clone()).is_err(), "{registry}");
        }
    }

    #[test]
    fn finds_the_newest_by_number() {
        let go = || json!({"go": {}});
        let versions = ["v1.9.0", "v1.10.0", "v2.0.0"];
        let catalogue = Catalogue::new(versions.map(|v| entry("a1/b1", v, &[], go()))).unwrap();
        let newest = |limit: u64| {
            let name = "a1/b1".parse().unwrap();
            catalogue.newest(&name, |v| v.major() < limit).map(|e| e.plugin_version.to_string())
        };
        assert_eq!(newest(9).as_deref(), Some("v2.0.0"));
        assert_eq!(newest(2).as_deref(), Some("v1.10.0"));
        assert_eq!(newest(1), None);
    }

    #[test]
    fn refuses_what_leads_nowhere() {
        let go = || json!({"go": {}});
        let npm = json!({"npm": {"import_style": "module"}});
        let a = entry("a1/a1", "v1.0.0", &["b1/b1:v1.0.0"], go());
        assert!(matches!(Catalogue::new([a.clone()]), Err(BadEntry::MissingDep { .. })));
        assert!(matches!(
            Catalogue::new([a.clone(), entry("b1/b1", "v1.0.0", &[], npm)]),
            Err(BadEntry::OtherEcosystem { .. })
        ));
        assert!(matches!(
            Catalogue::new([a.clone(), entry("b1/b1", "v1.0.0", &["a1/a1:v1.0.0"], go())]),
            Err(BadEntry::Circle { .. })
        ));
        let b = entry("b1/b1", "v1.0.0", &[], go());
        assert!(matches!(Catalogue::new([b.clone(), b.clone()]), Err(BadEntry::Twice { .. })));
        assert!(Catalogue::new([a, b]).is_ok());
    }
}
