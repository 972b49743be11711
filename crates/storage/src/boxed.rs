use crate::{
    Bucket,
    bucket::{BucketError, Condition, ETag, Meta, Object, Page, Put, PutOptions},
};
use futures::future::FutureExt;
use std::{ops::Range, rc::Rc};

/// The same bucket, each of whose operations waits on the heap. Whoever calls one holds a pointer, and not all that is under way
/// below it, once more in the code and in the memory of every caller.
pub struct Boxed<B>(Rc<B>);

impl<B> Boxed<B> {
    /// The same bucket.
    pub fn new(bucket: Rc<B>) -> Self {
        Self(bucket)
    }
}

impl<B: Bucket> Bucket for Boxed<B> {
    type Download = B::Download;
    type Upload = B::Upload;

    async fn get(
        &self,
        key: &str,
        range: Option<Range<u64>>,
        unless: Option<&ETag>,
    ) -> Result<Option<Object<B::Download>>, BucketError> {
        self.0.get(key, range, unless).boxed_local().await
    }

    async fn read(&self, body: B::Download) -> Result<Vec<u8>, BucketError> {
        self.0.read(body).boxed_local().await
    }

    async fn whole(&self, key: &str) -> Result<Option<(Vec<u8>, ETag)>, BucketError> {
        self.0.whole(key).boxed_local().await
    }

    async fn head(&self, key: &str) -> Result<Option<Meta>, BucketError> {
        self.0.head(key).boxed_local().await
    }

    async fn put(
        &self,
        key: &str,
        body: Vec<u8>,
        condition: Condition,
        options: PutOptions,
    ) -> Result<Put, BucketError> {
        self.0.put(key, body, condition, options).boxed_local().await
    }

    async fn put_stream(
        &self,
        key: &str,
        body: B::Upload,
        sha512: [u8; 64],
        condition: Condition,
        options: PutOptions,
    ) -> Result<Put, BucketError> {
        self.0.put_stream(key, body, sha512, condition, options).boxed_local().await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page, BucketError> {
        self.0.list(prefix, after, limit).boxed_local().await
    }

    async fn delete(&self, keys: &[String]) -> Result<(), BucketError> {
        self.0.delete(keys).boxed_local().await
    }
}
