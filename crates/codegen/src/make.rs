//! One SDK from beginning to end.

use crate::{
    artifact::Packed,
    compiler::Compiler,
    diagnostic::Diagnostic,
    ecosystem,
    error::CodegenError,
    pack,
    plugin::Plugin,
    protoc::Compiled,
    response::{self, BadResponse},
    work::Work,
};
use protoedge_sandbox::Workspace;
use std::{collections::BTreeMap, path::Path};

/// Makes one SDK in a fresh workspace: compiles, runs the plugin, checks and packs. The same
/// work gives the same bytes.
///
/// # Errors
/// [`CodegenError::Rejected`] if the module, or what a plugin makes of it, is refused; trouble otherwise.
pub async fn make(
    work: Work,
    compiler: &Compiler,
    plugin: &Plugin,
    workspace: &Workspace,
) -> Result<Packed, CodegenError> {
    let compiled = compiler.compile(&work, workspace).await?;
    let generated = generate(&work, compiled, plugin, workspace).await?;
    let pack = move || {
        let license = work.modules.first().and_then(|module| module.tree.license.as_deref());
        pack::pack(&work.sdk, license, generated)
    };
    // Compressing 95 MB takes seconds, which other tasks should not wait for.
    match tokio::task::spawn_blocking(pack).await {
        Ok(packed) => packed,
        Err(_) => Err(CodegenError::Panicked { doing: "packed" }),
    }
}

async fn generate(
    work: &Work,
    compiled: Compiled,
    plugin: &Plugin,
    workspace: &Workspace,
) -> Result<BTreeMap<String, Vec<u8>>, CodegenError> {
    let (request, completion) = ecosystem::request(work, compiled)?;
    if request.targets.is_empty() {
        return Ok(BTreeMap::new());
    }
    let editions = request.editions.clone();
    let answer = plugin.run(&work.entry.code().id(), request, workspace).await?;
    let read = move || -> Result<_, BadResponse> {
        let files = completion.spread(response::read(&answer, &editions)?)?;
        Ok((files, completion))
    };
    // A large answer takes seconds, which other tasks should not wait for.
    let (files, completion) = match tokio::task::spawn_blocking(read).await {
        Ok(read) => read.map_err(|error| said(work, &error, workspace.path()))?,
        Err(_) => return Err(CodegenError::Panicked { doing: "read the plugin's answer" }),
    };
    completion.check(work, files, workspace).await
}

fn said(work: &Work, error: &BadResponse, scratch: &Path) -> CodegenError {
    let diagnostic = Diagnostic::without_paths(&error.to_string(), &[scratch]);
    CodegenError::Rejected {
        diagnostic: diagnostic.after(&format!("plugin {}", work.entry.code().id())),
    }
}
