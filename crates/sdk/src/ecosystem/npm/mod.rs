//! npm packages: names, versions, package.json.

pub(crate) mod registry;

use super::{
    facts::Facts,
    go::elsewhere::GoElsewhere,
    kind::Ecosystem,
    rules::{ArtifactFile, Lists, ManifestParts, PluginRules, Rules, parse_pseudo_version},
    target::Target,
};
use crate::{
    entry::Entry,
    names::{ModuleName, PluginName},
    package::{Hosts, Package},
    sdk::{Locked, Sdk},
    version::{BadVersion, SdkVersion},
};
use protoedge_npm::PackageJson;
use registry::NpmRegistry;

/// The rules of npm packages.
#[derive(Clone, Copy, Debug)]
pub struct Npm;

impl Rules for Npm {
    fn files(&self) -> &'static [ArtifactFile] {
        &[ArtifactFile { name: "package.tgz", media_type: "application/octet-stream" }]
    }

    fn lists(&self) -> Lists {
        Lists::WithBytes
    }

    fn major_in_name(&self, _major: u64) -> Option<u64> {
        None
    }

    fn package_name(&self, package: &Package, hosts: &Hosts) -> String {
        let Package { module, plugin, .. } = package;
        let (owner, name) = (module.owner(), module.name());
        format!("{}/{owner}_{name}.{}_{}", hosts.npm_scope, plugin.owner(), plugin.name())
    }

    fn parse_package(&self, name: &str, hosts: &Hosts) -> Option<Package> {
        let name = name.strip_prefix(&hosts.npm_scope)?.strip_prefix('/')?;
        let (module, plugin) = name.split_once('.')?;
        let (owner, module) = module.split_once('_')?;
        let (plugin_owner, plugin) = plugin.split_once('_')?;
        Some(Package {
            ecosystem: Ecosystem::Npm,
            module: ModuleName::new(owner, module).ok()?,
            plugin: PluginName::new(plugin_owner, plugin).ok()?,
            major: None,
        })
    }

    fn version_text(&self, version: &SdkVersion) -> String {
        let SdkVersion { plugin, stamp, commit, revision } = version;
        let plugin = plugin.to_string();
        format!("{}-{stamp}-{commit}.{revision}", plugin.trim_start_matches('v'))
    }

    fn parse_version(&self, text: &str) -> Result<SdkVersion, BadVersion> {
        // `+1` and `01` parse as numbers, too.
        parse_pseudo_version(&format!("v{text}"))
            .filter(|version| self.version_text(version) == text)
            .ok_or_else(|| BadVersion::Sdk(text.into()))
    }

    /// `gypfile` came after most locks.
    fn locked_manifest(&self, manifest: &str) -> Result<String, String> {
        let package: PackageJson =
            serde_json::from_str(manifest).map_err(|error| error.to_string())?;
        Ok(PackageJson { gypfile: None, ..package }.to_string())
    }

    fn facts(
        &self,
        manifest: &dyn Fn() -> Result<String, String>,
        _content_hash: Option<String>,
    ) -> Result<Facts, String> {
        let package = serde_json::from_str(&manifest()?).map_err(|error| error.to_string())?;
        Ok(Facts::Npm { package: Box::new(package) })
    }
}

impl PluginRules for NpmRegistry {
    /// How its files are named is a matter of the plugin rather than of its version.
    fn unknown(&self, known: Option<&Target>) -> Target {
        let (registry, suffix) = match known {
            Some(Target::Npm(known)) => (known, known.rewrite_import_path_suffix.clone()),
            Some(_) | None => (self, None),
        };
        let deps = Vec::new();
        Target::Npm(Self { rewrite_import_path_suffix: suffix, deps, ..registry.clone() })
    }

    /// Generated code imports from the plugin dependencies' SDKs of other modules directly.
    fn pins_of(&self, entry: &Entry, bases: &[&Entry], dep: &Locked) -> Vec<Sdk> {
        std::iter::once(&entry).chain(bases).map(|entry| Sdk::new(entry, dep)).collect()
    }

    fn runtime(&self) -> Vec<(String, String)> {
        self.deps.iter().map(|dep| (dep.package.clone(), dep.version.clone())).collect()
    }

    fn manifest(&self, parts: &ManifestParts<'_>) -> String {
        let ManifestParts { sdk, name, pins, entry, closure, catalogue, hosts } = parts;
        // Generated code also imports what the code that it imports from is made for; the
        // plugin's own word on a version comes last and counts.
        let bases = catalogue.walk_deps(entry).into_iter().rev();
        let bases = bases.filter_map(|base| match &base.registry.target {
            Target::Npm(base) => Some(&base.deps),
            _ => None,
        });
        let runtime = bases.chain([&self.deps]).flatten();
        let runtime = runtime.map(|dep| (dep.package.clone(), dep.version.clone()));
        PackageJson {
            module_type: self.import_style,
            name: name.clone(),
            version: sdk.version_text(),
            description: format!(
                "This package contains generated code for the protobuf module {host}/{module}:{commit} when generated with the plugin {host}/{plugin}:{version} revision:{revision}",
                host = hosts.registry_host,
                module = sdk.module,
                commit = closure.target.commit,
                plugin = sdk.plugin,
                version = sdk.version.plugin,
                revision = sdk.version.revision,
            ),
            dependencies: pins.iter().cloned().collect(),
            peer_dependencies: runtime.collect(),
            gypfile: Some(false),
        }
        .to_string()
    }

    fn imported(&self, entry: &Entry) -> Option<(PluginName, u64)> {
        Some((entry.name.clone(), entry.plugin_version.major()))
    }

    fn elsewhere<'a>(&self, _dep: &'a Locked) -> Option<&'a GoElsewhere> {
        None
    }
}
