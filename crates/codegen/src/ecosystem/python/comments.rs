use crate::comment_lines;

/// The words behind which a comment tells a tool what to do, at its beginning: `# type: ignore`, `# mypy: ignore-errors`.
const ORDERS: [&str; 6] = ["type:", "mypy:", "pyright:", "pylint:", "ruff:", "noqa"];

/// A comment that ends no docstring and no comment of Python, and is no order to a tool; `None` where it is that already.
///
/// A comment ends at a carriage return, too, and for programs that split lines as `str.splitlines` does at some more characters
/// (Python's library reference): these and all other control characters become blanks. In a docstring, `\` begins an escape
/// sequence, whether or not it is one, and three quotation marks end it, of which the last may be its own.
pub(super) fn plain(text: &str) -> Option<String> {
    let plain = comment_lines::one_each(text).replace("\r\n", "\n").replace('\\', "\\\\");
    let plain: Vec<String> = plain.split('\n').map(line).collect();
    let plain = plain.join("\n");
    (plain != text).then_some(plain)
}

/// A line that ends nothing: where a quotation mark could be part of three, all of the line become other ones.
fn line(line: &str) -> String {
    let is_last = line.trim_end().ends_with('"');
    let mut line = if is_last || line.contains("\"\"") {
        line.replace('"', "\u{201d}")
    } else {
        line.to_owned()
    };
    if line.trim_end().ends_with('\'') || line.contains("''") {
        line = line.replace('\'', "\u{2019}");
    }
    // What a file is encoded in, if it stands in one of its first two lines (PEP 263).
    line = line.replace("coding:", "coding :").replace("coding=", "coding =");
    let start = line.len() - line.trim_start_matches(|c: char| c.is_whitespace() || c == '#').len();
    let is_order = ORDERS.iter().any(|order| line[start..].starts_with(order));
    if is_order {
        line.insert_str(start, ". ");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn comments() {
        for (text, want) in [
            (" a\n \u{e9}\tb\n", None),
            (" It's a \"word\" in it.\n", None),
            ("a\r\nb", Some("a\nb")),
            ("a\rb\u{c}c\0d\u{85}e\u{2028}f", Some("a b c d e f")),
            ("C:\\new", Some("C:\\\\new")),
            ("ends \\", Some("ends \\\\")),
            ("x\"\"\"y", Some("x\u{201d}\u{201d}\u{201d}y")),
            ("say \"x\"\nb", Some("say \u{201d}x\u{201d}\nb")),
            ("'''x", Some("\u{2019}\u{2019}\u{2019}x")),
            (" -*- coding: utf-7 -*-", Some(" -*- coding : utf-7 -*-")),
            (" type: ignore", Some(" . type: ignore")),
            ("# mypy: ignore-errors", Some("# . mypy: ignore-errors")),
        ] {
            assert_eq!(plain(text).as_deref(), want, "{text:?}");
        }
    }
}
