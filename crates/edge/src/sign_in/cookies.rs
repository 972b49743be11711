//! Cookies (RFC 6265): all of ours are for this host alone, over TLS, and no script sees them.

use crate::http::Request;
use protoedge_oauth::cookie;
use std::time::Duration;

/// A cookie of ours. Browsers take names with this beginning only from the host itself, over TLS.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Cookie {
    /// Who is signed in.
    Session,
    /// A sign-in at the identity provider that is under way.
    SignIn,
    /// Who has signed in there, and has no name here yet.
    Registration,
}

impl Cookie {
    const fn name(self) -> &'static str {
        match self {
            Self::Session => "__Host-session",
            Self::SignIn => "__Host-sign-in",
            Self::Registration => "__Host-registration",
        }
    }

    /// The value that a browser sent. None where it sent none, or more than one: somebody else may have set the other.
    pub(crate) fn of<B>(self, request: &Request<B>) -> Option<&str> {
        cookie(request.header("cookie")?, self.name())
    }

    /// The header that sets it.
    pub(crate) fn set(self, value: &str, lasts: Duration) -> String {
        let (name, seconds) = (self.name(), lasts.as_secs());
        format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={seconds}")
    }

    /// The header that takes it away.
    pub(crate) fn clear(self) -> String {
        self.set("", Duration::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_for_this_host_alone() {
        assert_eq!(
            Cookie::Session.set("a", Duration::from_secs(5)),
            "__Host-session=a; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=5"
        );
        assert!(Cookie::SignIn.clear().ends_with("Max-Age=0"));
    }
}
