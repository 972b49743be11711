//! Python packages: names, versions, the metadata of wheels.

pub(crate) mod registry;

use super::{
    facts::Facts,
    go::elsewhere::GoElsewhere,
    kind::Ecosystem,
    rules::{ArtifactFile, Lists, ManifestParts, PluginRules, Rules},
    target::Target,
};
use crate::{
    entry::Entry,
    names::{ModuleName, PluginName, with_single_dashes},
    package::{Hosts, Package},
    sdk::{Closure, Locked, Sdk},
    version::{BadVersion, SdkVersion},
};
use protoedge_pypi::{Metadata, Requirement};
use registry::PythonRegistry;
use std::cmp::Ordering;

/// The rules of Python packages.
#[derive(Clone, Copy, Debug)]
pub struct Python;

/// What stands in versions for the time of a commit that was not pushed to the default label: a developmental release, which
/// sorts below every other (PEP 440, "Developmental releases").
const DEV: &str = "dev0";

impl Python {
    /// What the module of a package is called, and its plugin, of a name by one of these plugins; `None` for one that is by no
    /// other. A name tells neither where its plugin begins nor where its owner ends; no catalogue has two plugins that one name
    /// may be by ([`BadEntry::Ambiguous`](crate::BadEntry::Ambiguous)).
    pub fn split<'a>(
        name: &str,
        plugins: impl IntoIterator<Item = &'a PluginName>,
    ) -> Option<(String, PluginName)> {
        plugins.into_iter().find_map(|plugin| {
            let module = name.strip_suffix(&Self::joined(plugin))?.strip_suffix('-')?;
            (!module.is_empty()).then(|| (module.to_owned(), plugin.clone()))
        })
    }

    /// What a plugin is called in the names of packages.
    fn joined(plugin: &PluginName) -> String {
        with_single_dashes(&format!("{}-{}", plugin.owner(), plugin.name()))
    }
}

impl Rules for Python {
    fn files(&self) -> &'static [ArtifactFile] {
        &[ArtifactFile { name: "package.whl", media_type: "application/octet-stream" }]
    }

    fn lists(&self) -> Lists {
        Lists::WithBytes
    }

    fn major_in_name(&self, _major: u64) -> Option<u64> {
        None
    }

    fn ambiguous<'a>(
        &self,
        plugins: &[&'a PluginName],
    ) -> Option<(&'a PluginName, &'a PluginName)> {
        let ends = |long: &PluginName, short: &PluginName| {
            Self::joined(long).ends_with(&format!("-{}", Self::joined(short)))
        };
        let mut pairs = plugins.iter().flat_map(|a| plugins.iter().map(move |b| (*a, *b)));
        pairs.find(|(a, b)| a != b && (ends(a, b) || Self::joined(a) == Self::joined(b)))
    }

    fn package_name(&self, package: &Package, _hosts: &Hosts) -> String {
        format!("{}-{}", package.module.joined(), Self::joined(&package.plugin))
    }

    /// Only names of four words are one package's: of others the registry has to look which module it has.
    fn parse_package(&self, name: &str, _hosts: &Hosts) -> Option<Package> {
        let words: Vec<&str> = name.split('-').collect();
        let [owner, module, plugin_owner, plugin] = words.as_slice() else { return None };
        Some(Package {
            ecosystem: Ecosystem::Python,
            module: ModuleName::new(owner, module).ok()?,
            plugin: PluginName::new(plugin_owner, plugin).ok()?,
            major: None,
        })
    }

    /// `1.2.3.{revision}.{YYYYMMDDHHMMSS}+{short commit}`, and `dev0` in place of a time that there is not.
    fn version_text(&self, version: &SdkVersion) -> String {
        let SdkVersion { plugin, stamp, commit, revision } = version;
        let plugin = plugin.to_string();
        let plugin = plugin.trim_start_matches('v');
        let time = if stamp.is_zero() { DEV } else { stamp.as_str() };
        format!("{plugin}.{revision}.{time}+{commit}")
    }

    fn parse_version(&self, text: &str) -> Result<SdkVersion, BadVersion> {
        let read = || {
            let (public, commit) = text.split_once('+')?;
            let parts: Vec<&str> = public.split('.').collect();
            let [major, minor, patch, revision, time] = parts.as_slice() else { return None };
            let stamp = if *time == DEV { "00000000000000" } else { time };
            Some(SdkVersion {
                plugin: format!("v{major}.{minor}.{patch}").parse().ok()?,
                stamp: stamp.parse().ok()?,
                commit: commit.parse().ok()?,
                revision: revision.parse().ok().filter(|number| *number > 0)?,
            })
        };
        // `+1` and `01` parse as numbers, too.
        let one = read().filter(|version| self.version_text(version) == text);
        one.ok_or_else(|| BadVersion::Sdk(text.into()))
    }

    /// The revision counts before the time; of one time, a commit of digits alone counts more than any other (PEP 440, "Local
    /// version identifiers").
    fn compare(&self, a: &SdkVersion, b: &SdkVersion) -> Ordering {
        let key = |v: &SdkVersion| {
            let is_number = v.commit.as_str().bytes().all(|b| b.is_ascii_digit());
            (v.plugin.clone(), v.revision, v.stamp.clone(), is_number, v.commit.clone())
        };
        key(a).cmp(&key(b))
    }

    fn facts(
        &self,
        manifest: &dyn Fn() -> Result<String, String>,
        _content_hash: Option<String>,
    ) -> Result<Facts, String> {
        Ok(Facts::Python { metadata: manifest()? })
    }
}

