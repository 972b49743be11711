use super::{BadToken, BadWebhook, JobToken, WebhookSecret};

/// A setting that is no secret. It names the setting, and never what was set.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the setting {name} cannot be used: {source}")]
pub struct BadSecret {
    /// Which setting.
    pub name: &'static str,
    /// What is wrong with it.
    pub source: BadWebhook,
}

/// What Worker and generator share: one secret, and a second one while it is rotated. Either opens and verifies, so that
/// the two sides need not change at the same moment; neither side gets at one of them alone.
#[derive(Clone, Debug)]
pub struct WebhookSecrets {
    primary: WebhookSecret,
    fallback: Option<WebhookSecret>,
}

impl WebhookSecrets {
    /// The setting with the secret that seals job tokens.
    pub const SETTING: &str = "WEBHOOK_SECRET";
    /// The setting with the second secret, which is there while the first one is rotated.
    pub const FALLBACK_SETTING: &str = "WEBHOOK_SECRET_FALLBACK";

    /// Reads the values of [`Self::SETTING`] and [`Self::FALLBACK_SETTING`]. The second one may be the same as the
    /// first.
    ///
    /// # Errors
    /// Names the setting that is not of the form `whsec_{base64}`, as an empty one is not.
    pub fn read(primary: &str, fallback: Option<&str>) -> Result<Self, BadSecret> {
        let secret = |name, text: &str| text.parse().map_err(|source| BadSecret { name, source });
        Ok(Self {
            primary: secret(Self::SETTING, primary)?,
            fallback: fallback.map(|text| secret(Self::FALLBACK_SETTING, text)).transpose()?,
        })
    }

    /// The header `webhook-signature` of a message, as [`WebhookSecret::sign`] makes it: a signature by each secret, as
    /// Standard Webhooks wants it during a rotation. A receiver that has only one of them believes it, too.
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let signatures: Vec<_> =
            self.all().map(|secret| secret.sign(id, timestamp, body)).collect();
        signatures.join(" ")
    }

    /// Checks the three headers of a message as [`WebhookSecret::verify`] does, with either secret.
    ///
    /// # Errors
    /// [`BadWebhook::Signature`] if no signature is by one of the secrets, [`BadWebhook::Stale`] if one is and its time
    /// is off.
    pub fn verify(
        &self,
        id: &str,
        timestamp: &str,
        signatures: &str,
        body: &[u8],
        now: i64,
    ) -> Result<(), BadWebhook> {
        for secret in self.all() {
            match secret.verify(id, timestamp, signatures, body, now) {
                Err(BadWebhook::Signature) => {}
                known @ (Ok(()) | Err(BadWebhook::Secret | BadWebhook::Stale)) => return known,
            }
        }
        Err(BadWebhook::Signature)
    }

    /// A job's token as text, sealed with the first secret.
    pub fn seal(&self, token: &JobToken) -> String {
        token.seal(&self.primary)
    }

    /// Opens a job's token that either secret sealed, as [`JobToken::open`] does.
    ///
    /// # Errors
    /// [`BadToken::Forged`] if neither secret sealed it, [`BadToken::Expired`] if its time is over.
    pub fn open(&self, text: &str, now: i64) -> Result<JobToken, BadToken> {
        for secret in self.all() {
            match JobToken::open(text, secret, now) {
                Err(BadToken::Forged) => {}
                known @ (Ok(_) | Err(BadToken::Expired)) => return known,
            }
        }
        Err(BadToken::Forged)
    }

    fn all(&self) -> impl Iterator<Item = &WebhookSecret> {
        std::iter::once(&self.primary).chain(&self.fallback)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Ecosystem, Sdk};

    const OLD: &str = "whsec_b2xk";
    const NEW: &str = "whsec_bmV3";
    const THIRD: &str = "whsec_dGhpcmQ=";

    fn secrets(primary: &str, fallback: Option<&str>) -> WebhookSecrets {
        WebhookSecrets::read(primary, fallback).unwrap()
    }

    /// The states of a side during a rotation, in the order in which it goes through them.
    fn states() -> [(&'static str, WebhookSecrets); 4] {
        [
            ("before", secrets(OLD, None)),
            ("prepared", secrets(OLD, Some(NEW))),
            ("changed", secrets(NEW, Some(OLD))),
            ("after", secrets(NEW, None)),
        ]
    }

    /// Whether two states share a secret: all but the first and the last do.
    fn meet(one: &str, other: &str) -> bool {
        !matches!((one, other), ("before", "after") | ("after", "before"))
    }

    #[test]
    fn webhooks_pass_between_all_states_that_share_a_secret() {
        for (signer, signing) in states() {
            let signatures = signing.sign("id", 1000, b"body");
            for (verifier, verifying) in states() {
                let verify = |body, now| verifying.verify("id", "1000", &signatures, body, now);
                let wanted =
                    |good| if meet(signer, verifier) { good } else { Err(BadWebhook::Signature) };
                let what = format!("signed {signer}, verified {verifier}");
                assert_eq!(verify(b"body", 1000), wanted(Ok(())), "{what}");
                assert_eq!(verify(b"body", 1301), wanted(Err(BadWebhook::Stale)), "{what}");
                assert_eq!(verify(b"Body", 1000), Err(BadWebhook::Signature), "{what}");
            }
            let signatures = secrets(THIRD, None).sign("id", 1000, b"body");
            let verified = signing.verify("id", "1000", &signatures, b"body", 1000);
            assert_eq!(verified, Err(BadWebhook::Signature), "a third secret, {signer}");
        }
    }

    #[test]
    fn tokens_open_where_their_secret_is_known() {
        let token = JobToken {
            job: "j1".into(),
            sdk: Sdk {
                ecosystem: Ecosystem::Go,
                module: "acme/weather".parse().unwrap(),
                plugin: "connectrpc/go".parse().unwrap(),
                version: "v1.20.0_20260102030405_aaaaaaaaaaaa_1".parse().unwrap(),
            },
            expires: 1000,
        };
        let opens = |sealed: &str| {
            states().map(|(_, secrets)| match secrets.open(sealed, 999) {
                Ok(opened) => opened == token,
                Err(BadToken::Forged | BadToken::Expired) => false,
            })
        };
        for (state, secrets) in states() {
            let sealed = secrets.seal(&token);
            let is_old = matches!(state, "before" | "prepared");
            assert_eq!(opens(&sealed), [is_old, true, true, !is_old], "sealed {state}");
            assert_eq!(secrets.open(&sealed, 1000), Err(BadToken::Expired), "{state}");
        }
        assert_eq!(opens(&secrets(THIRD, None).seal(&token)), [false; 4]);
    }

    #[test]
    fn a_setting_that_is_no_secret_is_named_and_not_shown() {
        let (primary, fallback) = (WebhookSecrets::SETTING, WebhookSecrets::FALLBACK_SETTING);
        for (first, second, name) in [
            ("", None, primary),
            ("whsec_", Some(NEW), primary),
            (OLD, Some(""), fallback),
            (OLD, Some(" "), fallback),
            (OLD, Some("whsec_"), fallback),
            (OLD, Some("hunter2"), fallback),
        ] {
            let error = WebhookSecrets::read(first, second).unwrap_err();
            assert_eq!(error.name, name, "{first:?} {second:?}");
            assert!(error.to_string().contains(name) && !error.to_string().contains("hunter2"));
        }
        assert!(WebhookSecrets::read(OLD, Some(OLD)).is_ok(), "the same twice");
        assert_eq!(format!("{:?}", secrets(OLD, Some(NEW))).matches('…').count(), 2);
    }
}
