//! An ecosystem that no client knows, for tests (the cargo feature `test-ecosystem`). It is awkward on purpose: what an
//! ecosystem may ask for that neither Go nor npm does, it does. An SDK consists of two files, a plugin makes two packages of a
//! module, versions are ordered by revision before time, an index shows the files' hashes, and code is compiled against the
//! artifacts of its dependencies.

pub(crate) mod registry;

use super::{
    facts::Facts,
    go::elsewhere::GoElsewhere,
    kind::Ecosystem,
    rules::{ArtifactFile, Lists, ManifestParts, PluginRules, Rules, Variant},
    target::Target,
};
use crate::{
    entry::Entry,
    names::{ModuleName, PluginName},
    package::{Hosts, Package},
    sdk::{Locked, Sdk},
    version::{BadVersion, SdkVersion},
};
use registry::TestRegistry;
use std::cmp::Ordering;

/// The rules of the ecosystem for tests.
#[derive(Clone, Copy, Debug)]
pub struct TestEcosystem;

/// A request of a client, below the address of its registry.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TestRequest {
    /// `{package}/index.json`.
    Index {
        /// The package's name.
        package: String,
    },
    /// `{package}/{version}/{file}`.
    File {
        /// The package's name.
        package: String,
        /// The version.
        version: String,
        /// The file's name.
        file: String,
    },
}

impl TestRequest {
    /// Reads what is behind the registry's address; `None` for what no registry serves.
    pub fn parse(rest: &str) -> Option<Self> {
        let parts: Vec<String> = rest.split('/').map(str::to_owned).collect();
        match parts.as_slice() {
            [package, index] if index == "index.json" => {
                Some(Self::Index { package: package.clone() })
            }
            [package, version, file] => Some(Self::File {
                package: package.clone(),
                version: version.clone(),
                file: file.clone(),
            }),
            _ => None,
        }
    }
}

const FILES: [ArtifactFile; 2] = [
    ArtifactFile { name: "code.bin", media_type: "application/octet-stream" },
    ArtifactFile { name: "sources.txt", media_type: "text/plain" },
];

impl Rules for TestEcosystem {
    fn files(&self) -> &'static [ArtifactFile] {
        &FILES
    }

    fn compiled_against(&self) -> Option<&'static ArtifactFile> {
        FILES.first()
    }

    fn lists(&self) -> Lists {
        Lists::WithBytes
    }

    fn major_in_name(&self, _major: u64) -> Option<u64> {
        None
    }

    /// `{owner}_{module}_{plugin owner}_{plugin}`, and `_{variant}`: none of them holds `_`.
    fn package_name(&self, package: &Package, _hosts: &Hosts) -> String {
        let Package { module, plugin, .. } = package;
        let variant = plugin.variant().map(|variant| format!("_{variant}")).unwrap_or_default();
        let (of, by) = (module.owner(), plugin.owner());
        format!("{of}_{}_{by}_{}{variant}", module.name(), plugin.name())
    }

    fn parse_package(&self, name: &str, _hosts: &Hosts) -> Option<Package> {
        let parts: Vec<&str> = name.split('_').collect();
        let (parts, variant) = match parts.as_slice() {
            [parts @ .., variant] if parts.len() == 4 => (parts, Some(variant)),
            parts => (parts, None),
        };
        let [owner, module, plugin_owner, plugin] = parts else { return None };
        let plugin = PluginName::new(plugin_owner, plugin).ok()?;
        let plugin = match variant {
            Some(variant) => plugin.with_variant(variant).ok()?,
            None => plugin,
        };
        let module = ModuleName::new(owner, module).ok()?;
        Some(Package { ecosystem: Ecosystem::Test, module, plugin, major: None })
    }

    /// `1.2.3.{revision}.{YYYYMMDDHHMMSS}.{short commit}`.
    fn version_text(&self, version: &SdkVersion) -> String {
        let SdkVersion { plugin, stamp, commit, revision } = version;
        let plugin = plugin.to_string();
        format!("{}.{revision}.{stamp}.{commit}", plugin.trim_start_matches('v'))
    }

    fn parse_version(&self, text: &str) -> Result<SdkVersion, BadVersion> {
        let read = || {
            let parts: Vec<&str> = text.split('.').collect();
            let [major, minor, patch, revision, stamp, commit] = parts.as_slice() else {
                return None;
            };
            Some(SdkVersion {
                plugin: format!("v{major}.{minor}.{patch}").parse().ok()?,
                stamp: stamp.parse().ok()?,
                commit: commit.parse().ok()?,
                revision: revision.parse().ok().filter(|number| *number > 0)?,
            })
        };
        let one = read().filter(|version| self.version_text(version) == text);
        one.ok_or_else(|| BadVersion::Sdk(text.into()))
    }

    /// The revision counts before the time.
    fn compare(&self, a: &SdkVersion, b: &SdkVersion) -> Ordering {
        let key =
            |v: &SdkVersion| (v.plugin.clone(), v.revision, v.stamp.clone(), v.commit.clone());
        key(a).cmp(&key(b))
    }

    fn facts(
        &self,
        manifest: &dyn Fn() -> Result<String, String>,
        _content_hash: Option<String>,
    ) -> Result<Facts, String> {
        Ok(Facts::Test { manifest: manifest()? })
    }
}

