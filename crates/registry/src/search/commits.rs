use crate::{Store, accounts::owners, key::Key};
use protoedge_sdk::{ModuleName, ShortCommit};
use protoedge_storage::{Bucket, BucketError};

/// What a commit's id begins with: those whose first 12 digits begin so, with their modules; at most `most`, and private ones among
/// them, which the caller looks after.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn commits_beginning<B: Bucket>(
    store: &Store<B>,
    digits: &str,
    most: u32,
) -> Result<Vec<(ModuleName, ShortCommit)>, BucketError> {
    let prefix = format!("{}{}", Key::IDS, digits.get(..12).unwrap_or(digits));
    let mut found = Vec::new();
    for meta in store.bucket.list(&prefix, None, most).await?.objects {
        let short = meta.key.strip_prefix(Key::IDS).and_then(|it| it.strip_suffix(".json"));
        let Some(short) = short.and_then(|it| it.parse::<ShortCommit>().ok()) else { continue };
        if let Some(module) = owners::module_of_commit(store, &short).await? {
            found.push((module, short));
        }
    }
    Ok(found)
}
