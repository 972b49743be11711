//! Addresses that people say, and that others are shown as links.

use protoedge_bufapi::text::is_hidden;
use url::Url;

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

#[cfg(test)]
mod tests {
    use super::*;

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
