use crate::{
    bucket::R2,
    convert::{self, Invocation},
    crypto, purge,
};
use bytes::Bytes;
use futures::{
    StreamExt,
    future::{Either, LocalBoxFuture, select},
};
use protoedge_edge::{Asked, BodyError, Fetched, Platform, Posted, Purged, PurgedReplies};
use protoedge_oauth::Key;
use protoedge_storage::{Counting, Retrying};
use std::{rc::Rc, time::Duration};
use web_sys::ReadableStream;
use worker::{
    Delay, Fetch, Headers, Method, RateLimiter, Request, RequestInit, RequestRedirect, Response,
};

/// Cloudflare around one request.
pub(crate) struct Cloudflare {
    invocation: Invocation,
    /// `None` where none is bound: then no caller is counted.
    budgets: Rc<Option<RateLimiter>>,
}

/// A generator answers at once; one that does not in this time is sent the job again. So is a webhook told.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);

/// An issuer's documents are small, and a person, or a job with 15 s for all of it, waits for them.
const FETCHED_WITHIN: Duration = Duration::from_secs(10);

/// Another registry reads a module's files first, and they take their time on the way.
const ASKED_WITHIN: Duration = Duration::from_secs(30);

impl Cloudflare {
    pub(crate) fn new(invocation: Invocation, budgets: Rc<Option<RateLimiter>>) -> Self {
        Self { invocation, budgets }
    }
}

impl Platform for Cloudflare {
    #[cfg(not(feature = "faulty"))]
    type Bucket = Retrying<Counting<R2>>;
    #[cfg(feature = "faulty")]
    type Bucket = Retrying<Counting<protoedge_storage::Faulty<R2>>>;
    type Body = web_sys::Request;

    async fn read(&self, body: web_sys::Request, limit: usize) -> Result<Bytes, BodyError> {
        let mut body = Request::from(body);
        let length = body.headers().get("content-length").ok().flatten();
        match length.and_then(|length| length.parse::<usize>().ok()) {
            Some(length) if length > limit => Err(BodyError::TooLarge),
            // The runtime sees to it that the body has the length that was announced.
            Some(_) => body.bytes().await.map(Bytes::from).map_err(|_| BodyError::Broken),
            None => read_unannounced(body, limit).await,
        }
    }

    fn upload(&self, body: web_sys::Request) -> Option<ReadableStream> {
        body.body()
    }

    async fn may_order(&self, caller: &str) -> bool {
        let Some(budgets) = &*self.budgets else { return true };
        // Counters that are out of order are no reason to turn a caller away.
        budgets.limit(caller.to_owned()).await.map_or(true, |outcome| outcome.success)
    }

    async fn post(
        &self,
        url: &str,
        headers: &[(&str, String)],
        body: Vec<u8>,
    ) -> Result<Posted, String> {
        posted(send(url, headers, body, ANSWERS_WITHIN).await?).await
    }

    /// The compatibility flag `global_fetch_strictly_public` in wrangler.toml keeps it on the public network.
    async fn notify(
        &self,
        url: &str,
        headers: &[(&str, String)],
        body: Vec<u8>,
    ) -> Result<u16, String> {
        let response = send(url, headers, body, ANSWERS_WITHIN).await?;
        Ok(response.status_code())
    }

    async fn ask(
        &self,
        url: &str,
        headers: &[(&str, String)],
        body: Vec<u8>,
        limit: usize,
    ) -> Result<Asked, String> {
        let asked = async {
            let response = send(url, headers, body, ASKED_WITHIN).await?;
            let status = response.status_code();
            Ok(Asked { status, body: read_answer(response, limit).await? })
        };
        within(ASKED_WITHIN, asked).await
    }

    async fn fetch(
        &self,
        url: &str,
        headers: &[(&str, String)],
        limit: usize,
    ) -> Result<Fetched, String> {
        let fetched = async {
            let response = send_as(Method::Get, url, headers, None, FETCHED_WITHIN).await?;
            let status = response.status_code();
            let cache_control = response.headers().get("cache-control").ok().flatten();
            Ok(Fetched { status, body: read_answer(response, limit).await?, cache_control })
        };
        within(FETCHED_WITHIN, fetched).await
    }

    async fn verify(&self, key: &Key, signed: &[u8], signature: &[u8]) -> Result<bool, String> {
        crypto::verify(key, signed, signature).await
    }

    async fn purge(&self, replies: &PurgedReplies) -> Result<Purged, String> {
        purge::purge(&self.invocation, replies).await
    }

    fn spawn(&self, task: LocalBoxFuture<'static, ()>) {
        self.invocation.extend(task);
    }

    fn log(&self, line: &serde_json::Value) {
        convert::log(&line.to_string());
    }
}

/// Sends a POST, and follows no redirect: what is sent is for that address alone.
async fn send(
    url: &str,
    headers: &[(&str, String)],
    body: Vec<u8>,
    time: Duration,
) -> Result<Response, String> {
    send_as(Method::Post, url, headers, Some(body), time).await
}

async fn send_as(
    method: Method,
    url: &str,
    headers: &[(&str, String)],
    body: Option<Vec<u8>>,
    time: Duration,
) -> Result<Response, String> {
    let request = || {
        let given = Headers::new();
        for (name, value) in headers {
            given.set(name, value)?;
        }
        let mut init = RequestInit::new();
        let body = body.as_deref().map(|body| js_sys::Uint8Array::from(body).into());
        init.with_method(method.clone()).with_headers(given).with_body(body);
        init.with_redirect(RequestRedirect::Manual);
        Request::new_with_init(url, &init)
    };
    let request = request().map_err(|error| error.to_string())?;
    let fetch = Fetch::Request(request);
    within(time, async { fetch.send().await.map_err(|error| error.to_string()) }).await
}

/// What a task gives, if it gives it in time.
async fn within<T>(
    time: Duration,
    task: impl Future<Output = Result<T, String>>,
) -> Result<T, String> {
    match select(Box::pin(task), Delay::from(time)).await {
        Either::Left((given, _)) => given,
        Either::Right(_) => Err(format!("no answer in {} s", time.as_secs())),
    }
}

/// Reads the body of an answer up to the limit, however long it says that it is.
async fn read_answer(mut response: Response, limit: usize) -> Result<Bytes, String> {
    let mut stream = response.stream().map_err(|error| error.to_string())?;
    let mut read = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| error.to_string())?;
        if read.len() + chunk.len() > limit {
            return Err(format!("an answer of more than {limit} bytes"));
        }
        read.extend_from_slice(&chunk);
    }
    Ok(read.into())
}

/// As much of a refusal as the log takes, in bytes.
const LONGEST_WORDS: usize = 300;

async fn posted(mut response: Response) -> Result<Posted, String> {
    let status = response.status_code();
    if status < 300 {
        return Ok(Posted { status, words: String::new() });
    }
    let text = response.text().await.map_err(|error| error.to_string())?;
    let words = text[..text.floor_char_boundary(LONGEST_WORDS)].trim().to_owned();
    Ok(Posted { status, words })
}

/// Reads a body whose length was not announced, up to the limit.
async fn read_unannounced(mut body: Request, limit: usize) -> Result<Bytes, BodyError> {
    if body.inner().body().is_none() {
        return Ok(Bytes::new());
    }
    let mut stream = body.stream().map_err(|_| BodyError::Broken)?;
    let mut read = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| BodyError::Broken)?;
        if read.len() + chunk.len() > limit {
            return Err(BodyError::TooLarge);
        }
        read.extend_from_slice(&chunk);
    }
    Ok(read.into())
}
