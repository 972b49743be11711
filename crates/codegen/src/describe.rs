//! A job of one's own: what an SDK is made of, as a registry would say it.

use crate::{
    ecosystem::npm::import_options::suffixes,
    work::{Module, Work},
};
use protoedge_sdk::{BadSdk, Catalogue, Closure, Entry, Hosts, JobSdk, Sdk};

/// What the SDK of a closure's target is made of. `modules` are the target and its dependencies, in the closure's
/// order.
///
/// # Errors
/// [`BadSdk`] where the SDK has no manifest.
pub fn describe(
    entry: &Entry,
    closure: &Closure,
    catalogue: &Catalogue,
    hosts: &Hosts,
    modules: Vec<Module>,
) -> Result<Work, BadSdk> {
    let sdk = Sdk::new(entry, &closure.target);
    Ok(Work {
        sdk: JobSdk {
            ecosystem: sdk.ecosystem,
            package: closure.package_name(&sdk, hosts),
            version: sdk.version_text(),
            manifest: Sdk::manifest(entry, closure, catalogue, hosts)?,
        },
        options: entry.options(),
        suffixes: suffixes(entry, catalogue),
        modules,
        deps: Vec::new(),
        commits: None,
        entry: entry.clone(),
    })
}
