//! What the registry's Worker and its generators say to each other, once for both: the webhook with the job, the calls below
//! the job's callback, and the names, limits and times that both go by.

mod contents;
mod job;
mod secrets;
mod token;
mod webhook;

pub use contents::{PackageContents, PackedFile};
pub use job::{
    Acknowledgement, Assembly, Failure, FailureKind, Job, JobDep, JobKind, JobModule, JobPlugin,
    JobSdk, Priority,
};
pub use secrets::{BadSecret, WebhookSecrets};
pub use token::{BadToken, JobToken};
pub use webhook::{BadWebhook, WebhookSecret};

/// The number of this form of the protocol: it grows with each change that the other side must know of. Jobs carry it, and
/// every call of a generator as [`header::FORMAT`]; a side that reads another number refuses in words.
pub const FORMAT: u32 = 3;

/// What is wrong where the other side speaks another form; `other` is what it says, if anything.
pub fn other_format(other: Option<&str>) -> String {
    let other = other.map_or("none".into(), |other| format!("format {other}"));
    format!(
        "this side speaks format {FORMAT} of the protocol between registry and generator, the other side {other}: bring \
         both to the same version"
    )
}

/// Where a generator takes jobs, below its own URL.
pub const JOBS_PATH: &str = "/v1/jobs";

/// The media type of a module's sources: a zip of its files.
pub const SOURCES_MEDIA_TYPE: &str = "application/zip";

/// The names of headers, in lower case.
pub mod header {
    /// [`super::FORMAT`], in decimal digits.
    pub const FORMAT: &str = "protoedge-format";
    /// Of the webhook: the job's id (Standard Webhooks).
    pub const WEBHOOK_ID: &str = "webhook-id";
    /// Of the webhook: seconds since 1970 (Standard Webhooks).
    pub const WEBHOOK_TIMESTAMP: &str = "webhook-timestamp";
    /// Of the webhook: its signatures (Standard Webhooks).
    pub const WEBHOOK_SIGNATURE: &str = "webhook-signature";
    /// Of the webhook: [`super::Priority`]. Not signed: an attacker who could change it could keep the job back altogether.
    pub const PRIORITY: &str = "protoedge-priority";
    /// Of the webhook: for how many seconds its answer may wait for the job to end, `wait=3` (RFC 7240).
    pub const PREFER: &str = "prefer";
    /// Of a file: its sha-512 and sha-256 (RFC 9530).
    pub const CONTENT_DIGEST: &str = "content-digest";
    /// Of a file: its SHA-1 in hexadecimal digits.
    pub const SHA1: &str = "protoedge-sha1";
    /// Of a file: the hash of what is in it, as its ecosystem writes it (`h1:…` of a Go module).
    pub const CONTENT_HASH: &str = "protoedge-content-hash";
}

/// Times that both sides count on.
pub mod timing {
    use std::time::Duration;

    /// A generator says that a job is alive this often, waiting in its queue included.
    pub const HEARTBEAT: Duration = Duration::from_secs(5);
    /// After this silence a job's generator counts as dead: four heartbeats are missing.
    pub const SILENCE: Duration = Duration::from_secs(20);
    /// A job that no generator accepted for this long is sent again.
    pub const RESEND: Duration = Duration::from_secs(5);
    /// How long the answer to a webhook may wait for a job that a client waits for: as long as the client's first request.
    pub const ANSWER_WAIT: Duration = Duration::from_secs(3);
    /// How long a job's token is good: three attempts of the longest job that a generator runs, and its
    /// time in the queue.
    pub const TOKEN_LIFE: Duration = Duration::from_secs(60 * 60);
}

/// Sizes that both sides count on, in bytes.
pub mod limit {
    /// A file of an SDK: bodies over 100 MB do not reach a Worker; a little is left for what is around them.
    pub const FILE: usize = 95_000_000;
    /// The words of a failure: more than any client shows, less than any memory minds.
    pub const FAILURE: usize = 64 * 1024;
    /// The list of what is in an SDK.
    pub const CONTENTS: usize = 1 << 20;
    /// A content hash as an ecosystem writes it.
    pub const CONTENT_HASH: usize = 100;
}
