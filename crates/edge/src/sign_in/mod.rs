//! Who somebody is: at an identity provider (OpenID Connect), in a session of a browser's, and by a token that a system of
//! continuous integration has signed.

pub(crate) mod budget;
pub(crate) mod cookies;
pub(crate) mod issuers;
pub(crate) mod known_issuers;
pub(crate) mod open_id;
pub(crate) mod same_origin;
pub(crate) mod session;
mod settings;

pub use known_issuers::Issuers;
pub use settings::{BadSignIn, SignIn, TrustedIssuers};
