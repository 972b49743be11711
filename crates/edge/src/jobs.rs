use crate::{
    auth::token,
    body::read_json,
    context::{Answer, Context},
    delivery::{dispatch, stored::with_body},
    http::{Draft, Reply, Request},
    platform::Platform,
    reply::{
        Cache, Source,
        method::allow,
        problem::{Kind, Problem},
    },
    route::JobCall,
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use futures::future::FutureExt;
use protoedge_registry::{Requested, catalogue, generation, packages};
use protoedge_sdk::{
    Acknowledgement, BadToken, Catalogue, Failure, Hashes, JobToken, PackageContents,
    protocol::{self, FORMAT, SOURCES_MEDIA_TYPE, header, limit},
};
use protoedge_storage::{Object, Put};
use serde_json::json;

/// Answers a generator. Its token is good for one SDK until it expires, as often as needed.
pub(crate) async fn job<P: Platform>(
    context: &Context<P>,
    job: &str,
    call: JobCall,
    request: Request<P::Body>,
) -> Answer<P> {
    let method = match call {
        JobCall::Sources(_) | JobCall::Dep(_) => "GET",
        JobCall::Alive | JobCall::Failure => "POST",
        JobCall::Contents | JobCall::Artifact(_) => "PUT",
    };
    allow(&request, &[method])?;
    let token = job_token(context, job, &request)?;
    check_format(&request)?;
    match call {
        JobCall::Sources(n) => sources(context, &token, n).await,
        JobCall::Dep(n) => dep(context, &token, n).await,
        JobCall::Alive => {
            let priority = generation::heartbeat(&context.store, &token.sdk, &token.job).await?;
            let alive = priority.is_some();
            Ok(done(json!(Acknowledgement { alive, priority: priority.unwrap_or_default() })))
        }
        JobCall::Failure => failure(context, &token, request).await,
        JobCall::Contents => put_contents(context, &token, request).await,
        JobCall::Artifact(file) => put_artifact(context, &token, &file, request).await,
    }
}

fn job_token<P: Platform>(
    context: &Context<P>,
    job: &str,
    request: &Request<P::Body>,
) -> Result<JobToken, Problem> {
    let text = token(request)
        .ok_or_else(|| Problem::new(Kind::Anonymous, "this needs the job's token"))??;
    let now = context.store.now().seconds();
    let token = context
        .config
        .webhook_secrets
        .open(&text, now)
        .map_err(|error: BadToken| Problem::new(Kind::Unauthorized, error.to_string()))?;
    if token.job == job {
        Ok(token)
    } else {
        Err(Problem::new(Kind::Unauthorized, "the token is of another job"))
    }
}

/// The files of the job's n-th module, as a zip.
async fn sources<P: Platform>(context: &Context<P>, token: &JobToken, n: usize) -> Answer<P> {
    let missing = || Problem::new(Kind::Absent, format!("the job has no module {n}"));
    let object = generation::sources(&context.store, &token.sdk, n).await?.ok_or_else(missing)?;
    Ok(stored(object, SOURCES_MEDIA_TYPE))
}

/// The n-th file that the job's SDK is compiled against.
async fn dep<P: Platform>(context: &Context<P>, token: &JobToken, n: usize) -> Answer<P> {
    let has = |catalogue: &Catalogue| catalogue.of(&token.sdk).is_some();
    let published = catalogue::catalogue_with(&context.store, has).await?;
    let found = generation::dep(&context.store, &token.sdk, n, &published.catalogue).await?;
    let (file, object) = found.ok_or_else(|| {
        Problem::new(Kind::Absent, format!("the job has no stored dependency {n}"))
    })?;
    Ok(stored(object, file.media_type))
}

fn stored<D>(object: Object<D>, media_type: &'static str) -> Reply<D> {
    let size = object.size;
    let reply = Draft::empty(200).with("content-type", media_type);
    with_body(reply.cached(&Cache::NO_STORE, Source::Hit), Some(object), size)
}

async fn failure<P: Platform>(
    context: &Context<P>,
    token: &JobToken,
    request: Request<P::Body>,
) -> Answer<P> {
    let failure: Failure =
        read_json(context, request, limit::FAILURE, "this is not a failure").await?;
    let generator = &catalogue::catalogue(&context.store).await?.generator;
    let asked =
        generation::failed(&context.store, &token.sdk, &token.job, &failure, generator).await?;
    let is_counted = asked.is_some();
    if let Some(Requested::Send { job, priority }) = asked {
        let (later, sdk) = (context.clone(), token.sdk.clone());
        let task = async move { dispatch::dispatch(&later, &sdk, job, priority).await };
        context.platform.spawn(task.boxed_local());
    }
    Ok(done(json!({ "counted": is_counted })))
}

/// Notes what is in the SDK, before its files come.
async fn put_contents<P: Platform>(
    context: &Context<P>,
    token: &JobToken,
    request: Request<P::Body>,
) -> Answer<P> {
    let contents: PackageContents =
        read_json(context, request, limit::CONTENTS, "this is no list of what is in an SDK")
            .await?;
    packages::put_contents(&context.store, &token.sdk, &contents.bounded()).await?;
    Ok(done(json!({})))
}

/// Stores a file of the SDK, and publishes what is stored, whichever generator sent it.
async fn put_artifact<P: Platform>(
    context: &Context<P>,
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
    let upload = context.platform.upload(request.body);
    let upload = upload.ok_or_else(|| Problem::new(Kind::Malformed, "the request has no body"))?;
    let content_hash = content_hash.as_deref();
    let put =
        packages::put_file(&context.store, &token.sdk, file, upload, &hashes, content_hash).await;
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
    let published = catalogue::catalogue_with(&context.store, has).await?;
    let outcome = packages::list(&context.store, &token.sdk, &published.catalogue).await?;
    let (store, sdk) = (context.store.clone(), token.sdk.clone());
    // The request that waits for the generator's answer looks for the file; it need not wait for the state.
    context.in_background(async move {
        if outcome.is_stored {
            packages::note_done(&store, &sdk).await?;
        }
        packages::compact_if_many(&store, &sdk.package()).await
    });
    Ok(done(json!({ "listed": outcome.is_listed })))
}

/// Refuses a generator that speaks another form of the protocol.
fn check_format<B>(request: &Request<B>) -> Result<(), Problem> {
    match request.header(header::FORMAT) {
        Some(format) if format == FORMAT.to_string() => Ok(()),
        other => Err(Problem::new(Kind::Precondition, protocol::other_format(other))),
    }
}

fn done<D>(value: serde_json::Value) -> Reply<D> {
    Draft::json(200, &value).cached(&Cache::NO_STORE, Source::Computed)
}

/// A file of an SDK, in bytes.
const LARGEST_FILE: u64 = limit::FILE as u64;

fn check_length<B>(request: &Request<B>) -> Result<(), Problem> {
    match request.header("content-length").map(str::parse::<u64>) {
        Some(Ok(length)) if length <= LARGEST_FILE => Ok(()),
        Some(Ok(length)) => Err(Problem::new(
            Kind::TooLarge,
            format!("an artifact may have {LARGEST_FILE} bytes, not {length}"),
        )),
        Some(Err(_)) => Err(Problem::new(Kind::Malformed, "Content-Length is no number of bytes")),
        None => Err(Problem::new(Kind::Unmeasured, "an artifact needs a Content-Length")),
    }
}

/// Reads `Content-Digest` (RFC 9530) and our own headers: the hashes, and that of the contents if there is one.
fn hashes<B>(request: &Request<B>) -> Result<(Hashes, Option<String>), Problem> {
    let wrong = |what: &str| Problem::new(Kind::Malformed, format!("{what} is missing or wrong"));
    let digests = request.header(header::CONTENT_DIGEST).unwrap_or_default();
    let digest = |name: &str| {
        let field = digests.split(',').map(str::trim).find_map(|it| it.strip_prefix(name))?;
        BASE64.decode(field.strip_prefix("=:")?.strip_suffix(':')?).ok()
    };
    let sha512 = digest("sha-512").and_then(|it| it.try_into().ok());
    let sha256 = digest("sha-256").and_then(|it| it.try_into().ok());
    let sha1 = request.header(header::SHA1).and_then(|it| hex::decode(it).ok());
    let sha1 = sha1.and_then(|it| it.try_into().ok());
    let content = request.header(header::CONTENT_HASH);
    let is_wrong = |hash: &str| hash.len() > limit::CONTENT_HASH || !hash.is_ascii();
    if content.is_some_and(is_wrong) {
        return Err(wrong("Protoedge-Content-Hash"));
    }
    let hashes = Hashes {
        sha512: sha512.ok_or_else(|| wrong("sha-512 in Content-Digest"))?,
        sha256: sha256.ok_or_else(|| wrong("sha-256 in Content-Digest"))?,
        sha1: sha1.ok_or_else(|| wrong("Protoedge-Sha1"))?,
    };
    Ok((hashes, content.map(str::to_owned)))
}
