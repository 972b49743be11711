//! Which plugins of the catalogue there are to choose from, and which is shown where none is chosen.

use super::shown::Query;
use crate::reply::problem::{Kind, Problem};
use protoedge_pages::{Language, first_plugin, language};
use protoedge_sdk::{Catalogue, Ecosystem, Entry, PluginName, PluginVersion};

/// The plugin that is named, at its newest version or at the one that the query names.
pub(super) fn chosen<'a>(
    catalogue: &'a Catalogue,
    plugin: &PluginName,
    query: &Query,
) -> Result<&'a Entry, Problem> {
    let newest = catalogue.newest(plugin, |_| true);
    let newest = newest.ok_or_else(|| {
        Problem::new(Kind::Absent, format!("This registry has no plugin {plugin}."))
    })?;
    let Some(version) = query.get("version") else { return Ok(newest) };
    let parsed = version.parse::<PluginVersion>().ok();
    let entry = parsed.and_then(|version| catalogue.revision(plugin, &version));
    entry.ok_or_else(|| {
        let newest = &newest.plugin_version;
        let message = format!(
            "This registry has the plugin {plugin}, and no version {version} of it. Its newest one is {newest}."
        );
        Problem::new(Kind::Absent, message)
    })
}

/// What is shown where nothing is chosen: the first plugin of the first language that has one.
pub(super) fn usual(catalogue: &Catalogue) -> Option<&Entry> {
    Ecosystem::ALL.iter().find_map(|ecosystem| usual_of(catalogue, *ecosystem))
}

/// The first plugin of an ecosystem: the one that makes messages, else one that is not deprecated.
pub(super) fn usual_of(catalogue: &Catalogue, ecosystem: Ecosystem) -> Option<&Entry> {
    let first = first_plugin(ecosystem).parse::<PluginName>().ok();
    let first = first.and_then(|plugin| catalogue.newest(&plugin, |_| true));
    first.or_else(|| packaging(catalogue, ecosystem).into_iter().find(|it| !it.deprecated))
}

/// What makes packages of an ecosystem, variants of plugins among them: each at its newest version and revision, by name.
pub(super) fn packaging(catalogue: &Catalogue, ecosystem: Ecosystem) -> Vec<&Entry> {
    let plugins = catalogue.plugins(ecosystem);
    plugins.filter_map(|plugin| catalogue.newest(plugin, |_| true)).collect()
}

/// Each plugin at its newest version and revision, by name.
pub(super) fn newest_of_each(catalogue: &Catalogue) -> Vec<&Entry> {
    let mut newest: Vec<&Entry> = Vec::new();
    // By name, then version, then revision.
    for entry in catalogue.iter() {
        match newest.last_mut() {
            Some(last) if last.name == entry.name => *last = entry,
            _ => newest.push(entry),
        }
    }
    newest
}

pub(super) fn versions(catalogue: &Catalogue, plugin: &PluginName) -> Vec<String> {
    let all = catalogue.versions(plugin);
    let mut versions: Vec<String> = all.map(|entry| entry.plugin_version.to_string()).collect();
    versions.dedup();
    versions.reverse();
    versions
}

pub(super) fn languages(catalogue: &Catalogue, chosen: Option<Ecosystem>) -> Vec<Language> {
    let of = |ecosystem: &Ecosystem| {
        let plugin = usual_of(catalogue, *ecosystem)?.name.to_string();
        let is_chosen = Some(*ecosystem) == chosen;
        Some(Language {
            name: language(*ecosystem),
            ecosystem: ecosystem.to_string(),
            plugin,
            is_chosen,
        })
    };
    Ecosystem::ALL.iter().filter_map(of).collect()
}
