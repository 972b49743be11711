//! What the buf CLI and systems of continuous integration call to get a token: the device flow (RFC 8628) and the exchange of
//! tokens (RFC 8693).

mod device;
mod exchange;
mod request;

use crate::{
    context::{Context, PlatformReply},
    http::{Draft, Reply, Request},
    platform::Platform,
    reply::{Cache, Source, method::allow, problem::Problem},
};
use request::Refusal;
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
