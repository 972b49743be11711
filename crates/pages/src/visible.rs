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
        // Unicode Standard Annex 9: marks, embeddings, overrides and isolates; separators of lines, and what has no width.
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}' => {
            true
        }
        '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}' => true,
        // Letters of many languages' names that nobody sees, and tags.
        '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}' => true,
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
            ("a\u{200b}\u{3164}b\u{e0041}", "a[U+200B][U+3164]b[U+E0041]"),
            // What joins letters in some scripts, and chooses the form of a sign.
            ("\u{200d}\u{200c}\u{fe0f}", "\u{200d}\u{200c}\u{fe0f}"),
            ("\u{7f}\u{85}\u{fffe}\u{1ffff}\u{fdd0}", "[U+007F][U+0085][U+FFFE][U+1FFFF][U+FDD0]"),
        ] {
            assert_eq!(visible(html.into()), want);
        }
    }
}
