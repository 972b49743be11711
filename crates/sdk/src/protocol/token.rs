use super::WebhookSecret;
use crate::Sdk;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use serde::{Deserialize, Serialize};

/// Why a job token was refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadToken {
    /// Not made by us.
    #[error("the job token is not one of this registry's")]
    Forged,
    /// Past its time.
    #[error("the job token has expired")]
    Expired,
}

/// What a generator shows at the callback: good for one job of one SDK until it expires. Any Worker
/// checks it without asking the bucket.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct JobToken {
    /// The job's id.
    pub job: String,
    /// The SDK that the job makes.
    pub sdk: Sdk,
    /// Seconds since 1970.
    pub expires: i64,
}

/// What the key is derived with, so that a token is never a webhook's signature.
const PURPOSE: &[u8] = b"protoedge job token";

impl JobToken {
    /// The token as text: the claims and their HMAC, both base64url.
    pub fn seal(&self, secret: &WebhookSecret) -> String {
        // Claims are strings and a number: they always have a JSON form.
        let claims = BASE64.encode(serde_json::to_vec(self).unwrap_or_default());
        let mac = secret.derive(PURPOSE).mac(claims.as_bytes());
        format!("{claims}.{}", BASE64.encode(mac))
    }

    /// Checks who made the token, then whether it is still good at `now` (seconds since 1970).
    pub fn open(text: &str, secret: &WebhookSecret, now: i64) -> Result<Self, BadToken> {
        let (claims, mac) = text.split_once('.').ok_or(BadToken::Forged)?;
        let mac = BASE64.decode(mac).map_err(|_| BadToken::Forged)?;
        if !secret.derive(PURPOSE).is_mac(claims.as_bytes(), &mac) {
            return Err(BadToken::Forged);
        }
        let claims = BASE64.decode(claims).map_err(|_| BadToken::Forged)?;
        let token: Self = serde_json::from_slice(&claims).map_err(|_| BadToken::Forged)?;
        if now < token.expires { Ok(token) } else { Err(BadToken::Expired) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Ecosystem;

    fn token() -> JobToken {
        JobToken {
            job: "j1".into(),
            sdk: Sdk {
                ecosystem: Ecosystem::Go,
                module: "acme/weather".parse().unwrap(),
                plugin: "connectrpc/go".parse().unwrap(),
                version: "v1.20.0_20260102030405_aaaaaaaaaaaa_1".parse().unwrap(),
            },
            expires: 1000,
        }
    }

    #[test]
    fn opens_what_it_sealed_until_it_expires() {
        let secret: WebhookSecret = "whsec_c2VjcmV0".parse().unwrap();
        let text = token().seal(&secret);
        assert_eq!(JobToken::open(&text, &secret, 999), Ok(token()));
        assert_eq!(JobToken::open(&text, &secret, 1000), Err(BadToken::Expired));
    }

    #[test]
    fn refuses_what_others_made() {
        let secret: WebhookSecret = "whsec_c2VjcmV0".parse().unwrap();
        let other: WebhookSecret = "whsec_b3RoZXI=".parse().unwrap();
        let text = token().seal(&secret);
        let (claims, mac) = text.split_once('.').unwrap();
        let longer = JobToken { expires: 9999, ..token() }.seal(&other);
        let forged = longer.split_once('.').unwrap().0;
        for bad in [
            "",
            ".",
            claims,
            &format!("{claims}."),
            &format!("{forged}.{mac}"),
            &longer,
            &text[1..],
        ] {
            assert_eq!(JobToken::open(bad, &secret, 0), Err(BadToken::Forged), "{bad}");
        }
    }
}
