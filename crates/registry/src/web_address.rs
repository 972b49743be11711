//! Addresses that people say, and that others are shown as links.

use protoedge_bufapi::text::is_hidden;
use url::{Host, Url};

/// The wire's limit for URLs.
pub(crate) const LONGEST_URL: usize = 255;

/// Whether a text is a web address that the wire may carry, or nothing.
///
/// Only http and https: a page that shows the address as a link must not run `javascript:` or open `data:`. A
/// parser drops blanks and line breaks, readers of the text do not.
pub(crate) fn is_url(text: &str) -> bool {
    let is_web = |url: Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    text.is_empty()
        || (text.len() <= LONGEST_URL
            && !text.contains(|c: char| c.is_whitespace() || is_hidden(c))
            && Url::parse(text).is_ok_and(is_web))
}

/// A web address that readers of packages may be led to: one without a user's name and password.
pub(crate) fn web_address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|_| is_url(text))?;
    (url.username().is_empty() && url.password().is_none()).then_some(url)
}

/// Names of hosts that are not in the public name system, or stand for a machine itself (RFC 6761, RFC 6762, RFC 8375).
const NOT_PUBLIC: [&str; 9] =
    ["localhost", "local", "internal", "test", "invalid", "example", "home.arpa", "onion", "alt"];

/// Whether a text is the address of a server that everybody may reach: https, a host by a public name, and no user.
pub(crate) fn is_public_https(text: &str) -> bool {
    let Some(url) = web_address(text).filter(|url| url.scheme() == "https") else { return false };
    let Some(Host::Domain(host)) = url.host() else { return false };
    let host = host.trim_end_matches('.');
    let is_below = |name: &str| {
        host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    host.contains('.') && !NOT_PUBLIC.iter().any(|name| is_below(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_public() {
        for good in ["https://hooks.example.com/x?y", "https://example.com:8443/", "https://a.co."]
        {
            assert!(is_public_https(good), "{good}");
        }
        for bad in [
            "",
            "http://hooks.example.com/",
            "https://localhost/",
            "https://x.localhost/",
            "https://LOCALHOST./",
            "https://router/",
            "https://db.internal/",
            "https://printer.local/",
            "https://127.0.0.1/",
            "https://127.1/",
            "https://0x7f000001/",
            "https://2130706433/",
            "https://10.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://8.8.8.8/",
            "https://ada:secret@example.com/",
            "ftp://example.com/",
        ] {
            assert!(!is_public_https(bad), "{bad}");
        }
    }

    #[test]
    fn web_addresses_have_no_credentials() {
        for good in ["https://example.com/x?y#z", "http://127.0.0.1:8787/"] {
            assert!(web_address(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "example.com",
            "https://ada@example.com/",
            "https://ada:secret@example.com/",
            "https://:secret@example.com/",
            "javascript:alert(1)",
            "https://example.com/a b",
        ] {
            assert_eq!(web_address(bad), None, "{bad:?}");
        }
    }
}
