//! What Go's tool chain reads in a file before it compiles it: comments, the package's name, what it imports, and
//! what it declares.

use crate::directive;
use std::collections::BTreeSet;

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

/// An import of a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Import {
    /// The line, from 1 on.
    pub line: usize,
    /// The name that stands before the path, also `_` and `.`.
    pub name: Option<String>,
    /// The import path. One with escapes keeps them: `"\x43"` is another way to write `"C"`.
    pub path: String,
}

/// A name that a file declares for its whole package.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Declaration {
    /// The line, from 1 on.
    pub line: usize,
    /// The name; of a method, `Type.Method`.
    pub name: String,
}

/// What stands in a Go file.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct GoFile {
    /// The comments that the tool chain carries out ([`directive`]).
    pub directives: Vec<Directive>,
    /// The package's name; `None` where the file has no package clause.
    pub package: Option<String>,
    /// What it imports.
    pub imports: Vec<Import>,
    /// What it declares outside of functions, in the order of their places. `_` and `init`, which may be declared
    /// any number of times, are left out.
    pub declarations: Vec<Declaration>,
    /// The names that stand before a dot: those of imported packages that are used, among others.
    pub qualifiers: BTreeSet<String>,
}

impl GoFile {
    /// Reads a file as Go's scanner does. Whether its code is sound is not looked at: of what is not, anything is made.
    ///
    /// # Errors
    /// A comment, a string or a character that has no end.
    pub fn read(source: &str) -> Result<Self, BadSource> {
        let mut reader = Reader::default();
        let mut scanner = Scanner { rest: source, line: 1 };
        while let Some((line, token)) = scanner.next()? {
            match token {
                Token::Comment(text) => reader.file.note(line, text),
                token => reader.take(line, token, scanner.line),
            }
        }
        Ok(reader.file)
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

/// What may come next, outside of functions.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Expected<'a> {
    /// Nothing that is looked at.
    #[default]
    Rest,
    /// The name behind `package`.
    Package,
    /// A name or a path behind `import`.
    Import(Option<&'a str>),
    /// The one name of a type.
    Type,
    /// One of several names of constants or variables.
    Name,
    /// A comma between two of them.
    Comma,
    /// A receiver, or a function's name.
    Function,
    /// What stands in a receiver's parentheses; the last name that did is the type, until its parameters begin.
    Receiver { last: &'a str, is_done: bool },
    /// A method's name.
    Method(&'a str),
}

/// Follows the tokens of a file.
#[derive(Default)]
struct Reader<'a> {
    file: GoFile,
    expected: Expected<'a>,
    /// What stands at the beginning of each line in the parentheses of a declaration.
    block: Option<Expected<'a>>,
    /// The open brackets of any kind.
    depth: usize,
    /// What was read before.
    before: Before<'a>,
}

#[derive(Default)]
struct Before<'a> {
    /// The line on which it ended; 0 where a statement begins behind it anyway.
    line: usize,
    /// Whether a line break behind it ends a statement ("Semicolons" in Go's specification).
    ends: bool,
    /// Whether it was a dot.
    is_dot: bool,
    /// The word that it was, unless a dot stood before that.
    word: Option<&'a str>,
}

impl<'a> Reader<'a> {
    /// Takes a token that is no comment. It begins on one line and ends on the other.
    fn take(&mut self, line: usize, token: Token<'a>, end: usize) {
        let is_new = self.before.line == 0 || self.before.ends && self.before.line < line;
        if let (true, 1, Some(block)) = (is_new, self.depth, self.block) {
            self.expected = block;
        }
        match token {
            Token::Word(word) if is_new && self.depth == 0 => self.begin(line, word),
            Token::Word(word) => self.word(line, word),
            Token::String(quoted) => self.string(line, quoted),
            Token::Symbol(symbol) => self.symbol(symbol),
            Token::Rune | Token::Comment(_) => self.expected = Expected::Rest,
        }
        let word = match token {
            Token::Word(word) if !self.before.is_dot => Some(word),
            _ => None,
        };
        self.before = Before {
            // Behind a semicolon, the next statement may stand on the same line.
            line: if matches!(token, Token::Symbol(';')) { 0 } else { end },
            ends: match token {
                Token::Word(word) => !matches!(
                    word,
                    "package"
                        | "import"
                        | "const"
                        | "var"
                        | "type"
                        | "func"
                        | "struct"
                        | "interface"
                        | "map"
                        | "chan"
                ),
                Token::String(_) | Token::Rune => true,
                Token::Symbol(symbol) => matches!(symbol, ')' | ']' | '}'),
                Token::Comment(_) => false,
            },
            is_dot: matches!(token, Token::Symbol('.')),
            word,
        };
    }

    /// A word at the beginning of a declaration.
    fn begin(&mut self, line: usize, word: &'a str) {
        self.block = None;
        self.expected = match word {
            "package" => Expected::Package,
            "import" => Expected::Import(None),
            "const" | "var" => Expected::Name,
            "type" => Expected::Type,
            "func" => Expected::Function,
            _ => return self.word(line, word),
        };
    }

    fn word(&mut self, line: usize, word: &'a str) {
        self.expected = match self.expected {
            Expected::Package => {
                self.file.package = Some(word.to_owned());
                Expected::Rest
            }
            Expected::Import(_) => Expected::Import(Some(word)),
            Expected::Type | Expected::Function => {
                self.declare(line, None, word);
                Expected::Rest
            }
            Expected::Name => {
                self.declare(line, None, word);
                Expected::Comma
            }
            Expected::Receiver { is_done: false, .. } => {
                Expected::Receiver { last: word, is_done: false }
            }
            receiver @ Expected::Receiver { .. } => receiver,
            Expected::Method(of) => {
                self.declare(line, Some(of), word);
                Expected::Rest
            }
            Expected::Comma | Expected::Rest => Expected::Rest,
        };
    }

    fn string(&mut self, line: usize, quoted: &str) {
        if let Expected::Import(name) = self.expected {
            let path = quoted[1..quoted.len() - 1].to_owned();
            self.file.imports.push(Import { line, name: name.map(str::to_owned), path });
        }
        self.expected = Expected::Rest;
    }

    fn symbol(&mut self, symbol: char) {
        match symbol {
            '(' | '[' | '{' => {
                self.open(symbol);
                self.depth += 1;
            }
            ')' | ']' | '}' => {
                self.depth = self.depth.saturating_sub(1);
                self.close(symbol);
            }
            '.' => {
                if let Some(word) = self.before.word
                    && !self.file.qualifiers.contains(word)
                {
                    self.file.qualifiers.insert(word.to_owned());
                }
                self.expected = match self.expected {
                    Expected::Import(_) => Expected::Import(Some(".")),
                    _ => Expected::Rest,
                };
            }
            ',' if self.expected == Expected::Comma => self.expected = Expected::Name,
            '*' if matches!(self.expected, Expected::Receiver { .. }) => {}
            _ => self.expected = Expected::Rest,
        }
    }

    fn open(&mut self, symbol: char) {
        match (self.expected, symbol, self.depth) {
            (Expected::Function, '(', 0) => {
                self.expected = Expected::Receiver { last: "", is_done: false };
            }
            (Expected::Receiver { last, .. }, '[', _) => {
                self.expected = Expected::Receiver { last, is_done: true };
            }
            (Expected::Receiver { .. }, _, _) => {}
            (Expected::Import(None) | Expected::Name | Expected::Type, '(', 0)
                if matches!(self.before.word, Some("import" | "const" | "var" | "type")) =>
            {
                self.block = Some(self.expected);
            }
            _ => self.expected = Expected::Rest,
        }
    }

    fn close(&mut self, symbol: char) {
        match self.expected {
            Expected::Receiver { last, .. } if symbol == ')' && self.depth == 0 => {
                self.expected = Expected::Method(last);
            }
            Expected::Receiver { .. } => {}
            _ => self.expected = Expected::Rest,
        }
        if self.depth == 0 {
            self.block = None;
        }
    }

    fn declare(&mut self, line: usize, receiver: Option<&str>, name: &str) {
        let name = match (receiver, name) {
            (_, "_") | (None, "init") => return,
            (Some(receiver), name) => format!("{receiver}.{name}"),
            (None, name) => name.to_owned(),
        };
        self.file.declarations.push(Declaration { line, name });
    }
}

#[derive(Clone, Copy)]
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
            let found = GoFile::read(source).unwrap().imports.into_iter();
            assert_eq!(found.map(|it| (it.line, it.path)).collect::<Vec<_>>(), want, "{source:?}");
        }
    }

    #[test]
    fn finds_what_is_declared_and_used() {
        let source = "// Package x.\n\npackage x\nimport (\n\t\"fmt\"\n\tb \"x/b\"\n\t. \"x/c\"; _ \"x/d\"\n)\n\
            import e \"x/e\"\nconst A, B = 1, iota\nconst (\n\tC = f(1, 2)\n\tD\n\t_ = 1\n)\n\
            var E, F *b.T = g(func() int { var no = 1; return no }), nil; var G = []struct{ no int }{{1}}\n\
            type (\n\tH struct {\n\t\tno int\n\t}\n\tI[T any] interface{ No() }\n)\n\
            func J[T any](no int) (x int) {\n\ttype no int\n\tfunc() {}()\n\treturn fmt.Sprint(x.y.z)\n}\n\
            func (x *H) K() {}\nfunc (I[T]) L() {}\nfunc (H) _() {}\nfunc init() {}\nfunc (H) init() {}\n\
            var M =\n\tfunc() {}\ntype N = func(no int) int\n";
        let file = GoFile::read(source).unwrap();
        assert_eq!(file.package.as_deref(), Some("x"));
        let imports = file.imports.iter().map(|it| (it.line, it.name.as_deref(), it.path.as_str()));
        let want = [
            (5, None, "fmt"),
            (6, Some("b"), "x/b"),
            (7, Some("."), "x/c"),
            (7, Some("_"), "x/d"),
            (9, Some("e"), "x/e"),
        ];
        assert_eq!(imports.collect::<Vec<_>>(), want);
        let names: Vec<&str> = file.declarations.iter().map(|it| it.name.as_str()).collect();
        let want = "A B C D E F G H I J H.K I.L H.init M N";
        assert_eq!(names.join(" "), want);
        assert_eq!(file.declarations.last().map(|it| it.line), Some(35));
        for used in ["fmt", "b", "x"] {
            assert!(file.qualifiers.contains(used), "{used}");
        }
        for unused in ["e", "y", "z"] {
            assert!(!file.qualifiers.contains(unused), "{unused}");
        }
        assert_eq!(GoFile::read("// nothing").unwrap().package, None);
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