/// At least the version that is pinned, whoever brings a newer one; of one without time, exactly it: a bound cannot name it,
/// since it has no local part (PEP 440, "Inclusive ordered comparison").
fn at_least((name, version): &(String, String)) -> Requirement {
    let bound = match version.split_once('+') {
        Some((public, _)) if !public.ends_with(DEV) => format!(">={public}"),
        Some(_) | None => format!("=={version}"),
    };
    Requirement { name: name.clone(), specifier: bound }
}

impl PluginRules for PythonRegistry {
    fn unknown(&self, known: Option<&Target>) -> Target {
        let registry = match known {
            Some(Target::Python(known)) => known,
            Some(_) | None => self,
        };
        Target::Python(Self { deps: Vec::new(), ..registry.clone() })
    }

    /// Generated code imports that of the plugin's dependencies of other modules directly.
    fn pins_of(&self, entry: &Entry, bases: &[&Entry], dep: &Locked) -> Vec<Sdk> {
        std::iter::once(&entry).chain(bases).map(|entry| Sdk::new(entry, dep)).collect()
    }

    fn runtime(&self) -> Vec<(String, String)> {
        let parsed = self.deps.iter().map(|dep| Requirement::parse(dep));
        parsed.map(|Requirement { name, specifier }| (name, specifier)).collect()
    }

    fn manifest(&self, parts: &ManifestParts<'_>) -> String {
        let ManifestParts { sdk, name, pins, closure, hosts, .. } = parts;
        let Closure { target, is_deprecated, .. } = closure;
        let runtime = self.deps.iter().map(|dep| Requirement::parse(dep));
        Metadata {
            name: name.clone(),
            version: sdk.version_text(),
            summary: format!(
                "Generated code of the protobuf module {host}/{module}:{commit} by the plugin {host}/{plugin}:{version} revision:{revision}",
                host = hosts.registry_host,
                module = sdk.module,
                commit = target.commit,
                plugin = sdk.plugin,
                version = sdk.version.plugin,
                revision = sdk.version.revision,
            ),
            requires_python: self.requires_python.clone(),
            is_inactive: *is_deprecated,
            requires: runtime.chain(pins.iter().map(at_least)).collect(),
        }
        .to_string()
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

    fn of(text: &str) -> SdkVersion {
        Python.parse_version(text).unwrap()
    }

    #[test]
    fn versions_print_what_they_parsed() {
        for text in ["36.0.0.1.20260102030405+aaaaaaaaaaaa", "1.65.4.2.dev0+0123456789ab"] {
            assert_eq!(Python.version_text(&of(text)), text);
        }
        for text in [
            "",
            "36.0.1.20260102030405+aaaaaaaaaaaa",
            "36.0.0.0.20260102030405+aaaaaaaaaaaa",
            "36.0.0.01.20260102030405+aaaaaaaaaaaa",
            "36.0.0.1.20260102030405",
            "36.0.0.1.dev+aaaaaaaaaaaa",
            "36.0.0.1.00000000000000+aaaaaaaaaaaa",
            "v36.0.0.1.20260102030405+aaaaaaaaaaaa",
        ] {
            assert!(Python.parse_version(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_order_is_that_of_pep_440() {
        let sorted = [
            "1.9.0.9.20270101000000+aaaaaaaaaaaa",
            "1.10.0.1.dev0+aaaaaaaaaaaa",
            "1.10.0.1.dev0+123456789012",
            "1.10.0.1.20260101000000+bbbbbbbbbbbb",
            "1.10.0.1.20260101000001+aaaaaaaaaaaa",
            "1.10.0.2.dev0+aaaaaaaaaaaa",
            "1.10.0.2.20250101000000+aaaaaaaaaaaa",
            "1.10.0.10.20250101000000+aaaaaaaaaaaa",
        ];
        let sorted = sorted.map(of);
        assert!(sorted.is_sorted_by(|a, b| Python.compare(a, b) == Ordering::Less));
    }

    fn plugins(names: &[&str]) -> Vec<PluginName> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    #[test]
    fn names_end_with_their_plugin() {
        let plugins = plugins(&["grpc/python", "acme/py", "protocolbuffers/pyi"]);
        for (name, wanted) in [
            ("acme-weather-grpc-python", Some(("acme-weather", "grpc/python"))),
            ("acme-weather-acme-py", Some(("acme-weather", "acme/py"))),
            ("a-b-c-protocolbuffers-pyi", Some(("a-b-c", "protocolbuffers/pyi"))),
            ("grpc-python", None),
            ("protobuf", None),
            ("acme-weather-xgrpc-python", None),
        ] {
            let found = Python::split(name, &plugins);
            let found = found.map(|(module, plugin)| (module, plugin.to_string()));
            let wanted = wanted.map(|(module, plugin)| (module.to_owned(), plugin.to_owned()));
            assert_eq!(found, wanted, "{name}");
        }
    }

    #[test]
    fn no_two_plugins_share_names() {
        for (names, is_ambiguous) in [
            (["grpc/python", "acme/grpc-python"], true),
            (["grpc/python", "acme-grpc/python"], true),
            (["acme-grpc/python", "acme/grpc-python"], true),
            (["grpc/python", "xgrpc/python"], false),
            (["grpc/python", "grpc/py"], false),
        ] {
            let plugins = plugins(&names);
            let all: Vec<&PluginName> = plugins.iter().collect();
            assert_eq!(Python.ambiguous(&all).is_some(), is_ambiguous, "{names:?}");
        }
    }

    #[test]
    fn a_pin_is_a_lower_bound_where_there_is_one() {
        let pin = |version: &str| at_least(&("a-b".into(), version.into())).to_string();
        assert_eq!(pin("36.0.0.1.20260102030405+aaaaaaaaaaaa"), "a-b>=36.0.0.1.20260102030405");
        assert_eq!(pin("36.0.0.1.dev0+aaaaaaaaaaaa"), "a-b==36.0.0.1.dev0+aaaaaaaaaaaa");
    }
}
