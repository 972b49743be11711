//! Catalogue entries made from facts: which plugins there are, in which versions, with which options
//! and dependencies.

use crate::{
    recipes::{PackageManager, RECIPES, Recipe},
    revisions::{revision_of, revisions},
};
use protoedge_sdk::{BadEntry, Entry, PluginDep};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The facts: a JSON file `{"plugins": [{"plugin", "versions": {"v1.2.3": {…}}, …}]}`, where a version
/// has the keys `deps`, `deprecated` and `registry` of a catalogue entry.
#[derive(Debug, Deserialize)]
pub struct CatalogueFacts {
    plugins: Vec<PluginFacts>,
}

#[derive(Debug, Deserialize)]
struct PluginFacts {
    plugin: String,
    spdx_license_id: Option<String>,
    #[serde(default)]
    output_languages: Vec<String>,
    versions: BTreeMap<String, VersionFacts>,
}

#[derive(Clone, Debug, Deserialize)]
struct VersionFacts {
    #[serde(default)]
    deps: Vec<String>,
    #[serde(default)]
    deprecated: bool,
    registry: Option<Value>,
}

/// The name of a plugin whose version decides which revision of another one an entry depends on.
const GO_BASE: &str = "protocolbuffers/go";

/// Why facts did not become entries.
#[derive(Debug, thiserror::Error)]
pub enum FactsError {
    /// The facts have another form.
    #[error("the facts cannot be read: {0}")]
    Facts(#[from] serde_json::Error),
    /// A version whose facts make no entry.
    #[error("{plugin}:{version}: {source}")]
    Version {
        /// The plugin.
        plugin: String,
        /// The version.
        version: String,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// The entries do not go together.
    #[error(transparent)]
    Entry(#[from] BadEntry),
}

impl CatalogueFacts {
    /// All entries that the facts and the recipes make, dependencies first, whether they can be
    /// installed or not. Versions without an SDK are left out.
    ///
    /// # Errors
    /// [`FactsError::Version`] for a version whose facts make no entry.
    pub fn entries(&self) -> Result<Vec<Entry>, FactsError> {
        let mut entries = Vec::new();
        for recipe in RECIPES {
            let Some(facts) = self.plugins.iter().find(|facts| facts.plugin == recipe.plugin)
            else {
                continue;
            };
            for (version, of) in &facts.versions {
                for (revision, base) in revisions(recipe.plugin, version) {
                    let entry = entry(recipe, facts, version, of, revision, base);
                    let entry = entry.map_err(|source| FactsError::Version {
                        plugin: recipe.plugin.into(),
                        version: version.clone(),
                        source,
                    })?;
                    entries.extend(entry);
                }
            }
        }
        Ok(entries)
    }
}

/// The entry of one version; `None` where there is no SDK of it.
fn entry(
    recipe: &Recipe,
    facts: &PluginFacts,
    version: &str,
    of: &VersionFacts,
    revision: u32,
    base: Option<&str>,
) -> Result<Option<Entry>, serde_json::Error> {
    let Some(registry) = &of.registry else { return Ok(None) };
    let deps: Vec<&str> = match base {
        Some(base) => vec![base],
        None => of.deps.iter().map(String::as_str).collect(),
    };
    let base = deps.iter().copied().find(|dep| dep.starts_with(&format!("{GO_BASE}:")));
    let deps: Vec<Value> = deps
        .iter()
        .filter_map(|dep| {
            let (name, version) = dep.split_once(':')?;
            Some(json!({"plugin": dep, "revision": revision_of(name, version, base)}))
        })
        .collect();
    let number = version.trim_start_matches('v');
    let (install, tag) = match recipe.from {
        PackageManager::Go { tag } => {
            (json!({"go": {"package": recipe.package, "version": version}}), tag)
        }
        PackageManager::Npm { bin } => {
            (json!({"npm": {"package": recipe.package, "version": number, "bin": bin}}), "")
        }
        PackageManager::Pypi { bin, generator, sources } => {
            let mut pypi = json!({"package": recipe.package, "version": number, "bin": bin});
            if let Some(generator) = generator {
                pypi["generator"] = generator.into();
            }
            if !sources.is_empty() {
                pypi["sources"] = json!(sources);
            }
            (json!({ "pypi": pypi }), "")
        }
        PackageManager::Protoc { generator } => {
            let number = number.strip_suffix(".0").unwrap_or(number);
            let pypi = json!({
                "package": recipe.package, "version": number, "bin": "protoc", "generator": generator,
            });
            (json!({ "pypi": pypi }), "")
        }
    };
    serde_json::from_value(json!({
        "version": "v1", "name": recipe.plugin, "plugin_version": version, "revision": revision,
        "source_url": recipe.source, "description": recipe.description,
        "spdx_license_id": facts.spdx_license_id,
        "license_url": format!("{}/blob/{tag}{version}/LICENSE", recipe.source),
        "integration_guide_url": recipe.guide, "deprecated": of.deprecated,
        "output_languages": facts.output_languages, "deps": deps, "registry": registry,
        "install": install,
    }))
    .map(Some)
}

/// Leaves out entries that depend on one that is not there, again and again until all do.
pub fn with_deps(mut entries: Vec<Entry>) -> (Vec<Entry>, Vec<(Entry, PluginDep)>) {
    let mut without = Vec::new();
    loop {
        let is_there = |dep: &PluginDep| {
            entries.iter().any(|known| {
                (&known.name, &known.plugin_version, known.revision)
                    == (&dep.name, &dep.version, dep.revision)
            })
        };
        let lacking = entries.iter().enumerate().find_map(|(place, entry)| {
            Some((place, entry.deps.iter().find(|dep| !is_there(dep))?.clone()))
        });
        match lacking {
            Some((place, dep)) => without.push((entries.remove(place), dep)),
            None => return (entries, without),
        }
    }
}
