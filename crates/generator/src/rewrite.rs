use crate::{
    descriptor::FileDescriptor,
    error::MakeError,
    go_package::GoPackage,
    protoc::Compiled,
    wire::BadWire,
    work::{Module, Work},
};
use protoedge_sdk::{PluginName, Target};
use std::collections::BTreeSet;

/// The plugin whose Go packages hold the messages, unless an entry says otherwise.
const GO_BASE_PLUGIN: &str = "protocolbuffers/go";

/// The .proto files that come with every compiler and whose code comes with every runtime.
const WELL_KNOWN: &str = "google/protobuf/";

/// Gives files the `go_package` under which their modules' SDKs are published.
///
/// Well-known files, and those of modules whose code is published elsewhere, keep their own. A
/// well-known file that has none holds options for other languages: Go plugins refuse it, so that it
/// is left out, and with it its imports.
pub fn go_packages(work: &Work, compiled: Compiled) -> Result<Compiled, MakeError> {
    let base = base_plugin(work);
    let is_target =
        |name: &str| work.modules.first().is_some_and(|module| module.tree.protos.contains(name));
    let left_out: BTreeSet<String> = compiled
        .files
        .iter()
        .filter(|file| file.go_package().is_none() && is_well_known(file.name()))
        .filter(|file| !is_target(file.name()))
        .map(|file| file.name().to_owned())
        .collect();
    let names: BTreeSet<&str> = left_out.iter().map(String::as_str).collect();
    let rewrite = |file: FileDescriptor| {
        let file = file.without_imports(&names)?;
        if is_well_known(file.name()) && file.go_package().is_some() {
            return Ok(file);
        }
        let module = work.modules.iter().find(|m| m.tree.protos.contains(file.name()));
        match module.and_then(|module| module.imports.get(base.as_ref()?)?.as_ref()) {
            Some(prefix) => file.with_go_package(&GoPackage::below(prefix, &file).to_string()),
            None => Ok(file),
        }
    };
    let all = |files: Vec<FileDescriptor>| {
        let kept = files.into_iter().filter(|file| !names.contains(file.name()));
        kept.map(rewrite).collect::<Result<Vec<_>, BadWire>>()
    };
    let broken = |error: BadWire| MakeError::Descriptors { what: error.to_string() };
    Ok(Compiled {
        files: all(compiled.files).map_err(broken)?,
        sources: all(compiled.sources).map_err(broken)?,
    })
}

fn base_plugin(work: &Work) -> Option<PluginName> {
    let named = match &work.entry.registry.target {
        Target::Go(go) => go.base_plugin.clone(),
        Target::Npm(_) => None,
    };
    named.or_else(|| GO_BASE_PLUGIN.parse().ok())
}

/// Whether a file is protobuf's own.
pub fn is_well_known(name: &str) -> bool {
    name.starts_with(WELL_KNOWN)
}

/// The options `rewrite_imports` of an npm plugin: one for every generated file that is in another
/// package, so that none can be taken for another.
pub fn import_options(work: &Work, files: &[FileDescriptor]) -> Result<Vec<String>, MakeError> {
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
                return Err(MakeError::rejected(format_args!(
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
fn import_option(name: &str, suffix: &str, package: &str) -> Result<String, MakeError> {
    if name.contains([',', ':', '*']) {
        return Err(MakeError::rejected(format_args!(
            "{name:?}: a file that is imported across packages cannot have ',', ':' or '*' in its path"
        )));
    }
    let stem = name.strip_suffix(".proto").unwrap_or(name);
    Ok(format!("rewrite_imports=./{stem}_{suffix}:{package}"))
}
