use crate::{
    Commit, Store,
    generation::{orders, requests},
    key::Key,
    modules::commits,
    packages::listing::{self, Published},
    store::CONTENDED_PAUSE,
};
use protoedge_sdk::{ArtifactFile, Catalogue, Hashes, PublishedFile, Sdk};
use protoedge_storage::{Bucket, BucketError, Condition, Meta, Put, PutOptions};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The names of what stands in a file's metadata.
mod name {
    pub(super) const SHA512: &str = "sha512";
    pub(super) const SHA256: &str = "sha256";
    pub(super) const SHA1: &str = "sha1";
    pub(super) const CONTENT: &str = "content";
}

/// Hashes in hexadecimal, and the hash of the contents as the ecosystem writes it, if it has one.
fn metadata(hashes: &Hashes, content_hash: Option<&str>) -> BTreeMap<String, String> {
    let Hashes { sha1, sha256, sha512 } = hashes;
    let hashes = [
        (name::SHA512, hex::encode(sha512)),
        (name::SHA256, hex::encode(sha256)),
        (name::SHA1, hex::encode(sha1)),
    ];
    let content = content_hash.map(|hash| (name::CONTENT, hash.to_owned()));
    hashes.into_iter().chain(content).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Reads what [`metadata`] wrote.
fn published_file(file: &ArtifactFile, meta: &Meta) -> Result<PublishedFile, BucketError> {
    fn hash<const N: usize>(meta: &Meta, name: &str) -> Result<[u8; N], BucketError> {
        let mut bytes = [0; N];
        let text = meta.metadata.get(name).map(String::as_str).unwrap_or_default();
        hex::decode_to_slice(text, &mut bytes)
            .map_err(|error| unreadable(meta, format!("its {name}: {error}")))?;
        Ok(bytes)
    }
    Ok(PublishedFile {
        name: file.name.into(),
        size: meta.size,
        hashes: Hashes {
            sha1: hash(meta, name::SHA1)?,
            sha256: hash(meta, name::SHA256)?,
            sha512: hash(meta, name::SHA512)?,
        },
    })
}

fn unreadable(meta: &Meta, message: impl Into<String>) -> BucketError {
    BucketError::Unreadable { key: meta.key.clone(), message: message.into() }
}

/// That an SDK can be listed once another is.
#[derive(Serialize, Deserialize)]
struct Waiting {
    dependent: Sdk,
}

#[derive(Serialize, Deserialize)]
struct ListedMark {}

/// Stores a file of an SDK, once: whoever comes second finds what is there, also where the first one's was
/// stored just now. `content_hash` is the hash of the contents as the ecosystem writes it, if it has one.
pub async fn put_file<B: Bucket>(
    store: &Store<B>,
    sdk: &Sdk,
    file: &'static ArtifactFile,
    body: B::Upload,
    hashes: &Hashes,
    content_hash: Option<&str>,
) -> Result<Put, BucketError> {
    let key = Key::File(sdk, file);
    let metadata = metadata(hashes, content_hash);
    let options = PutOptions { media_type: key.media_type(), metadata };
    let put = store
        .bucket
        .put_stream(&key.path(), body, hashes.sha512, Condition::Absent, options)
        .await?;
    if put != Put::Contended {
        return Ok(put);
    }
    store.sleep(CONTENDED_PAUSE).await;
    let is_there = store.bucket.head(&key.path()).await?.is_some();
    Ok(if is_there { Put::PreconditionFailed } else { Put::Contended })
}

/// Whether all files of an SDK are stored: one bucket operation each.
pub async fn is_stored<B: Bucket>(store: &Store<B>, sdk: &Sdk) -> Result<bool, BucketError> {
    Ok(stored_files(store, sdk).await?.is_some())
}

/// The files of an SDK without their bodies; `None` unless all of them are stored.
async fn stored_files<B: Bucket>(
    store: &Store<B>,
    sdk: &Sdk,
) -> Result<Option<Vec<(&'static ArtifactFile, Meta)>>, BucketError> {
    let mut found = Vec::new();
    for file in sdk.ecosystem.rules().files() {
        let meta = store.bucket.head(&Key::File(sdk, file).path()).await?;
        let Some(meta) = meta else { return Ok(None) };
        found.push((file, meta));
    }
    Ok(Some(found))
}

/// Publishes what is stored: lists the SDK, and whatever waited only for this one. All that is published is read
/// from the stored objects. Returns whether the SDK itself is listed; not, unless all of its files are stored.
pub async fn publish<B: Bucket>(
    store: &Store<B>,
    sdk: &Sdk,
    catalogue: &Catalogue,
) -> Result<bool, BucketError> {
    let mut is_listed = false;
    let mut is_stored = false;
    let mut pointers = Vec::new();
    let mut next = vec![sdk.clone()];
    while let Some(candidate) = next.pop() {
        let Some(files) = stored_files(store, &candidate).await? else { continue };
        is_stored |= candidate == *sdk;
        let waits = candidate.ecosystem.lists_bytes();
        if waits && !closure_is_listed(store, &candidate, catalogue).await? {
            continue;
        }
        is_listed |= candidate == *sdk;
        list_it(store, &candidate, &files, catalogue).await?;
        for (pointer, dependent) in dependents(store, &candidate).await? {
            pointers.push(pointer);
            next.push(dependent);
        }
    }
    // Only now: were they gone before the dependents are listed, a crash would forget those.
    for keys in pointers.chunks(1000) {
        store.bucket.delete(keys).await?;
    }
    if is_stored {
        requests::done(store, sdk).await?;
    }
    Ok(is_listed)
}

/// Whether all that an SDK pins is listed. A pointer is left at each pin that is missing
/// before it is looked for again: either that one's publisher sees the pointer, or we see it.
async fn closure_is_listed<B: Bucket>(
    store: &Store<B>,
    sdk: &Sdk,
    catalogue: &Catalogue,
) -> Result<bool, BucketError> {
    let mut all = true;
    for pin in orders::pins(store, sdk, catalogue).await? {
        if is_listed(store, &pin).await? {
            continue;
        }
        let pointer = Waiting { dependent: sdk.clone() };
        store.create(&Key::Waiting(&pin, sdk), &pointer).await?;
        all &= is_listed(store, &pin).await?;
    }
    Ok(all)
}

/// Whether an SDK is in the lists of its package.
pub async fn is_listed<B: Bucket>(store: &Store<B>, sdk: &Sdk) -> Result<bool, BucketError> {
    Ok(store.bucket.head(&Key::Listed(sdk).path()).await?.is_some())
}

async fn list_it<B: Bucket>(
    store: &Store<B>,
    sdk: &Sdk,
    files: &[(&'static ArtifactFile, Meta)],
    catalogue: &Catalogue,
) -> Result<(), BucketError> {
    if is_listed(store, sdk).await? {
        return orders::forget_order(store, sdk).await;
    }
    let commit = commits::find_commit(store, &sdk.module, &sdk.version.commit).await?;
    let commit = commit.ok_or_else(|| BucketError::Unreadable {
        key: Key::Commit(&sdk.module, &sdk.version.commit).path(),
        message: "a published SDK has no commit".into(),
    })?;
    let published = published(store, sdk, files, &commit, catalogue)?;
    store.create(&Key::Pending(sdk), &published).await?;
    store.create(&Key::Listed(sdk), &ListedMark {}).await?;
    orders::forget_order(store, sdk).await
}

fn published<B: Bucket>(
    store: &Store<B>,
    sdk: &Sdk,
    stored: &[(&'static ArtifactFile, Meta)],
    commit: &Commit,
    catalogue: &Catalogue,
) -> Result<Published, BucketError> {
    let mut files = Vec::new();
    for (file, meta) in stored {
        files.push(published_file(file, meta)?);
    }
    let (_, first) = stored.first().expect("an SDK has a file at least");
    let content = first.metadata.get(name::CONTENT).cloned();
    let entry = catalogue.of(sdk);
    let entry = entry.ok_or_else(|| unreadable(first, "its plugin is unknown"))?;
    let manifest = Sdk::manifest(entry, &commit.closure(), catalogue, &store.hosts)
        .map_err(|error| unreadable(first, error.to_string()))?;
    let facts = sdk.ecosystem.rules().facts(&manifest, content);
    let facts = facts.map_err(|error| unreadable(first, error))?;
    let (version, commit, time) = (sdk.version.clone(), commit.id.clone(), commit.created);
    Ok(Published { version, commit, time, files, facts })
}

/// The SDKs that wait for this one, with the pointers that say so.
async fn dependents<B: Bucket>(
    store: &Store<B>,
    sdk: &Sdk,
) -> Result<Vec<(String, Sdk)>, BucketError> {
    let mut dependents = Vec::new();
    if sdk.ecosystem.lists_bytes() {
        for meta in listing::list_all(store, &Key::waiting(sdk)).await? {
            let pointer = store.load_path::<Waiting>(&meta.key).await?;
            dependents.extend(pointer.map(|(waiting, _)| (meta.key, waiting.dependent)));
        }
    }
    Ok(dependents)
}
