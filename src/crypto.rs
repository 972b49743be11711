use js_sys::{Promise, futures::JsFuture};
use protoedge_oauth::Key;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

#[wasm_bindgen(module = "/src/crypto.mjs")]
extern "C" {
    #[wasm_bindgen(js_name = verify)]
    fn verify_by(jwk: &str, signed: &[u8], signature: &[u8]) -> Promise;
}

/// Whether a key has signed something.
///
/// # Errors
/// What the runtime says, in words.
pub(crate) async fn verify(key: &Key, signed: &[u8], signature: &[u8]) -> Result<bool, String> {
    let verified = verify_by(&key.to_jwk().to_string(), signed, signature);
    let words = |error: JsValue| format!("the signature cannot be verified: {error:?}");
    JsFuture::from(verified).await.map(|verified| verified.is_truthy()).map_err(words)
}
