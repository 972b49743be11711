use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use subtle::ConstantTimeEq;

/// A setting that is no administrators' token. It names the setting, and never what was set.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "the setting {name} cannot be used: a token is letters, digits and other visible ASCII characters"
)]
pub struct BadAdminToken {
    /// Which setting.
    pub name: &'static str,
}

/// The token that administrators show, and a second one while it is rotated: either is accepted.
#[derive(Clone)]
pub struct AdminTokens {
    primary: String,
    fallback: Option<String>,
}

impl AdminTokens {
    /// The setting with the token.
    pub const SETTING: &str = "ADMIN_TOKEN";
    /// The setting with the second token, which is there while the first one is rotated.
    pub const FALLBACK_SETTING: &str = "ADMIN_TOKEN_FALLBACK";

    /// Takes the values of [`Self::SETTING`] and [`Self::FALLBACK_SETTING`]. The second one may be the same as the
    /// first.
    ///
    /// # Errors
    /// Names the setting that is empty, or that no header could carry: one with a blank or a line's end.
    pub fn read(primary: String, fallback: Option<String>) -> Result<Self, BadAdminToken> {
        let token = |name, text: String| {
            let is_token = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
            if is_token { Ok(text) } else { Err(BadAdminToken { name }) }
        };
        Ok(Self {
            primary: token(Self::SETTING, primary)?,
            fallback: fallback.map(|text| token(Self::FALLBACK_SETTING, text)).transpose()?,
        })
    }

    /// The one that is in use.
    pub fn primary(&self) -> &str {
        &self.primary
    }

    /// Whether a token is one of them. Takes as long for each token of a length, so that its time says nothing of what
    /// the right one is.
    pub(crate) fn accept(&self, token: &str) -> bool {
        let is_it = |ours: &String| ours.as_bytes().ct_eq(token.as_bytes());
        let is_primary = is_it(&self.primary);
        let is_fallback = self.fallback.as_ref().map(is_it);
        bool::from(is_fallback.map_or(is_primary, |is_fallback| is_primary | is_fallback))
    }
}

impl AdminTokens {
    /// What sessions that began with these tokens are bound to.
    pub(crate) fn codes(&self, session: &str) -> impl Iterator<Item = String> {
        let all = [Some(&self.primary), self.fallback.as_ref()];
        all.into_iter().flatten().map(move |token| code(token, session))
    }
}

/// What a session that began with this token is bound to: a code whose key is the session's text, so that who reads it cannot try
/// out tokens.
pub(crate) fn code(token: &str, session: &str) -> String {
    let mut code =
        Hmac::<Sha256>::new_from_slice(session.as_bytes()).expect("a key may have any length");
    code.update(token.as_bytes());
    hex::encode(code.finalize().into_bytes())
}

impl fmt::Debug for AdminTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminTokens(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(primary: &str, fallback: Option<&str>) -> Result<AdminTokens, BadAdminToken> {
        AdminTokens::read(primary.into(), fallback.map(str::to_owned))
    }

    #[test]
    fn either_token_is_accepted_and_no_other() {
        let rows: [(_, _, &[&str]); 3] = [
            ("new", Some("older"), &["new", "older"]),
            ("new", None, &["new"]),
            ("new", Some("new"), &["new"]),
        ];
        for (primary, fallback, accepted) in rows {
            let tokens = tokens(primary, fallback).unwrap();
            for token in ["new", "older", "", "ne", "new ", "newolder", "New", "third"] {
                let is_accepted = tokens.accept(token);
                assert_eq!(
                    is_accepted,
                    accepted.contains(&token),
                    "{primary} {fallback:?}: {token:?}"
                );
            }
        }
    }

    #[test]
    fn a_setting_that_is_no_token_is_named_and_not_shown() {
        for (primary, fallback, name) in [
            ("", None, AdminTokens::SETTING),
            ("a b", Some("c"), AdminTokens::SETTING),
            ("a", Some(""), AdminTokens::FALLBACK_SETTING),
            ("a", Some("hunter2\n"), AdminTokens::FALLBACK_SETTING),
            ("a", Some("hunter2 "), AdminTokens::FALLBACK_SETTING),
            ("a", Some("hünter2"), AdminTokens::FALLBACK_SETTING),
        ] {
            let error = tokens(primary, fallback).unwrap_err();
            assert_eq!(error.name, name, "{primary:?} {fallback:?}");
            assert!(
                error.to_string().contains(name) && !error.to_string().contains("2"),
                "{error}"
            );
        }
        assert_eq!(format!("{:?}", tokens("hunter2", Some("hunter3")).unwrap()), "AdminTokens(…)");
    }
}
