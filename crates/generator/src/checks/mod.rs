//! What a module's author writes never becomes code where an SDK is used: what plugins would copy into
//! code is made harmless or rejected before they run, and what they wrote is looked at afterwards.

mod comments;
mod go;
mod http_rule;
mod npm;
mod quoting;

use crate::{
    error::MakeError,
    request::Request,
    script::{self, Package},
    wire::BadWire,
    work::Work,
};
use protoedge_sandbox::Workspace;
use protoedge_sdk::Target;
use std::collections::BTreeMap;

/// What packages have of themselves.
const OWN_FILES: [&str; 3] = ["go.mod", "package.json", "LICENSE"];

/// Looks at what a plugin is asked, and makes harmless what can be.
///
/// # Errors
/// [`MakeError::Rejected`] with file and line where a text of the module would act on those who use the SDK.
pub fn before(work: &Work, request: &mut Request) -> Result<(), MakeError> {
    match &work.entry.registry.target {
        // Go requests are not altered: what becomes of them is equal to the BSR's, to the byte.
        Target::Go(_) => {
            go::check_well_known(request)?;
            go::check_packages(request)?;
            go::check_comments(work, request)?;
            http_rule::check(&work.entry, request)
        }
        Target::Npm(_) => {
            npm::check_names(request)?;
            npm::check_elements(request)?;
            quoting::check(&work.entry, request)?;
            comments::make_plain(request)
        }
    }
}

/// Looks at what a plugin wrote, and gives it as it goes into the package. Scripts are read in the cage. `go_names` are the
/// names of the Go packages that the code may import, by their import paths.
///
/// # Errors
/// [`MakeError::Rejected`] with file and line where something is in it that generators do not write, or that cannot be
/// built where the SDK is used.
pub async fn after(
    work: &Work,
    go_names: BTreeMap<String, String>,
    files: BTreeMap<String, String>,
    workspace: &Workspace,
) -> Result<BTreeMap<String, String>, MakeError> {
    match &work.entry.registry.target {
        Target::Go(registry) => {
            let package = go::Package {
                entry: work.entry.clone(),
                registry: registry.clone(),
                sdk: work.sdk.clone(),
                protos: work.modules.first().map(|it| it.tree.protos.clone()).unwrap_or_default(),
                names: go_names,
            };
            let check = move || package.complete(files);
            // 500 MB take some seconds, which other tasks should not wait for.
            let checked = tokio::task::spawn_blocking(check).await;
            checked.unwrap_or(Err(MakeError::Panicked { doing: "looked at Go files" }))
        }
        Target::Npm(registry) => {
            npm::check_files(registry, &files)?;
            let package = Package::new(work, registry, files).map_err(MakeError::rejected)?;
            script::complete(package, workspace).await
        }
    }
}

/// Refuses a file whose ending is neither one of its ecosystem's nor one of the entry's. The package's own
/// files are refused when it is packed.
fn check_ending(name: &str, usual: &[&str], own: &[String], key: &str) -> Result<(), MakeError> {
    let is_usual = OWN_FILES.contains(&name) || usual.iter().any(|end| name.ends_with(end));
    if is_usual || own.iter().any(|end| end.starts_with('.') && name.ends_with(end.as_str())) {
        return Ok(());
    }
    let endings = usual.join(", ");
    Err(MakeError::rejected(format_args!(
        "the plugin generated {name:?}, whose name ends with none of {endings}; if the plugin needs it, name \
         the ending in the catalogue entry under {key}"
    )))
}

fn broken(error: BadWire) -> MakeError {
    MakeError::Descriptors { what: error.to_string() }
}
