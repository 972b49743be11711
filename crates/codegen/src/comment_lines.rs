//! Lines of comments.

/// A comment of which every line is one line in every language: control characters, and those of Unicode that end a line or are not
/// seen, become blanks. A carriage return before a line feed stays.
pub fn one_each(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        plain.push(match c {
            '\n' | '\t' => c,
            '\r' if rest.peek() == Some(&'\n') => c,
            '\u{2028}' | '\u{2029}' | '\u{feff}' => ' ',
            c if c.is_control() => ' ',
            c => c,
        });
    }
    plain
}
