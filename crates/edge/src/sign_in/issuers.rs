//! What issuers of tokens say of themselves, and their keys: asked for over TLS, without redirects, bounded, and kept as they say.

use super::known_issuers::Kept;
use crate::{
    context::Context,
    platform::{Fetched, Platform},
};
use protoedge_oauth::{BadJwt, Issuer, Jwt, KeySet, Provider};
use std::{rc::Rc, time::Duration};

/// The largest document, in bytes: those of providers have some thousands.
const LARGEST: usize = 256 * 1024;

/// How long a document is kept at least, whatever its headers say: also how often a key that is not among an issuer's makes it be
/// asked again, at most.
const LEAST: Duration = Duration::from_secs(60);

/// How long at most: a key that an issuer takes away is good for a day.
const MOST: Duration = Duration::from_secs(24 * 60 * 60);

/// How long where its headers say nothing.
const UNSAID: Duration = Duration::from_secs(5 * 60);

/// How long an issuer that failed is not asked again.
const FAILED: Duration = Duration::from_secs(5);

/// Why a token is not taken.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Unverified {
    /// Nobody of its issuer's has signed it.
    Bad(String),
    /// Its issuer cannot be asked.
    Trouble(String),
}

/// What an issuer says of itself.
///
/// # Errors
/// Why it cannot be used, in words.
pub(crate) async fn provider<P: Platform>(
    context: &Context<P>,
    issuer: &Issuer,
) -> Result<Rc<Provider>, String> {
    let known = context.issuers.known(issuer);
    let now = context.store.now();
    if let Some(kept) = known.provider.filter(|it| it.is_good(now)) {
        return Ok(kept.value);
    }
    let url = issuer.configuration();
    let read = |body: &[u8]| issuer.read(body).map_err(|error| error.to_string());
    let kept = asked(context, issuer, &url, read).await?;
    context.issuers.change(issuer, |it| it.provider = Some(kept.clone()));
    Ok(kept.value)
}

/// Makes sure that an issuer has signed a token.
///
/// # Errors
/// [`Unverified`] says why it is not so, or that nobody knows.
pub(crate) async fn verify<P: Platform>(
    context: &Context<P>,
    issuer: &Issuer,
    jwt: &Jwt<'_>,
) -> Result<(), Unverified> {
    let now = context.store.now();
    let kept = context.issuers.known(issuer).keys.filter(|it| it.is_good(now));
    let mut keys = match kept {
        Some(kept) => kept,
        None => keys(context, issuer).await?,
    };
    // It may be signed by a key that is new, or by none: that is asked once a minute.
    if jwt.key(&keys.value).is_err() && now.since(keys.at) >= LEAST {
        keys = self::keys(context, issuer).await?;
    }
    let key = jwt.key(&keys.value).map_err(|error: BadJwt| Unverified::Bad(error.to_string()))?;
    match context.platform.verify(key, jwt.signed(), jwt.signature()).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(Unverified::Bad("its signature is not its issuer's".into())),
        Err(error) => Err(Unverified::Trouble(error)),
    }
}

async fn keys<P: Platform>(
    context: &Context<P>,
    issuer: &Issuer,
) -> Result<Kept<KeySet>, Unverified> {
    let keys = async {
        let provider = provider(context, issuer).await?;
        let read = |body: &[u8]| KeySet::parse(body).map_err(|error| error.to_string());
        asked(context, issuer, &provider.keys, read).await
    };
    let keys = keys.await.map_err(Unverified::Trouble)?;
    context.issuers.change(issuer, |it| it.keys = Some(keys.clone()));
    Ok(keys)
}

/// Asks an issuer for a document, unless it has failed just now.
async fn asked<P: Platform, T>(
    context: &Context<P>,
    issuer: &Issuer,
    url: &str,
    read: impl FnOnce(&[u8]) -> Result<T, String>,
) -> Result<Kept<T>, String> {
    let now = context.store.now();
    if let Some((at, error)) = context.issuers.known(issuer).failed
        && now.since(at) < FAILED
    {
        return Err(error);
    }
    let headers = [("accept", "application/json".to_owned())];
    let fetched = context.platform.fetch(url, &headers, LARGEST).await;
    let read = match fetched {
        Ok(Fetched { status: 200, body, cache_control }) => read(&body).map(|value| Kept {
            value: Rc::new(value),
            at: now,
            lasts: lasts(cache_control.as_deref()),
        }),
        Ok(Fetched { status, .. }) => Err(format!("it answers {status}")),
        Err(error) => Err(error),
    };
    let read = read.map_err(|error| format!("{url}: {error}"));
    let failed = read.as_ref().err().map(|error| (now, error.clone()));
    context.issuers.change(issuer, |it| it.failed = failed);
    read
}

/// How long a document is kept that came with this header.
fn lasts(cache_control: Option<&str>) -> Duration {
    let Some(header) = cache_control else { return UNSAID };
    let mut words = header.split(',').map(|word| word.trim().to_ascii_lowercase());
    let age = words.find_map(|word| match word.as_str() {
        "no-store" | "no-cache" => Some(0),
        word => word.strip_prefix("max-age=")?.trim_matches('"').parse().ok(),
    });
    age.map_or(UNSAID, Duration::from_secs).clamp(LEAST, MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_kept_as_their_headers_say_within_bounds() {
        for (header, seconds) in [
            (None, 300),
            (Some("public, max-age=3600, must-revalidate"), 3600),
            (Some("MAX-AGE=7200"), 7200),
            (Some("max-age=0"), 60),
            (Some("no-store, max-age=3600"), 60),
            (Some("max-age=99999999"), 86_400),
            (Some("max-age=99999999999999999999999"), 300),
            (Some("public"), 300),
        ] {
            assert_eq!(lasts(header).as_secs(), seconds, "{header:?}");
        }
    }
}
