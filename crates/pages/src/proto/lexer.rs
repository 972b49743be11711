use std::ops::Range;

/// What a piece of a .proto file is to its readers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// A comment, with its marks.
    Comment,
    /// A string, with its quotes.
    String,
    /// A keyword, a name or a number.
    Word,
    /// One other character.
    Symbol,
}

/// A piece of a .proto file that is no white space.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Piece {
    pub(crate) kind: Kind,
    /// Where it stands, in bytes.
    pub(crate) at: Range<usize>,
}

/// Takes a .proto file apart as protoc's tokenizer does (`google/protobuf/io/tokenizer.cc`): comments do not nest, and a string
/// ends with its line.
pub(crate) fn pieces(source: &str) -> Vec<Piece> {
    let bytes = source.as_bytes();
    let (mut pieces, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let (kind, end) = match bytes[at] {
            b' ' | b'\t' | b'\r' | b'\n' | 0x0b | 0x0c => {
                at += 1;
                continue;
            }
            b'/' if bytes.get(at + 1) == Some(&b'/') => (Kind::Comment, line_end(bytes, at)),
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                let end = source[at + 2..].find("*/").map_or(bytes.len(), |end| at + 2 + end + 2);
                (Kind::Comment, end)
            }
            quote @ (b'"' | b'\'') => (Kind::String, string_end(bytes, at, quote)),
            b if is_word(b) => {
                let length = bytes[at..].iter().position(|b| !is_word(*b));
                (Kind::Word, length.map_or(bytes.len(), |length| at + length))
            }
            _ => {
                let length = source[at..].chars().next().map_or(1, char::len_utf8);
                (Kind::Symbol, at + length)
            }
        };
        pieces.push(Piece { kind, at: at..end });
        at = end;
    }
    pieces
}

fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |length| at + length)
}

fn string_end(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start + 1;
    while let Some(b) = bytes.get(at) {
        match *b {
            b if b == quote => return at + 1,
            b'\n' => return at,
            // What is escaped may be a quote, and never the end of the line.
            b'\\' if bytes.get(at + 1).is_some_and(|b| b.is_ascii() && *b != b'\n') => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(source: &str) -> Vec<(Kind, &str)> {
        pieces(source).into_iter().map(|it| (it.kind, &source[it.at])).collect()
    }

    #[test]
    fn every_kind() {
        use Kind::{Comment, String, Symbol, Word};
        for (source, want) in [
            ("a_1.B", &[(Word, "a_1"), (Symbol, "."), (Word, "B")][..]),
            ("// x\ny /* z\n*/", &[(Comment, "// x"), (Word, "y"), (Comment, "/* z\n*/")]),
            ("\"a\\\"b\" 'c'", &[(String, "\"a\\\"b\""), (String, "'c'")]),
            ("\"a\nb", &[(String, "\"a"), (Word, "b")]),
            ("/* never", &[(Comment, "/* never")]),
            ("ä\u{feff}", &[(Symbol, "ä"), (Symbol, "\u{feff}")]),
            ("'\\", &[(String, "'\\")]),
            ("\"\\ä\"", &[(String, "\"\\ä\"")]),
        ] {
            assert_eq!(read(source), want, "{source:?}");
        }
    }

    const ODD: [&str; 11] = ["\"", "'", "\\", "/", "*", "\n", "ä", "\u{1f600}", "a", "{", "\u{0}"];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn pieces_of_anything_are_text(
            odd in prop::collection::vec(prop::sample::select(&ODD[..]), 20),
        ) {
            let source = odd.concat();
            let mut end = 0;
            for piece in pieces(&source) {
                prop_assert!(piece.at.start >= end && source.get(piece.at.clone()).is_some());
                end = piece.at.end;
            }
        }
    }
}
