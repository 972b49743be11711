use serde::Deserialize;
use std::{fmt, net::IpAddr};
use url::{Host, Url};

/// The address of an issuer, which is also its name: https, or http on this machine, without a query. It is compared to the letter.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Issuer(String);

/// What a provider says of itself (OpenID Connect Discovery, 3).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Provider {
    /// Where its keys are.
    pub keys: String,
    /// Where browsers are sent to sign in; none of an issuer that only signs.
    pub authorization: Option<String>,
    /// Where a code is changed for tokens.
    pub token: Option<String>,
    /// Where it says more of a person.
    pub user_info: Option<String>,
    /// Whether the client's secret goes into the body of that request, and not into a header.
    pub takes_secret_in_body: bool,
    /// Whether it says in its redirects who it is (RFC 9207).
    pub names_itself: bool,
}

/// Why a provider cannot be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadProvider {
    /// An address that is none of an issuer's.
    #[error("an issuer's address is like https://id.example.com, without `?` and `#`")]
    Address,
    /// What it says of itself cannot be read.
    #[error(
        "what it says of itself is no OpenID Connect configuration with addresses that begin with https://"
    )]
    Document,
    /// It calls itself otherwise.
    #[error("it calls itself by another address")]
    OtherIssuer,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    jwks_uri: String,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    userinfo_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Issuer {
    /// Reads an address.
    ///
    /// # Errors
    /// [`BadProvider::Address`] for what cannot be an issuer's.
    pub fn parse(text: &str) -> Result<Self, BadProvider> {
        let is_plain = !text.contains(['?', '#']) && text.bytes().all(|it| it.is_ascii_graphic());
        let is_address = is_plain && may_be_asked(text, true);
        is_address.then(|| Self(text.into())).ok_or(BadProvider::Address)
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where it says what it is (OpenID Connect Discovery, 4).
    pub fn configuration(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.0.trim_end_matches('/'))
    }

    /// Reads what it says of itself.
    ///
    /// # Errors
    /// [`BadProvider`] says why it cannot be used.
    pub fn read(&self, json: &[u8]) -> Result<Provider, BadProvider> {
        let document: Document = serde_json::from_slice(json).map_err(|_| BadProvider::Document)?;
        if document.issuer != self.0 {
            return Err(BadProvider::OtherIssuer);
        }
        // Only an issuer on this machine has its addresses there.
        let is_here = self.0.starts_with("http:");
        let address = |text: String| {
            may_be_asked(&text, is_here).then_some(text).ok_or(BadProvider::Document)
        };
        let methods = &document.token_endpoint_auth_methods_supported;
        let has = |method: &str| methods.iter().any(|it| it == method);
        Ok(Provider {
            takes_secret_in_body: has("client_secret_post") && !has("client_secret_basic"),
            names_itself: document.authorization_response_iss_parameter_supported,
            keys: address(document.jwks_uri)?,
            authorization: document.authorization_endpoint.map(address).transpose()?,
            token: document.token_endpoint.map(address).transpose()?,
            user_info: document.userinfo_endpoint.map(address).transpose()?,
        })
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether an address may be asked something: over TLS, or on this machine where that is wanted.
fn may_be_asked(text: &str, may_be_here: bool) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let has_user = !url.username().is_empty() || url.password().is_some();
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => return false,
    };
    let is_safe = match url.scheme() {
        "https" => true,
        "http" => may_be_here && is_here,
        _ => false,
    };
    is_safe && !has_user
}

impl Provider {
    /// Where a browser is sent to sign in: the endpoint with these parameters (RFC 6749, 4.1.1). None of an issuer without one.
    pub fn authorization_url(&self, parameters: &[(&str, &str)]) -> Option<String> {
        let mut url = Url::parse(self.authorization.as_deref()?).ok()?;
        url.query_pairs_mut().extend_pairs(parameters);
        Some(url.into())
    }
}

