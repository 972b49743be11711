use crate::{
    app::{Answer, App, allow},
    auth::token,
    http::{Body, BodyError, Reply, Request},
    platform::Platform,
    problem::{Kind, Problem},
    reply::{Cache, Source},
    route::JobCall,
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use futures::future::FutureExt;
use protoedge_registry::{Asked, Key};
use protoedge_sdk::{BadToken, Catalogue, Failure, Hashes, Heard, JobToken};
use protoedge_storage::{Bucket, Put};
use serde_json::json;

/// A failure's words: more than any client shows, less than any memory minds.
const LONGEST_FAILURE: usize = 64 * 1024;

/// Bodies over 100 MB do not reach a Worker; a little is left for what is around them.
const LARGEST_ARTIFACT: u64 = 95 * 1000 * 1000;

impl<P: Platform> App<P> {
    /// Answers a generator. Its token is good for one SDK until it expires, as often as needed.
    pub(crate) async fn job(
        &self,
        job: &str,
        call: JobCall,
        request: Request<P::Body>,
    ) -> Answer<P> {
        let method = match call {
            JobCall::Sources(_) => "GET",
            JobCall::Alive | JobCall::Failure => "POST",
            JobCall::Artifact(_) => "PUT",
        };
        allow(&request, &[method])?;
        let token = self.job_token(job, &request)?;
        match call {
            JobCall::Sources(n) => self.sources(&token, n).await,
            JobCall::Alive => {
                let urgency = self.store.alive(&token.sdk, &token.job).await?;
                let alive = urgency.is_some();
                Ok(done(json!(Heard { alive, urgency: urgency.unwrap_or_default() })))
            }
            JobCall::Failure => self.failure(&token, request).await,
            JobCall::Artifact(file) => self.put_artifact(&token, &file, request).await,
        }
    }

    fn job_token(&self, job: &str, request: &Request<P::Body>) -> Result<JobToken, Problem> {
        let text = token(request)
            .ok_or_else(|| Problem::new(Kind::Anonymous, "this needs the job's token"))??;
        let now = self.store.now().seconds();
        let token = JobToken::open(&text, &self.config.webhook_secret, now)
            .map_err(|error: BadToken| Problem::new(Kind::Unauthorized, error.to_string()))?;
        if token.job == job {
            Ok(token)
        } else {
            Err(Problem::new(Kind::Unauthorized, "the token is of another job"))
        }
    }

    /// The files of the job's n-th module, as a zip.
    async fn sources(&self, token: &JobToken, n: usize) -> Answer<P> {
        let missing = || Problem::new(Kind::Absent, format!("the job has no module {n}"));
        let sdk = &token.sdk;
        let commit = self.store.commit(&sdk.module, &sdk.version.commit).await?;
        let closure = commit.ok_or_else(missing)?.closure();
        let all = std::iter::once(&closure.target).chain(&closure.deps);
        let locked = all.into_iter().nth(n).ok_or_else(missing)?;
        let key = Key::Sources(&locked.module, &locked.commit.short());
        let object = self.store.bucket().get(&key.path(), None, None).await?;
        let object = object.ok_or_else(missing)?;
        let size = object.meta.size;
        let mut reply = Reply::empty(200)
            .with("content-type", key.media_type())
            .with("content-length", size.to_string())
            .cached(Cache::NoStore, Source::Hit);
        if let Some(body) = object.body {
            reply.body = Body::Stored(body, size);
        }
        Ok(reply)
    }

    async fn failure(&self, token: &JobToken, request: Request<P::Body>) -> Answer<P> {
        let body = self.body(request, LONGEST_FAILURE).await?;
        let failure: Failure = serde_json::from_slice(&body).map_err(|error| {
            Problem::new(Kind::Malformed, format!("this is not a failure: {error}"))
        })?;
        let generator = &self.store.catalogue().await?.generator;
        let asked = self.store.failed(&token.sdk, &token.job, &failure, generator).await?;
        let is_counted = asked.is_some();
        if let Some(Asked::Send { job, urgency }) = asked {
            let (app, sdk) = (self.clone(), token.sdk.clone());
            let task = async move { app.order_and_send(&sdk, job, urgency).await };
            self.platform.spawn(task.boxed_local());
        }
        Ok(done(json!({ "counted": is_counted })))
    }

    /// Stores a file of the SDK, and publishes what is stored, whichever generator sent it.
    async fn put_artifact(
        &self,
        token: &JobToken,
        file: &str,
        request: Request<P::Body>,
    ) -> Answer<P> {
        let file = token.sdk.ecosystem.file(file).ok_or_else(|| {
            let message = format!("no SDK for {} has a file {file:?}", token.sdk.ecosystem);
            Problem::new(Kind::Absent, message)
        })?;
        let (hashes, content_hash) = hashes(&request)?;
        check_length(&request)?;
        let upload = self.platform.upload(request.body);
        let upload =
            upload.ok_or_else(|| Problem::new(Kind::Malformed, "the request has no body"))?;
        let content_hash = content_hash.as_deref();
        let put = self.store.put_file(&token.sdk, file, upload, &hashes, content_hash).await;
        match put {
            Ok(Put::Stored(_) | Put::PreconditionFailed) => {}
            Ok(Put::Contended) => {
                return Err(Problem::new(Kind::Trouble, "another artifact is being stored"));
            }
            Err(error @ protoedge_storage::BucketError::Mismatch { .. }) => {
                return Err(Problem::new(Kind::Malformed, error.to_string()));
            }
            Err(error) => return Err(error.into()),
        }
        let has = |catalogue: &Catalogue| catalogue.of(&token.sdk).is_some();
        let published = self.store.catalogue_with(has).await?;
        let is_listed = self.store.publish(&token.sdk, &published.catalogue).await?;
        let (store, package) = (self.store.clone(), token.sdk.package());
        self.in_background(async move { store.fold_if_many(&package).await });
        Ok(done(json!({ "listed": is_listed })))
    }

    /// Reads a request's body.
    pub(crate) async fn body(
        &self,
        request: Request<P::Body>,
        limit: usize,
    ) -> Result<bytes::Bytes, Problem> {
        self.platform.read(request.body, limit).await.map_err(|error| match error {
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
}

fn done<D>(value: serde_json::Value) -> Reply<D> {
    Reply::json(200, &value).cached(Cache::NoStore, Source::Computed)
}

fn check_length<B>(request: &Request<B>) -> Result<(), Problem> {
    match request.header("content-length").map(str::parse::<u64>) {
        Some(Ok(length)) if length <= LARGEST_ARTIFACT => Ok(()),
        Some(Ok(length)) => Err(Problem::new(
            Kind::TooLarge,
            format!("an artifact may have {LARGEST_ARTIFACT} bytes, not {length}"),
        )),
        Some(Err(_)) => Err(Problem::new(Kind::Malformed, "Content-Length is no number of bytes")),
        None => Err(Problem::new(Kind::Unmeasured, "an artifact needs a Content-Length")),
    }
}

/// Reads `Content-Digest` (RFC 9530) and our own headers: the hashes, and that of the contents if there is one.
fn hashes<B>(request: &Request<B>) -> Result<(Hashes, Option<String>), Problem> {
    let wrong = |what: &str| Problem::new(Kind::Malformed, format!("{what} is missing or wrong"));
    let digests = request.header("content-digest").unwrap_or_default();
    let digest = |name: &str| {
        let field = digests.split(',').map(str::trim).find_map(|it| it.strip_prefix(name))?;
        BASE64.decode(field.strip_prefix("=:")?.strip_suffix(':')?).ok()
    };
    let sha512 = digest("sha-512").and_then(|it| it.try_into().ok());
    let sha256 = digest("sha-256").and_then(|it| it.try_into().ok());
    let sha1 = request.header("protoedge-sha1").and_then(|it| hex::decode(it).ok());
    let sha1 = sha1.and_then(|it| it.try_into().ok());
    let h1 = request.header("protoedge-h1");
    if h1.is_some_and(|h1| !h1.starts_with("h1:") || h1.len() > 60 || !h1.is_ascii()) {
        return Err(wrong("Protoedge-H1"));
    }
    let hashes = Hashes {
        sha512: sha512.ok_or_else(|| wrong("sha-512 in Content-Digest"))?,
        sha256: sha256.ok_or_else(|| wrong("sha-256 in Content-Digest"))?,
        sha1: sha1.ok_or_else(|| wrong("Protoedge-Sha1"))?,
    };
    Ok((hashes, h1.map(str::to_owned)))
}
