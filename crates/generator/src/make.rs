//! One SDK from beginning to end.

use crate::{
    artifact::Artifact,
    checks,
    compiler::Compiler,
    descriptor::FileDescriptor,
    error::MakeError,
    gateway, go_package,
    plugin::Plugin,
    protoc::Compiled,
    request::Request,
    response::{self, BadResponse},
    rewrite, separate,
    words::Words,
    work::Work,
};
use protoedge_sandbox::Workspace;
use protoedge_sdk::Ecosystem;
use std::{collections::BTreeMap, path::Path};

/// The plugins whose option [`separate::OPTION`] is carried out here.
const STUBS: &str = "grpc/go";
const GATEWAY: &str = "grpc-ecosystem/gateway";

/// How [`separate::OPTION`] is carried out.
enum Separation {
    /// Not at all.
    None,
    /// Before the plugin runs: it sees files that hold services only.
    Stubs,
    /// After the plugin ran, with the files that it generated from.
    Gateway(Vec<FileDescriptor>),
}

/// Makes one SDK in a fresh workspace: compiles, runs the plugin, checks and packs. The same
/// work gives the same bytes.
pub async fn make(
    work: Work,
    compiler: &Compiler,
    plugin: &Plugin,
    workspace: &Workspace,
) -> Result<Artifact, MakeError> {
    let compiled = compiler.compile(&work, workspace).await?;
    let generated = generate(&work, compiled, plugin, workspace).await?;
    let pack = move || {
        let license = work.modules.first().and_then(|module| module.tree.license.as_deref());
        Artifact::pack(&work.sdk, license, generated)
    };
    // Compressing 95 MB takes seconds, which other tasks should not wait for.
    match tokio::task::spawn_blocking(pack).await {
        Ok(packed) => packed,
        Err(_) => Err(MakeError::Panicked { doing: "packed" }),
    }
}

async fn generate(
    work: &Work,
    compiled: Compiled,
    plugin: &Plugin,
    workspace: &Workspace,
) -> Result<BTreeMap<String, String>, MakeError> {
    let (mut request, separation) = request(work, compiled)?;
    checks::before(work, &mut request)?;
    let editions: Vec<(String, i32)> = request
        .sources
        .iter()
        .filter_map(|file| Some((file.name().to_owned(), file.edition()?)))
        .collect();
    let moved = match separation {
        Separation::Stubs => separate::move_services(&mut request)?,
        Separation::None | Separation::Gateway(_) => separate::Moved::default(),
    };
    if request.targets.is_empty() {
        return Ok(BTreeMap::new());
    }
    request.cut_to_closure();
    let go_names = go_package::names(&request.files);
    let answer = plugin.run(&work.entry.id(), request.encode(), workspace).await?;
    let read = move || -> Result<BTreeMap<String, String>, BadResponse> {
        let files = response::read(&answer, &editions)?;
        Ok(match separation {
            Separation::None => files,
            Separation::Stubs => {
                moved.rename(files).map_err(|error| BadResponse::ManyNames(error.to_string()))?
            }
            Separation::Gateway(descriptors) => gateway::separate(files, &descriptors),
        })
    };
    // A large answer takes seconds, which other tasks should not wait for.
    let files = match tokio::task::spawn_blocking(read).await {
        Ok(read) => read.map_err(|error| said(work, &error, workspace.path()))?,
        Err(_) => return Err(MakeError::Panicked { doing: "read the plugin's answer" }),
    };
    checks::after(work, go_names, files, workspace).await
}

/// What the plugin is asked, and how its code is spread over packages.
fn request(work: &Work, compiled: Compiled) -> Result<(Request, Separation), MakeError> {
    let targets = compiled.sources.iter().map(|file| file.name().to_owned()).collect();
    let mut options = work.options.clone();
    let is_separate = take_separate(work, &mut options)?;
    let (files, sources) = match work.sdk.ecosystem {
        Ecosystem::Go => {
            let Compiled { files, sources } = rewrite::go_packages(work, compiled)?;
            (files, sources)
        }
        Ecosystem::Npm => {
            options.extend(rewrite::import_options(work, &compiled.files)?);
            (compiled.files, compiled.sources)
        }
    };
    let separation = match (is_separate, work.entry.name.to_string().as_str()) {
        (true, GATEWAY) => Separation::Gateway(sources.clone()),
        (true, _) => Separation::Stubs,
        (false, _) => Separation::None,
    };
    Ok((Request { targets, options, files, sources }, separation))
}

/// Takes [`separate::OPTION`] out of the options: stock plugins do not know it.
fn take_separate(work: &Work, options: &mut Vec<String>) -> Result<bool, MakeError> {
    let count = options.len();
    options.retain(|option| option != separate::OPTION);
    let is_there = options.len() != count;
    if is_there && ![STUBS, GATEWAY].contains(&work.entry.name.to_string().as_str()) {
        return Err(MakeError::Unsupported {
            option: separate::OPTION.to_owned(),
            plugin: work.entry.id(),
        });
    }
    Ok(is_there)
}

fn said(work: &Work, error: &BadResponse, scratch: &Path) -> MakeError {
    let words = Words::without_paths(&error.to_string(), &[scratch]);
    MakeError::Rejected { words: words.after(&format!("plugin {}", work.entry.id())) }
}
