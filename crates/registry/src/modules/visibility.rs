//! What has to be there before a module's visibility changes.

use crate::{
    Error, Module, Store,
    modules::{
        closed, commits,
        record::Visibility,
        tips::{self, Archived},
    },
    purges::{self, PurgeReason, PurgeScope},
};
use protoedge_sdk::ModuleName;
use protoedge_storage::{Bucket, Timestamp};
use std::time::Duration;

/// How often a module's visibility may be changed in [`FLIPS_COUNTED`]. Each change takes one of the few calls in which a
/// platform's cache can be told to forget something.
const MOST_FLIPS: usize = 10;
const FLIPS_COUNTED: Duration = Duration::from_secs(60 * 60);

/// A module with another visibility, once all is noted that has to be there before it. Every attempt to write it comes here: what another
/// request changed meanwhile counts.
///
/// Caches have to forget what they hold of one that becomes private: `purges` has the wish when this returns. What public modules
/// have of it is withdrawn ([`closed`]).
///
/// # Errors
/// [`Error::TooManyFlips`] where it was changed too often, [`Error::DependsOnPrivate`] where the head of a label depends on a module
/// that is private.
pub(super) async fn with_visibility<B: Bucket>(
    store: &Store<B>,
    current: &Module,
    visibility: Visibility,
) -> Result<Module, Error> {
    let (name, now) = (&current.name, store.now());
    let mut visibility_changes = lately(current, now);
    if let Some(first) = visibility_changes.first()
        && visibility_changes.len() >= MOST_FLIPS
    {
        let wait = FLIPS_COUNTED.saturating_sub(now.since(*first));
        return Err(Error::TooManyFlips { module: name.clone(), most: MOST_FLIPS, wait });
    }
    match visibility {
        Visibility::Private => {
            closed::note_closing(store, name).await?;
            let scope = PurgeScope::Module(name.clone());
            purges::want(store, PurgeReason::Closed, &scope).await?;
        }
        Visibility::Public => note_private_deps(store, name).await?,
    }
    visibility_changes.push(now);
    Ok(Module { visibility, visibility_changes, ..current.clone() })
}

/// When a module's visibility was changed within the last hour.
fn lately(module: &Module, now: Timestamp) -> Vec<Timestamp> {
    let changes = module.visibility_changes.iter().copied();
    changes.filter(|at| now.since(*at) < FLIPS_COUNTED).collect()
}

/// Makes sure that no label of a module that becomes public names what depends on a private module. What older commits
/// depend on is noted: these stay withdrawn.
async fn note_private_deps<B: Bucket>(store: &Store<B>, name: &ModuleName) -> Result<(), Error> {
    let mut private = Vec::new();
    for dep in closed::deps(store, name).await? {
        if closed::is_closed(store, &dep).await? {
            private.push(dep);
        }
    }
    if private.is_empty() {
        return Ok(());
    }
    for head in tips::load_labels(store, name, Archived::No).await? {
        let commit = commits::load_commit(store, name, &head.commit.short()).await?;
        let deps = commit.into_iter().flat_map(|commit| commit.deps);
        if let Some(dep) = deps.map(|dep| dep.module).find(|dep| private.contains(dep)) {
            let (module, label, dep) = (name.clone(), head.label, Box::new(dep));
            return Err(Error::DependsOnPrivate { module, label, dep });
        }
    }
    Ok(closed::note_closed(store, &private).await?)
}
