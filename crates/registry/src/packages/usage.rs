use crate::{Store, key::Key};
use protoedge_sdk::{Catalogue, Ecosystem, Entry, ModuleName, PluginName, PluginVersion, Sdk};
use protoedge_storage::{Bucket, BucketError, Condition, Meta, PutOptions, Timestamp};
use std::{collections::BTreeSet, time::Duration};

/// A package is in use while an artifact or npm metadata of it was asked for in this time: a
/// quarter of a year, so that a program that is built once a month counts.
pub const IN_USE: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// A use is noted once a day: often enough for 90 days, seldom enough to cost nothing.
const NOTED: Duration = Duration::from_secs(24 * 60 * 60);

/// Notes that packages of this module by this plugin version are in use.
pub async fn note_usage<B: Bucket>(store: &Store<B>, sdk: &Sdk) -> Result<(), BucketError> {
    let version = sdk.version.plugin.to_string();
    let key = Key::InUse(&sdk.module, sdk.ecosystem, &sdk.plugin, &version);
    let noted = store.bucket.head(&key.path()).await?;
    let is_fresh = |at: Timestamp| store.now().since(at) < NOTED;
    if noted.is_some_and(|meta| is_fresh(meta.uploaded)) {
        return Ok(());
    }
    for key in [key, Key::UseOf(&sdk.plugin, &sdk.module)] {
        let options = PutOptions { media_type: key.media_type(), ..PutOptions::default() };
        // Contended: another Worker notes the same.
        store.bucket.put(&key.path(), b"{}".to_vec(), Condition::Always, options).await?;
    }
    Ok(())
}

/// The catalogue entries whose packages of a module are in use, each plugin version at its
/// newest revision.
pub async fn in_use<'a, B: Bucket>(
    store: &Store<B>,
    module: &ModuleName,
    catalogue: &'a Catalogue,
) -> Result<Vec<&'a Entry>, BucketError> {
    let prefix = Key::uses(module);
    let page = store.bucket.list(&prefix, None, 1000).await?;
    let now = store.now();
    let mut entries = Vec::new();
    for meta in page.objects.iter().filter(|meta| now.since(meta.uploaded) < IN_USE) {
        let Some((plugin, version)) = meta.key.strip_prefix(&prefix).and_then(read) else {
            continue;
        };
        entries.extend(catalogue.revision(&plugin, &version));
    }
    Ok(entries)
}

/// How many packages of a module are in use, each plugin version being one.
pub(crate) async fn packages_in_use<B: Bucket>(
    store: &Store<B>,
    module: &ModuleName,
) -> Result<usize, BucketError> {
    let now = store.now();
    let found = store.list_all(&Key::uses(module)).await?;
    Ok(found.iter().filter(|meta| now.since(meta.uploaded) < IN_USE).count())
}

/// The plugins whose packages of a module were ever in use.
pub(crate) async fn plugins_noted<B: Bucket>(
    store: &Store<B>,
    module: &ModuleName,
) -> Result<BTreeSet<PluginName>, BucketError> {
    let prefix = Key::uses(module);
    let found = store.list_all(&prefix).await?;
    let plugin = |meta: &Meta| meta.key.strip_prefix(&prefix).and_then(read).map(|it| it.0);
    Ok(found.iter().filter_map(plugin).collect())
}

/// Reads `{ecosystem}/{plugin owner}/{plugin}/{version}`.
fn read(path: &str) -> Option<(PluginName, PluginVersion)> {
    let (ecosystem, rest) = path.split_once('/')?;
    Ecosystem::named(ecosystem)?;
    let (plugin, version) = rest.rsplit_once('/')?;
    Some((plugin.parse().ok()?, version.parse().ok()?))
}

/// The plugins whose packages of a module in an ecosystem are in use.
pub(crate) async fn plugins_in_use<B: Bucket>(
    store: &Store<B>,
    module: &ModuleName,
    ecosystem: Ecosystem,
) -> Result<BTreeSet<PluginName>, BucketError> {
    let prefix = Key::uses_in(module, ecosystem);
    let found = store.list_all(&prefix).await?;
    Ok(found.iter().filter_map(|meta| plugin_in_use(store, &prefix, meta)).collect())
}

/// Whose package is in use, if an object says so; `prefix` is [`Key::uses_in`].
pub(crate) fn plugin_in_use<B: Bucket>(
    store: &Store<B>,
    prefix: &str,
    meta: &Meta,
) -> Option<PluginName> {
    let use_of = meta.key.strip_prefix(prefix)?;
    let is_in_use = store.now().since(meta.uploaded) < IN_USE;
    use_of.rsplit_once('/').filter(|_| is_in_use)?.0.parse().ok()
}
