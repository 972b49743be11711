//! npm packages: what JavaScript and TypeScript would carry out, what scripts import, and tarballs.

mod check;
mod comments;
pub mod import_options;
pub mod pack;
pub mod script;

use crate::{
    error::CodegenError, options, protoc::Compiled, quoting, request::Request, work::Work,
};
use protoedge_sandbox::Workspace;
use protoedge_sdk::NpmRegistry;
use script::{package::ScriptPackage, reader};
use std::collections::BTreeMap;

/// What is left to do with a plugin's answer.
#[derive(Debug)]
pub struct Completion {
    registry: NpmRegistry,
}

/// What an npm plugin is asked, with what it would copy into code made harmless, and what is left to do with its
/// answer.
///
/// # Errors
/// [`CodegenError::Rejected`] with file and line where a text of the module would act on those who use the SDK.
pub fn request(
    work: &Work,
    registry: &NpmRegistry,
    compiled: Compiled,
) -> Result<(Request, Completion), CodegenError> {
    let mut options = work.options.clone();
    options::take_separate(work, &mut options, &[])?;
    options.extend(import_options::import_options(work, &compiled.files)?);
    let mut request = Request::new(options, compiled.files, compiled.sources);
    check::check_names(&request)?;
    check::check_elements(&request)?;
    quoting::check(&work.entry, &request)?;
    request.map_comments(comments::plain)?;
    request.cut_to_closure();
    Ok((request, Completion { registry: registry.clone() }))
}

impl Completion {
    /// Looks at the files, and gives them as they go into the package. Scripts are read in the cage.
    ///
    /// # Errors
    /// [`CodegenError::Rejected`] with file and line where something is in them that generators do not write.
    pub async fn check(
        self,
        work: &Work,
        files: BTreeMap<String, String>,
        workspace: &Workspace,
    ) -> Result<BTreeMap<String, String>, CodegenError> {
        check::check_files(&self.registry, &files)?;
        let package =
            ScriptPackage::new(work, &self.registry, files).map_err(CodegenError::rejected)?;
        reader::complete(package, workspace).await
    }
}
