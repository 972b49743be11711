use protoedge_storage::{
    Bucket, BucketError, Condition, ETag, Meta, Object, Page, Put, PutOptions, Timestamp,
};
use std::{collections::HashMap, ops::Range};
use web_sys::ReadableStream;
use worker::{Conditional, Data, HttpMetadata, Include};

/// An R2 bucket.
pub(crate) struct R2 {
    bucket: worker::Bucket,
}

impl R2 {
    pub(crate) fn new(bucket: worker::Bucket) -> Self {
        Self { bucket }
    }

    async fn store(
        &self,
        key: &str,
        body: Data,
        sha512: Option<[u8; 64]>,
        condition: Condition,
        options: PutOptions,
    ) -> Result<Put, BucketError> {
        let metadata: HashMap<String, String> = options.metadata.into_iter().collect();
        let http = HttpMetadata {
            content_type: Some(options.media_type.into()),
            ..HttpMetadata::default()
        };
        let mut put = self.bucket.put(key, body).http_metadata(http).custom_metadata(metadata);
        if let Some(sha512) = sha512 {
            put = put.sha512(sha512.to_vec());
        }
        put = match condition {
            Condition::Always => put,
            Condition::Absent => put.only_if(Conditional {
                etag_does_not_match: Some("*".into()),
                ..Conditional::default()
            }),
            Condition::Matches(ETag(etag)) => {
                put.only_if(Conditional { etag_matches: Some(etag), ..Conditional::default() })
            }
        };
        match put.execute().await {
            Ok(Some(object)) => Ok(Put::Stored(ETag(object.etag()))),
            Ok(None) => Ok(Put::PreconditionFailed),
            Err(error) => refused(key, &error),
        }
    }
}

/// R2 says with numbers in its error texts what kind of error it is.
fn refused(key: &str, error: &worker::Error) -> Result<Put, BucketError> {
    /// "Reduce your concurrent request rate for the same object."
    const CONTENDED: &str = "(10058)";
    /// "The SHA-512 checksum you specified did not match what we received."
    const MISMATCH: &str = "(10037)";
    let message = error.to_string();
    if message.contains(CONTENDED) {
        Ok(Put::Contended)
    } else if message.contains(MISMATCH) {
        Err(BucketError::Mismatch { key: key.into() })
    } else {
        Err(BucketError::Trouble { action: "put", key: key.into(), message })
    }
}

fn trouble(action: &'static str, key: &str) -> impl Fn(worker::Error) -> BucketError {
    move |error| BucketError::Trouble { action, key: key.into(), message: error.to_string() }
}

fn meta(object: &worker::Object) -> worker::Result<Meta> {
    let uploaded = i64::try_from(object.uploaded().as_millis()).unwrap_or(i64::MAX);
    Ok(Meta {
        key: object.key(),
        etag: ETag(object.etag()),
        size: object.size(),
        uploaded: Timestamp::from_millis(uploaded),
        metadata: object.custom_metadata()?.into_iter().collect(),
    })
}

impl Bucket for R2 {
    type Download = worker::Object;
    type Upload = ReadableStream;

    async fn get(
        &self,
        key: &str,
        range: Option<Range<u64>>,
        unless: Option<&ETag>,
    ) -> Result<Option<Object<worker::Object>>, BucketError> {
        let mut get = self.bucket.get(key);
        if let Some(Range { start, end }) = range {
            let length = end.saturating_sub(start);
            get = get.range(worker::Range::OffsetWithLength { offset: start, length });
        }
        if let Some(ETag(etag)) = unless {
            get = get.only_if(Conditional {
                etag_does_not_match: Some(etag.clone()),
                ..Conditional::default()
            });
        }
        let object = get.execute().await.map_err(trouble("get", key))?;
        let Some(object) = object else { return Ok(None) };
        let (etag, size) = (ETag(object.etag()), object.size());
        let body = object.body().is_some().then_some(object);
        Ok(Some(Object { etag, size, body }))
    }

    async fn read(&self, body: worker::Object) -> Result<Vec<u8>, BucketError> {
        match body.body() {
            Some(bytes) => bytes.bytes().await.map_err(trouble("read", &body.key())),
            None => Ok(Vec::new()),
        }
    }

    async fn head(&self, key: &str) -> Result<Option<Meta>, BucketError> {
        let object = self.bucket.head(key).await.map_err(trouble("head", key))?;
        object.map(|object| meta(&object)).transpose().map_err(trouble("head", key))
    }

    async fn put(
        &self,
        key: &str,
        body: Vec<u8>,
        condition: Condition,
        options: PutOptions,
    ) -> Result<Put, BucketError> {
        self.store(key, Data::Bytes(body), None, condition, options).await
    }

    async fn put_stream(
        &self,
        key: &str,
        body: ReadableStream,
        sha512: [u8; 64],
        condition: Condition,
        options: PutOptions,
    ) -> Result<Put, BucketError> {
        self.store(key, Data::ReadableStream(body), Some(sha512), condition, options).await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page, BucketError> {
        let mut list =
            self.bucket.list().prefix(prefix).limit(limit).include(vec![Include::CustomMetadata]);
        if let Some(after) = after {
            list = list.start_after(after);
        }
        let listed = list.execute().await.map_err(trouble("list", prefix))?;
        let objects: worker::Result<Vec<Meta>> = listed.objects().iter().map(meta).collect();
        let objects = objects.map_err(trouble("list", prefix))?;
        Ok(Page { objects, more: listed.truncated() })
    }

    async fn delete(&self, keys: &[String]) -> Result<(), BucketError> {
        let Some(first) = keys.first() else { return Ok(()) };
        let keys = keys.iter().map(String::as_str).collect();
        self.bucket.delete_multiple(keys).await.map_err(trouble("delete", first))
    }
}
