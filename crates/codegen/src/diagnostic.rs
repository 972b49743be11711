//! What may be shown of a program's output.

use protoedge_bufapi::text::is_hidden;
use std::{fmt, path::Path};

/// How many lines of a program's own words are kept: enough for every error of a small module; who
/// shows them cuts further.
const MAX_LINES: usize = 32;

/// How many bytes are kept, in line with [`MAX_LINES`] lines of 128 characters.
const MAX_BYTES: usize = 4096;

/// What a program said when it refused its input, made fit to be shown to strangers: plain UTF-8
/// without control characters, without this machine's paths, and not too long.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Diagnostic(String);

impl Diagnostic {
    /// Cleans a text of ours.
    pub fn new(text: &str) -> Self {
        Self::without_paths(text, &[])
    }

    /// Cleans a program's output; what is below `paths` is shown as if they were the root.
    pub fn without_paths(text: &str, paths: &[&Path]) -> Self {
        let mut text = text.to_owned();
        for path in paths.iter().filter_map(|path| path.to_str()).filter(|path| path.len() > 1) {
            text = text.replace(&format!("{path}/"), "").replace(path, ".");
        }
        let lines = text.lines().map(clean_line).filter(|line| !line.is_empty());
        let mut kept = String::new();
        for line in lines.take(MAX_LINES) {
            if !kept.is_empty() {
                kept.push('\n');
            }
            kept.push_str(&line);
        }
        kept.truncate(kept.floor_char_boundary(MAX_BYTES));
        if kept.is_empty() {
            kept.push_str("no reason was given");
        }
        Self(kept)
    }

    /// Puts a sentence of ours before it, on the same line.
    pub fn after(&self, sentence: &str) -> Self {
        Self::new(&format!("{sentence}: {}", self.0))
    }

    /// It as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A line without trailing space and control characters; tabs become spaces.
fn clean_line(line: &str) -> String {
    let plain = |c: char| match c {
        '\t' => Some(' '),
        // Marks that turn the direction of writing could make a message read as another one.
        c if is_hidden(c) => None,
        c => Some(c),
    };
    line.chars().filter_map(plain).collect::<String>().trim_end().to_owned()
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleans() {
        let path = Path::new("/tmp/job1");
        for (why, text, want) in [
            ("plain", "a.proto:1:2: no", "a.proto:1:2: no"),
            ("paths", "/tmp/job1/in/a.proto: no\n/tmp/job1", "in/a.proto: no\n."),
            ("colours", "\u{1b}[31mred\u{1b}[0m", "[31mred[0m"),
            ("line ends", "a\r\n\r\n  b \n", "a\n  b"),
            ("nothing", "\n", "no reason was given"),
            ("turned", "a\u{202e}b", "ab"),
        ] {
            assert_eq!(Diagnostic::without_paths(text, &[path]).as_str(), want, "{why}");
        }
    }

    #[test]
    fn is_never_long() {
        let long = Diagnostic::new(&"é".repeat(10_000));
        assert_eq!(long.as_str().len(), MAX_BYTES);
        assert_eq!(Diagnostic::new(&"a\n".repeat(100)).as_str().lines().count(), MAX_LINES);
    }
}
