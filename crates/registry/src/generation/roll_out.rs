use crate::{
    Error, Store,
    catalogue::{self, StoredCatalogue},
    generation::orders,
    key::Key,
    modules::{commits, lookup},
    packages::{pinned, usage::IN_USE},
    push::CUT_OFF,
};
use protoedge_sdk::{Entry, Label, ModuleName, Sdk};
use protoedge_storage::{Bucket, BucketError, Condition, Timestamp};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, iter::once};

/// How many dependents of a module are looked at for what they pin of it.
pub const DEPENDENTS: usize = 20;

/// A published catalogue whose default heads are ordered bit by bit: of a plugin that everybody uses there
/// are more than one request can order.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Publication {
    id: String,
    at: Timestamp,
    /// The ids of the new entries that are not through yet.
    entries: Vec<String>,
    /// The last use of the first of them that was looked at.
    after: Option<String>,
}

/// Remembers which entries are about to be added. `None` if there are none.
pub(crate) async fn keep_publication<B: Bucket>(
    store: &Store<B>,
    added: &[Entry],
) -> Result<Option<Publication>, BucketError> {
    if added.is_empty() {
        return Ok(None);
    }
    let of_variants = |entry: &Entry| entry.variants().unwrap_or_default();
    let entries = added.iter().flat_map(|entry| once(entry.clone()).chain(of_variants(entry)));
    let entries = entries.map(|entry| entry.id()).collect();
    let publication = Publication { id: store.nonce(), at: store.now(), entries, after: None };
    store.create(&Key::Publication(&publication.id), &publication).await?;
    Ok(Some(publication))
}

/// Orders the default heads of modules whose packages by the added plugins are in use, where an entry is
/// its plugin's newest: looks at `most` uses, and leaves the others to the next call or the sweep.
/// Returns what was ordered.
pub async fn order_default_heads<B: Bucket>(
    store: &Store<B>,
    mut publication: Publication,
    most: u32,
) -> Result<Vec<Sdk>, Error> {
    let mut ordered = Vec::new();
    let mut left = most;
    while let Some(entry) = publication.entries.first().filter(|_| left > 0) {
        let published = catalogue::catalogue(store).await?;
        // Unknown: cut off before it was added.
        let entry = published.catalogue.by_id(entry);
        let is_newest = |entry: &&Entry| {
            let major = entry.plugin_version.major();
            let newest = published.catalogue.newest(&entry.name, |it| it.major() == major);
            newest.is_some_and(|newest| newest.id() == entry.id())
        };
        let mut is_through = true;
        if let Some(entry) = entry.filter(is_newest) {
            let prefix = Key::uses_of(&entry.name);
            let page = store.bucket.list(&prefix, publication.after.as_deref(), left).await?;
            left -= u32::try_from(page.objects.len()).unwrap_or(left).min(left);
            is_through = !page.more;
            publication.after = page.objects.last().map(|meta| meta.key.clone());
            let is_in_use = |at: Timestamp| store.now().since(at) < IN_USE;
            for meta in page.objects.iter().filter(|meta| is_in_use(meta.uploaded)) {
                let name = meta.key.strip_prefix(&prefix).and_then(|name| name.parse().ok());
                if let Some(name) = name {
                    ordered.extend(order_default_head(store, &name, entry).await?);
                }
            }
        }
        if is_through {
            publication.entries.remove(0);
            publication.after = None;
        }
    }
    keep_place(store, &publication).await?;
    Ok(ordered)
}

/// Goes on with published catalogues that were cut off more than a minute ago, looking at `most` uses.
pub async fn finish_publications<B: Bucket>(
    store: &Store<B>,
    most: u32,
) -> Result<Vec<Sdk>, Error> {
    let page = store.bucket.list(Key::PUBLICATIONS, None, 1000).await?;
    let (mut ordered, mut trouble) = (Vec::new(), Ok(()));
    for meta in page.objects {
        let found = store.load_path::<Publication>(&meta.key).await;
        let finished = match found {
            Ok(Some((it, _))) if store.now().since(it.at) >= CUT_OFF => {
                order_default_heads(store, it, most).await
            }
            Ok(_) => continue,
            Err(error) => Err(error.into()),
        };
        match finished {
            Ok(orders) => ordered.extend(orders),
            Err(error) => trouble = trouble.and(Err(error)),
        }
        if ordered.len() >= most as usize {
            break;
        }
    }
    trouble.map(|()| ordered)
}

async fn order_default_head<B: Bucket>(
    store: &Store<B>,
    name: &ModuleName,
    entry: &Entry,
) -> Result<Vec<Sdk>, Error> {
    let Some(module) = lookup::find_module(store, name).await? else { return Ok(Vec::new()) };
    let label: &Label = &module.default_label;
    let sdk = match commits::load_head(store, name, label).await {
        Ok(head) => Sdk::new(entry, &head.locked()),
        Err(Error::NoLabel { .. }) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    orders::order(store, &sdk).await?;
    let mut ordered = vec![sdk];
    if entry.ecosystem().lists_bytes() {
        // What packages of its dependents by the new entry will pin.
        for locked in pinned::load_locked_by_dependents(store, name, DEPENDENTS).await? {
            let sdk = locked.sdk(entry, name);
            if !ordered.contains(&sdk) {
                orders::order(store, &sdk).await?;
                ordered.push(sdk);
            }
        }
    }
    Ok(ordered)
}

/// Notes how far a publication is; forgets it at its end.
async fn keep_place<B: Bucket>(
    store: &Store<B>,
    publication: &Publication,
) -> Result<(), BucketError> {
    let key = Key::Publication(&publication.id);
    if publication.entries.is_empty() {
        return store.remove(&key).await;
    }
    // Lost or contended: another Worker goes on with it, or it is looked at once more.
    match store.load::<Publication>(&key).await? {
        Some((_, etag)) => store.save(&key, publication, Condition::Matches(etag)).await.map(drop),
        None => Ok(()),
    }
}

/// Adds entries. Those that are there already must be the same. Returns how many are new, and what
/// orders the default heads for them. That is kept first: if the publication is cut off, the sweep
/// goes on with it, and an operator who publishes again finds nothing new.
pub async fn publish_catalogue<B: Bucket>(
    store: &Store<B>,
    new: StoredCatalogue,
) -> Result<(usize, Option<Publication>), Error> {
    let stored = store.load::<StoredCatalogue>(&Key::Catalogue).await?;
    let (_, missing) = StoredCatalogue::join(stored.map(|(stored, _)| stored), &new)?;
    let publication = keep_publication(store, &missing).await?;
    let mut added = 0;
    let add = async |current: Option<&StoredCatalogue>| {
        let (joined, missing) = StoredCatalogue::join(current.cloned(), &new)?;
        added = missing.len();
        Ok::<_, Error>(Some(joined))
    };
    store.try_update(&Key::Catalogue, add, |_| BTreeMap::new()).await?;
    store.memo.catalogue.forget(&());
    Ok((added, publication))
}
