use crate::{
    claims::Claims,
    key::{Algorithm, Key, KeySet},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The longest token, in bytes: those of providers that list hundreds of groups have 8 KiB.
const LONGEST: usize = 32 * 1024;

/// The longest name of a key, in bytes. Providers' are below 100.
const LONGEST_KEY_NAME: usize = 256;

/// A signed token (RFC 7519, in the compact form of RFC 7515) that was read. Its claims are nobody's until its signature
/// was verified.
#[derive(Clone, Debug, PartialEq)]
pub struct Jwt<'a> {
    algorithm: Algorithm,
    key_name: Option<String>,
    claims: Claims,
    signed: &'a str,
    signature: Vec<u8>,
}

/// A text that is no token, or none that is taken here.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadJwt {
    /// It is longer than a token may be.
    #[error("it is longer than {LONGEST} bytes")]
    TooLong,
    /// It does not have the form of one.
    #[error("it is no signed token")]
    Form,
    /// It is signed by an algorithm that is not taken, `none` among them.
    #[error("its algorithm is none of RS256, ES256 and EdDSA")]
    Algorithm,
    /// It says that it is not to be taken by those who do not know an extension.
    #[error("it needs an extension that is not known here")]
    Critical,
    /// No key of its issuer's can have signed it, or more than one.
    #[error("its issuer has no key, or more than one, that it can be signed by")]
    NoKey,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

impl<'a> Jwt<'a> {
    /// Reads a text.
    ///
    /// # Errors
    /// [`BadJwt`] says why it is none that is taken.
    pub fn parse(text: &'a str) -> Result<Self, BadJwt> {
        if text.len() > LONGEST {
            return Err(BadJwt::TooLong);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(BadJwt::Form)?;
        let (header, claims) = signed.split_once('.').ok_or(BadJwt::Form)?;
        let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| BadJwt::Form);
        let (header, claims, signature) = (bytes(header)?, bytes(claims)?, bytes(signature)?);
        let Header { alg, kid, crit } =
            serde_json::from_slice(&header).map_err(|_| BadJwt::Form)?;
        let algorithm = Algorithm::parse(&alg).ok_or(BadJwt::Algorithm)?;
        if crit.is_some() {
            return Err(BadJwt::Critical);
        }
        if kid.as_ref().is_some_and(|name| name.len() > LONGEST_KEY_NAME) {
            return Err(BadJwt::Form);
        }
        let claims: Map<String, Value> =
            serde_json::from_slice(&claims).map_err(|_| BadJwt::Form)?;
        Ok(Self { algorithm, key_name: kid, claims: Claims::unverified(claims), signed, signature })
    }

    /// The claims, which anybody can have written. They say whose keys to look at, and no more.
    pub fn unverified_claims(&self) -> &Claims {
        &self.claims
    }

    /// The claims, for a caller who has verified the signature.
    pub fn into_claims(self) -> Claims {
        self.claims
    }

    /// What is signed.
    pub fn signed(&self) -> &[u8] {
        self.signed.as_bytes()
    }

    /// The signature. ES256 has both numbers one behind the other (RFC 7518, 3.4).
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The one key of an issuer's that can have signed the token: one of that name where the token names one. The algorithm is
    /// the key's, and the token must say the same.
    ///
    /// # Errors
    /// [`BadJwt::NoKey`] where there is none or more than one: after other keys were published, there may be.
    pub fn key<'k>(&self, keys: &'k KeySet) -> Result<&'k Key, BadJwt> {
        let can_be = |key: &&Key| {
            key.algorithm() == self.algorithm
                && self.key_name.as_deref().is_none_or(|name| key.name() == Some(name))
        };
        let mut found = keys.iter().filter(can_be);
        match (found.next(), found.next()) {
            (Some(key), None) => Ok(key),
            _ => Err(BadJwt::NoKey),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn token(header: &str, claims: &str) -> String {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.{}", part(header), part(claims), part("signature"))
    }

    #[test]
    fn a_token_is_read() {
        let text = token(r#"{"alg":"ES256","kid":"k1","typ":"JWT"}"#, r#"{"iss":"https://x"}"#);
        let jwt = Jwt::parse(&text).unwrap();
        assert_eq!(jwt.unverified_claims().issuer(), Some("https://x"));
        assert_eq!(jwt.signature(), b"signature");
        assert_eq!(format!("{}.{}", jwt.signed, URL_SAFE_NO_PAD.encode("signature")), text);
    }

    #[test]
    fn what_is_not_taken_is_refused() {
        let claims = r#"{"iss":"https://x"}"#;
        for (text, wanted) in [
            (String::new(), BadJwt::Form),
            ("a.b".into(), BadJwt::Form),
            ("a.b.c.d".into(), BadJwt::Form),
            (token("{}", claims), BadJwt::Form),
            (token(r#"{"alg":1}"#, claims), BadJwt::Form),
            (token(r#"{"alg":"ES256"}"#, "[]"), BadJwt::Form),
            (token(r#"{"alg":"none"}"#, claims), BadJwt::Algorithm),
            (token(r#"{"alg":"None"}"#, claims), BadJwt::Algorithm),
            (token(r#"{"alg":"HS256"}"#, claims), BadJwt::Algorithm),
            (token(r#"{"alg":"RS512"}"#, claims), BadJwt::Algorithm),
            (token(r#"{"alg":"es256"}"#, claims), BadJwt::Algorithm),
            (token(r#"{"alg":"ES256","crit":["b64"],"b64":false}"#, claims), BadJwt::Critical),
            (token(&format!(r#"{{"alg":"ES256","kid":"{:300}"}}"#, "k"), claims), BadJwt::Form),
            (token(r#"{"alg":"ES256"}"#, &"1".repeat(LONGEST)), BadJwt::TooLong),
            (format!("{} ", token(r#"{"alg":"ES256"}"#, claims)), BadJwt::Form),
            (format!("{}=", token(r#"{"alg":"ES256"}"#, claims)), BadJwt::Form),
        ] {
            assert_eq!(Jwt::parse(&text), Err(wanted), "{text:.80}");
        }
    }

    #[test]
    fn the_key_decides_on_the_algorithm() {
        let keys = KeySet::parse(
            br#"{"keys":[
                {"kty":"EC","crv":"P-256","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","kid":"ec"},
                {"kty":"OKP","crv":"Ed25519","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","kid":"ed"},
                {"kty":"OKP","crv":"Ed25519","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}
            ]}"#,
        )
        .unwrap();
        for (header, wanted) in [
            (r#"{"alg":"ES256","kid":"ec"}"#, Some("ec")),
            (r#"{"alg":"ES256"}"#, Some("ec")),
            (r#"{"alg":"EdDSA","kid":"ed"}"#, Some("ed")),
            // Two may have signed it.
            (r#"{"alg":"EdDSA"}"#, None),
            // Confused.
            (r#"{"alg":"RS256","kid":"ec"}"#, None),
            (r#"{"alg":"EdDSA","kid":"ec"}"#, None),
            (r#"{"alg":"ES256","kid":"other"}"#, None),
        ] {
            let text = token(header, "{}");
            let jwt = Jwt::parse(&text).unwrap();
            assert_eq!(jwt.key(&keys).ok().and_then(Key::name), wanted, "{header}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = Jwt::parse(&text);
        }

        #[test]
        fn no_parts_panic(header in ".{0,40}", claims in ".{0,40}") {
            let _ = Jwt::parse(&token(&header, &claims));
        }
    }
}
