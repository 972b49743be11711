//! What is in an SDK, as its generator said when it brought it: for people to read.

use crate::{Store, accounts::access::Grant, key::Key};
use protoedge_sdk::{PackageContents, Sdk};
use protoedge_storage::{Bucket, BucketError, Condition, Put};

/// Notes what is in an SDK. A second generator has made the same: what is there stays.
///
/// # Errors
/// [`BucketError`] where the bucket fails.
pub async fn put_contents<B: Bucket>(
    store: &Store<B>,
    sdk: &Sdk,
    contents: &PackageContents,
) -> Result<(), BucketError> {
    let put = store.save(&Key::Contents(sdk), contents, Condition::Absent).await?;
    match put {
        // Contended: another generator brings the same.
        Put::Stored(_) | Put::PreconditionFailed | Put::Contended => Ok(()),
    }
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
