use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::{fmt, str::FromStr};

/// Why a webhook was refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadWebhook {
    /// The secret is not of the form `whsec_{base64}`.
    #[error("a webhook secret is whsec_ and base64 behind it")]
    Secret,
    /// The signature is not ours.
    #[error("the webhook's signature is wrong")]
    Signature,
    /// The time stamp is more than five minutes off.
    #[error("the webhook's timestamp is more than 5 minutes off")]
    Stale,
}

/// The secret that Worker and generator share. Signs as Standard Webhooks lays down.
#[derive(Clone)]
pub struct WebhookSecret(Vec<u8>);

impl WebhookSecret {
    /// How far a webhook's time stamp may be off, in seconds: what Standard Webhooks suggests.
    pub const TOLERANCE: i64 = 5 * 60;

    /// The header `webhook-signature` of a message: `v1,` and the base64 HMAC-SHA256 of
    /// `{id}.{timestamp}.{body}`. The timestamp is in seconds since 1970.
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        format!("v1,{}", BASE64.encode(self.mac(&message(id, &timestamp.to_string(), body))))
    }

    /// Checks the three headers of a message before anything in its body is believed. Any of several
    /// signatures, separated by spaces, may be ours.
    pub fn verify(
        &self,
        id: &str,
        timestamp: &str,
        signatures: &str,
        body: &[u8],
        now: i64,
    ) -> Result<(), BadWebhook> {
        // Computed once: a header has room for hundreds of signatures of megabytes.
        let hmac = self.keyed(&message(id, timestamp, body));
        let ours = |signature: &str| {
            let mac = signature.strip_prefix("v1,").and_then(|text| BASE64.decode(text).ok());
            mac.is_some_and(|mac| hmac.clone().verify_slice(&mac).is_ok())
        };
        if !signatures.split(' ').any(ours) {
            return Err(BadWebhook::Signature);
        }
        match timestamp.parse::<i64>() {
            Ok(at) if at.abs_diff(now) <= Self::TOLERANCE.unsigned_abs() => Ok(()),
            Ok(_) | Err(_) => Err(BadWebhook::Stale),
        }
    }

    /// A key for another purpose.
    pub(crate) fn derive(&self, purpose: &[u8]) -> Self {
        Self(self.mac(purpose))
    }

    pub(crate) fn mac(&self, message: &[u8]) -> Vec<u8> {
        self.keyed(message).finalize().into_bytes().to_vec()
    }

    /// Compares in constant time.
    pub(crate) fn is_mac(&self, message: &[u8], mac: &[u8]) -> bool {
        self.keyed(message).verify_slice(mac).is_ok()
    }

    fn keyed(&self, message: &[u8]) -> Hmac<Sha256> {
        let mut hmac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0)
            .expect("HMAC takes keys of any length");
        hmac.update(message);
        hmac
    }
}

fn message(id: &str, timestamp: &str, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat()
}

impl FromStr for WebhookSecret {
    type Err = BadWebhook;

    fn from_str(text: &str) -> Result<Self, BadWebhook> {
        let key = text.strip_prefix("whsec_").and_then(|text| BASE64.decode(text).ok());
        key.filter(|key| !key.is_empty()).map(Self).ok_or(BadWebhook::Secret)
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the Standard Webhooks specification.
    #[test]
    fn signs_as_the_specification_does() {
        let secret: WebhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap();
        let signature =
            secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn believes_only_what_it_signed_lately() {
        let secret: WebhookSecret = "whsec_c2VjcmV0".parse().unwrap();
        let signature = secret.sign("id", 1000, b"body");
        let verify =
            |id, at, signatures: &str, body, now| secret.verify(id, at, signatures, body, now);
        assert_eq!(verify("id", "1000", &signature, b"body", 1300), Ok(()));
        assert_eq!(verify("id", "1000", &format!("v1,AAAA {signature}"), b"body", 700), Ok(()));
        assert_eq!(verify("id", "1000", &signature, b"body", 1301), Err(BadWebhook::Stale));
        assert_eq!(verify("id", "1001", &signature, b"body", 1000), Err(BadWebhook::Signature));
        assert_eq!(verify("id2", "1000", &signature, b"body", 1000), Err(BadWebhook::Signature));
        assert_eq!(verify("id", "1000", &signature, b"Body", 1000), Err(BadWebhook::Signature));
        assert_eq!(verify("id", "1000", "", b"body", 1000), Err(BadWebhook::Signature));
    }

    #[test]
    fn refuses_other_secrets() {
        for text in ["", "secret", "whsec_", "whsec_?"] {
            assert!(text.parse::<WebhookSecret>().is_err(), "{text}");
        }
    }
}
