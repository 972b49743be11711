use crate::{Store, accounts::access::Grant, key::Key};
use protoedge_sdk::ModuleName;
use protoedge_storage::{Bucket, BucketError};

/// The modules whose default labels depend on a module, by name, private ones among them: at most `most`; and whether there are more.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn dependents<B: Bucket>(
    store: &Store<B>,
    module: &Grant,
    most: u32,
) -> Result<(Vec<ModuleName>, bool), BucketError> {
    let found = store.bucket.list(&Key::dependents(&module.name), None, most).await?;
    let names = found.objects.iter().filter_map(|meta| Key::dependent_in(&meta.key, &module.name));
    Ok((names.collect(), found.more))
}
