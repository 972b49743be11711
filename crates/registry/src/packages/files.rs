use crate::{Store, accounts::access::Grant, key::Key, store::CONTENDED_PAUSE};
use protoedge_sdk::{ArtifactFile, Hashes, PublishedFile, Sdk};
use protoedge_storage::{Bucket, BucketError, Condition, ETag, Meta, Object, Put, PutOptions};
use std::{collections::BTreeMap, ops::Range};

/// The names of what stands in a file's metadata.
pub(crate) mod name {
    pub(crate) const SHA512: &str = "sha512";
    pub(crate) const SHA256: &str = "sha256";
    pub(crate) const SHA1: &str = "sha1";
    pub(crate) const CONTENT: &str = "content";
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
pub(crate) fn published_file(
    file: &ArtifactFile,
    meta: &Meta,
) -> Result<PublishedFile, BucketError> {
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

pub(crate) fn unreadable(meta: &Meta, message: impl Into<String>) -> BucketError {
    BucketError::Unreadable { key: meta.key.clone(), message: message.into() }
}

/// Stores a file of an SDK, once: a generator that comes second finds what is there, also where the first one's was
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

/// A file of an SDK without its bytes; `None` if it is not stored.
///
/// # Errors
/// [`BucketError`] where the bucket does not say, and for an SDK of another module.
pub async fn head_file<B: Bucket>(
    store: &Store<B>,
    module: &Grant,
    sdk: &Sdk,
    file: &'static ArtifactFile,
) -> Result<Option<Meta>, BucketError> {
    module.check(&sdk.module)?;
    store.bucket.head(&Key::File(sdk, file).path()).await
}

/// A file of an SDK with these of its bytes, all where no range is named, and none where it still has the ETag `unless`; `None`
/// if it is not stored.
///
/// # Errors
/// [`BucketError`] where the bucket does not say, and for an SDK of another module.
pub async fn get_file<B: Bucket>(
    store: &Store<B>,
    module: &Grant,
    sdk: &Sdk,
    file: &'static ArtifactFile,
    range: Option<Range<u64>>,
    unless: Option<&ETag>,
) -> Result<Option<Object<B::Download>>, BucketError> {
    module.check(&sdk.module)?;
    store.bucket.get(&Key::File(sdk, file).path(), range, unless).await
}

/// Whether all files of an SDK are stored: one bucket operation each.
pub async fn is_stored<B: Bucket>(store: &Store<B>, sdk: &Sdk) -> Result<bool, BucketError> {
    Ok(stored_files(store, sdk).await?.is_some())
}

/// The files of an SDK without their bodies; `None` unless all of them are stored.
pub(crate) async fn stored_files<B: Bucket>(
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
