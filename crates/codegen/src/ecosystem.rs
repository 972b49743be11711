//! What is different from ecosystem to ecosystem when an SDK is generated: the one place that chooses.
//!
//! What a module's author writes never becomes code where an SDK is used: what plugins would copy into code is
//! made harmless or rejected before they run, and what they wrote is looked at afterwards.

pub mod archive;
pub mod go;
pub mod hashes;
pub mod npm;
pub mod python;
#[cfg(feature = "test-ecosystem")]
mod test_ecosystem;

use crate::{
    artifact::Packed, error::CodegenError, protoc::Compiled, request::Request,
    response::BadResponse, work::Work,
};
use protoedge_sandbox::Workspace;
use protoedge_sdk::{Ecosystem, JobSdk, Target};
use std::collections::BTreeMap;

/// What is left to do with a plugin's answer.
#[derive(Debug)]
pub enum Completion {
    /// For a Go module.
    Go(Box<go::Completion>),
    /// For an npm package.
    Npm(npm::Completion),
    /// For a Python package.
    Python(python::Completion),
    /// For archives: of code that has an ecosystem of its own, what it would be made of there and what is left to do.
    Archive(Option<Box<(Work, Completion)>>),
    /// For the ecosystem for tests.
    #[cfg(feature = "test-ecosystem")]
    Test(test_ecosystem::Completion),
}

/// What a plugin is asked, after it was looked at, and what is left to do with its answer.
///
/// # Errors
/// [`CodegenError::Rejected`] with file and line where a text of the module would act on those who use the SDK.
pub fn request(work: &Work, compiled: Compiled) -> Result<(Request, Completion), CodegenError> {
    match &work.entry.registry.target {
        Target::Go(registry) => {
            let (request, completion) = go::request(work, registry, compiled)?;
            Ok((request, Completion::Go(Box::new(completion))))
        }
        Target::Npm(registry) => {
            let (request, completion) = npm::request(work, registry, compiled)?;
            Ok((request, Completion::Npm(completion)))
        }
        Target::Python(registry) => {
            let (request, completion) = python::request(work, registry, compiled)?;
            Ok((request, Completion::Python(completion)))
        }
        Target::Archive(registry) => match archive::code(work, registry) {
            Some(code) => {
                let (request, completion) = request(&code, compiled)?;
                Ok((request, Completion::Archive(Some(Box::new((code, completion))))))
            }
            None => Ok((archive::request(work, compiled)?, Completion::Archive(None))),
        },
        #[cfg(feature = "test-ecosystem")]
        Target::Test(_) => {
            let (request, completion) = test_ecosystem::request(work, compiled);
            Ok((request, Completion::Test(completion)))
        }
    }
}

impl Completion {
    /// Gives the generated files as they are spread over packages.
    ///
    /// # Errors
    /// [`BadResponse`] where that is too much.
    pub fn spread(
        &self,
        files: BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, BadResponse> {
        match self {
            Self::Go(completion) => completion.spread(files),
            Self::Archive(Some(code)) => code.1.spread(files),
            Self::Npm(_) | Self::Python(_) | Self::Archive(None) => Ok(files),
            #[cfg(feature = "test-ecosystem")]
            Self::Test(_) => Ok(files),
        }
    }

    /// Looks at what a plugin wrote, and gives what goes into the package: it, or what it was compiled to.
    ///
    /// # Errors
    /// [`CodegenError::Rejected`] with file and line where something is in it that generators do not write, or that
    /// cannot be built where the SDK is used.
    pub async fn check(
        self,
        work: &Work,
        files: BTreeMap<String, String>,
        workspace: &Workspace,
    ) -> Result<BTreeMap<String, Vec<u8>>, CodegenError> {
        let texts = match self {
            Self::Go(completion) => completion.check(files).await?,
            Self::Npm(completion) => completion.check(work, files, workspace).await?,
            Self::Python(completion) => completion.check(files)?,
            Self::Archive(Some(code)) => {
                let (work, completion) = *code;
                return Box::pin(completion.check(&work, files, workspace)).await;
            }
            Self::Archive(None) => files,
            #[cfg(feature = "test-ecosystem")]
            Self::Test(completion) => return completion.check(work, files),
        };
        Ok(texts.into_iter().map(|(name, text)| (name, text.into_bytes())).collect())
    }
}

/// The files that a package has of itself: its manifest, and the module's licence where it carries one.
pub fn own_files<'a>(sdk: &'a JobSdk, license: Option<&'a [u8]>) -> Vec<(&'static str, &'a [u8])> {
    match sdk.ecosystem {
        Ecosystem::Go => go::pack::own_files(sdk, license).collect(),
        Ecosystem::Npm => npm::pack::own_files(sdk).collect(),
        Ecosystem::Python => python::pack::own_files(license).collect(),
        Ecosystem::Archive => archive::own_files(license).collect(),
        #[cfg(feature = "test-ecosystem")]
        Ecosystem::Test => test_ecosystem::own_files(sdk).collect(),
    }
}

/// Packs a package's files.
///
/// # Errors
/// [`CodegenError::Rejected`] for files that its format cannot hold.
pub fn pack(sdk: &JobSdk, files: &BTreeMap<String, Vec<u8>>) -> Result<Packed, CodegenError> {
    match sdk.ecosystem {
        Ecosystem::Go => go::pack::pack(sdk, files),
        Ecosystem::Npm => npm::pack::pack(sdk, files),
        Ecosystem::Python => python::pack::pack(sdk, files),
        Ecosystem::Archive => archive::pack(sdk, files),
        #[cfg(feature = "test-ecosystem")]
        Ecosystem::Test => test_ecosystem::pack(sdk, files),
    }
}