impl PluginRules for TestRegistry {
    fn variants(&self) -> Vec<Variant> {
        let of = |(name, opts): (&String, &Vec<String>)| Variant {
            name: name.clone(),
            opts: opts.clone(),
        };
        self.variants.iter().map(of).collect()
    }

    fn unknown(&self, _known: Option<&Target>) -> Target {
        Target::Test(Self::default())
    }

    fn pins_of(&self, entry: &Entry, bases: &[&Entry], dep: &Locked) -> Vec<Sdk> {
        std::iter::once(&entry).chain(bases).map(|entry| Sdk::new(entry, dep)).collect()
    }

    /// A line for the package, and one for each that it pins.
    fn runtime(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    fn manifest(&self, parts: &ManifestParts<'_>) -> String {
        let own = format!("package {} {}\n", parts.name, parts.sdk.version_text());
        let pins = parts.pins.iter().map(|(name, version)| format!("pin {name} {version}\n"));
        std::iter::once(own).chain(pins).collect()
    }

    fn imported(&self, _entry: &Entry) -> Option<(PluginName, u64)> {
        None
    }

    fn elsewhere<'a>(&self, _dep: &'a Locked) -> Option<&'a GoElsewhere> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions_print_what_they_parsed() {
        let hosts = Hosts { registry_host: "r.example.com".into(), npm_scope: "@x".into() };
        for name in ["acme_weather_a1_b1", "acme_weather_a1_b1_lite"] {
            let package = TestEcosystem.parse_package(name, &hosts).unwrap();
            assert_eq!(TestEcosystem.package_name(&package, &hosts), name);
        }
        for name in ["", "acme_weather_a1", "acme_weather_a1_b1_lite_x", "acme_weather_a1_b1_"] {
            assert_eq!(TestEcosystem.parse_package(name, &hosts), None, "{name}");
        }
        let text = "1.0.0.2.20260102030405.aaaaaaaaaaaa";
        let version = TestEcosystem.parse_version(text).unwrap();
        assert_eq!(TestEcosystem.version_text(&version), text);
        for text in ["1.0.0.0.20260102030405.aaaaaaaaaaaa", "1.0.2.20260102030405.aaaaaaaaaaaa"] {
            assert!(TestEcosystem.parse_version(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_revision_counts_before_the_time() {
        let of = |text| TestEcosystem.parse_version(text).unwrap();
        let older = of("1.0.0.1.20270102030405.aaaaaaaaaaaa");
        let newer = of("1.0.0.2.20260102030405.aaaaaaaaaaaa");
        assert_eq!(TestEcosystem.compare(&older, &newer), Ordering::Less);
        assert!(older > newer, "the order of the others");
    }
}
