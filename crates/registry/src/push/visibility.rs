use super::{
    BadPush,
    plan::{Dependency, Plan},
};
use crate::{Module, Visibility};
use protoedge_sdk::ModuleName;
use std::collections::BTreeSet;

/// Makes sure that a public module depends on public ones alone, directly and through others: its readers could not build it
/// otherwise. `visibilities` are those of the dependencies.
///
/// # Errors
/// [`BadPush::PrivateDependency`] names the first that is private.
pub(super) fn check(
    plan: &Plan,
    modules: &[Module],
    visibilities: &[Visibility],
    deps: &[Dependency],
) -> Result<(), BadPush> {
    for (module, uses) in modules.iter().zip(&plan.closures) {
        if module.visibility == Visibility::Private {
            continue;
        }
        let contents = uses.contents.iter().map(|&n| (modules[n].visibility, &modules[n].name));
        let others = uses.deps.iter().map(|&n| (visibilities[n], &deps[n].commit.module));
        let is_private = |it: &(Visibility, &ModuleName)| it.0 == Visibility::Private;
        if let Some((_, dep)) = contents.chain(others).find(is_private) {
            return Err(BadPush::PrivateDependency {
                module: module.name.clone(),
                dep: dep.clone(),
            });
        }
    }
    Ok(())
}

/// The private ones among modules and dependencies.
pub(super) fn private(
    modules: &[Module],
    visibilities: &[Visibility],
    deps: &[Dependency],
) -> BTreeSet<ModuleName> {
    let modules = modules.iter().map(|module| (module.visibility, &module.name));
    let deps = visibilities.iter().copied().zip(deps.iter().map(|dep| &dep.commit.module));
    let is_private = |it: &(Visibility, &ModuleName)| it.0 == Visibility::Private;
    modules.chain(deps).filter(is_private).map(|(_, name)| name.clone()).collect()
}
