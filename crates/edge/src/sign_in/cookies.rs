//! Cookies (RFC 6265): all of ours are for this host alone, over TLS, and no script sees them.

use crate::http::Request;
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
        value(request.header("cookie")?, self.name())
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

fn value<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let mut found = header.split(';').filter_map(|pair| {
        let (known, value) = pair.trim().split_once('=')?;
        (known == name).then_some(value)
    });
    let value = found.next().filter(|value| !value.is_empty())?;
    found.next().is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_cookie_is_found_and_two_are_none() {
        let name = Cookie::Session.name();
        for (header, wanted) in [
            ("__Host-session=a", Some("a")),
            ("x=1; __Host-session=a; y=2", Some("a")),
            ("x=1;__Host-session=a", Some("a")),
            ("__Host-session=a; __Host-session=b", None),
            ("__Host-session=a; __Host-session=a", None),
            ("__host-session=a", None),
            ("x__Host-session=a", None),
            ("__Host-session=", None),
            ("__Host-session", None),
            ("", None),
        ] {
            assert_eq!(value(header, name), wanted, "{header}");
        }
    }

    #[test]
    fn cookies_are_for_this_host_alone() {
        assert_eq!(
            Cookie::Session.set("a", Duration::from_secs(5)),
            "__Host-session=a; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=5"
        );
        assert!(Cookie::SignIn.clear().ends_with("Max-Age=0"));
    }
}
