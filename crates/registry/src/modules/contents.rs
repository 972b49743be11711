//! What a commit consists of: its files, their paths, its digests, and its place in the module's log.

use crate::{
    Commit, Store, accounts::access::Grant, bounds, key::Key, modules::commits::LogRecord,
};
use bytes::Bytes;
use protoedge_bufapi::digest::{B4, B5};
use protoedge_sdk::{CommitId, Locked, ModuleName};
use protoedge_storage::{Bucket, BucketError};
use std::io::{Cursor, Write};
use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

/// The two digests of what a commit consists of: of its files alone, and with all that it depends on.
pub(crate) struct Digests {
    pub(crate) files: B4,
    pub(crate) module: B5,
}

impl Digests {
    pub(crate) fn of(files: &[(String, Bytes)], closure: &[Locked]) -> Self {
        let files = files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_ref()));
        let files = B4::of_files(files);
        // Every stored digest was printed by this type.
        let closure = closure.iter().filter_map(|locked| locked.digest.parse().ok());
        Self { files, module: B5::new(files, closure) }
    }
}

/// Writes the files of a commit that no reader finds yet.
pub(crate) async fn put<B: Bucket>(
    store: &Store<B>,
    module: &ModuleName,
    id: &CommitId,
    files: &[(String, Bytes)],
) -> Result<(), BucketError> {
    put_sources(store, module, id, files).await?;
    store.create(&Key::Paths(module, &id.short()), &protos(files)).await.map(drop)
}

async fn put_sources<B: Bucket>(
    store: &Store<B>,
    module: &ModuleName,
    id: &CommitId,
    files: &[(String, Bytes)],
) -> Result<(), BucketError> {
    let key = Key::Sources(module, &id.short());
    let body = zip(files).map_err(|error| BucketError::Trouble {
        action: "put",
        key: key.path(),
        message: error.to_string(),
    })?;
    store.create_bytes(&key, body).await.map(drop)
}

/// The next number of the module's log, taken by a create-only put.
pub(crate) async fn take_number<B: Bucket>(
    store: &Store<B>,
    module: &ModuleName,
    id: &CommitId,
) -> Result<u32, BucketError> {
    let newest = bounds::newest_number(store, &Key::log(module)).await?;
    let mut next = newest.map_or(1, |newest| newest + 1);
    while !store.create(&Key::Log(module, next), &LogRecord { commit: id.clone() }).await? {
        next += 1;
    }
    Ok(next)
}

/// The paths of a commit's .proto files, for a viewer of its module.
///
/// # Errors
/// [`BucketError`] where the bucket does not say, and for a commit of another module.
pub async fn proto_paths<B: Bucket>(
    store: &Store<B>,
    module: &Grant,
    commit: &Commit,
) -> Result<Vec<String>, BucketError> {
    module.check(&commit.module)?;
    paths(store, commit).await
}

/// The paths of a commit's .proto files.
pub(crate) async fn paths<B: Bucket>(
    store: &Store<B>,
    commit: &Commit,
) -> Result<Vec<String>, BucketError> {
    let key = Key::Paths(&commit.module, &commit.id.short());
    let found = store.load::<Vec<String>>(&key).await?;
    found
        .map(|(paths, _)| paths)
        .ok_or_else(|| BucketError::Unreadable { key: key.path(), message: "it is missing".into() })
}

/// The path of the first .proto file, in the order of their paths; Google's own come last.
pub(crate) fn first_proto(files: &[(String, Bytes)]) -> Option<String> {
    let first = protos(files).into_iter().min_by_key(|path| (path.starts_with("google/"), *path));
    first.map(str::to_owned)
}

fn protos(files: &[(String, Bytes)]) -> Vec<&str> {
    files.iter().map(|(path, _)| path.as_str()).filter(|path| path.ends_with(".proto")).collect()
}

/// The files of a module as a zip: sorted, without times, the same bytes for the same files.
fn zip(files: &[(String, Bytes)]) -> zip::result::ZipResult<Vec<u8>> {
    let mut files: Vec<&(String, Bytes)> = files.iter().collect();
    files.sort_by(|a, b| a.0.cmp(&b.0));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, content) in files {
        archive.start_file(path.as_str(), options)?;
        archive.write_all(content)?;
    }
    Ok(archive.finish()?.into_inner())
}
