//! The names of modules where owner and name are joined: `acme-weather`. In names of some packages there is no other separator, and so
//! `a-b/c` and `a/b-c` cannot both be there. Which one it is, is written down once, when a module is made; it stays when the module is
//! deleted, since its owner may make it again.

use crate::{Error, Store, key::Key};
use protoedge_sdk::ModuleName;
use protoedge_storage::{Bucket, BucketError};

/// The module that is called so, where it may be several: others need no look.
///
/// # Errors
/// [`BucketError`] where the bucket is in trouble.
pub async fn joined<B: Bucket>(
    store: &Store<B>,
    joined: &str,
) -> Result<Option<ModuleName>, BucketError> {
    Ok(store.load(&Key::Joined(joined)).await?.map(|(module, _)| module))
}

/// Makes sure that a module which is about to be made is the only one of its joined name.
///
/// # Errors
/// [`Error::JoinedTaken`] where another one has it.
pub(crate) async fn claim<B: Bucket>(store: &Store<B>, name: &ModuleName) -> Result<(), Error> {
    let text = name.joined();
    if !ModuleName::may_be_several(&text) || store.create(&Key::Joined(&text), name).await? {
        return Ok(());
    }
    match joined(store, &text).await? {
        Some(other) if other != *name => {
            Err(Error::JoinedTaken { module: name.clone(), joined: text })
        }
        Some(_) | None => Ok(()),
    }
}
