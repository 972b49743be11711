//! What people say of owners, modules, commits and tokens.

use crate::{Error, web_address::is_url};
use protoedge_bufapi::text::is_hidden;

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
