//! How a plugin's code is spread over packages.

use super::{
    gateway,
    separate::{self, Moved},
};
use crate::{
    descriptor::FileDescriptor, error::CodegenError, request::Request, response::BadResponse,
};
use std::collections::BTreeMap;

/// The plugins for which [`SEPARATE_PACKAGE`](crate::options::SEPARATE_PACKAGE) is carried out here.
pub const PLUGINS: [&str; 2] = ["grpc/go", GATEWAY];
const GATEWAY: &str = "grpc-ecosystem/gateway";

/// How the option is carried out.
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
    /// Moves what is separated before the plugin runs.
    ///
    /// # Errors
    /// [`CodegenError::Descriptors`] for files that cannot be taken apart.
    pub fn before(plugin: &str, request: &mut Request) -> Result<Self, CodegenError> {
        match plugin {
            GATEWAY => Ok(Self::Gateway(request.sources.clone())),
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
