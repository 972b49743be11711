//! A module's record, whoever asks: only for what is decided elsewhere.

use crate::{Store, key::Key, modules::record::Module};
use protoedge_sdk::ModuleName;
use protoedge_storage::{Bucket, BucketError};

/// A module as it is now, for those who change it.
pub(crate) async fn find_module<B: Bucket>(
    store: &Store<B>,
    name: &ModuleName,
) -> Result<Option<Module>, BucketError> {
    Ok(load_module(store, name).await?.filter(|module| !module.is_deleted()))
}

/// What is stored of a module, a deleted one's record, too.
pub(crate) async fn load_module<B: Bucket>(
    store: &Store<B>,
    name: &ModuleName,
) -> Result<Option<Module>, BucketError> {
    Ok(store.load(&Key::Module(name)).await?.map(|(module, _)| module))
}
