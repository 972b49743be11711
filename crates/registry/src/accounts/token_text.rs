//! The text of tokens: `protoedge_`, 30 random characters and a checksum of six.
//!
//! The prefix lets secret scanners find a token in any text, and the checksum lets them tell one from what only looks like
//! one, without asking the registry.

use crate::Store;
use std::fmt;

/// What every token begins with.
const PREFIX: &str = "protoedge_";

/// The digits of the random part and of the checksum, in the order of their values.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Characters of the random part: 30 digits of base 62 are 178 bits.
const RANDOM: usize = 30;

/// Characters of the checksum: six digits of base 62 hold the 32 bits of a CRC-32.
const CHECKSUM: usize = 6;

/// The text of a token, which is shown once and never stored. It does not print itself by accident.
#[derive(Clone, Eq, PartialEq)]
pub struct TokenText(String);

impl TokenText {
    /// Reads a text. `None` for one that no token of this software has: it needs no look into the bucket.
    pub fn parse(text: &str) -> Option<Self> {
        let random = text.strip_prefix(PREFIX)?;
        let is_digit = |byte: u8| DIGITS.contains(&byte);
        let has_form = random.len() == RANDOM + CHECKSUM && random.bytes().all(is_digit);
        let (body, check) = text.split_at_checked(text.len().checked_sub(CHECKSUM)?)?;
        (has_form && checksum(body) == check).then(|| Self(text.into()))
    }

    /// A new one that cannot be guessed.
    pub(crate) fn draw<B>(store: &Store<B>) -> Self {
        let mut text = PREFIX.to_owned();
        while text.len() < PREFIX.len() + RANDOM {
            let mut byte = [0];
            store.clock.random(&mut byte);
            // 248 = 4 · 62: what lies above would make some digits likelier.
            if byte[0] < 248 {
                text.push(DIGITS[usize::from(byte[0]) % DIGITS.len()].into());
            }
        }
        text += &checksum(&text);
        Self(text)
    }

    /// The text, for whom it is shown to.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TokenText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenText(…)")
    }
}

/// The CRC-32 (as in zip and Ethernet) of a text, in base 62, the most significant digit first.
fn checksum(text: &str) -> String {
    let mut rest = crc32fast::hash(text.as_bytes()) as usize;
    let mut digits = [b'0'; CHECKSUM];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[rest % DIGITS.len()];
        rest /= DIGITS.len();
    }
    digits.iter().map(|digit| char::from(*digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Made by hand with another program: `zlib.crc32` of all but the last six characters.
    const KNOWN: &str = "protoedge_0123456789ABCDEFGHIJKLMNOPQRST3FkP5X";

    fn token(random: &str) -> String {
        let body = format!("{PREFIX}{random}");
        format!("{body}{}", checksum(&body))
    }

    #[test]
    fn the_checksum_is_the_one_that_is_documented() {
        assert_eq!(token("0123456789ABCDEFGHIJKLMNOPQRST"), KNOWN);
        assert!(TokenText::parse(KNOWN).is_some());
    }

    #[test]
    fn what_is_not_a_token_is_none() {
        for text in ["", "wrong", "protoedge_", "protoedge_é", &KNOWN[1..], &format!("{KNOWN} ")] {
            assert_eq!(TokenText::parse(text), None, "{text:?}");
        }
        assert_eq!(format!("{:?}", TokenText::parse(KNOWN)), "Some(TokenText(…))");
    }

    proptest! {
        #[test]
        fn every_token_is_read(random in "[0-9A-Za-z]{30}") {
            let text = token(&random);
            prop_assert_eq!(TokenText::parse(&text).map(|it| it.expose().to_owned()), Some(text));
        }

        #[test]
        fn one_changed_character_is_noticed(random in "[0-9A-Za-z]{30}", at in 0usize..46, to in any::<char>()) {
            let text = token(&random);
            let changed: String =
                text.chars().enumerate().map(|(n, c)| if n == at { to } else { c }).collect();
            prop_assert_eq!(TokenText::parse(&changed).is_some(), changed == text);
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            TokenText::parse(&text);
        }
    }
}
