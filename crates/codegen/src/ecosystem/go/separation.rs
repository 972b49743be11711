//! How a plugin's code is spread over packages.

use super::{
    gateway,
    separate::{self, Moved},
};
use crate::{
    descriptor::FileDescriptor, error::CodegenError, request::Request, response::BadResponse,
    work::Work,
};
use std::collections::BTreeMap;

/// The plugins whose option [`separate::OPTION`] is carried out here.
const STUBS: &str = "grpc/go";
const GATEWAY: &str = "grpc-ecosystem/gateway";

/// How [`separate::OPTION`] is carried out.
#[derive(Debug)]
pub enum Separation {
    /// Not at all.
    None,
    /// Before the plugin runs: it sees files that hold services only.
    Stubs(Moved),
    /// After the plugin ran, with the files that it generated from.
    Gateway(Vec<FileDescriptor>),
}

impl Separation {
    /// Moves what is separated before the plugin runs. `sources` are the files to generate.
    ///
    /// # Errors
    /// [`CodegenError::Descriptors`] for files that cannot be taken apart.
    pub fn before(
        plugin: &str,
        sources: Vec<FileDescriptor>,
        request: &mut Request,
    ) -> Result<Self, CodegenError> {
        match plugin {
            GATEWAY => Ok(Self::Gateway(sources)),
            _ => separate::move_services(request).map(Self::Stubs),
        }
    }

    /// Gives the generated files as they are spread over packages.
    ///
    /// # Errors
    /// [`BadResponse::ManyNames`] where there are more names than can be looked for at once.
    pub fn after(
        &self,
        files: BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, BadResponse> {
        match self {
            Self::None => Ok(files),
            Self::Stubs(moved) => {
                moved.rename(files).map_err(|error| BadResponse::ManyNames(error.to_string()))
            }
            Self::Gateway(sources) => Ok(gateway::separate(files, sources)),
        }
    }
}

/// Takes [`separate::OPTION`] out of the options, since stock plugins do not know it; says whether it was there.
///
/// # Errors
/// [`CodegenError::Unsupported`] for a plugin that it is not carried out for.
pub fn take_option(work: &Work, options: &mut Vec<String>) -> Result<bool, CodegenError> {
    let count = options.len();
    options.retain(|option| option != separate::OPTION);
    let is_there = options.len() != count;
    if is_there && ![STUBS, GATEWAY].contains(&work.entry.name.to_string().as_str()) {
        return Err(CodegenError::Unsupported {
            option: separate::OPTION.to_owned(),
            plugin: work.entry.id(),
        });
    }
    Ok(is_there)
}
