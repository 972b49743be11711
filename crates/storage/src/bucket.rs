use crate::Timestamp;
use std::{collections::BTreeMap, ops::Range};

/// Why the bucket did not do what was asked: never that something is absent.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BucketError {
    /// The bucket is in trouble; the same may work a moment later.
    #[error("the bucket failed to {action} {key}: {message}")]
    Trouble {
        /// `get`, `put` …
        action: &'static str,
        /// On what.
        key: String,
        /// What the bucket said.
        message: String,
    },
    /// A streamed body was not what its hash says. Nothing was stored.
    #[error("the body of {key} does not have the sha512 that was announced")]
    Mismatch {
        /// What was to be stored.
        key: String,
    },
    /// A stored object is not what this version of the software writes.
    #[error("{key} cannot be read: {message}")]
    Unreadable {
        /// Which object.
        key: String,
        /// What is wrong with it.
        message: String,
    },
}

/// When a put takes place.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Condition {
    /// Only if there is no such object.
    Absent,
    /// Only if the object is still the one with this ETag.
    Matches(ETag),
    /// In any case.
    Always,
}

/// What became of a put.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Put {
    /// Stored, with this ETag.
    Stored(ETag),
    /// The condition did not hold; nothing was stored.
    PreconditionFailed,
    /// Another write of this object is under way; nothing was stored. R2 takes about one write a
    /// second on one key.
    Contended,
}

/// An object's ETag, as the bucket gives it, without quotes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ETag(pub String);

/// What is known of an object without its body.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Meta {
    /// Where it is.
    pub key: String,
    /// Changes with every write.
    pub etag: ETag,
    /// The whole body's length in bytes.
    pub size: u64,
    /// When it was written.
    pub uploaded: Timestamp,
    /// What was stored beside the body: ASCII text.
    pub metadata: BTreeMap<String, String>,
}

/// An object. What was stored beside the body is only for those who look it up without its body: [`Bucket::head`] and
/// [`Bucket::list`].
#[derive(Debug)]
pub struct Object<D> {
    /// Changes with every write.
    pub etag: ETag,
    /// The whole body's length in bytes.
    pub size: u64,
    /// The body, not yet read; none if it is the one that the caller has.
    pub body: Option<D>,
}

/// What is stored beside a body.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PutOptions {
    /// The media type.
    pub media_type: &'static str,
    /// ASCII text, together at most 2 KiB.
    pub metadata: BTreeMap<String, String>,
}

/// One page of a listing, in the bytewise order of the keys.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Page {
    /// The objects.
    pub objects: Vec<Meta>,
    /// Whether there are more behind the last one.
    pub more: bool,
}

/// The object store: the only state there is. Reads see every finished write.
///
/// Absence is a value, trouble is an error. Futures are not `Send`: a Worker has one thread.
#[expect(async_fn_in_trait, reason = "one thread: nobody needs to name the futures' bounds")]
pub trait Bucket: 'static {
    /// A stored body that was not read yet.
    type Download;
    /// A body on its way in.
    type Upload;

    /// Fetches an object: its whole body or `range` of it, which must lie within it; no body if the
    /// object still has the ETag `unless`.
    async fn get(
        &self,
        key: &str,
        range: Option<Range<u64>>,
        unless: Option<&ETag>,
    ) -> Result<Option<Object<Self::Download>>, BucketError>;

    /// Reads a body to its end.
    async fn read(&self, body: Self::Download) -> Result<Vec<u8>, BucketError>;

    /// Fetches an object and reads it to its end.
    async fn whole(&self, key: &str) -> Result<Option<(Vec<u8>, ETag)>, BucketError> {
        let Some(object) = self.get(key, None, None).await? else { return Ok(None) };
        let body = match object.body {
            Some(body) => self.read(body).await?,
            None => Vec::new(),
        };
        Ok(Some((body, object.etag)))
    }

    /// Looks an object up without its body.
    async fn head(&self, key: &str) -> Result<Option<Meta>, BucketError>;

    /// Stores a small object.
    async fn put(
        &self,
        key: &str,
        body: Vec<u8>,
        condition: Condition,
        options: PutOptions,
    ) -> Result<Put, BucketError>;

    /// Stores a body as it comes in, if it has this sha512.
    async fn put_stream(
        &self,
        key: &str,
        body: Self::Upload,
        sha512: [u8; 64],
        condition: Condition,
        options: PutOptions,
    ) -> Result<Put, BucketError>;

    /// Lists objects by prefix, at most `limit` (1 to 1000), those behind the key `after`.
    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page, BucketError>;

    /// Deletes objects, at most 1000; absent ones are no error.
    async fn delete(&self, keys: &[String]) -> Result<(), BucketError>;
}
