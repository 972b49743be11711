//! What people say of owners, modules, commits and tokens.

use crate::Error;
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

/// Whether a text is a title: 1 to 100 characters, none of them a control character or one that turns the direction of
/// writing.
pub(crate) fn is_title(text: &str) -> bool {
    (1..=100).contains(&text.chars().count()) && !text.contains(is_hidden)
}

/// The wire's limit for descriptions, in characters.
const LONGEST_DESCRIPTION: usize = 350;

/// Checks what owners and modules say of themselves.
pub(crate) fn check_about(description: &str, url: &str) -> Result<(), Error> {
    let is_plain = !description.contains(is_hidden);
    if is_plain && description.chars().count() <= LONGEST_DESCRIPTION && is_url(url) {
        Ok(())
    } else {
        Err(Error::About)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_short_and_plain() {
        for good in ["laptop", "CI of wetter-büro, 2026", &"é".repeat(100)] {
            assert!(is_title(good), "{good}");
        }
        for bad in ["", "a\nb", "a\u{202e}b", &"é".repeat(101)] {
            assert!(!is_title(bad), "{bad:?}");
        }
    }

    #[test]
    fn what_owners_and_modules_say_of_themselves() {
        let longest = "é".repeat(LONGEST_DESCRIPTION);
        for good in ["", "Weather, all over the world.", &longest] {
            assert_eq!(check_about(good, "https://example.com/x?y#z"), Ok(()), "{good}");
        }
        for bad in ["\u{1b}[2J", "a\nb", "a\0", "a\u{202e}b", "a\u{2028}b", &format!("{longest}x")]
        {
            assert_eq!(check_about(bad, ""), Err(Error::About), "{bad:?}");
        }
        for bad in
            ["javascript:alert(1)", "data:text/html,x", "mailto:a@example.com", "//example.com"]
        {
            assert_eq!(check_about("", bad), Err(Error::About), "{bad}");
        }
    }
}
