//! Taking jobs: a signed message each.

use super::{
    admission::Busy,
    body::{self, BadBody},
    clock::unix_seconds,
    connection::Reason,
    job,
    replays::Message,
    service::Service,
};
use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use protoedge_sdk::{
    BadWebhook, Entry, Job, JobKind, Priority,
    protocol::{self, FORMAT, header, timing},
};
use serde::Deserialize;
use std::{sync::Arc, time::Duration};
use tokio::task::JoinHandle;
use url::Url;

/// The greatest size of a job, in bytes: some thousand modules in a closure with a manifest.
const MAX_BODY: usize = 4 << 20;

/// How long to wait for room, in seconds: a job takes some.
const RETRY_FULL: u16 = 5;

/// How long to wait for an operator to bring the plugin, in seconds.
const RETRY_PLUGIN: u16 = 60;

/// Why a job was not accepted.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error(transparent)]
    Body(#[from] BadBody),
    #[error(transparent)]
    Signature(#[from] BadWebhook),
    #[error("the header {0} is missing")]
    Header(&'static str),
    #[error("{}", protocol::other_format(.0.as_deref()))]
    Format(Option<String>),
    #[error(
        "this generator does not know jobs that make {0:?}: bring it to the registry's version"
    )]
    Kind(String),
    #[error("the body is no job: {0}")]
    Malformed(String),
    #[error("the callback {0:?} is not below a configured public URL")]
    Callback(String),
    #[error("this generator does not have the entry {0} with that digest")]
    NoEntry(String),
    #[error("{0}")]
    NotInstalled(String),
    #[error("the header webhook-id names another job than the body")]
    OtherJob,
    #[error("the job, or another one for its SDK, is here already")]
    Known,
    #[error("this message was accepted before, or its job is over")]
    Replayed,
    #[error("all places are taken")]
    Full,
    #[error("the service is stopping")]
    Stopping,
}

