//! What is in an SDK, as its generator said when it brought it: for people to read.

use crate::{Store, accounts::access::Grant, key::Key, packages::publishing};
use protoedge_sdk::{PackageContents, Sdk};
use protoedge_storage::{Bucket, BucketError, Condition};

/// Notes what is in an SDK. Until it is listed the last generator's word counts, and then the first one's: the same generator
/// brings both at once, and either may be there first.
///
/// # Errors
/// [`BucketError`] where the bucket fails.
pub async fn put_contents<B: Bucket>(
    store: &Store<B>,
    sdk: &Sdk,
    contents: &PackageContents,
) -> Result<(), BucketError> {
    let is_listed = publishing::is_listed(store, sdk).await?;
    let condition = if is_listed { Condition::Absent } else { Condition::Always };
    // Contended: another generator brings the same.
    store.save(&Key::Contents(sdk), contents, condition).await.map(drop)
}

/// What is in an SDK, if its generator said it.
///
/// # Errors
/// [`BucketError`] where the bucket does not say, and for an SDK of another module.
pub async fn contents<B: Bucket>(
    store: &Store<B>,
    module: &Grant,
    sdk: &Sdk,
) -> Result<Option<PackageContents>, BucketError> {
    module.check(&sdk.module)?;
    Ok(store.load(&Key::Contents(sdk)).await?.map(|(contents, _)| contents))
}
