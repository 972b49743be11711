use crate::{
    ecosystem::{kind::Ecosystem, target::RegistryConfig},
    names::PluginName,
    version::PluginVersion,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest, Sha256};
use std::borrow::Cow;

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
    pub registry: RegistryConfig,
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
    /// A command of a Python package.
    Pypi {
        /// The package's name.
        package: String,
        /// Its exact version.
        version: String,
        /// The command, as the package's entry points name it, or a file among its scripts.
        bin: String,
        /// Of a command that is protoc itself: which of its own generators is asked, the `python` of `--python_out`. Others are
        /// asked as plugins are.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        generator: Option<String>,
        /// The packages, of it and of those that it needs, that are served as sources alone: they are built where they are
        /// installed. All others are installed as wheels, of which nothing runs then.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        sources: Vec<String>,
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
        self.registry.target.ecosystem()
    }

    /// The entry whose packages have the same code: itself, but of archives of another ecosystem's code the one of the packages there.
    pub fn code(&self) -> Cow<'_, Self> {
        let Some(target) = self.registry.target.rules().code() else { return Cow::Borrowed(self) };
        let registry = RegistryConfig { target: target.clone(), opts: self.registry.opts.clone() };
        Cow::Owned(Self { name: self.name.plain(), registry, ..self.clone() })
    }

    /// Whether packages are by this entry, and not by variants of it alone.
    pub fn has_packages(&self) -> bool {
        let RegistryConfig { target, .. } = &self.registry;
        let is_plain = self.name.variant().is_none();
        !(is_plain && self.ecosystem().rules().of_every_plugin(target).is_some())
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
