//! Requests and replies between Cloudflare's types and ours.

use futures::future::LocalBoxFuture;
use protoedge_edge::{Body, READ_HEADERS, Reply};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use worker::{Context, Result, ScheduleContext};

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

#[wasm_bindgen(module = "/src/http.mjs")]
extern "C" {
    #[wasm_bindgen(js_name = readHeaders)]
    fn read_headers(lines: &str);
    fn head(request: &web_sys::Request) -> String;
    #[wasm_bindgen(catch)]
    fn respond(status: u16, lines: &str, body: Option<&[u8]>)
    -> Result<web_sys::Response, JsValue>;
    #[wasm_bindgen(catch, js_name = respondWith)]
    fn respond_with(
        status: u16,
        lines: &str,
        object: &JsValue,
    ) -> Result<web_sys::Response, JsValue>;
    /// Writes a line to the log.
    pub(crate) fn log(line: &str);
}

/// Says once which headers of requests are read.
pub(crate) fn start() {
    read_headers(&READ_HEADERS.join("\n"));
}

/// A request as `crates/edge` reads it. The body is not read.
pub(crate) fn request(request: web_sys::Request) -> protoedge_edge::Request<web_sys::Request> {
    let lines = head(&request);
    let mut lines = lines.split('\n');
    let method = lines.next().unwrap_or_default().to_owned();
    let (path, query) = target(lines.next().unwrap_or_default());
    let (path, query) = (path.to_owned(), query.map(str::to_owned));
    let headers = READ_HEADERS.iter().zip(lines).filter(|(_, value)| !value.is_empty());
    let headers = headers.map(|(name, value)| ((*name).to_owned(), value.to_owned())).collect();
    protoedge_edge::Request { method, path, query, headers, body: request }
}

/// Path and query of a URL, as the runtime spells them: it has a scheme and a host, and perhaps a fragment.
fn target(url: &str) -> (&str, Option<&str>) {
    let url = url.split_once('#').map_or(url, |(url, _)| url);
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let target = rest.find(['/', '?']).map_or("/", |at| &rest[at..]);
    match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    }
}

/// A reply as Cloudflare sends it. Stored bodies are handed through as streams, and go out as they are, with their length.
pub(crate) fn reply(reply: Reply<JsValue>) -> Result<web_sys::Response> {
    let mut lines = String::new();
    for (name, value) in &reply.headers {
        for part in [*name, value.as_ref()] {
            lines.push_str(part);
            lines.push('\n');
        }
    }
    let response = match reply.body {
        Body::Empty => respond(reply.status, &lines, None),
        Body::Bytes(bytes) => respond(reply.status, &lines, Some(&bytes)),
        Body::Stored(object, _) => respond_with(reply.status, &lines, &object),
    };
    Ok(response?)
}

/// What everybody gets while a setting is missing: the setting's name, never its value.
pub(crate) fn not_set_up(error: &worker::Error) -> Result<web_sys::Response> {
    worker::console_error!("{error}");
    reply(protoedge_edge::not_set_up(&error.to_string()))
}