/// `POST /v1/jobs`
pub(super) async fn take_job(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match accept(service, &headers, body).await {
        Ok(job) => answer(job, preferred_wait(&headers)).await.into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

/// Says that a job was accepted, or, where it ends within the time that the registry prefers to wait, that it is over.
///
/// A registry that prefers none hears that it was accepted, however soon the job ends.
async fn answer(job: JoinHandle<()>, wait: Duration) -> StatusCode {
    if wait.is_zero() {
        return StatusCode::ACCEPTED;
    }
    match tokio::time::timeout(wait, job).await {
        Ok(Ok(())) => StatusCode::OK,
        // The registry hears of a job that panicked by its silence.
        Ok(Err(_)) | Err(_) => StatusCode::ACCEPTED,
    }
}

/// How long the registry prefers to wait for the job: `Prefer: wait=3` (RFC 7240).
fn preferred_wait(headers: &HeaderMap) -> Duration {
    let said = headers.get(header::PREFER).and_then(|value| value.to_str().ok());
    let seconds = said.and_then(|said| said.trim().strip_prefix("wait=")?.parse::<u64>().ok());
    seconds.map_or(Duration::ZERO, Duration::from_secs).min(timing::ANSWER_WAIT)
}

/// Bytes first, then their signature, then what they say, then whether there is room.
async fn accept(
    service: Arc<Service>,
    headers: &HeaderMap,
    body: Body,
) -> Result<JoinHandle<()>, Refusal> {
    let body = body::read(body, MAX_BODY, &service.unverified).await?;
    let now = unix_seconds();
    let message = verify(&service, headers, &body, now)?;
    let job = read_job(&body)?;
    drop(body);
    if message.id != job.id {
        return Err(Refusal::OtherJob);
    }
    let callback = check_callback(&service.settings.public_urls, &job.callback)?;
    let entry = find_entry(&service, &job)?;
    if service.stop.is_cancelled() {
        return Err(Refusal::Stopping);
    }
    if !service.replays.note(&message, now) {
        return Err(Refusal::Replayed);
    }
    let said = headers.get(header::PRIORITY).and_then(|value| value.to_str().ok());
    let priority = Priority::of_header(said);
    let ticket = service.admission.admit(&job, priority).map_err(|busy| {
        service.replays.forget(&message);
        match busy {
            Busy::Known => Refusal::Known,
            Busy::Full => Refusal::Full,
        }
    })?;
    service.metrics.count_accepted();
    let tasks = service.tasks.clone();
    Ok(tasks.spawn(job::attend(service, job, entry, callback, priority, ticket)))
}

/// What of a job is read where the rest cannot be: that of another format or kind may have another form.
#[derive(Deserialize)]
struct Head {
    format: Option<u32>,
    kind: Option<String>,
}

/// Reads a job, and refuses that of a registry that speaks another form of the protocol.
fn read_job(body: &[u8]) -> Result<Job, Refusal> {
    let malformed = |error: serde_json::Error| Refusal::Malformed(error.to_string());
    let head: Head = serde_json::from_slice(body).map_err(malformed)?;
    if head.format != Some(FORMAT) {
        return Err(Refusal::Format(head.format.map(|number| number.to_string())));
    }
    if let Some(kind) = head.kind
        && serde_json::from_value::<JobKind>(kind.as_str().into()).is_err()
    {
        return Err(Refusal::Kind(kind));
    }
    serde_json::from_slice(body).map_err(malformed)
}

fn verify(
    service: &Service,
    headers: &HeaderMap,
    body: &[u8],
    now: i64,
) -> Result<Message, Refusal> {
    let value = |name: &'static str| {
        headers.get(name).and_then(|value| value.to_str().ok()).ok_or(Refusal::Header(name))
    };
    let (id, at) = (value(header::WEBHOOK_ID)?, value(header::WEBHOOK_TIMESTAMP)?);
    let signature = value(header::WEBHOOK_SIGNATURE)?;
    service.settings.secrets.verify(id, at, signature, body, now)?;
    let at = at.parse().map_err(|_| BadWebhook::Stale)?;
    Ok(Message { id: id.into(), at })
}

/// The callback as a URL, if it is one of a registry that the operator named.
fn check_callback(public_urls: &[Url], callback: &str) -> Result<Url, Refusal> {
    let foreign = || Refusal::Callback(callback.into());
    // Parsing takes out what a server would take out: `..`, and what looks like another host.
    let url = Url::parse(callback).map_err(|_| foreign())?;
    let is_below = |public: &&Url| {
        let base = public.path().trim_end_matches('/');
        let rest = url.path().strip_prefix(base);
        url.origin() == public.origin()
            && rest.and_then(|rest| rest.strip_prefix("/-/jobs/")).is_some_and(|id| !id.is_empty())
    };
    let is_plain = url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    match public_urls.iter().find(is_below) {
        Some(_) if is_plain => Ok(url),
        Some(_) | None => Err(foreign()),
    }
}

fn find_entry(service: &Service, job: &Job) -> Result<Entry, Refusal> {
    let plugin = &job.plugin;
    let entry = service.settings.catalogue.get(&plugin.name, &plugin.version, plugin.revision);
    let entry = entry.filter(|entry| entry.digest() == plugin.digest).ok_or_else(|| {
        Refusal::NoEntry(format!("{}:{}:{}", plugin.name, plugin.version, plugin.revision))
    })?;
    if !service.settings.install_on_demand {
        let found = service.settings.installer.find(entry);
        let found = found.map_err(|error| Refusal::NotInstalled(error.to_string()))?;
        found.ok_or_else(|| Refusal::NotInstalled(format!("{} is not installed", entry.id())))?;
    }
    Ok(entry.clone())
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, retry) = match &self {
            Self::Body(BadBody::TooLarge { .. }) => (StatusCode::PAYLOAD_TOO_LARGE, None),
            Self::Body(BadBody::Slow) => (StatusCode::REQUEST_TIMEOUT, None),
            Self::Body(BadBody::Broken) => (StatusCode::BAD_REQUEST, None),
            Self::Signature(_) | Self::Header(_) => (StatusCode::UNAUTHORIZED, None),
            Self::Format(_) | Self::Malformed(_) | Self::OtherJob => {
                (StatusCode::BAD_REQUEST, None)
            }
            Self::Callback(_) => (StatusCode::FORBIDDEN, None),
            Self::Known | Self::Replayed => (StatusCode::CONFLICT, None),
            // Another generator may take it.
            Self::Kind(_) | Self::NoEntry(_) | Self::NotInstalled(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, Some(RETRY_PLUGIN))
            }
            Self::Body(BadBody::Crowded) => (StatusCode::SERVICE_UNAVAILABLE, Some(RETRY_FULL)),
            Self::Full => (StatusCode::TOO_MANY_REQUESTS, Some(RETRY_FULL)),
            Self::Stopping => (StatusCode::SERVICE_UNAVAILABLE, Some(RETRY_FULL)),
        };
        let text = self.to_string();
        let mut response = (status, format!("{text}\n")).into_response();
        response.extensions_mut().insert(Reason(text));
        if let Some(seconds) = retry {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_says_how_long_it_waits_and_no_longer_than_a_client_does() {
        for (said, seconds) in [
            (None, 0),
            (Some("wait=2"), 2),
            (Some(" wait=3 "), 3),
            (Some("wait=100"), 3),
            (Some("wait=-1"), 0),
            (Some("wait"), 0),
            (Some("respond-async"), 0),
        ] {
            let headers = said.map(|said| (header::PREFER.parse().unwrap(), said.parse().unwrap()));
            let headers: HeaderMap = headers.into_iter().collect();
            assert_eq!(preferred_wait(&headers).as_secs(), seconds, "{said:?}");
        }
    }

    #[test]
    fn callbacks_lead_to_a_configured_registry_only() {
        let public: Vec<Url> = ["https://reg.example.com", "http://127.0.0.1:8787/base/"]
            .map(|text| text.parse().unwrap())
            .to_vec();
        for good in [
            "https://reg.example.com/-/jobs/1",
            "https://reg.example.com:443/-/jobs/1",
            "http://127.0.0.1:8787/base/-/jobs/1",
        ] {
            assert!(check_callback(&public, good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "/-/jobs/1",
            "http://reg.example.com/-/jobs/1",
            "https://reg.example.com.evil.example/-/jobs/1",
            "https://reg.example.com@evil.example/-/jobs/1",
            "https://user@reg.example.com/-/jobs/1",
            "https://reg.example.com:444/-/jobs/1",
            "https://reg.example.com/-/jobs/",
            "https://reg.example.com/-/jobs/../../x",
            "https://reg.example.com/x",
            "https://reg.example.com/-/jobs/1?x",
            "https://reg.example.com/-/jobs/1#x",
            "http://127.0.0.1:8787/-/jobs/1",
            "http://127.0.0.1:8787/basement/-/jobs/1",
        ] {
            assert!(check_callback(&public, bad).is_err(), "{bad}");
        }
    }
}
