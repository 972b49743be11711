//! A module's record, whoever asks: only for what is decided elsewhere.

use crate::{Store, key::Key, modules::record::Module};
use protoedge_sdk::{ModuleName, OwnerName};
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

/// The next module of an owner in the order of their names, deleted ones among them; the first one behind none.
pub(crate) async fn next_module<B: Bucket>(
    store: &Store<B>,
    owner: &OwnerName,
    after: Option<&ModuleName>,
) -> Result<Option<ModuleName>, BucketError> {
    let prefix = Key::of_owner(owner);
    // Behind all objects of a module: no name in them begins so.
    let after = after.map(|module| format!("{}~", Key::of_module(module)));
    let found = store.bucket.list(&prefix, after.as_deref(), 1).await?;
    let rest = found.objects.first().and_then(|meta| meta.key.strip_prefix(&prefix));
    let name = rest.and_then(|rest| rest.split('/').next());
    Ok(name.and_then(|name| ModuleName::new(owner.as_str(), name).ok()))
}
