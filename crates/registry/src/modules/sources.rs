//! The files of a commit, one by one: for people who read some of them.

use crate::{Commit, Error, Store, accounts::access::Grant, key::Key};
use protoedge_storage::{Bucket, BucketError};
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// The largest zip that is read, and the largest file in it, in bytes: a fraction of a Worker's memory.
const LARGEST: u64 = 32 << 20;

/// The files of a commit.
pub struct Sources {
    archive: ZipArchive<Cursor<Vec<u8>>>,
    key: String,
}

/// A file of a commit without its bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SourceEntry {
    /// The path within the module.
    pub path: String,
    /// In bytes.
    pub size: u64,
}

/// Fetches the files of a commit: one bucket operation.
///
/// # Errors
/// [`Error::TooMuch`] where they are too many bytes; [`Error::Withheld`] for a commit that is withheld; [`BucketError`] where the
/// bucket does not say, and for a commit of another module.
pub async fn sources<B: Bucket>(
    store: &Store<B>,
    module: &Grant,
    commit: &Commit,
) -> Result<Sources, Error> {
    module.check(&commit.module)?;
    module.check_commit(&commit.id.short())?;
    let key = Key::Sources(&commit.module, &commit.id.short()).path();
    let missing = || unreadable(&key, "the sources are missing");
    let found = store.bucket.get(&key, None, None).await?.ok_or_else(missing)?;
    if found.size > LARGEST {
        return Err(Error::TooMuch);
    }
    let bytes = store.bucket.read(found.body.ok_or_else(missing)?).await?;
    let archive = ZipArchive::new(Cursor::new(bytes));
    let archive = archive.map_err(|error| unreadable(&key, &error.to_string()))?;
    Ok(Sources { archive, key })
}

impl Sources {
    /// All files, by path.
    ///
    /// # Errors
    /// [`BucketError`] where the zip cannot be read.
    pub fn list(&mut self) -> Result<Vec<SourceEntry>, BucketError> {
        let mut entries = Vec::with_capacity(self.archive.len());
        for n in 0..self.archive.len() {
            let entry = self.archive.by_index_raw(n);
            let entry = entry.map_err(|error| unreadable(&self.key, &error.to_string()))?;
            let path = entry.name().map_err(|error| unreadable(&self.key, &error.to_string()))?;
            entries.push(SourceEntry { path: path.into_owned(), size: entry.size() });
        }
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(entries)
    }

    /// The bytes of a file; none for a path that there is not.
    ///
    /// # Errors
    /// [`Error::TooMuch`] for one that is too large; [`BucketError`] where the zip cannot be read.
    pub fn read(&mut self, path: &str) -> Result<Option<Vec<u8>>, Error> {
        let Some(n) = self.archive.index_for_name(path) else { return Ok(None) };
        let entry = self.archive.by_index(n);
        let mut entry = entry.map_err(|error| unreadable(&self.key, &error.to_string()))?;
        if entry.size() > LARGEST {
            return Err(Error::TooMuch);
        }
        let mut content = Vec::new();
        let read = entry.read_to_end(&mut content);
        read.map_err(|error| unreadable(&self.key, &error.to_string()))?;
        Ok(Some(content))
    }
}

fn unreadable(key: &str, message: &str) -> BucketError {
    BucketError::Unreadable { key: key.to_owned(), message: message.to_owned() }
}
