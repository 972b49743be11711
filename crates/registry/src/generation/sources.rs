//! What a generator reads of modules. The registry's own order, not a viewer, lets it: the job and its token say which SDK.

use crate::{
    Store,
    generation::orders,
    key::Key,
    modules::{commits, lookup},
};
use protoedge_sdk::{ArtifactFile, Catalogue, Closure, ModuleName, Sdk, ShortCommit};
use protoedge_storage::{Bucket, BucketError, Object};

/// The commit that an SDK is made of, with those that it depends on; `None` where there is no such commit, or it is withheld.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn closure<B: Bucket>(
    store: &Store<B>,
    sdk: &Sdk,
) -> Result<Option<Closure>, BucketError> {
    if !is_served(store, &sdk.module, &sdk.version.commit).await? {
        return Ok(None);
    }
    let commit = commits::load_commit(store, &sdk.module, &sdk.version.commit).await?;
    Ok(commit.map(|commit| commit.closure()))
}

/// Whether a generator may read a commit: not what is withheld, nor what is of a deleted module.
async fn is_served<B: Bucket>(
    store: &Store<B>,
    module: &ModuleName,
    commit: &ShortCommit,
) -> Result<bool, BucketError> {
    let module = lookup::find_module(store, module).await?;
    Ok(module.is_some_and(|it| it.withheld.is_none() && !it.withheld_commits.contains_key(commit)))
}

/// The files of one of the modules that an SDK is made of, as a zip: number 0 is its own module, the others are those of the
/// closure. `None` for a number that no module has.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn sources<B: Bucket>(
    store: &Store<B>,
    sdk: &Sdk,
    number: usize,
) -> Result<Option<Object<B::Download>>, BucketError> {
    let Some(closure) = closure(store, sdk).await? else { return Ok(None) };
    let mut all = std::iter::once(&closure.target).chain(&closure.deps);
    let Some(locked) = all.nth(number) else { return Ok(None) };
    if number > 0 && !is_served(store, &locked.module, &locked.commit.short()).await? {
        return Ok(None);
    }
    let key = Key::Sources(&locked.module, &locked.commit.short());
    store.bucket.get(&key.path(), None, None).await
}

/// One of the files that an SDK is compiled against, in the order of [`Sdk::compiled_against`]. `None` for a number that no
/// file has, and for a file that is not stored.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn dep<B: Bucket>(
    store: &Store<B>,
    sdk: &Sdk,
    number: usize,
    catalogue: &Catalogue,
) -> Result<Option<(&'static ArtifactFile, Object<B::Download>)>, BucketError> {
    let deps = compiled_against(store, sdk, catalogue).await?;
    let Some((dep, file)) = deps.get(number) else { return Ok(None) };
    let object = store.bucket.get(&Key::File(dep, file).path(), None, None).await?;
    Ok(object.map(|object| (*file, object)))
}

/// Whether all that an SDK is compiled against is stored: before that, its job cannot be done.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn can_be_compiled<B: Bucket>(
    store: &Store<B>,
    sdk: &Sdk,
    catalogue: &Catalogue,
) -> Result<bool, BucketError> {
    for (dep, file) in compiled_against(store, sdk, catalogue).await? {
        if store.bucket.head(&Key::File(&dep, file).path()).await?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Nothing for an SDK that cannot be made.
async fn compiled_against<B: Bucket>(
    store: &Store<B>,
    sdk: &Sdk,
    catalogue: &Catalogue,
) -> Result<Vec<(Sdk, &'static ArtifactFile)>, BucketError> {
    let Some(file) = sdk.ecosystem.rules().compiled_against() else { return Ok(Vec::new()) };
    let pins = orders::pins(store, sdk, catalogue).await?;
    Ok(pins.into_iter().map(|pin| (pin, file)).collect())
}
