//! `build`: one SDK from folders.

use super::{
    args::{CatalogueArgs, ToolArgs},
    error::CommandError,
    reference::{ModuleRef, PluginRef},
};
use clap::Args;
use protoedge_codegen::{EcosystemHashes, compiler::Compiler, describe, make, work::Module};
use protoedge_installer::catalogue_folder;
use protoedge_sdk::{
    ArtifactFile, Catalogue, Closure, Entry, Hosts, Install, PluginDep, RegistryConfig, Sdk, Target,
};
use serde::Serialize;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Makes one SDK.
#[derive(Args, Debug)]
pub struct BuildArgs {
    /// The first element of Go import paths.
    #[arg(long, value_name = "HOST", env = "REGISTRY_HOST", default_value = "protoedge.localhost")]
    pub host: String,
    /// The scope of npm packages.
    #[arg(long, value_name = "SCOPE", env = "NPM_SCOPE", default_value = "@protoedge")]
    pub npm_scope: String,
    /// The plugin; without version and revision, the catalogue's newest.
    #[arg(long, value_name = "OWNER/NAME[:VERSION[:REVISION]]")]
    pub plugin: PluginRef,
    /// A plugin dependency instead of those that the catalogue names.
    #[arg(long, value_name = "OWNER/NAME:VERSION:REVISION")]
    pub plugin_dep: Vec<PluginRef>,
    /// The module to generate.
    #[arg(long, value_name = "OWNER/NAME:COMMIT@TIME=DIR")]
    pub module: ModuleRef,
    /// A module of its closure.
    #[arg(long, value_name = "OWNER/NAME:COMMIT@TIME=DIR")]
    pub dep: Vec<ModuleRef>,
    /// The folder that the package is written to.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    #[command(flatten)]
    catalogue: CatalogueArgs,
    #[command(flatten)]
    tools: ToolArgs,
}

/// What was made, as one line of JSON.
#[derive(Debug, Serialize)]
struct Made<'a> {
    package: &'a str,
    version: &'a str,
    file: &'a Path,
    /// The others, of an SDK that consists of several files.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    more_files: &'a [PathBuf],
    #[serde(flatten)]
    hashes: &'a EcosystemHashes,
}

pub(super) async fn run(args: BuildArgs) -> Result<(), CommandError> {
    let io = |doing: &str| {
        let doing = doing.to_owned();
        move |source| CommandError::Io { doing, source }
    };
    let hosts = Hosts { registry_host: args.host.clone(), npm_scope: args.npm_scope.clone() };
    let (catalogue, entry) =
        choose(&catalogue_folder::read(&args.catalogue.plugins)?, &args, &hosts)?;
    let lock = |dep: &ModuleRef| catalogue.lock(dep.locked.clone());
    let closure = Closure {
        target: args.module.locked.clone(),
        deps: args.dep.iter().map(lock).collect(),
        is_deprecated: false,
    };
    let folders = std::iter::once(&args.module).chain(&args.dep).map(|module| &module.folder);
    let modules = Sdk::job_modules(&entry, &closure, &catalogue, &hosts);
    let modules = modules.iter().zip(folders).map(|(job, folder)| Module::read(job, folder));
    let modules = modules.collect::<Result<_, _>>()?;
    let mut work = describe(&entry, &closure, &catalogue, &hosts, modules)?;
    let sandbox = args.tools.sandbox().await?;
    let plugin = args.tools.installer(&args.catalogue, sandbox.clone()).install(&entry).await?;
    let protoc = args.tools.protoc()?;
    let compiler = Compiler::forgetful(protoc);
    let workspace = sandbox.workspace().map_err(io("making a workspace"))?;
    for (place, module) in work.modules.iter_mut().enumerate() {
        let folder = workspace.path().join(format!("sources/{place}"));
        module.tree.copy_to(&folder).map_err(io("copying a module's files"))?;
    }
    let sdk = work.sdk.clone();
    let made = make(work, &compiler, &plugin, &workspace).await;
    workspace.close().await;
    let packed = made?;
    fs::create_dir_all(&args.out).map_err(io(&format!("making {}", args.out.display())))?;
    let mut files = Vec::new();
    for artifact in &packed.artifacts {
        let file = args.out.join(file_name(&Sdk::new(&entry, &closure.target), artifact.file));
        fs::write(&file, &artifact.bytes).map_err(io(&format!("writing {}", file.display())))?;
        files.push(file);
    }
    let (package, version, hashes) = (&sdk.package, &sdk.version, &packed.hashes);
    if let Some((file, more_files)) = files.split_first() {
        let made = Made { package, version, file, more_files, hashes };
        // Strings only: it always has a JSON form.
        println!("{}", serde_json::to_string(&made).unwrap_or_default());
    }
    Ok(())
}

