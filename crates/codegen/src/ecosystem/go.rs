//! Go modules: which packages the code is in, what Go refuses, and module zips.

mod check;
mod gateway;
mod go_package;
mod http_rule;
pub mod pack;
mod rewrite;
mod separate;
mod separation;

use crate::{
    error::CodegenError, options, protoc::Compiled, request::Request, response::BadResponse,
    work::Work,
};
use protoedge_sdk::GoRegistry;
use separation::Separation;
use std::collections::BTreeMap;

/// What is left to do with a plugin's answer.
#[derive(Debug)]
pub struct Completion {
    separation: Separation,
    module: check::GeneratedModule,
}

/// What a Go plugin is asked, and what is left to do with its answer.
///
/// Requests are not altered but for their packages: what becomes of them is equal to the BSR's, to the byte.
///
/// # Errors
/// [`CodegenError::Rejected`] with file and line where a text of the module would act on those who use the SDK.
pub fn request(
    work: &Work,
    registry: &GoRegistry,
    compiled: Compiled,
) -> Result<(Request, Completion), CodegenError> {
    let mut options = work.options.clone();
    let is_separate = options::take_separate(work, &mut options, &separation::PLUGINS)?;
    let Compiled { files, sources } = rewrite::go_packages(work, compiled)?;
    let mut request = Request::new(options, files, sources);
    check::check_well_known(&request)?;
    check::check_packages(&request)?;
    check::check_comments(work, &request)?;
    http_rule::check(&work.entry, &request)?;
    let separation = if is_separate {
        Separation::before(&work.entry.name.to_string(), &mut request)?
    } else {
        Separation::None
    };
    request.cut_to_closure();
    let module = check::GeneratedModule {
        entry: work.entry.clone(),
        registry: registry.clone(),
        sdk: work.sdk.clone(),
        protos: work.modules.first().map(|it| it.tree.protos.clone()).unwrap_or_default(),
        names: go_package::names(&request.files),
    };
    Ok((request, Completion { separation, module }))
}

impl Completion {
    /// Gives the generated files as they are spread over packages.
    ///
    /// # Errors
    /// [`BadResponse::ManyNames`] where there are more names than can be looked for at once.
    pub fn spread(
        &self,
        files: BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, BadResponse> {
        self.separation.after(files)
    }

    /// Looks at the files, and gives them as they go into the package.
    ///
    /// # Errors
    /// [`CodegenError::Rejected`] with file and line where something is in them that generators do not write, or that
    /// cannot be built where the SDK is used.
    pub async fn check(
        self,
        files: BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, CodegenError> {
        let check = move || self.module.complete(files);
        // 500 MB take some seconds, which other tasks should not wait for.
        let checked = tokio::task::spawn_blocking(check).await;
        checked.unwrap_or(Err(CodegenError::Panicked { doing: "looked at Go files" }))
    }
}
