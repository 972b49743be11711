use crate::{
    key::Key,
    memo::{Memo, SeenCommits},
    stored_json,
};
use protoedge_sdk::{CommitId, Hosts};
use protoedge_storage::{
    Bucket, BucketError, Clock, Condition, ETag, Meta, Put, PutOptions, Timestamp,
};
use serde::{Serialize, de::DeserializeOwned};
use std::{collections::BTreeMap, rc::Rc, time::Duration};

/// The registry over one bucket, for one request or run. Cheap to clone; every clone speaks of the same state, which is all
/// in the bucket.
pub struct Store<B> {
    pub(crate) bucket: Rc<B>,
    pub(crate) clock: Rc<dyn Clock>,
    pub(crate) hosts: Rc<Hosts>,
    pub(crate) memo: Rc<Memo>,
    pub(crate) requires_sign_in: bool,
    pub(crate) tells_private_addresses: bool,
    pub(crate) seal_secret: Rc<str>,
    pub(crate) seen_commits: Rc<SeenCommits>,
}

impl<B> Clone for Store<B> {
    fn clone(&self) -> Self {
        Self {
            bucket: self.bucket.clone(),
            clock: self.clock.clone(),
            hosts: self.hosts.clone(),
            memo: self.memo.clone(),
            requires_sign_in: self.requires_sign_in,
            tells_private_addresses: self.tells_private_addresses,
            seal_secret: self.seal_secret.clone(),
            seen_commits: self.seen_commits.clone(),
        }
    }
}

/// What became of reading an object that the reader may have.
pub(crate) enum Loaded<T> {
    /// There is none.
    Absent,
    /// It is the one that the reader has.
    Same,
    /// It is another one.
    Other(T, ETag),
}

/// How often a lost or contended write is tried again before it counts as trouble.
const ATTEMPTS: u32 = 6;

/// R2 takes about one write a second on one key: wait a little longer after a contended one.
pub(crate) const CONTENDED_PAUSE: Duration = Duration::from_millis(1100);

impl<B: Bucket> Store<B> {
    /// A registry over a bucket.
    pub fn new(bucket: Rc<B>, clock: Rc<dyn Clock>, hosts: Hosts, memo: Rc<Memo>) -> Self {
        let (hosts, seen_commits) = (Rc::new(hosts), Rc::default());
        Self {
            bucket,
            clock,
            hosts,
            memo,
            requires_sign_in: false,
            tells_private_addresses: false,
            seal_secret: "".into(),
            seen_commits,
        }
    }

    /// The registry, which shows public modules only to callers with a token, or to everybody.
    #[must_use]
    pub fn requiring_sign_in(self, requires_sign_in: bool) -> Self {
        Self { requires_sign_in, ..self }
    }

    /// The registry, whose webhooks may be told at any address or at public ones alone.
    #[must_use]
    pub fn telling_private_addresses(self, tells_private_addresses: bool) -> Self {
        Self { tells_private_addresses, ..self }
    }

    /// The registry, which seals what callers keep for it with this secret and a key of the bucket's.
    #[must_use]
    pub fn sealing_with(self, secret: &str) -> Self {
        Self { seal_secret: secret.into(), ..self }
    }

    /// The names that this registry gives to packages.
    pub fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Waits.
    pub async fn sleep(&self, time: Duration) {
        self.clock.sleep(time).await;
    }

    /// 32 hexadecimal digits that cannot be guessed.
    pub fn nonce(&self) -> String {
        let mut bytes = [0; 16];
        self.clock.random(&mut bytes);
        hex::encode(bytes)
    }

    /// 64 hexadecimal digits that cannot be guessed, for what somebody keeps to prove who it is.
    pub fn secret(&self) -> String {
        self.nonce() + &self.nonce()
    }

    /// A part of a time, left to chance.
    pub fn chance(&self, of: Duration) -> Duration {
        let mut byte = [0];
        self.clock.random(&mut byte);
        of * u32::from(byte[0]) / 256
    }

