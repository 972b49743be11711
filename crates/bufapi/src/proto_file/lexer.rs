use std::ops::Range;

/// A piece of a .proto file. Numbers are words here: they stand nowhere that we look.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Token<'a> {
    /// A keyword, a name or a number.
    Word(&'a [u8]),
    /// A string without its quotes, escapes resolved.
    String(Vec<u8>),
    /// Any other character.
    Symbol(u8),
}

impl Token<'_> {
    /// The bytes of a string.
    pub(super) fn as_string(&self) -> Option<&[u8]> {
        match self {
            Token::String(bytes) => Some(bytes),
            Token::Word(_) | Token::Symbol(_) => None,
        }
    }
}

/// Takes a .proto file apart as protoc's tokenizer does (`google/protobuf/io/tokenizer.cc`):
/// comments as in C++, which do not nest, and strings in either kind of quotes on one line.
pub(super) struct Lexer<'a> {
    rest: &'a [u8],
    length: usize,
    /// Where comments stand in the source; `None` where the caller does not want to know.
    comments: Option<Vec<Range<usize>>>,
}

/// Some editors begin a file with it; protoc skips it.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl<'a> Lexer<'a> {
    pub(super) fn new(source: &'a [u8]) -> Self {
        let rest = source.strip_prefix(BYTE_ORDER_MARK).unwrap_or(source);
        Self { rest, length: source.len(), comments: None }
    }

    /// Keeps the places of comments, marks included and a `//` comment's line break too.
    pub(super) fn with_comments(self) -> Self {
        Self { comments: Some(Vec::new()), ..self }
    }

    /// The places of the comments that were passed.
    pub(super) fn into_comments(self) -> Vec<Range<usize>> {
        self.comments.unwrap_or_default()
    }

    fn take(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    /// Skips up to and including `end`, or everything.
    fn skip_past(&mut self, end: &[u8]) {
        let at = self.rest.windows(end.len()).position(|window| window == end);
        self.rest = at.map_or(&[], |at| &self.rest[at + end.len()..]);
    }

    fn skip_blank(&mut self) {
        loop {
            self.rest = self.rest.trim_ascii_start();
            let start = self.length - self.rest.len();
            match self.rest {
                [b'/', b'/', ..] => {
                    self.skip_past(b"\n");
                    self.note_comment(start);
                }
                [b'/', b'*', rest @ ..] => {
                    self.rest = rest;
                    self.skip_past(b"*/");
                    self.note_comment(start);
                }
                // Vertical tab, which ASCII white space in Rust does not include.
                [0x0b, rest @ ..] => self.rest = rest,
                _ => return,
            }
        }
    }

    fn note_comment(&mut self, start: usize) {
        let end = self.length - self.rest.len();
        if let Some(comments) = &mut self.comments {
            comments.push(start..end);
        }
    }

    fn word(&mut self) -> &'a [u8] {
        let is_word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
        let end = self.rest.iter().position(|b| !is_word(b)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn string(&mut self, quote: u8) -> Vec<u8> {
        let mut bytes = Vec::new();
        // A string ends with its line, closed or not; protoc will complain about the latter.
        while let Some(byte) = self.take().filter(|byte| *byte != quote && *byte != b'\n') {
            if byte == b'\\' {
                self.escape(&mut bytes);
            } else {
                bytes.push(byte);
            }
        }
        bytes
    }

    fn escape(&mut self, bytes: &mut Vec<u8>) {
        match self.take() {
            None => {}
            Some(b'a') => bytes.push(0x07),
            Some(b'b') => bytes.push(0x08),
            Some(b'f') => bytes.push(0x0c),
            Some(b'n') => bytes.push(b'\n'),
            Some(b'r') => bytes.push(b'\r'),
            Some(b't') => bytes.push(b'\t'),
            Some(b'v') => bytes.push(0x0b),
            Some(b'x' | b'X') => bytes.push(self.number(16, 2, 0) as u8),
            // The low eight bits, as protoc takes "\777".
            Some(digit @ b'0'..=b'7') => bytes.push(self.number(8, 2, digit - b'0') as u8),
            Some(b'u') => self.scalar(4, bytes),
            Some(b'U') => self.scalar(8, bytes),
            Some(other) => bytes.push(other),
        }
    }

    /// Reads at most `most` digits of the given base, after the digit `first`.
    fn number(&mut self, base: u32, most: usize, first: u8) -> u32 {
        let mut number = u32::from(first);
        for _ in 0..most {
            let digit = self.rest.first().and_then(|byte| char::from(*byte).to_digit(base));
            let Some(digit) = digit else { break };
            self.take();
            number = number.wrapping_mul(base).wrapping_add(digit);
        }
        number
    }

    fn scalar(&mut self, digits: usize, bytes: &mut Vec<u8>) {
        let scalar = char::from_u32(self.number(16, digits, 0));
        let scalar = scalar.unwrap_or(char::REPLACEMENT_CHARACTER);
        bytes.extend_from_slice(scalar.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.skip_blank();
        match *self.rest.first()? {
            quote @ (b'"' | b'\'') => {
                self.take();
                Some(Token::String(self.string(quote)))
            }
            first if first.is_ascii_alphanumeric() || first == b'_' => {
                Some(Token::Word(self.word()))
            }
            _ => self.take().map(Token::Symbol),
        }
    }
}
