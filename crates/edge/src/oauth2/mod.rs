//! What the buf CLI and systems of continuous integration call to get a token: the device flow (RFC 8628) and the exchange of
//! tokens (RFC 8693).

mod device;
mod exchange;

use crate::{
    body::read_form,
    context::{Context, PlatformReply},
    http::{Draft, Reply, Request},
    platform::Platform,
    reply::{
        Cache, Source,
        method::allow,
        problem::{Kind, Problem},
    },
};
use protoedge_oauth::{ErrorCode, Form};
use serde_json::json;

/// A path below `/oauth2/`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OAuthCall {
    /// `device/registration`: a client says what it is called.
    Registration,
    /// `device/authorization`: it asks to be let in.
    Authorization,
    /// `device/token`: it asks whether it was.
    DeviceToken,
    /// `token`: a job of continuous integration shows what it has.
    Token,
}

impl OAuthCall {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::Registration, Self::Authorization, Self::DeviceToken, Self::Token];

    /// Where it is.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Registration => "/oauth2/device/registration",
            Self::Authorization => "/oauth2/device/authorization",
            Self::DeviceToken => "/oauth2/device/token",
            Self::Token => "/oauth2/token",
        }
    }

    pub(crate) fn parse(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|call| call.path() == path)
    }
}

/// Why a call is refused: the code that programs read, and a sentence for people.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Refusal {
    code: ErrorCode,
    words: Option<String>,
    /// What the log says instead.
    logged: Option<String>,
}

impl Refusal {
    fn new(code: ErrorCode, words: impl Into<String>) -> Self {
        Self { code, words: Some(words.into()), logged: None }
    }

    /// One that says nothing of why, but for the log: who guesses learns nothing.
    fn mute(code: ErrorCode, logged: impl Into<String>) -> Self {
        Self { code, words: None, logged: Some(logged.into()) }
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        let code = match problem.kind {
            Kind::Trouble | Kind::ProxiedTrouble | Kind::TimedOut => ErrorCode::ServerError,
            Kind::TooMany => ErrorCode::SlowDown,
            _ => ErrorCode::InvalidRequest,
        };
        Self::new(code, problem.message)
    }
}

impl From<protoedge_registry::Error> for Refusal {
    fn from(error: protoedge_registry::Error) -> Self {
        Problem::from(error).into()
    }
}

/// Answers a call.
pub(crate) async fn call<P: Platform>(
    context: &Context<P>,
    call: OAuthCall,
    request: Request<P::Body>,
) -> Result<PlatformReply<P>, Problem> {
    allow(&request, &["POST"])?;
    let answer = match call {
        OAuthCall::Registration => device::registration(context, request).await,
        OAuthCall::Authorization => device::authorization(context, request).await,
        OAuthCall::DeviceToken => device::token(context, request).await,
        OAuthCall::Token => exchange::token(context, request).await,
    };
    Ok(match answer {
        Ok(value) => reply(200, &value),
        Err(Refusal { code, words, logged }) => {
            let mut body = json!({ "error": code.as_str() });
            if let Some(words) = &words {
                body["error_description"] = words.as_str().into();
            }
            let reason =
                Some(format!("{}: {}", code.as_str(), logged.or(words).unwrap_or_default()));
            Reply { reason, ..reply(code.status(), &body) }
        }
    })
}

/// Clients take what is said in JSON alone, and no cache keeps it (RFC 6749, 5.1).
fn reply<D>(status: u16, value: &serde_json::Value) -> Reply<D> {
    Draft::json(status, value).with("pragma", "no-cache").cached(&Cache::NO_STORE, Source::Computed)
}

/// Reads a form.
async fn form<P: Platform>(
    context: &Context<P>,
    request: Request<P::Body>,
) -> Result<Form, Refusal> {
    read_form(context, request, LARGEST_FORM).await.map_err(Refusal::from)
}

/// A token of 32 KiB, percent-encoded, and what goes with it.
const LARGEST_FORM: usize = 64 * 1024;

/// A field that must be there.
fn needed<'a>(form: &'a Form, name: &str) -> Result<&'a str, Refusal> {
    let missing =
        || Refusal::new(ErrorCode::InvalidRequest, format!("the field {name} is missing"));
    form.get(name).ok_or_else(missing)
}

/// Makes sure that the grant is this one.
fn check_grant(form: &Form, wanted: &str) -> Result<(), Refusal> {
    if needed(form, "grant_type")? == wanted {
        return Ok(());
    }
    let words = format!("the only grant here is {wanted}");
    Err(Refusal::new(ErrorCode::UnsupportedGrantType, words))
}

/// Counts a call that nobody has signed in for.
async fn count<P: Platform>(
    context: &Context<P>,
    key: &crate::auth::RateLimitKey,
) -> Result<(), Refusal> {
    if let Some(key) = key.text(context).await?
        && !context.platform.may_order(&format!("sign-in {key}")).await
    {
        let words = "too many sign-ins from this address: try again in a minute";
        return Err(Refusal::new(ErrorCode::SlowDown, words));
    }
    Ok(())
}
