//! OAuth 2.0's and OpenID Connect's own rules, as far as a registry needs them: who signed a token and what it says
//! (RFC 7515, 7517, 7519), what a provider says of itself (OpenID Connect Discovery), how a browser is sent to it and comes
//! back (RFC 6749, 7636), and the names of what devices and continuous integration ask for (RFC 8628, 8693).
//!
//! Nothing here reads a clock, sends anything or computes a signature.

mod claims;
mod cookie;
mod error_code;
mod form;
mod jwt;
mod key;
mod pkce;
mod provider;
mod web_origin;

pub use claims::{BadClaims, Claims, Expected};
pub use cookie::cookie;
pub use error_code::ErrorCode;
pub use form::{BadForm, Form};
pub use jwt::{BadJwt, Jwt};
pub use key::{Algorithm, BadKeys, Key, KeySet};
pub use pkce::challenge;
pub use provider::{BadProvider, Issuer, Provider, TokenAnswer};
pub use web_origin::origin;

/// The grant of a device that polls (RFC 8628, 3.4).
pub const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// The grant that takes one token for another (RFC 8693, 2.1).
pub const EXCHANGE_GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// That a token is an ID token (RFC 8693, 3).
pub const ID_TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:id_token";

/// That a token is an access token (RFC 8693, 3).
pub const ACCESS_TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:access_token";
