//! Runs the tests of every bucket against R2: `POST /-/bucket-suite`.

use crate::bucket::R2;
use protoedge_storage::conformance;
use web_sys::ReadableStream;
use worker::{Env, Response, Result};

/// One line a test, then `N passed, N failed`.
pub(crate) async fn run(env: &Env) -> Result<Response> {
    let bucket = R2::new(env.bucket("BUCKET")?);
    let results = conformance::run(&bucket, "bucket-suite/", upload).await;
    let mut text = String::new();
    for (name, result) in &results {
        match result {
            Ok(()) => text.push_str(&format!("ok {name}\n")),
            Err(error) => text.push_str(&format!("failed {name}: {error}\n")),
        }
    }
    let failed = results.iter().filter(|(_, result)| result.is_err()).count();
    text.push_str(&format!("{} passed, {failed} failed\n", results.len() - failed));
    Response::ok(text)
}

/// A stream of known length, as a request's body is.
fn upload(bytes: Vec<u8>) -> ReadableStream {
    let mut bytes = bytes;
    let response = web_sys::Response::new_with_opt_u8_array(Some(&mut bytes));
    response.ok().and_then(|it| it.body()).expect("a response of bytes has a body")
}
