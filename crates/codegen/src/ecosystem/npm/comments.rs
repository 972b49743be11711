use super::script::comments::{is_blank, names_source_map};
use crate::comment_lines;

/// A comment of which every line is one line, and no order to a tool, in JavaScript and TypeScript; `None` where
/// it is that already.
///
/// A `//` comment ends at a carriage return and at U+2028 and U+2029 there (ECMA-262, "Line Terminators"), and
/// only at a line feed in protobuf. These, and all other control characters, become blanks; pairs
/// of carriage return and line feed end a line in both.
pub(super) fn plain(text: &str) -> Option<String> {
    let plain: Vec<String> =
        comment_lines::one_each(text).split('\n').map(without_orders).collect();
    let plain = plain.join("\n");
    (plain != text).then_some(plain)
}

/// A line that neither the TypeScript compiler nor a debugger carries out: `/// <reference …/>`,
/// `// @ts-expect-error`, `//# sourceMappingURL=…`.
fn without_orders(line: &str) -> String {
    let mut line = line.to_owned();
    while let Some(at) = names_source_map(&line) {
        line.replace_range(at..at + 1, " ");
    }
    let is_reference = line
        .strip_prefix('/')
        .is_some_and(|rest| rest.trim_start_matches(is_blank).starts_with('<'));
    if is_reference {
        line.insert(0, ' ');
    }
    let start =
        line.len() - line.trim_start_matches(|c| is_blank(c) || matches!(c, '/' | '*')).len();
    if line[start..].starts_with("@ts-") {
        line.replace_range(start..start + 1, " ");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn comments() {
        for (text, want) in [
            (" a\n é\tb\n", None),
            (" a\r\n b\r\n", None),
            (" @deprecated #1 / <b> http://example.com\n", None),
            ("a\rb", Some("a b")),
            ("a\r\r\nb\r", Some("a \r\nb ")),
            ("a\u{2028}b\u{2029}c", Some("a b c")),
            ("a\0b\u{b}c\u{c}d\u{1b}e\u{85}f\u{7f}", Some("a b c d e f ")),
            ("/ <reference types=\"x\"/>", Some(" / <reference types=\"x\"/>")),
            ("x\n/<reference types=\"x\"/>", Some("x\n /<reference types=\"x\"/>")),
            ("/\u{feff}<reference types=\"x\"/>", Some(" / <reference types=\"x\"/>")),
            ("/\u{a0}<reference types=\"x\"/>", Some(" /\u{a0}<reference types=\"x\"/>")),
            ("#\u{a0}sourceMappingURL=x", Some(" \u{a0}sourceMappingURL=x")),
            ("\u{a0}@ts-ignore", Some("\u{a0} ts-ignore")),
            (" @ts-ignore", Some("  ts-ignore")),
            ("/ @ts-nocheck", Some("/  ts-nocheck")),
            ("# sourceMappingURL=x", Some("  sourceMappingURL=x")),
            (" x //@sourceURL=y#\tsourceURL=z", Some(" x // sourceURL=y \tsourceURL=z")),
        ] {
            assert_eq!(plain(text).as_deref(), want, "{text:?}");
        }
    }
}
