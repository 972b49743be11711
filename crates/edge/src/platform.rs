use crate::http::BodyError;
use bytes::Bytes;
use futures::future::LocalBoxFuture;
use protoedge_oauth::Key;
use protoedge_storage::Bucket;

/// The answer to a POST.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Posted {
    /// The HTTP status.
    pub status: u16,
    /// The beginning of the body where the status is no success: why, in words.
    pub words: String,
}

/// What another registry answers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Asked {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Bytes,
}

/// A document of an issuer of tokens.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fetched {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Bytes,
    /// The header that says how long it may be kept.
    pub cache_control: Option<String>,
}

/// What the cache in front of the registry is to forget.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PurgedReplies {
    /// All replies.
    All,
    /// The replies with one of these tags.
    Tagged(Vec<String>),
}

/// What became of a wish to forget something.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purged {
    /// The cache has forgotten it.
    Done,
    /// There is no cache in front of the registry, as in development.
    NoCache,
}

/// What carries requests and replies: Cloudflare in production, a table in tests.
#[expect(async_fn_in_trait, reason = "one thread: nobody needs to name the futures' bounds")]
pub trait Platform: 'static {
    /// The object store.
    type Bucket: Bucket;
    /// A request's body that was not read yet.
    type Body;

    /// Reads a body of at most `limit` bytes.
    async fn read(&self, body: Self::Body, limit: usize) -> Result<Bytes, BodyError>;

    /// Hands a body on to the bucket as it comes in. `None` if the request has none.
    fn upload(&self, body: Self::Body) -> Option<<Self::Bucket as Bucket>::Upload>;

    /// Sends a POST and gives the answer, or why there was none.
    async fn post(
        &self,
        url: &str,
        headers: &[(&str, String)],
        body: Vec<u8>,
    ) -> Result<Posted, String>;

    /// Sends a POST to an address that somebody named, and gives the status of the answer, which is not read and not followed, or
    /// why there was none. It reaches the public network alone, and waits some seconds.
    async fn notify(
        &self,
        url: &str,
        headers: &[(&str, String)],
        body: Vec<u8>,
    ) -> Result<u16, String>;

    /// Sends a POST to an address that administrators set, and gives the answer, which may have `limit` bytes and is not followed, or
    /// why there was none. It waits half a minute.
    async fn ask(
        &self,
        url: &str,
        headers: &[(&str, String)],
        body: Vec<u8>,
        limit: usize,
    ) -> Result<Asked, String>;

    /// Fetches a document from an address that administrators set, or that an issuer named which they set, and gives it, or why there is
    /// none. It may have `limit` bytes; redirects are not followed. It waits ten seconds.
    async fn fetch(
        &self,
        url: &str,
        headers: &[(&str, String)],
        limit: usize,
    ) -> Result<Fetched, String>;

    /// Whether a key has signed something, by the key's own algorithm; or why nobody can say.
    async fn verify(&self, key: &Key, signed: &[u8], signature: &[u8]) -> Result<bool, String>;

    /// Whether a caller may have one more SDK generated. Counts it.
    async fn may_order(&self, caller: &str) -> bool;

    /// Has the cache in front of the registry forget replies. Platforms allow few such calls, and those that they refuse are
    /// an error, in words.
    async fn purge(&self, replies: &PurgedReplies) -> Result<Purged, String>;

    /// Goes on with a task when the reply is out, even if the client has left.
    fn spawn(&self, task: LocalBoxFuture<'static, ()>);

    /// Writes one line to the log: JSON, without secrets.
    fn log(&self, line: &serde_json::Value);
}
