use crate::convert::Invocation;
use js_sys::{Array, JsString, Object, Promise, Reflect, futures::JsFuture};
use protoedge_edge::{Purged, PurgedReplies};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

#[wasm_bindgen(module = "/src/purge.mjs")]
extern "C" {
    #[wasm_bindgen(js_name = purge)]
    fn purge_cache(context: &JsValue, options: &JsValue) -> Promise;
}

/// Has the cache in front of the Worker forget replies.
///
/// # Errors
/// What the cache said, in words.
pub(crate) async fn purge(
    invocation: &Invocation,
    replies: &PurgedReplies,
) -> Result<Purged, String> {
    match call(invocation, replies).await {
        Ok(answer) if answer.is_truthy() => Ok(Purged::Done),
        Ok(_) => Ok(Purged::NoCache),
        Err(error) => Err(words(&error)),
    }
}

async fn call(invocation: &Invocation, replies: &PurgedReplies) -> Result<JsValue, JsValue> {
    let options = options(replies)?;
    let answer = match invocation {
        Invocation::Request(context) => purge_cache(context.as_ref(), &options),
        Invocation::Schedule { purge, .. } => {
            Promise::resolve(&purge.call1(&JsValue::UNDEFINED, &options)?)
        }
    };
    JsFuture::from(answer).await
}

fn options(replies: &PurgedReplies) -> Result<JsValue, JsValue> {
    let options = Object::new();
    match replies {
        PurgedReplies::All => Reflect::set(&options, &"purgeEverything".into(), &true.into())?,
        PurgedReplies::Tagged(tags) => {
            let tags: Array = tags.iter().map(|tag| JsValue::from_str(tag)).collect();
            Reflect::set(&options, &"tags".into(), &tags)?
        }
    };
    Ok(options.into())
}

/// An error of JavaScript's as its own words.
fn words(error: &JsValue) -> String {
    let message = Reflect::get(error, &"message".into()).ok();
    let message = message.and_then(|it| it.as_string());
    message.unwrap_or_else(|| JsString::from(error.clone()).into())
}
