use super::lexer::Lexer;

/// One line of a comment in a .proto file, as the compiler hands it to plugins: without the marks of
/// the comment, and in blocks without the blanks and the `*` before it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CommentLine {
    /// The line in the file, from 1 on.
    pub line: usize,
    /// What stands there. Bytes that are no UTF-8 are replaced.
    pub text: String,
}

/// All lines of all comments of a .proto file, in order, whether the compiler hands them on or not.
pub fn comment_lines(source: &[u8]) -> Vec<CommentLine> {
    let mut lexer = Lexer::new(source).with_comments();
    while lexer.next().is_some() {}
    let mut lines = Vec::new();
    let (mut at, mut line) = (0, 1);
    for comment in lexer.into_comments() {
        line += count_lines(&source[at..comment.start]);
        at = comment.start;
        let text = String::from_utf8_lossy(&source[comment.start..comment.end]);
        match text.strip_prefix("/*") {
            Some(block) => {
                let block = block.strip_suffix("*/").unwrap_or(block);
                lines.extend(block.split('\n').enumerate().map(|(n, text)| CommentLine {
                    line: line + n,
                    text: if n == 0 { text.to_owned() } else { inner(text).to_owned() },
                }));
            }
            None => {
                let text = text.strip_prefix("//").unwrap_or(&text);
                let text = text.strip_suffix('\n').unwrap_or(text).to_owned();
                lines.push(CommentLine { line, text });
            }
        }
    }
    lines
}

/// A later line of a block as protoc reads it (`google/protobuf/io/tokenizer.cc`, `ConsumeBlockComment`).
fn inner(line: &str) -> &str {
    let line = line.trim_start_matches([' ', '\t', '\r', '\u{b}', '\u{c}']);
    line.strip_prefix('*').unwrap_or(line)
}

fn count_lines(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count()
}
