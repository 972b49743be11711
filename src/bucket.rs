use js_sys::{Array, Promise, Uint8Array, futures::JsFuture};
use protoedge_storage::{
    Bucket, BucketError, Condition, ETag, Meta, Object, Page, Put, PutOptions, Timestamp,
};
use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use web_sys::ReadableStream;
use worker::{Conditional, Data, HttpMetadata};

#[wasm_bindgen(module = "/src/bucket.mjs")]
extern "C" {
    #[wasm_bindgen(js_name = get)]
    fn r2_get(bucket: &JsValue, key: &str, start: f64, length: f64, unless: &str) -> Promise;
    #[wasm_bindgen(js_name = read)]
    fn r2_read(object: &JsValue) -> Promise;
    #[wasm_bindgen(js_name = whole)]
    fn r2_whole(bucket: &JsValue, key: &str) -> Promise;
    #[wasm_bindgen(js_name = list)]
    fn r2_list(bucket: &JsValue, prefix: &str, after: &str, limit: u32) -> Promise;
}

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

fn js_trouble(action: &'static str, key: &str) -> impl Fn(JsValue) -> BucketError {
    let trouble = trouble(action, key);
    move |error| trouble(error.into())
}

/// A length in bytes as JavaScript has numbers.
#[expect(clippy::cast_precision_loss, reason = "no object has as many bytes")]
fn as_number(length: u64) -> f64 {
    length as f64
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

/// Reads what `list` in src/bucket.mjs says of objects.
fn objects(lines: &str) -> Option<Vec<Meta>> {
    let (mut lines, mut objects) = (lines.split_terminator('\n'), Vec::new());
    while let Some(key) = lines.next() {
        let etag = ETag(lines.next()?.into());
        let size = lines.next()?.parse().ok()?;
        let uploaded = Timestamp::from_millis(lines.next()?.parse().ok()?);
        let mut metadata = BTreeMap::new();
        for _ in 0..lines.next()?.parse::<usize>().ok()? {
            metadata.insert(lines.next()?.into(), lines.next()?.into());
        }
        objects.push(Meta { key: key.into(), etag, size, uploaded, metadata });
    }
    Some(objects)
}

impl Bucket for R2 {
    type Download = JsValue;
    type Upload = ReadableStream;

    async fn get(
        &self,
        key: &str,
        range: Option<Range<u64>>,
        unless: Option<&ETag>,
    ) -> Result<Option<Object<JsValue>>, BucketError> {
        let failed = || js_trouble("get", key);
        let (start, length) = match range {
            Some(Range { start, end }) => (as_number(start), as_number(end.saturating_sub(start))),
            None => (0.0, -1.0),
        };
        let unless = unless.map_or("", |ETag(etag)| etag.as_str());
        let found = r2_get(self.bucket.as_ref(), key, start, length, unless);
        let found = JsFuture::from(found).await.map_err(failed())?;
        let Ok(found) = found.dyn_into::<Array>() else { return Ok(None) };
        let lines = found.get(0).as_string().unwrap_or_default();
        let (etag, size) = lines.split_once('\n').unwrap_or_default();
        let size = size.parse().map_err(|_| failed()(JsValue::from_str("it has no size")))?;
        let body = Some(found.get(1)).filter(|body| !body.is_undefined());
        Ok(Some(Object { etag: ETag(etag.into()), size, body }))
    }

    async fn read(&self, body: JsValue) -> Result<Vec<u8>, BucketError> {
        let bytes = JsFuture::from(r2_read(&body)).await.map_err(js_trouble("read", "a body"))?;
        Ok(bytes.unchecked_into::<Uint8Array>().to_vec())
    }

    async fn whole(&self, key: &str) -> Result<Option<(Vec<u8>, ETag)>, BucketError> {
        let found = JsFuture::from(r2_whole(self.bucket.as_ref(), key)).await;
        let found = found.map_err(js_trouble("get", key))?;
        let Ok(found) = found.dyn_into::<Array>() else { return Ok(None) };
        let etag = ETag(found.get(0).as_string().unwrap_or_default());
        Ok(Some((found.get(1).unchecked_into::<Uint8Array>().to_vec(), etag)))
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
        let failed = || js_trouble("list", prefix);
        let listed = r2_list(self.bucket.as_ref(), prefix, after.unwrap_or_default(), limit);
        let listed = JsFuture::from(listed).await.map_err(failed())?;
        let listed = listed.unchecked_into::<Array>();
        let lines = listed.get(1).as_string().unwrap_or_default();
        let objects = objects(&lines)
            .ok_or_else(|| failed()(JsValue::from_str("an object in it cannot be read")))?;
        Ok(Page { objects, more: listed.get(0).is_truthy() })
    }

    async fn delete(&self, keys: &[String]) -> Result<(), BucketError> {
        let Some(first) = keys.first() else { return Ok(()) };
        let keys = keys.iter().map(String::as_str).collect();
        self.bucket.delete_multiple(keys).await.map_err(trouble("delete", first))
    }
}
