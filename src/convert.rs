//! Requests and replies between Cloudflare's types and ours.

use futures::future::LocalBoxFuture;
use protoedge_edge::{Body, Reply};
use worker::{
    Context, EncodeBody, Headers, Request, Response, ResponseBody, ResponseBuilder, Result,
    ScheduleContext,
};

/// What called the Worker. Its tasks may run on after the reply.
pub(crate) enum Invocation {
    /// A request.
    Request(Context),
    /// A run of the scheduled handler.
    Schedule {
        /// Keeps the machine.
        context: ScheduleContext,
        /// Has the cache in front of requests forget something: src/entry.mjs.
        purge: js_sys::Function,
    },
}

impl Invocation {
    /// Keeps the machine until the task is done.
    pub(crate) fn extend(&self, task: LocalBoxFuture<'static, ()>) {
        match self {
            Self::Request(context) => context.wait_until(task),
            Self::Schedule { context, .. } => context.wait_until(task),
        }
    }
}

/// A request as `crates/edge` reads it. The body is not read.
pub(crate) fn request(request: Request) -> Result<protoedge_edge::Request<Request>> {
    let url = request.url()?;
    Ok(protoedge_edge::Request {
        // Not the enum, which takes methods that it does not know for GET.
        method: request.inner().method(),
        path: url.path().to_owned(),
        query: url.query().map(str::to_owned),
        headers: request.headers().entries().collect(),
        body: request,
    })
}

/// A reply as Cloudflare sends it. Stored bodies are handed through as streams.
pub(crate) fn reply(reply: Reply<worker::Object>) -> Result<Response> {
    let headers = Headers::new();
    for (name, value) in &reply.headers {
        headers.set(name, value)?;
    }
    let body = match reply.body {
        Body::Empty => ResponseBody::Empty,
        Body::Bytes(bytes) => ResponseBody::Body(bytes.into()),
        Body::Stored(object, _) => match object.body() {
            Some(body) => body.response_body()?,
            None => ResponseBody::Empty,
        },
    };
    let response = ResponseBuilder::new()
        .with_status(reply.status)
        .with_headers(headers)
        // Zips and tarballs go out as they are, with their length.
        .with_encode_body(EncodeBody::Automatic);
    Ok(response.body(body))
}

/// What everybody gets while a setting is missing: the setting's name, never its value.
pub(crate) fn not_set_up(error: &worker::Error) -> Result<Response> {
    worker::console_error!("{error}");
    reply(protoedge_edge::not_set_up(&error.to_string()))
}
