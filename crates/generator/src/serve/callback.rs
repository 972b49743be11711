//! The registry as one job sees it.

use axum::body::Bytes;
use protoedge_codegen::artifact::Artifact;
use protoedge_sdk::{
    Acknowledgement, Failure, PackageContents,
    protocol::{FORMAT, header, timing},
};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use std::{io, io::Write, time::Duration};
use url::Url;

/// How often a report is sent before it is given up. With the pauses below, 15 s: longer, and the
/// registry hears that the generator is alive, but not what for.
const ATTEMPTS: u32 = 5;

/// The pause after the first attempt; each further one is twice as long.
const PAUSE: Duration = Duration::from_secs(1);

/// How long a sign of life may take: then the next one is due.
const ALIVE_TIME: Duration = timing::HEARTBEAT;

/// How long it may take to say what is in an SDK.
const CONTENTS_TIME: Duration = Duration::from_secs(5);

/// The greatest size of what is fetched, in bytes: a push or an artifact of 100 MB is the greatest that reaches a
/// registry, and packing a module does not make it larger.
const LARGEST: u64 = 128 << 20;

/// Why the registry could not be told or asked something.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallbackError {
    /// No answer.
    #[error("{doing}: {source}")]
    Http {
        /// What was being done.
        doing: &'static str,
        /// What went wrong.
        source: reqwest::Error,
    },
    /// An answer other than success.
    #[error("{doing}: the registry answered {status}")]
    Status {
        /// What was being done.
        doing: &'static str,
        /// The HTTP status.
        status: StatusCode,
    },
    /// What is too large.
    #[error("{doing}: it has more than {LARGEST} bytes")]
    TooLarge {
        /// What was being done.
        doing: &'static str,
    },
    /// A file of ours.
    #[error("{doing}: {source}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What went wrong.
        source: io::Error,
    },
}

/// The registry as one job sees it: what the job's token opens.
#[derive(Clone)]
pub(super) struct Callback {
    client: Client,
    url: String,
    token: String,
}

impl Callback {
    pub(super) fn new(client: Client, url: &Url, token: String) -> Self {
        Self { client, url: url.as_str().trim_end_matches('/').to_owned(), token }
    }

    /// `POST {callback}/alive`
    pub(super) async fn alive(&self) -> Result<Acknowledgement, CallbackError> {
        let doing = "saying that the job is alive";
        let request = self.client.post(format!("{}/alive", self.url)).timeout(ALIVE_TIME);
        let answer = self.send(doing, request).await?.json().await;
        answer.map_err(|source| CallbackError::Http { doing, source: source.without_url() })
    }

    /// `GET {callback}/sources/{place}`: the zip of a module's files, written to `to`.
    pub(super) async fn source(
        &self,
        place: usize,
        to: &mut impl Write,
    ) -> Result<(), CallbackError> {
        self.fetch("fetching a module's files", &format!("sources/{place}"), to).await
    }

    /// `GET {callback}/deps/{place}`: a file of another SDK, written to `to`.
    pub(super) async fn dep(&self, place: usize, to: &mut impl Write) -> Result<(), CallbackError> {
        self.fetch("fetching what the SDK is compiled against", &format!("deps/{place}"), to).await
    }

    async fn fetch(
        &self,
        doing: &'static str,
        path: &str,
        to: &mut impl Write,
    ) -> Result<(), CallbackError> {
        let url = format!("{}/{path}", self.url);
        let mut response = self.repeat(doing, || self.client.get(&url)).await?;
        let mut left = LARGEST;
        let broken =
            |source: reqwest::Error| CallbackError::Http { doing, source: source.without_url() };
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            left = left.checked_sub(chunk.len() as u64).ok_or(CallbackError::TooLarge { doing })?;
            to.write_all(&chunk).map_err(|source| CallbackError::Io { doing, source })?;
        }
        Ok(())
    }

    /// `PUT {callback}/contents`, once and not for long: it is for people to read, and the job is not over before.
    pub(super) async fn contents(&self, contents: &PackageContents) -> Result<(), CallbackError> {
        let url = format!("{}/contents", self.url);
        let request = self.client.put(&url).json(contents).timeout(CONTENTS_TIME);
        self.send("saying what is in the SDK", request).await.map(|_| ())
    }

    /// `PUT {callback}/artifact/{file}`
    pub(super) async fn artifact(&self, artifact: Artifact) -> Result<(), CallbackError> {
        let digest = artifact.content_digest();
        let sha1 = artifact.sha1();
        let url = format!("{}/artifact/{}", self.url, artifact.file.name);
        // Shared by all attempts.
        let bytes = Bytes::from(artifact.bytes);
        let request = || {
            let request = self
                .client
                .put(&url)
                .header(header::CONTENT_DIGEST, &digest)
                .header(header::SHA1, &sha1)
                .body(bytes.clone());
            match &artifact.content_hash {
                Some(hash) => request.header(header::CONTENT_HASH, hash),
                None => request,
            }
        };
        self.repeat("bringing the artifact", request).await.map(|_| ())
    }

    /// `POST {callback}/failure`
    pub(super) async fn failure(&self, failure: &Failure) -> Result<(), CallbackError> {
        let url = format!("{}/failure", self.url);
        let request = || self.client.post(&url).json(failure);
        self.repeat("reporting the failure", request).await.map(|_| ())
    }

    /// Sends until there is an answer that is not the registry's own trouble. All that is sent so
    /// means the same a second time.
    async fn repeat(
        &self,
        doing: &'static str,
        request: impl Fn() -> RequestBuilder,
    ) -> Result<Response, CallbackError> {
        let mut pause = PAUSE;
        for _ in 1..ATTEMPTS {
            match self.send(doing, request()).await {
                Err(error) if is_passing(&error) => {
                    tracing::warn!(%error, "trying again");
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                answer => return answer,
            }
        }
        self.send(doing, request()).await
    }

    async fn send(
        &self,
        doing: &'static str,
        request: RequestBuilder,
    ) -> Result<Response, CallbackError> {
        let request = request.bearer_auth(&self.token).header(header::FORMAT, FORMAT.to_string());
        let answer = request.send().await;
        let answer =
            answer.map_err(|source| CallbackError::Http { doing, source: source.without_url() })?;
        match answer.status() {
            status if status.is_success() => Ok(answer),
            status => Err(CallbackError::Status { doing, status }),
        }
    }
}

fn is_passing(error: &CallbackError) -> bool {
    match error {
        CallbackError::Http { .. } => true,
        CallbackError::Status { status, .. } => {
            status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS
        }
        CallbackError::TooLarge { .. } | CallbackError::Io { .. } => false,
    }
}
