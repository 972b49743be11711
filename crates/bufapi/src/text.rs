//! Characters that no reader sees, and that change what a reader sees.

/// Whether a character has no place in a text of one line that people read: control characters, Unicode's
/// own line ends, and marks that turn the direction of writing, by which a text can look like another
/// one (Unicode Technical Report 36, 2.10 "Bidirectional Text Spoofing").
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
                | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::is_hidden;

    #[test]
    fn hidden_characters() {
        for c in
            "\0\t\n\r\u{1b}\u{7f}\u{85}\u{2028}\u{2029}\u{202e}\u{200f}\u{2066}\u{feff}".chars()
        {
            assert!(is_hidden(c), "{c:?}");
        }
        for c in "a é\u{301}日🎉\u{a0}\u{200d}".chars() {
            assert!(!is_hidden(c), "{c:?}");
        }
    }
}
