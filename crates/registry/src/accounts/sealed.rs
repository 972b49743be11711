//! Texts that callers keep for the registry, and cannot change: of what is not finished nothing is stored.

use crate::{Store, key::Key};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use protoedge_storage::{Bucket, BucketError, Timestamp};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::Sha256;
use std::{rc::Rc, time::Duration};

/// What is stored of the key: 64 hexadecimal digits. The rest of it is a secret of the registry's: neither who reads the bucket nor who
/// knows the secret seals anything. Without the object a new key is made, and what was sealed by the old one is good for nothing.
#[derive(Serialize, Deserialize)]
struct SealKey {
    key: String,
}

#[derive(Serialize, Deserialize)]
struct Content<T> {
    until: Timestamp,
    value: T,
}

/// Makes a text of a value that nobody else can make. It says what it holds to everybody who reads it. `purpose` keeps texts of
/// one kind from being taken for another.
///
/// # Errors
/// [`BucketError`] where the bucket does not give the key.
pub async fn seal<B: Bucket, T: Serialize>(
    store: &Store<B>,
    purpose: &str,
    value: &T,
    lasts: Duration,
) -> Result<String, BucketError> {
    let content = Content { until: store.now() + lasts, value };
    let json = serde_json::to_vec(&content).map_err(|error| BucketError::Unreadable {
        key: purpose.to_owned(),
        message: error.to_string(),
    })?;
    let body = URL_SAFE_NO_PAD.encode(json);
    let mac = code(store, purpose, &body).await?.finalize().into_bytes();
    Ok(format!("{body}.{}", URL_SAFE_NO_PAD.encode(mac)))
}

/// The value in a sealed text. None for one that was made by somebody else, for another purpose, or that is over.
///
/// # Errors
/// [`BucketError`] where the bucket does not give the key.
pub async fn unseal<B: Bucket, T: DeserializeOwned>(
    store: &Store<B>,
    purpose: &str,
    text: &str,
) -> Result<Option<T>, BucketError> {
    let Some((body, mac)) = text.split_once('.') else { return Ok(None) };
    let Ok(mac) = URL_SAFE_NO_PAD.decode(mac) else { return Ok(None) };
    if code(store, purpose, body).await?.verify_slice(&mac).is_err() {
        return Ok(None);
    }
    let content = URL_SAFE_NO_PAD.decode(body).ok();
    let content: Option<Content<T>> = content.and_then(|it| serde_json::from_slice(&it).ok());
    Ok(content.filter(|it| store.now() < it.until).map(|it| it.value))
}

async fn code<B: Bucket>(
    store: &Store<B>,
    purpose: &str,
    body: &str,
) -> Result<Hmac<Sha256>, BucketError> {
    let key = key(store).await?;
    let keyed =
        |key: &[u8]| Hmac::<Sha256>::new_from_slice(key).expect("a key may have any length");
    let mut both = keyed(key.as_bytes());
    both.update(store.seal_secret.as_bytes());
    let mut code = keyed(&both.finalize().into_bytes());
    code.update(purpose.as_bytes());
    code.update(b"\n");
    code.update(body.as_bytes());
    Ok(code)
}

async fn key<B: Bucket>(store: &Store<B>) -> Result<Rc<str>, BucketError> {
    let now = store.now();
    if let Some(key) = store.memo.seal_key.get(&(), now) {
        return Ok(key);
    }
    let key = match store.load::<SealKey>(&Key::SealKey).await? {
        Some((stored, _)) => stored.key,
        None => {
            let new = SealKey { key: store.secret() };
            store.create(&Key::SealKey, &new).await?;
            // Another one may have been quicker.
            store.load::<SealKey>(&Key::SealKey).await?.map_or(new.key, |(stored, _)| stored.key)
        }
    };
    let key: Rc<str> = key.into();
    store.memo.seal_key.keep((), key.clone(), now);
    Ok(key)
}
