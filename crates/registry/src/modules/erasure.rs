//! Erasing what is stored of a deleted module.

use crate::{Error, Store, key::Key, packages::usage, push::PushRecord};
use protoedge_sdk::{Ecosystem, ModuleName};
use protoedge_storage::{Bucket, BucketError, Meta, Timestamp};
use std::collections::BTreeMap;

/// How many listings, each with a deletion, one request or run takes, of the 1,000 operations that it has.
pub(crate) const STEPS: usize = 200;

/// How many objects one step erases.
pub(crate) const STEP: u32 = 1000;

/// Makes sure that nothing of a deleted module is left, and that no push to it goes on.
///
/// # Errors
/// [`Error::BeingDeleted`] where there is.
pub(crate) async fn check_finished<B: Bucket>(
    store: &Store<B>,
    name: &ModuleName,
) -> Result<(), Error> {
    let unfinished = || Error::BeingDeleted { module: name.clone() };
    let pushes = store.bucket.list(Key::PUSHES, None, STEP).await?;
    for meta in pushes.objects {
        let push = store.load_path::<PushRecord>(&meta.key).await?;
        if push.is_some_and(|(push, _)| push.moves.iter().any(|it| it.module == *name)) {
            return Err(unfinished());
        }
    }
    // What pushes wrote that were under way: up to now, by the bucket's own clock.
    let key = Key::Deletion(name);
    store.put(&key, name, BTreeMap::new()).await?;
    let Some(Meta { uploaded, .. }) = store.bucket.head(&key.path()).await? else {
        return Err(unfinished());
    };
    let mut steps = STEPS;
    if !erase(store, name, uploaded, &mut steps).await? {
        return Err(unfinished());
    }
    Ok(store.remove(&key).await?)
}

/// Erases all that was stored of a module up to a time, but for its record; `false` where it takes more steps.
pub(crate) async fn erase<B: Bucket>(
    store: &Store<B>,
    name: &ModuleName,
    until: Timestamp,
    steps: &mut usize,
) -> Result<bool, BucketError> {
    // What others have that names it comes first, since the module's own objects say where that is.
    let deps = store.list_all(&Key::deps(name)).await?;
    let deps = deps.iter().filter_map(|meta| Key::dep_in(&meta.key, name));
    let of_deps = deps.map(|dep| Key::Dependent(&dep, name).path());
    let plugins = usage::plugins_noted(store, name).await?;
    let of_plugins = plugins.iter().map(|plugin| Key::UseOf(plugin, name).path());
    let named: Vec<String> = of_deps.chain(of_plugins).collect();
    store.delete_all(&named).await?;
    let packages = Ecosystem::ALL.iter().flat_map(|it| Key::of_packages(*it, name));
    for prefix in packages.chain([Key::of_module(name)]) {
        if !erase_below(store, name, &prefix, until, steps).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn erase_below<B: Bucket>(
    store: &Store<B>,
    name: &ModuleName,
    prefix: &str,
    until: Timestamp,
    steps: &mut usize,
) -> Result<bool, BucketError> {
    let record = Key::Module(name).path();
    let is_erased = |meta: &Meta| meta.uploaded <= until && meta.key != record;
    let mut after: Option<String> = None;
    loop {
        if *steps == 0 {
            return Ok(false);
        }
        *steps -= 1;
        let page = store.bucket.list(prefix, after.as_deref(), STEP).await?;
        after = page.objects.last().map(|meta| meta.key.clone());
        let keys = page.objects.into_iter().filter(is_erased).map(|meta| meta.key);
        store.delete_all(&keys.collect::<Vec<_>>()).await?;
        if !page.more {
            return Ok(true);
        }
    }
}