    /// A random id whose short form holds a letter.
    pub(crate) fn draw_id(&self) -> CommitId {
        loop {
            let mut bytes = [0; 16];
            self.clock.random(&mut bytes);
            if let Some(id) = CommitId::from_random(bytes) {
                return id;
            }
        }
    }

    /// Reads a JSON object.
    pub(crate) async fn load<T: DeserializeOwned>(
        &self,
        key: &Key<'_>,
    ) -> Result<Option<(T, ETag)>, BucketError> {
        self.load_path(&key.path()).await
    }

    /// Reads a JSON object that a listing named.
    pub(crate) async fn load_path<T: DeserializeOwned>(
        &self,
        path: &str,
    ) -> Result<Option<(T, ETag)>, BucketError> {
        let Some((bytes, etag)) = self.bucket.whole(path).await? else { return Ok(None) };
        Ok(Some((stored_json::read(path, &bytes)?, etag)))
    }

    /// Reads a JSON object unless it still has this ETag.
    pub(crate) async fn load_unless<T: DeserializeOwned>(
        &self,
        key: &Key<'_>,
        unless: Option<&ETag>,
    ) -> Result<Loaded<T>, BucketError> {
        let path = key.path();
        let Some(object) = self.bucket.get(&path, None, unless).await? else {
            return Ok(Loaded::Absent);
        };
        let Some(body) = object.body else { return Ok(Loaded::Same) };
        match self.bucket.read(body).await {
            Ok(bytes) => Ok(Loaded::Other(stored_json::read(&path, &bytes)?, object.etag)),
            // It broke off.
            Err(_) => Ok(match self.load(key).await? {
                Some((value, etag)) => Loaded::Other(value, etag),
                None => Loaded::Absent,
            }),
        }
    }

    /// Writes a JSON object.
    pub(crate) async fn save<T: Serialize>(
        &self,
        key: &Key<'_>,
        value: &T,
        condition: Condition,
    ) -> Result<Put, BucketError> {
        self.save_with(key, value, condition, BTreeMap::new()).await
    }

    /// Writes a JSON object with metadata for listings.
    pub(crate) async fn save_with<T: Serialize>(
        &self,
        key: &Key<'_>,
        value: &T,
        condition: Condition,
        metadata: BTreeMap<String, String>,
    ) -> Result<Put, BucketError> {
        let options = PutOptions { media_type: key.media_type(), metadata };
        let path = key.path();
        let body = stored_json::write(&path, value)?;
        self.bucket.put(&path, body, condition, options).await
    }

    /// Writes a JSON object if it is absent, and waits out contention: `false` if it was there.
    pub(crate) async fn create<T: Serialize + ?Sized>(
        &self,
        key: &Key<'_>,
        value: &T,
    ) -> Result<bool, BucketError> {
        self.create_bytes(key, stored_json::write(&key.path(), value)?).await
    }

    /// [`Store::create`] of an object that is no JSON.
    pub(crate) async fn create_bytes(
        &self,
        key: &Key<'_>,
        body: Vec<u8>,
    ) -> Result<bool, BucketError> {
        let path = key.path();
        for _ in 0..ATTEMPTS {
            let options = PutOptions { media_type: key.media_type(), ..PutOptions::default() };
            match self.bucket.put(&path, body.clone(), Condition::Absent, options).await? {
                Put::Stored(_) => return Ok(true),
                Put::PreconditionFailed => return Ok(false),
                Put::Contended => self.sleep(CONTENDED_PAUSE).await,
            }
        }
        Err(contended(&path))
    }

    /// Writes a JSON object whatever was there before, and waits out contention: for what only one writer writes, or all
    /// write alike.
    pub(crate) async fn put<T: Serialize + ?Sized>(
        &self,
        key: &Key<'_>,
        value: &T,
        metadata: BTreeMap<String, String>,
    ) -> Result<(), BucketError> {
        self.put_path(&key.path(), value, metadata).await
    }

