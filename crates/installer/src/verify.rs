//! Whether a plugin is still what it was: what is installed, and what it generates.

mod error;
pub mod sample;

pub use error::VerifyError;

use crate::{installer::Installer, lock::Lock};
use protoedge_codegen::{compiler::Compiler, error::CodegenError, make};
use protoedge_sdk::{Catalogue, Entry};

/// Installs a plugin anew in the installer's empty cache, lets it generate, and says what it is.
///
/// # Errors
/// If it cannot be installed, or makes nothing of a sample module.
pub async fn look(
    entry: &Entry,
    catalogue: &Catalogue,
    installer: &Installer,
    compiler: &Compiler,
) -> Result<Lock, VerifyError> {
    let plugin = installer.install(entry).await?;
    let (installed, built) = installer.digest(entry).await?;
    let workspace = installer.sandbox.workspace()?;
    let shop = sample::shop(entry, catalogue, workspace.path())?;
    let made = make(shop, compiler, &plugin, &workspace).await;
    workspace.close().await;
    let output = match made {
        // Some know less.
        Err(CodegenError::Rejected { .. }) => {
            let workspace = installer.sandbox.workspace()?;
            let money = sample::money(entry, catalogue, workspace.path())?;
            let made = make(money, compiler, &plugin, &workspace).await;
            workspace.close().await;
            made?.content
        }
        made => made?.content,
    };
    let workspace = installer.sandbox.workspace()?;
    let edition = sample::edition(entry, catalogue, workspace.path())?;
    let edition = match make(edition, compiler, &plugin, &workspace).await {
        Ok(made) => Some(made.content),
        Err(CodegenError::Rejected { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    Ok(Lock { entry: entry.digest(), installed, built, output, edition })
}
