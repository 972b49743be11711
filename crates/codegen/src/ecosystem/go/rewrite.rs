use super::go_package::GoPackage;
use crate::{
    descriptor::FileDescriptor, error::CodegenError, protoc::Compiled, wire::BadWire, work::Work,
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
///
/// # Errors
/// [`CodegenError::Descriptors`] where a file is no message.
pub fn go_packages(work: &Work, compiled: Compiled) -> Result<Compiled, CodegenError> {
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
    Ok(Compiled {
        files: all(compiled.files).map_err(CodegenError::descriptors)?,
        sources: all(compiled.sources).map_err(CodegenError::descriptors)?,
    })
}

fn base_plugin(work: &Work) -> Option<PluginName> {
    let named = if let Target::Go(go) = &work.entry.registry.target {
        go.base_plugin.clone()
    } else {
        None
    };
    named.or_else(|| GO_BASE_PLUGIN.parse().ok())
}

/// Whether a file is protobuf's own.
pub fn is_well_known(name: &str) -> bool {
    name.starts_with(WELL_KNOWN)
}
