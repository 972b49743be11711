use crate::{
    context::Context,
    http::{BodyError, Request},
    platform::Platform,
    reply::problem::{Kind, Problem},
};
use serde::de::DeserializeOwned;

/// Reads a request's body, of at most `limit` bytes of JSON. `complaint` says what is wrong with a body of another form.
pub(crate) async fn read_json<P: Platform, T: DeserializeOwned>(
    context: &Context<P>,
    request: Request<P::Body>,
    limit: usize,
    complaint: &str,
) -> Result<T, Problem> {
    let body = read_body(context, request, limit).await?;
    serde_json::from_slice(&body)
        .map_err(|error| Problem::new(Kind::Malformed, format!("{complaint}: {error}")))
}

async fn read_body<P: Platform>(
    context: &Context<P>,
    request: Request<P::Body>,
    limit: usize,
) -> Result<bytes::Bytes, Problem> {
    context.platform.read(request.body, limit).await.map_err(|error| match error {
        BodyError::TooLarge => {
            let limit = match limit / (1024 * 1024) {
                0 => format!("{limit} bytes"),
                mebibytes => format!("{mebibytes} MiB"),
            };
            Problem::new(Kind::TooLarge, format!("the body of this request may have {limit}"))
        }
        BodyError::Broken => Problem::new(Kind::Malformed, "the request's body broke off"),
    })
}
