//! What Go's tool chain reads in a file besides its code: comments, and what it imports.

use crate::directive;

/// Why a file was not read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("line {line}: a comment, a string or a character that does not end")]
pub struct BadSource {
    /// Where it begins, from 1 on.
    pub line: usize,
}

/// A directive in a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Directive {
    /// The line, from 1 on.
    pub line: usize,
    /// The whole line of the comment, without `//`.
    pub text: String,
}

/// What stands in a Go file beside its code.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct GoFile {
    /// The comments that the tool chain carries out ([`directive`]).
    pub directives: Vec<Directive>,
    /// The import paths, with their lines.
    pub imports: Vec<(usize, String)>,
}

impl GoFile {
    /// Reads a file as Go's scanner does. Whether its code is sound is not looked at.
    ///
    /// # Errors
    /// A comment, a string or a character that has no end.
    pub fn read(source: &str) -> Result<Self, BadSource> {
        let mut file = Self::default();
        let mut scanner = Scanner { rest: source, line: 1 };
        let mut imports = Imports::None;
        while let Some((line, token)) = scanner.next()? {
            match token {
                Token::Comment(text) => file.note(line, text),
                Token::String(quoted) => {
                    if imports != Imports::None {
                        file.imports.push((line, unquote(quoted)));
                    }
                    if imports == Imports::One {
                        imports = Imports::None;
                    }
                }
                // `import` is a keyword: it stands nowhere else.
                Token::Word("import") => imports = Imports::One,
                Token::Symbol('(') if imports == Imports::One => imports = Imports::Block,
                Token::Symbol(')') => imports = Imports::None,
                Token::Word(_) | Token::Symbol(_) | Token::Rune => {}
            }
        }
        Ok(file)
    }

    /// Every line of a block counts: cgo reads them all, and nothing else should have one.
    fn note(&mut self, line: usize, comment: &str) {
        let block = comment.strip_prefix("/*").and_then(|block| block.strip_suffix("*/"));
        let text = block.or_else(|| comment.strip_prefix("//")).unwrap_or(comment);
        for (n, text) in text.split('\n').enumerate() {
            if directive(text).is_some() {
                self.directives.push(Directive { line: line + n, text: text.replace('\r', "") });
            }
        }
    }
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Imports {
    None,
    One,
    Block,
}

enum Token<'a> {
    /// With its marks, without the line break behind it.
    Comment(&'a str),
    /// With its quotes.
    String(&'a str),
    /// A name, a keyword or the like.
    Word(&'a str),
    /// A character in quotes.
    Rune,
    /// Any other character.
    Symbol(char),
}

struct Scanner<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Scanner<'a> {
    /// The next token, with its line.
    fn next(&mut self) -> Result<Option<(usize, Token<'a>)>, BadSource> {
        let blank = self.rest.len() - self.rest.trim_start().len();
        self.take(blank);
        let line = self.line;
        let Some(first) = self.rest.chars().next() else { return Ok(None) };
        let token = match first {
            _ if self.rest.starts_with("//") => {
                let end = self.rest.find('\n').unwrap_or(self.rest.len());
                Token::Comment(self.take(end))
            }
            _ if self.rest.starts_with("/*") => {
                let end = self.rest[2..].find("*/").ok_or(BadSource { line })?;
                Token::Comment(self.take(end + 4))
            }
            '`' => {
                let end = self.rest[1..].find('`').ok_or(BadSource { line })?;
                Token::String(self.take(end + 2))
            }
            '"' => Token::String(self.quoted('"')?),
            '\'' => self.quoted('\'').map(|_| Token::Rune)?,
            c if is_word(c) => {
                let end = self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len());
                Token::Word(self.take(end))
            }
            c => {
                self.take(c.len_utf8());
                Token::Symbol(c)
            }
        };
        Ok(Some((line, token)))
    }

    /// What stands in quotes on one line, with escapes.
    fn quoted(&mut self, quote: char) -> Result<&'a str, BadSource> {
        let mut is_escaped = false;
        for (at, c) in self.rest.char_indices().skip(1) {
            match c {
                '\n' => break,
                _ if is_escaped => is_escaped = false,
                '\\' => is_escaped = true,
                c if c == quote => return Ok(self.take(at + 1)),
                _ => {}
            }
        }
        Err(BadSource { line: self.line })
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        self.line += taken.matches('\n').count();
        taken
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// An import path without its quotes. One with escapes keeps them: `"\x43"` is another way to write `"C"`.
fn unquote(quoted: &str) -> String {
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directives(source: &str) -> Vec<(usize, String)> {
        let file = GoFile::read(source).unwrap();
        file.directives.into_iter().map(|it| (it.line, it.text)).collect()
    }

    #[test]
    fn finds_directives_in_comments_alone() {
        for (source, want) in [
            ("package a\n", &[][..]),
            ("//go:build x\n\npackage a", &[(1, "go:build x")]),
            ("package a // no\nvar x = 1 //go:embed x\n", &[(2, "go:embed x")]),
            ("var a = \"//go:embed x\"\nvar b = `\n//go:embed x\n`\n", &[]),
            ("var a = \"\\\"//go:embed x\"\nvar c = '\"' //go:embed y\n", &[(2, "go:embed y")]),
            ("/*line a.go:1*/ var b = '\\''", &[(1, "line a.go:1")]),
            ("/*\n#cgo LDFLAGS: -lx\n*/\nimport \"C\"\n", &[(2, "#cgo LDFLAGS: -lx")]),
            ("//g\ro:build x\r\n", &[(1, "go:build x")]),
            ("//+build*/\n/*+build*/", &[(2, "+build")]),
            ("/*a*//*go:x*/ 1/2 //go:y", &[(1, "go:x"), (1, "go:y")]),
        ] {
            let want: Vec<_> =
                want.iter().map(|(line, text)| (*line, (*text).to_owned())).collect();
            assert_eq!(directives(source), want, "{source:?}");
        }
    }

    #[test]
    fn finds_imports() {
        for (source, want) in [
            ("import \"C\"\nvar x = \"no\"", &[(1, "C")][..]),
            (
                "import (\n a `b`\n . \"c\"; _ \"d\" /* ) */\n)\nvar x = \"no\"",
                &[(2, "b"), (3, "c"), (3, "d")],
            ),
            ("import a /* x */ \"b\"\nfunc f() { important(\"no\") }", &[(1, "b")]),
            ("import ()\nvar x = \"no\"", &[]),
        ] {
            let want: Vec<_> =
                want.iter().map(|(line, path)| (*line, (*path).to_owned())).collect();
            assert_eq!(GoFile::read(source).unwrap().imports, want, "{source:?}");
        }
    }

    #[test]
    fn refuses_what_does_not_end() {
        for (source, line) in
            [("a\n/* b", 2), ("`a\n", 1), ("x\n\n\"a\n\"", 3), ("'a", 1), ("\"a\\\"", 1)]
        {
            assert_eq!(GoFile::read(source), Err(BadSource { line }), "{source:?}");
        }
    }
}
