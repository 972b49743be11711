//! What becomes of a module that its owners delete.
//!
//! Its record says first that it is deleted: from then on it is as if there were none. A `deletions/` object is there before, so that
//! the scheduled runs erase what the request does not come to: all its sources, commits, labels and packages. The record stays, so
//! that its owner can make the module again, which starts empty. Ids are never given anew, and so no version is.

use crate::{
    Error, Store, User,
    accounts::{
        access::{self, Grant},
        role::Role,
    },
    audit::{self, Change},
    key::Key,
    modules::{closed, erasure, lookup, record::Module},
    packages::usage,
    purges::{self, PurgeReason, PurgeScope},
    search,
};
use protoedge_sdk::ModuleName;
use protoedge_storage::{Bucket, BucketError};
use std::collections::BTreeMap;

/// How many of those that depend on a module are looked at: enough to know that there are some.
const MOST_DEPENDENTS: usize = 20;

/// Deletes a module, as its owners may: within ten seconds everywhere, and for good. What other modules have generated of it stays as
/// it was published; of those that depend on it nothing is generated any more.
///
/// # Errors
/// [`Error::Forbidden`] for others; unless it is forced, [`Error::InUse`] where others depend on it, or its packages were asked for
/// lately.
pub async fn delete_module<B: Bucket>(
    store: &Store<B>,
    by: &User,
    module: &Grant,
    is_forced: bool,
) -> Result<(), Error> {
    access::require(store, by, module, Role::Owner).await?;
    let name = &module.name;
    if !is_forced {
        check_unused(store, name).await?;
    }
    let change = Change {
        owner: Some(name.owner()),
        action: "module.delete",
        object: name.to_string(),
        details: vec![("forced", is_forced.to_string())],
    };
    let delete = async {
        closed::note_closing(store, name).await?;
        purges::want(store, PurgeReason::Closed, &PurgeScope::Module(name.clone())).await?;
        store.put(&Key::Deletion(name), name, BTreeMap::new()).await?;
        let now = store.now();
        let mark = |current: Option<&Module>| {
            let current = current.filter(|it| !it.is_deleted() && it.id == module.id)?;
            Some(Module { deleted: Some(now), ..current.clone() })
        };
        store.update(&Key::Module(name), mark).await?;
        // What else looked at the module before that may have told of it since.
        Ok(search::tell_hidden(store, name).await?)
    };
    let deleted = audit::audited(store, by, change, delete).await;
    store.memo.modules.forget(name);
    deleted
}

/// Makes sure that nobody needs a module.
///
/// # Errors
/// [`Error::InUse`] where somebody does.
async fn check_unused<B: Bucket>(store: &Store<B>, name: &ModuleName) -> Result<(), Error> {
    let mut dependents = 0;
    let found = store.list_all(&Key::dependents(name)).await?;
    for dependent in found.iter().filter_map(|meta| Key::dependent_in(&meta.key, name)) {
        let is_there = lookup::find_module(store, &dependent).await?.is_some();
        dependents += usize::from(is_there);
        if dependents == MOST_DEPENDENTS {
            break;
        }
    }
    let packages = usage::packages_in_use(store, name).await?;
    if dependents == 0 && packages == 0 {
        return Ok(());
    }
    Err(Error::InUse { module: name.clone(), dependents, packages })
}

/// Erases what is left of deleted modules, as far as the steps of one run go.
///
/// # Errors
/// [`BucketError`] where the bucket is in trouble: the next run goes on.
pub async fn finish_deletions<B: Bucket>(store: &Store<B>) -> Result<(), BucketError> {
    let mut steps = erasure::STEPS;
    let deletions = store.bucket.list(Key::DELETIONS, None, erasure::STEP).await?;
    for meta in deletions.objects {
        let Some((name, _)) = store.load_path::<ModuleName>(&meta.key).await? else { continue };
        let module = lookup::load_module(store, &name).await?;
        // Not one whose deletion was cut off before it took place, nor one that was made again.
        let is_deleted = module.is_some_and(|module| module.is_deleted());
        if is_deleted && !erasure::erase(store, &name, meta.uploaded, &mut steps).await? {
            return Ok(());
        }
        store.bucket.delete(&[meta.key]).await?;
    }
    Ok(())
}
