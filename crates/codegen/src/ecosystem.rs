//! What is different from ecosystem to ecosystem when an SDK is generated: the one place that chooses.
//!
//! What a module's author writes never becomes code where an SDK is used: what plugins would copy into code is
//! made harmless or rejected before they run, and what they wrote is looked at afterwards.

pub mod go;
pub mod npm;

use crate::{
    error::CodegenError, packed::Packed, protoc::Compiled, request::Request, response::BadResponse,
    work::Work,
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
            Self::Npm(_) => Ok(files),
        }
    }

    /// Looks at what a plugin wrote, and gives it as it goes into the package.
    ///
    /// # Errors
    /// [`CodegenError::Rejected`] with file and line where something is in it that generators do not write, or that
    /// cannot be built where the SDK is used.
    pub async fn check(
        self,
        work: &Work,
        files: BTreeMap<String, String>,
        workspace: &Workspace,
    ) -> Result<BTreeMap<String, String>, CodegenError> {
        match self {
            Self::Go(completion) => completion.check(files).await,
            Self::Npm(completion) => completion.check(work, files, workspace).await,
        }
    }
}

/// The files that a package has of itself: its manifest, and the module's licence where it carries one.
pub fn own_files<'a>(sdk: &'a JobSdk, license: Option<&'a [u8]>) -> Vec<(&'static str, &'a [u8])> {
    match sdk.ecosystem {
        Ecosystem::Go => go::pack::own_files(sdk, license).collect(),
        Ecosystem::Npm => npm::pack::own_files(sdk).collect(),
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
    }
}
