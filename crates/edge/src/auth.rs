use crate::{
    context::Context,
    http::Request,
    platform::Platform,
    reply::problem::{Kind, Problem},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use protoedge_registry::{User, Viewer, accounts};
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

/// Whose budget a request counts for: that of its token, else of its address. `None` where neither is
/// known, as on a laptop.
pub(crate) fn rate_limit_key<B>(request: &Request<B>) -> Option<String> {
    // Nobody learns a token from it, nor what the budgets are counted by.
    let name = |kind: &str, text: &str| {
        let hash = hex::encode(Sha256::digest(format!("{kind} {text}")));
        hash[..32].to_owned()
    };
    match token(request) {
        Some(Ok(token)) => Some(name("token", &token)),
        Some(Err(_)) | None => {
            request.header(ADDRESS).map(|address| name("address", &network(address)))
        }
    }
}

/// Whose address it is. Of IPv6 everybody has at least 2^64 addresses, a /64: that is one caller.
fn network(address: &str) -> String {
    match address.parse::<Ipv6Addr>() {
        Ok(address) => format!("{:x?}", &address.segments()[..4]),
        Err(_) => address.into(),
    }
}

/// Where Cloudflare says which address a request comes from.
const ADDRESS: &str = "cf-connecting-ip";

/// Who is asking. Credentials that are given must be right, even where none are needed.
pub(crate) async fn viewer<P: Platform>(
    context: &Context<P>,
    request: &Request<P::Body>,
) -> Result<Viewer, Problem> {
    let Some(token) = token(request) else { return Ok(Viewer::Anonymous) };
    let token = token?;
    if is_admin_token(context, &token) {
        return administrator();
    }
    match accounts::user_of(&context.store, &token).await? {
        Some(user) => Ok(Viewer::User(user)),
        None => Err(Problem::new(
            Kind::Unauthorized,
            "the token is unknown or has expired; ask an administrator for a new one",
        )),
    }
}

/// The viewer who has the `ADMIN_TOKEN`; a problem for every other.
pub(crate) fn must_be_admin<P: Platform>(
    context: &Context<P>,
    request: &Request<P::Body>,
) -> Result<Viewer, Problem> {
    match token(request).transpose()? {
        Some(token) if is_admin_token(context, &token) => administrator(),
        Some(_) => Err(Problem::new(Kind::Unauthorized, "this needs the ADMIN_TOKEN")),
        None => Err(Problem::new(
            Kind::Anonymous,
            "this needs the header `Authorization: Bearer` with the ADMIN_TOKEN",
        )),
    }
}

fn is_admin_token<P: Platform>(context: &Context<P>, token: &str) -> bool {
    context.config.admin_tokens.accept(token)
}

fn administrator() -> Result<Viewer, Problem> {
    Ok(Viewer::User(User { name: admin_name()?, is_admin: true }))
}

/// The name that the administrators' token acts under.
pub(crate) fn admin_name() -> Result<OwnerName, Problem> {
    "admin".parse().map_err(Problem::from)
}
