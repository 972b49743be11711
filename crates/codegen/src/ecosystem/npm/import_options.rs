//! How npm plugins are told which packages their code imports from.

use crate::{
    descriptor::FileDescriptor,
    error::CodegenError,
    work::{Module, Work},
};
use protoedge_sdk::{Catalogue, Entry, PluginName, Target};
use std::collections::BTreeMap;

/// The import suffixes of an entry's plugin and of the plugins that its code imports from.
pub fn suffixes(entry: &Entry, catalogue: &Catalogue) -> BTreeMap<PluginName, String> {
    let entry = &*entry.code();
    let all = std::iter::once(entry).chain(catalogue.walk_deps(entry));
    all.filter_map(|entry| {
        let Target::Npm(npm) = &entry.registry.target else { return None };
        Some((entry.name.clone(), npm.rewrite_import_path_suffix.clone()?))
    })
    .collect()
}

/// The options `rewrite_imports` of an npm plugin: one for every generated file that is in another
/// package, so that none can be taken for another.
///
/// # Errors
/// [`CodegenError::Rejected`] for imports that no option can lead to another package.
pub fn import_options(work: &Work, files: &[FileDescriptor]) -> Result<Vec<String>, CodegenError> {
    let mut options = Vec::new();
    // A plugin without a suffix knows no such option: its imports are led elsewhere afterwards.
    if !work.suffixes.contains_key(&work.entry.name) {
        return Ok(options);
    }
    for file in files {
        let Some(place) = work.modules.iter().position(|m| m.tree.protos.contains(file.name()))
        else {
            continue;
        };
        for (plugin, package) in elsewhere(work, place) {
            let Some(suffix) = work.suffixes.get(plugin) else {
                return Err(CodegenError::rejected(format_args!(
                    "{} imports from code of {plugin}, whose imports cannot be led to another package",
                    work.entry.id()
                )));
            };
            options.push(import_option(file.name(), suffix, package)?);
        }
    }
    Ok(options)
}

/// The packages, other than the one that is made, which hold code of a module.
fn elsewhere(work: &Work, place: usize) -> impl Iterator<Item = (&PluginName, &str)> {
    let module: &Module = &work.modules[place];
    module.imports.iter().filter_map(move |(plugin, package)| {
        let is_own = place == 0 && *plugin == work.entry.name;
        (!is_own).then_some((plugin, package.as_deref()?))
    })
}

/// `rewrite_imports={path as the plugin writes it}:{package}`. Commas and colons separate options,
/// and `*` stands for other characters.
fn import_option(name: &str, suffix: &str, package: &str) -> Result<String, CodegenError> {
    if name.contains([',', ':', '*']) {
        return Err(CodegenError::rejected(format_args!(
            "{name:?}: a file that is imported across packages cannot have ',', ':' or '*' in its path"
        )));
    }
    let stem = name.strip_suffix(".proto").unwrap_or(name);
    Ok(format!("rewrite_imports=./{stem}_{suffix}:{package}"))
}
