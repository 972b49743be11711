//! Characters that no reader sees, and that make what is read another thing than what stands there.

use std::fmt::Write;

/// HTML in which every character that a reader would not see is shown as a mark: controls of the direction of text, which can
/// show code in another order than it is in, and control characters, which HTML forbids. What is no such character stays.
pub(crate) fn visible(html: String) -> String {
    if !html.chars().any(is_hidden) {
        return html;
    }
    let mut shown = String::with_capacity(html.len() + 64);
    for c in html.chars() {
        match c {
            c if !is_hidden(c) => shown.push(c),
            '\0'..='\x1f' => shown.extend(char::from_u32(0x2400 + u32::from(c))),
            // Writing to a string does not fail.
            c => drop(write!(shown, "[U+{:04X}]", u32::from(c))),
        }
    }
    shown
}

/// Whether a character is one that [`visible`] shows as a mark.
fn is_hidden(c: char) -> bool {
    match c {
        '\t' | '\n' => false,
        // Unicode Standard Annex 9: marks, embeddings, overrides and isolates.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            true
        }
        // HTML Standard, "Preprocessing the input stream": noncharacters.
        '\u{fdd0}'..='\u{fdef}' => true,
        c => c.is_control() || u32::from(c) & 0xfffe == 0xfffe,
    }
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn what_is_hidden_is_shown() {
        for (html, want) in [
            ("a\n\tb ä 한", "a\n\tb ä 한"),
            ("a\u{202e}b\u{2066}", "a[U+202E]b[U+2066]"),
            ("\0\u{1b}[31m\r\n", "\u{2400}\u{241b}[31m\u{240d}\n"),
            ("\u{7f}\u{85}\u{fffe}\u{1ffff}\u{fdd0}", "[U+007F][U+0085][U+FFFE][U+1FFFF][U+FDD0]"),
        ] {
            assert_eq!(visible(html.into()), want);
        }
    }
}
