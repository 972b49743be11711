//! Modules of other registries that are kept as they are there.

use crate::{Error, Store, User, audit, key::Key};
use protoedge_sdk::{Hosts, Label, ModuleName, OwnerName};
use protoedge_storage::{Bucket, BucketError, Meta, Timestamp};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// How long after one look at the other registry the next one is due.
const EVERY: Duration = Duration::from_secs(15 * 60);

/// What is kept of a module of another registry.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Mirror {
    /// The module.
    pub module: ModuleName,
    /// Its registry.
    pub from: Hosts,
    /// The labels whose heads are kept, beside the default one.
    pub labels: BTreeSet<Label>,
    /// Whether all commits are kept.
    pub has_history: bool,
    /// When it was asked for.
    pub added: Timestamp,
    /// By whom.
    pub added_by: OwnerName,
    /// Where the commits go on, as long as not all of them were looked at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// How many of them were.
    #[serde(default)]
    pub commits: u32,
    /// When it was as it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub synced: Option<Timestamp>,
    /// What went wrong since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Mirror {
    /// `host/owner/name`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.from.registry_host, self.module)
    }

    /// Whether the next step has something to do before the next look is due.
    pub fn goes_on(&self) -> bool {
        self.page.is_some() && self.error.is_none()
    }
}

/// The metadata by which a listing tells when the next look is due, in milliseconds since 1970.
const DUE: &str = "due";

fn due(meta: &Meta) -> Timestamp {
    let millis = meta.metadata.get(DUE).and_then(|due| due.parse().ok());
    Timestamp::from_millis(millis.unwrap_or_default())
}

/// Keeps a module of another registry from now on, or another part of it.
///
/// # Errors
/// [`BucketError`] where the bucket is in trouble.
pub async fn add_mirror<B: Bucket>(
    store: &Store<B>,
    by: &User,
    mirror: &Mirror,
) -> Result<(), Error> {
    audit::note(store, by, "mirror.add", mirror.full_name()).await?;
    Ok(save_mirror(store, mirror).await?)
}

/// Keeps it no more up to date. What is here stays.
///
/// # Errors
/// [`BucketError`] where the bucket is in trouble.
pub async fn remove_mirror<B: Bucket>(
    store: &Store<B>,
    by: &User,
    mirror: &Mirror,
) -> Result<(), Error> {
    audit::note(store, by, "mirror.remove", mirror.full_name()).await?;
    Ok(store.remove(&Key::Mirror(&mirror.module)).await?)
}

/// Remembers how far a mirror is, and when the next look is due.
///
/// # Errors
/// [`BucketError`] where it is not remembered: then the step is done once more.
pub async fn save_mirror<B: Bucket>(store: &Store<B>, mirror: &Mirror) -> Result<(), BucketError> {
    let now = store.now();
    let due = if mirror.goes_on() { now } else { now + EVERY };
    let metadata = BTreeMap::from([(DUE.to_owned(), due.millis().to_string())]);
    store.put(&Key::Mirror(&mirror.module), mirror, metadata).await
}

/// A mirror, if the module is one.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn find_mirror<B: Bucket>(
    store: &Store<B>,
    module: &ModuleName,
) -> Result<Option<Mirror>, BucketError> {
    Ok(store.load(&Key::Mirror(module)).await?.map(|(mirror, _)| mirror))
}

/// All mirrors.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn mirrors<B: Bucket>(store: &Store<B>) -> Result<Vec<Mirror>, BucketError> {
    let mut all = Vec::new();
    for meta in store.list_all(Key::MIRRORS).await? {
        all.extend(store.load_path::<Mirror>(&meta.key).await?.map(|(mirror, _)| mirror));
    }
    Ok(all)
}

/// The mirrors that are due, those that are due longest first: one listing, and a look at each of them.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn due_mirrors<B: Bucket>(
    store: &Store<B>,
    most: usize,
) -> Result<Vec<Mirror>, BucketError> {
    let mut metas = store.list_all(Key::MIRRORS).await?;
    metas.retain(|meta| due(meta) <= store.now());
    metas.sort_by_key(due);
    let mut mirrors = Vec::new();
    for meta in metas.into_iter().take(most) {
        mirrors.extend(store.load_path::<Mirror>(&meta.key).await?.map(|(mirror, _)| mirror));
    }
    Ok(mirrors)
}