/// What a provider gives for a code (RFC 6749, 5.1; OpenID Connect Core, 3.1.3.3).
#[derive(Clone, Deserialize)]
pub struct TokenAnswer {
    /// Who signed in.
    pub id_token: String,
    /// What its UserInfo endpoint is asked with.
    pub access_token: Option<String>,
}

impl TokenAnswer {
    /// Reads an answer. None for another one.
    pub fn parse(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }
}

impl fmt::Debug for TokenAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenAnswer(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn issuers_are_https_or_here() {
        for good in [
            "https://id.example.com",
            "https://id.example.com/",
            "https://id.example.com/realms/acme",
            "http://127.0.0.1:9000",
            "http://localhost:9000/x",
            "http://[::1]:9000",
        ] {
            assert_eq!(Issuer::parse(good).map(|it| it.to_string()).as_deref(), Ok(good));
        }
        for bad in [
            "",
            "id.example.com",
            "http://id.example.com",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "https://id.example.com?x",
            "https://id.example.com#x",
            "https://user@id.example.com",
            "https://id.example.com /",
            "file:///etc/passwd",
            "https://",
        ] {
            assert_eq!(Issuer::parse(bad), Err(BadProvider::Address), "{bad}");
        }
        let issuer = Issuer::parse("https://id.example.com/").unwrap();
        let wanted = "https://id.example.com/.well-known/openid-configuration";
        assert_eq!(issuer.configuration(), wanted);
    }

    fn read(issuer: &str, change: &Value) -> Result<Provider, BadProvider> {
        let mut document = json!({
            "issuer": issuer,
            "jwks_uri": "https://keys.example.com/jwks",
            "authorization_endpoint": "https://id.example.com/auth?tenant=1",
            "token_endpoint": "https://id.example.com/token",
        });
        for (name, value) in change.as_object().unwrap() {
            document[name] = value.clone();
        }
        Issuer::parse(issuer).unwrap().read(document.to_string().as_bytes())
    }

    #[test]
    fn providers_are_read() {
        let issuer = "https://id.example.com";
        let provider = read(issuer, &json!({})).unwrap();
        let url = provider.authorization_url(&[("state", "a b"), ("scope", "openid")]);
        let wanted = "https://id.example.com/auth?tenant=1&state=a+b&scope=openid";
        assert_eq!(url.as_deref(), Some(wanted));
        assert!(!provider.takes_secret_in_body);
        let post = json!({ "token_endpoint_auth_methods_supported": ["client_secret_post"] });
        assert!(read(issuer, &post).unwrap().takes_secret_in_body);
    }

    #[test]
    fn providers_that_mean_ill_are_refused() {
        let issuer = "https://id.example.com";
        for (change, wanted) in [
            (json!({ "issuer": "https://id.example.com/" }), BadProvider::OtherIssuer),
            (json!({ "issuer": "https://evil.example.com" }), BadProvider::OtherIssuer),
            (json!({ "jwks_uri": "http://id.example.com/jwks" }), BadProvider::Document),
            (json!({ "jwks_uri": "http://127.0.0.1/jwks" }), BadProvider::Document),
            (json!({ "jwks_uri": "file:///etc/passwd" }), BadProvider::Document),
            (json!({ "token_endpoint": "http://id.example.com/token" }), BadProvider::Document),
            (json!({ "userinfo_endpoint": "data:,{}" }), BadProvider::Document),
            (json!({ "authorization_endpoint": "javascript:alert(1)" }), BadProvider::Document),
            (json!({ "jwks_uri": 1 }), BadProvider::Document),
        ] {
            assert_eq!(read(issuer, &change), Err(wanted), "{change}");
        }
        let here = json!({
            "jwks_uri": "http://127.0.0.1:9000/jwks",
            "authorization_endpoint": "http://127.0.0.1:9000/auth",
            "token_endpoint": "http://127.0.0.1:9000/token",
        });
        assert!(read("http://127.0.0.1:9000", &here).is_ok());
    }
}
