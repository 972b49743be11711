//! Go modules: names, versions, go.mod.

pub(crate) mod elsewhere;
pub(crate) mod registry;

use super::{
    facts::Facts,
    kind::Ecosystem,
    rules::{ArtifactFile, Lists, ManifestParts, PluginRules, Rules, parse_pseudo_version},
    target::Target,
};
use crate::{
    entry::Entry,
    names::{ModuleName, PluginName},
    package::{Hosts, Package},
    sdk::{Closure, Locked, Sdk, deprecation},
    version::{BadVersion, SdkVersion},
};
use elsewhere::{GoElsewhere, usual_go_elsewheres};
use protoedge_gomod::ModFile;
use registry::GoRegistry;
use semver::Version;
use std::collections::BTreeMap;

/// The plugin whose Go packages hold the messages, unless an entry's `base_plugin` says otherwise.
const GO_BASE_PLUGIN: &str = "protocolbuffers/go";

/// The rules of Go modules.
#[derive(Clone, Copy, Debug)]
pub struct Go;

impl Rules for Go {
    fn files(&self) -> &'static [ArtifactFile] {
        &[ArtifactFile { name: "module.zip", media_type: "application/zip" }]
    }

    fn lists(&self) -> Lists {
        Lists::Makeable
    }

    /// From 2 on (`go help modules`, "Module paths and major versions").
    fn major_in_name(&self, major: u64) -> Option<u64> {
        (major >= 2).then_some(major)
    }

    fn is_elsewhere(&self, module: &ModuleName) -> bool {
        usual_go_elsewheres().contains_key(module)
    }

    fn package_name(&self, package: &Package, hosts: &Hosts) -> String {
        format!("{}/gen/go/{}", hosts.registry_host, package.path())
    }

    fn parse_package(&self, name: &str, hosts: &Hosts) -> Option<Package> {
        let suffix = name.strip_prefix(&hosts.registry_host)?.strip_prefix("/gen/go/")?;
        let parts: Vec<&str> = suffix.split('/').collect();
        let (names, major) = match parts.as_slice() {
            [names @ .., last] if names.len() == 4 => {
                (names, Some(last.strip_prefix('v')?.parse().ok()?))
            }
            names => (names, None),
        };
        let [owner, module, plugin_owner, plugin] = names else { return None };
        let package = Package {
            ecosystem: Ecosystem::Go,
            module: ModuleName::new(owner, module).ok()?,
            plugin: PluginName::new(plugin_owner, plugin).ok()?,
            major,
        };
        // One package, one path: `/v1` and `/v02` are none.
        let is_one = major != Some(0) && major != Some(1);
        (is_one && package.name(hosts) == name).then_some(package)
    }

    fn version_text(&self, version: &SdkVersion) -> String {
        let SdkVersion { plugin, stamp, commit, revision } = version;
        format!("{plugin}-{stamp}-{commit}.{revision}")
    }

    fn parse_version(&self, text: &str) -> Result<SdkVersion, BadVersion> {
        // `+1` and `01` parse as numbers, too.
        parse_pseudo_version(text)
            .filter(|version| self.version_text(version) == text)
            .ok_or_else(|| BadVersion::Sdk(text.into()))
    }

    fn facts(
        &self,
        _manifest: &dyn Fn() -> Result<String, String>,
        content_hash: Option<String>,
    ) -> Result<Facts, String> {
        Ok(Facts::Go { h1: content_hash })
    }
}

impl PluginRules for GoRegistry {
    fn unknown(&self, _known: Option<&Target>) -> Target {
        Target::Go(Self::default())
    }

    fn pins_of(&self, entry: &Entry, _bases: &[&Entry], dep: &Locked) -> Vec<Sdk> {
        if dep.go_elsewhere.is_some() { Vec::new() } else { vec![Sdk::new(entry, dep)] }
    }

    fn runtime(&self) -> Vec<(String, String)> {
        self.deps.iter().map(|dep| (dep.module.clone(), dep.version.clone())).collect()
    }

    fn manifest(&self, parts: &ManifestParts<'_>) -> String {
        let runtime = self.runtime().into_iter();
        let elsewhere = parts.closure.deps.iter().filter_map(|dep| dep.go_elsewhere.clone());
        let elsewhere = elsewhere.filter_map(|it| it.require);
        let elsewhere = elsewhere.map(|dep| (dep.module, dep.version));
        let pins = parts.pins.iter().cloned();
        let require = highest(runtime.chain(pins).chain(elsewhere));
        let go = self.min_version.clone();
        let Closure { target, is_deprecated, .. } = parts.closure;
        let deprecated = is_deprecated.then(|| deprecation(&target.module));
        ModFile { deprecated, module: parts.name.clone(), go, require }.to_string()
    }

    fn imported(&self, _entry: &Entry) -> Option<(PluginName, u64)> {
        let base = self.base_plugin.clone().or_else(|| GO_BASE_PLUGIN.parse().ok());
        base.map(|base| (base, 1))
    }

    fn elsewhere<'a>(&self, dep: &'a Locked) -> Option<&'a GoElsewhere> {
        dep.go_elsewhere.as_ref()
    }
}

/// Every module once: where several versions of one are required, a go.mod says the highest.
fn highest(require: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    let mut highest: BTreeMap<String, String> = BTreeMap::new();
    for (module, version) in require {
        let order = |version: &str| Version::parse(version.trim_start_matches('v')).ok();
        match highest.get_mut(&module) {
            Some(known) if order(known) < order(&version) => *known = version,
            Some(_) => {}
            None => {
                highest.insert(module, version);
            }
        }
    }
    highest.into_iter().collect()
}

impl GoElsewhere {
    /// Whether it says that the code of `module` is where this registry has it anyway.
    pub fn is_here(&self, module: &ModuleName, hosts: &Hosts) -> bool {
        let Ok(base) = GO_BASE_PLUGIN.parse() else { return false };
        let own = Package::new(Ecosystem::Go, module.clone(), base, 1).name(hosts);
        self.import.as_ref() == Some(&own)
    }
}
