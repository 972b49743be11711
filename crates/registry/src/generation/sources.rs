//! What a generator reads of modules. The registry's own order, not a viewer, lets it: the job and its token say which SDK.

use crate::{Store, key::Key, modules::commits};
use protoedge_sdk::{Closure, Sdk};
use protoedge_storage::{Bucket, BucketError, Object};

/// The commit that an SDK is made of, with those that it depends on; `None` where there is no such commit.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn closure<B: Bucket>(
    store: &Store<B>,
    sdk: &Sdk,
) -> Result<Option<Closure>, BucketError> {
    let commit = commits::load_commit(store, &sdk.module, &sdk.version.commit).await?;
    Ok(commit.map(|commit| commit.closure()))
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
    let key = Key::Sources(&locked.module, &locked.commit.short());
    store.bucket.get(&key.path(), None, None).await
}
