use crate::{
    context::Context,
    http::{CALLER_ADDRESS, Request},
    platform::Platform,
    reply::problem::{Kind, Problem},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use protoedge_registry::{Credentials, Error, User, Viewer, accounts};
use protoedge_sdk::OwnerName;
use sha2::{Digest, Sha256};
use std::net::Ipv6Addr;

/// The credentials of a request: a token as Bearer, or as the password of Basic, which is what go
/// makes of a netrc.
pub(crate) fn token<B>(request: &Request<B>) -> Option<Result<String, Problem>> {
    let header = request.header("authorization")?;
    let wrong = || Problem::new(Kind::Unauthorized, "the Authorization header cannot be read");
    let (scheme, rest) = header.split_once(' ').unwrap_or((header, ""));
    let rest = rest.trim();
    let token = match scheme.to_ascii_lowercase().as_str() {
        "bearer" => Some(rest.to_owned()),
        "basic" => BASE64
            .decode(rest)
            .ok()
            .and_then(|pair| String::from_utf8(pair).ok())
            .and_then(|pair| pair.split_once(':').map(|(_, password)| password.to_owned())),
        _ => None,
    };
    Some(token.filter(|token| !token.is_empty()).ok_or_else(wrong))
}

/// Whose budget a request counts for: that of its token, else of its address. The token is looked at where it is needed: one
/// that is none has no budget of its own, or every made-up token would have.
#[derive(Clone, Debug)]
pub(crate) struct RateLimitKey {
    credentials: Credentials,
    address: Option<String>,
}

impl RateLimitKey {
    pub(crate) fn of<B>(credentials: Credentials, request: &Request<B>) -> Self {
        Self { credentials, address: request.header(CALLER_ADDRESS).map(str::to_owned) }
    }

    /// The key as the platform counts by it: it tells neither token nor address. `None` where neither is known, as on a laptop.
    ///
    /// # Errors
    /// If the bucket does not say whether the token is one.
    pub(crate) async fn text<P: Platform>(
        &self,
        context: &Context<P>,
    ) -> Result<Option<String>, Problem> {
        let name = |kind: &str, text: &str| {
            let hash = hex::encode(Sha256::digest(format!("{kind} {text}")));
            hash[..32].to_owned()
        };
        let store = &context.store;
        match &self.credentials {
            Credentials::Token(token) if accounts::user_of(store, token).await?.is_some() => {
                return Ok(Some(name("token", token)));
            }
            Credentials::Verified(user) => return Ok(Some(name("user", user.name.as_str()))),
            Credentials::Token(_) | Credentials::Unreadable | Credentials::None => {}
        }
        Ok(self.address.as_deref().map(|address| name("address", &network(address))))
    }
}

/// Whose address it is. Of IPv6 everybody has at least 2^64 addresses, a /64: that is one caller.
fn network(address: &str) -> String {
    match address.parse::<Ipv6Addr>() {
        Ok(address) => format!("{:x?}", &address.segments()[..4]),
        Err(_) => address.into(),
    }
}

/// What a caller showed. It is looked at where it decides something.
pub(crate) fn credentials<P: Platform>(
    context: &Context<P>,
    request: &Request<P::Body>,
) -> Result<Credentials, Problem> {
    Ok(match token(request) {
        None => Credentials::None,
        Some(Err(_)) => Credentials::Unreadable,
        Some(Ok(token)) if is_admin_token(context, &token) => {
            Credentials::Verified(User::administrator(admin_name()?))
        }
        Some(Ok(token)) => Credentials::Token(token),
    })
}

/// Who is asking, by credentials that must be right where there are any.
pub(crate) async fn viewer<P: Platform>(
    context: &Context<P>,
    request: &Request<P::Body>,
) -> Result<Viewer, Problem> {
    Ok(accounts::viewer(&context.store, &credentials(context, request)?).await?)
}

/// [`viewer`] for a change.
pub(crate) async fn viewer_now<P: Platform>(
    context: &Context<P>,
    request: &Request<P::Body>,
) -> Result<Viewer, Problem> {
    Ok(accounts::viewer_now(&context.store, &credentials(context, request)?).await?)
}

/// An administrator, by the `ADMIN_TOKEN`; a problem for every other caller.
pub(crate) fn administrator<P: Platform>(
    context: &Context<P>,
    request: &Request<P::Body>,
) -> Result<User, Problem> {
    match credentials(context, request)? {
        Credentials::Verified(administrator) => Ok(administrator),
        Credentials::Token(_) => {
            Err(Problem::new(Kind::Unauthorized, "this needs the ADMIN_TOKEN"))
        }
        Credentials::Unreadable => Err(Error::BadCredentials { is_readable: false }.into()),
        Credentials::None => Err(Problem::new(
            Kind::Anonymous,
            "this needs the header `Authorization: Bearer` with the ADMIN_TOKEN",
        )),
    }
}

fn is_admin_token<P: Platform>(context: &Context<P>, token: &str) -> bool {
    context.config.admin_tokens.accept(token)
}

/// The name that the administrators' token acts under.
pub(crate) fn admin_name() -> Result<OwnerName, Problem> {
    "admin".parse().map_err(Problem::from)
}
