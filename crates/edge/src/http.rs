use crate::reply::{Cache, Source};
use bytes::Bytes;
use protoedge_sdk::protocol::header;
use std::{borrow::Cow, collections::BTreeMap};

/// The headers of requests that anything here reads. A platform leaves out the others.
pub const READ_HEADERS: &[&str] = &[
    "accept",
    "accept-encoding",
    "authorization",
    CALLER_ADDRESS,
    "connect-protocol-version",
    "connect-timeout-ms",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "if-none-match",
    "if-range",
    "origin",
    "range",
    "sec-fetch-site",
    "user-agent",
    header::CONTENT_DIGEST,
    header::CONTENT_HASH,
    header::FORMAT,
    header::SHA1,
];

/// Where Cloudflare says which address a request comes from.
pub(crate) const CALLER_ADDRESS: &str = "cf-connecting-ip";

/// A request.
#[derive(Debug)]
pub struct Request<B> {
    /// `GET`, `HEAD`, `POST`, `PUT` …
    pub method: String,
    /// The path, percent-encoded as it came.
    pub path: String,
    /// What is behind `?`, as it came.
    pub query: Option<String>,
    /// By lower-case name, those of [`READ_HEADERS`].
    pub headers: BTreeMap<String, String>,
    /// The body, not yet read.
    pub body: B,
}

impl<B> Request<B> {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        debug_assert!(READ_HEADERS.contains(&name), "{name} is not read");
        self.headers.get(name).map(String::as_str)
    }
}

/// Why a request's body was not read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum BodyError {
    /// It has more bytes than it may have.
    TooLarge,
    /// It broke off.
    Broken,
}

/// The body of a reply.
#[derive(Debug)]
pub enum Body<D> {
    /// None.
    Empty,
    /// These bytes. A `content-encoding` of the reply is left to the platform, which encodes them by it.
    Bytes(Bytes),
    /// A stored object's body, handed through as a stream; with its length.
    Stored(D, u64),
}

/// A reply of which it is not said yet who may keep it: [`Draft::cached`] makes a reply of it. Nothing else does.
#[derive(Debug)]
pub struct Draft<D>(Reply<D>);

/// A reply.
#[derive(Debug)]
pub struct Reply<D> {
    /// The HTTP status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
    /// The body.
    pub body: Body<D>,
    /// Why it is not what was asked for: for the log, and nothing private in it.
    pub reason: Option<String>,
    /// Where it came from.
    pub(crate) source: Source,
}

impl<D> Draft<D> {
    /// A reply without a body.
    pub fn empty(status: u16) -> Self {
        let source = Source::Failed;
        Self(Reply { status, headers: Vec::new(), body: Body::Empty, reason: None, source })
    }

    /// A reply with a body of this media type.
    pub fn bytes(status: u16, media_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut draft = Self::empty(status).with("content-type", media_type);
        draft.0.body = Body::Bytes(body.into());
        draft
    }

    /// A JSON reply.
    pub fn json(status: u16, value: &serde_json::Value) -> Self {
        Self::bytes(status, "application/json", value.to_string())
    }

    /// Adds a header.
    #[must_use]
    pub fn with(self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        Self(self.0.with(name, value))
    }

    /// Says who may keep the reply, and where it came from.
    #[must_use]
    pub fn cached(self, cache: &Cache, source: Source) -> Reply<D> {
        Reply { source, ..self.0 }.kept(cache)
    }
}

impl<D> Reply<D> {
    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_ref())
    }
}
