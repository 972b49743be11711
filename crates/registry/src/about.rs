//! What people say of owners, modules and commits.

use protoedge_bufapi::text::is_hidden;
use url::Url;
/// The wire's limit for URLs.
pub(crate) const LONGEST_URL: usize = 255;

/// Whether a text is a web address that the wire may carry, or nothing.
///
/// Only http and https: whoever shows the address as a link must not run `javascript:` or open `data:`. A
/// parser drops blanks and line breaks, readers of the text do not.
pub(crate) fn is_url(text: &str) -> bool {
    let is_web = |url: Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    text.is_empty()
        || (text.len() <= LONGEST_URL
            && !text.contains(|c: char| c.is_whitespace() || is_hidden(c))
            && Url::parse(text).is_ok_and(is_web))
}