/// The entry that the command line means, and the catalogue that it is in.
///
/// An explicit revision renames the entry. Plugin dependencies that are named replace the entry's;
/// of one that the catalogue does not have, only the name matters here.
fn choose(
    known: &Catalogue,
    args: &BuildArgs,
    hosts: &Hosts,
) -> Result<(Catalogue, Entry), CommandError> {
    let unknown = || CommandError::NoPlugin { plugin: show(&args.plugin) };
    // Variants follow from the plugin's own entry.
    let plain = PluginRef { name: args.plugin.name.plain(), ..args.plugin.clone() };
    let mut entry = lookup(known, &plain).cloned().ok_or_else(unknown)?;
    entry.revision = args.plugin.revision.unwrap_or(entry.revision);
    let mut changed = Vec::new();
    if !args.plugin_dep.is_empty() {
        entry.deps.clear();
    }
    for wanted in &args.plugin_dep {
        let dep = dependency(known, wanted, &entry)?;
        entry.deps.push(PluginDep {
            name: dep.name.clone(),
            version: dep.plugin_version.clone(),
            revision: dep.revision,
        });
        changed.push(dep);
    }
    changed.push(entry.clone());
    let is_changed = |known: &Entry| changed.iter().any(|new| new.id() == known.id());
    let others: Vec<Entry> = known.iter().filter(|entry| !is_changed(entry)).cloned().collect();
    let catalogue = Catalogue::new(others.into_iter().chain(changed))?;
    if args.plugin.name.variant().is_some() {
        let Entry { plugin_version, revision, .. } = &entry;
        let variant = catalogue.get(&args.plugin.name, plugin_version, *revision);
        entry = variant.cloned().ok_or_else(unknown)?;
    }
    // As a registry does when it is published.
    let mut go_elsewhere = known.go_elsewhere().clone();
    go_elsewhere.retain(|module, it| !it.is_here(module, hosts));
    Ok((catalogue.with_go_elsewhere(go_elsewhere)?, entry))
}

fn lookup<'a>(known: &'a Catalogue, wanted: &PluginRef) -> Option<&'a Entry> {
    match &wanted.version {
        Some(version) => wanted
            .revision
            .and_then(|revision| known.get(&wanted.name, version, revision))
            .or_else(|| known.revision(&wanted.name, version)),
        None => known.newest(&wanted.name, |_| true),
    }
}

fn dependency(known: &Catalogue, wanted: &PluginRef, of: &Entry) -> Result<Entry, CommandError> {
    let (Some(version), Some(revision)) = (&wanted.version, wanted.revision) else {
        let what = format!("--plugin-dep {} must name version and revision", show(wanted));
        return Err(CommandError::Usage { what });
    };
    let found = lookup(known, wanted).cloned();
    let mut entry = found.unwrap_or_else(|| Entry {
        name: wanted.name.clone(),
        deps: Vec::new(),
        registry: RegistryConfig { target: bare(known, wanted, of), opts: Vec::new() },
        install: Install::File { path: String::new() },
        ..of.clone()
    });
    entry.plugin_version = version.clone();
    entry.revision = revision;
    Ok(entry)
}

/// What can be known of a plugin version that is not in the catalogue.
fn bare(known: &Catalogue, wanted: &PluginRef, of: &Entry) -> Target {
    let newest = known.newest(&wanted.name, |_| true);
    of.registry.target.rules().unknown(newest.map(|entry| &entry.registry.target))
}

fn show(plugin: &PluginRef) -> String {
    let version = plugin.version.as_ref().map(|version| format!(":{version}"));
    let revision = plugin.revision.map(|revision| format!(":{revision}"));
    format!("{}{}{}", plugin.name, version.unwrap_or_default(), revision.unwrap_or_default())
}

/// `{owner}_{module}.{plugin owner}_{plugin}-{version}.{extension}`; with the file's whole name for an extension where the SDK
/// consists of several.
fn file_name(sdk: &Sdk, file: &ArtifactFile) -> String {
    let extension = match sdk.ecosystem.rules().files() {
        [_] => file.name.rsplit_once('.').unwrap_or_default().1,
        _ => file.name,
    };
    let dashed = |text: String| text.replace('/', "_");
    format!(
        "{}.{}-{}.{}",
        dashed(sdk.module.to_string()),
        dashed(sdk.plugin.to_string()),
        sdk.version_text(),
        extension
    )
}
