//! Where plugins come from: a file for each way of installing one.

mod cargo;
mod file;
mod go;
mod npm;
mod pypi;
mod wasm;

use crate::plugin_source::PluginSource;
use protoedge_sdk::Install;

/// The source that an entry names.
pub(crate) fn source(install: &Install) -> Box<dyn PluginSource + '_> {
    match install {
        Install::Go { package, version } => Box::new(go::Go { package, version }),
        Install::Npm { package, version, bin } => Box::new(npm::Npm { package, version, bin }),
        Install::Pypi { package, version, bin, generator, sources } => {
            let generator = generator.as_deref();
            Box::new(pypi::Pypi { package, version, bin, generator, sources })
        }
        Install::Cargo { package, version, bin } => {
            Box::new(cargo::Cargo { package, version, bin })
        }
        Install::File { path } => Box::new(file::File { path }),
        Install::Wasm { path } => Box::new(wasm::Wasm { path }),
    }
}
