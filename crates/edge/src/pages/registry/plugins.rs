//! The plugins of the catalogue.

use super::{
    plugin_choice::{chosen, newest_of_each},
    shown::Query,
};
use crate::{context::Context, platform::Platform, reply::problem::Problem};
use protoedge_pages::{Plugin, PluginRow, Plugins, PluginsFor, language};
use protoedge_registry::catalogue;
use protoedge_sdk::{Catalogue, Ecosystem, Entry, Install, PluginName};

/// `/-/plugins`.
pub(super) async fn plugins<P: Platform>(context: &Context<P>) -> Result<Plugins, Problem> {
    let published = catalogue::catalogue(&context.store).await?;
    let newest = newest_of_each(&published.catalogue);
    let of = |ecosystem: &Ecosystem| {
        let listed = newest.iter().filter(|it| it.ecosystem() == *ecosystem);
        let mut plugins: Vec<PluginRow> = listed.map(|it| row(it)).collect();
        plugins.sort_by_key(|it| it.is_deprecated);
        (!plugins.is_empty()).then(|| PluginsFor { language: language(*ecosystem), plugins })
    };
    Ok(Plugins { languages: Ecosystem::ALL.iter().filter_map(of).collect() })
}

fn row(entry: &Entry) -> PluginRow {
    PluginRow {
        name: entry.name.to_string(),
        version: entry.plugin_version.to_string(),
        description: entry.description.clone().unwrap_or_default(),
        is_deprecated: entry.deprecated,
    }
}

/// `/-/plugins/{owner}/{plugin}`, at its newest version or the one that the query names.
pub(super) async fn plugin<P: Platform>(
    context: &Context<P>,
    name: &PluginName,
    query: &Query,
) -> Result<Plugin, Problem> {
    let has = |it: &Catalogue| it.newest(name, |_| true).is_some();
    let published = catalogue::catalogue_with(&context.store, has).await?;
    let catalogue = &published.catalogue;
    Ok(shown(catalogue, chosen(catalogue, name, query)?))
}

fn shown(catalogue: &Catalogue, entry: &Entry) -> Plugin {
    let all = catalogue.versions(&entry.name);
    let mut versions: Vec<(String, u32)> =
        all.map(|it| (it.plugin_version.to_string(), it.revision)).collect();
    versions.reverse();
    // Of several revisions the newest comes first.
    versions.dedup_by(|older, newer| older.0 == newer.0);
    let dependencies =
        entry.deps.iter().map(|dep| (dep.name.to_string(), dep.version.to_string(), dep.revision));
    Plugin {
        name: entry.name.to_string(),
        description: entry.description.clone().unwrap_or_default(),
        version: entry.plugin_version.to_string(),
        revision: entry.revision,
        is_deprecated: entry.deprecated,
        language: language(entry.ecosystem()),
        output_languages: entry.output_languages.clone(),
        license: entry.spdx_license_id.clone().map(|id| (id, web(entry.license_url.as_deref()))),
        source: web(entry.source_url.as_deref()),
        guide: web(entry.integration_guide_url.as_deref()),
        options: entry.options(),
        runtime: entry.registry.target.rules().runtime(),
        dependencies: dependencies.collect(),
        installed_from: installed_from(&entry.install),
        digest: entry.digest(),
        versions,
        buf_gen: buf_gen(entry),
    }
}

/// An address that a page may lead to.
fn web(address: Option<&str>) -> Option<String> {
    address.filter(|it| it.starts_with("https://") || it.starts_with("http://")).map(str::to_owned)
}

fn installed_from(install: &Install) -> String {
    match install {
        Install::Go { package, version } => format!("Go: {package}@{version}"),
        Install::Npm { package, version, .. } => format!("npm: {package}@{version}"),
        Install::Pypi { package, version, .. } => format!("PyPI: {package}=={version}"),
        Install::Cargo { package, version, .. } => format!("cargo: {package}@{version}"),
        Install::File { .. } => "the operator's own executable".into(),
        Install::Wasm { .. } => "the operator's own WebAssembly module".into(),
    }
}

/// What runs the same command with the same options.
fn buf_gen(entry: &Entry) -> String {
    let command = match &entry.install {
        Install::Go { package, .. } => {
            package.rsplit('/').find(|part| !is_major(part)).unwrap_or(package)
        }
        Install::Npm { bin, .. } | Install::Pypi { bin, .. } | Install::Cargo { bin, .. } => bin,
        Install::File { path } | Install::Wasm { path } => path.rsplit('/').next().unwrap_or(path),
    };
    let options: String =
        entry.options().iter().map(|option| format!("      - {option}\n")).collect();
    let options = if options.is_empty() { options } else { format!("    opt:\n{options}") };
    format!("version: v2\nplugins:\n  - local: {command}\n    out: gen\n{options}")
        .trim_end()
        .to_owned()
}

/// Whether a part of an import path is a module's major version: `v2`.
fn is_major(part: &str) -> bool {
    part.strip_prefix('v')
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
}
