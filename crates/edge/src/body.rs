use crate::{
    context::Context,
    http::{BodyError, Request},
    platform::Platform,
    reply::problem::{Kind, Problem},
};
use protoedge_oauth::Form;
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

/// Reads a request's body that must be a form, of at most `limit` bytes.
pub(crate) async fn read_form<P: Platform>(
    context: &Context<P>,
    request: Request<P::Body>,
    limit: usize,
) -> Result<Form, Problem> {
    let media_type = request.header("content-type").unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case(Form::MEDIA_TYPE) && !media_type.is_empty() {
        let words = format!("the body of this request is a form: {}", Form::MEDIA_TYPE);
        return Err(Problem::new(Kind::Malformed, words));
    }
    let body = read_body(context, request, limit).await?;
    let wrong =
        |what: &str| Problem::new(Kind::Malformed, format!("the form cannot be read: {what}"));
    let body = std::str::from_utf8(&body).map_err(|_| wrong("it is no text"))?;
    Form::parse(body).map_err(|error| wrong(&error.to_string()))
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