    /// [`Store::put`] of a JSON object that a listing named.
    pub(crate) async fn put_path<T: Serialize + ?Sized>(
        &self,
        path: &str,
        value: &T,
        metadata: BTreeMap<String, String>,
    ) -> Result<(), BucketError> {
        let body = stored_json::write(path, value)?;
        for _ in 0..ATTEMPTS {
            let options = PutOptions { media_type: JSON, metadata: metadata.clone() };
            match self.bucket.put(path, body.clone(), Condition::Always, options).await? {
                Put::Stored(_) => return Ok(()),
                Put::PreconditionFailed | Put::Contended => self.sleep(CONTENDED_PAUSE).await,
            }
        }
        Err(contended(path))
    }

    /// Reads, changes and writes an object until no other write came between. `change` gives what is to
    /// be written, or `None` to leave the object as it is. Returns what is stored at the end.
    pub(crate) async fn update<T, F>(
        &self,
        key: &Key<'_>,
        change: F,
    ) -> Result<Option<T>, BucketError>
    where
        T: Serialize + DeserializeOwned,
        F: Fn(Option<&T>) -> Option<T>,
    {
        self.update_with(key, change, |_| BTreeMap::new()).await
    }

    /// [`Store::update`], with metadata for listings.
    pub(crate) async fn update_with<T, F, M>(
        &self,
        key: &Key<'_>,
        change: F,
        metadata: M,
    ) -> Result<Option<T>, BucketError>
    where
        T: Serialize + DeserializeOwned,
        F: Fn(Option<&T>) -> Option<T>,
        M: Fn(&T) -> BTreeMap<String, String>,
    {
        self.try_update(key, async |current: Option<&T>| Ok(change(current)), metadata).await
    }

    /// [`Store::update_with`], where a change may be refused: nothing is written then. What a change writes
    /// elsewhere is there before the object names it, and may be written again.
    pub(crate) async fn try_update<T, E, F, M>(
        &self,
        key: &Key<'_>,
        mut change: F,
        metadata: M,
    ) -> Result<Option<T>, E>
    where
        T: Serialize + DeserializeOwned,
        E: From<BucketError>,
        F: AsyncFnMut(Option<&T>) -> Result<Option<T>, E>,
        M: Fn(&T) -> BTreeMap<String, String>,
    {
        for _ in 0..ATTEMPTS {
            let (current, condition) = match self.load::<T>(key).await? {
                Some((current, etag)) => (Some(current), Condition::Matches(etag)),
                None => (None, Condition::Absent),
            };
            let Some(next) = change(current.as_ref()).await? else { return Ok(current) };
            match self.save_with(key, &next, condition, metadata(&next)).await? {
                Put::Stored(_) => return Ok(Some(next)),
                Put::PreconditionFailed => {}
                Put::Contended => self.sleep(CONTENDED_PAUSE).await,
            }
        }
        Err(contended(&key.path()).into())
    }

    /// Every object below a prefix.
    pub(crate) async fn list_all(&self, prefix: &str) -> Result<Vec<Meta>, BucketError> {
        let mut found: Vec<Meta> = Vec::new();
        loop {
            let after = found.last().map(|meta| meta.key.as_str());
            let page = self.bucket.list(prefix, after, 1000).await?;
            found.extend(page.objects);
            if !page.more {
                return Ok(found);
            }
        }
    }

    /// Deletes objects; absent ones are as good.
    pub(crate) async fn delete_all(&self, paths: &[String]) -> Result<(), BucketError> {
        for paths in paths.chunks(DELETED_AT_ONCE) {
            self.bucket.delete(paths).await?;
        }
        Ok(())
    }

    /// Deletes one object; if it is absent, that is as good.
    pub(crate) async fn remove(&self, key: &Key<'_>) -> Result<(), BucketError> {
        self.bucket.delete(&[key.path()]).await
    }
}

/// As many keys as one call deletes ([`Bucket::delete`]).
const DELETED_AT_ONCE: usize = 1000;

/// The media type of what [`stored_json`] writes.
const JSON: &str = "application/json";

fn contended(path: &str) -> BucketError {
    let message = "too many are writing it at once".into();
    BucketError::Trouble { action: "put", key: path.into(), message }
}
