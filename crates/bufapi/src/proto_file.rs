//! What a .proto file imports, read without compiling it.
//!
//! Modules that are pushed together may depend on each other, and only the imports of their files
//! tell. Nothing is refused here: what is no .proto file has no imports, and the compiler will say
//! so later.

mod comments;
mod lexer;

pub use comments::{CommentLine, comment_lines};
use lexer::{Lexer, Token};

/// How a file is imported.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ImportKind {
    /// `import "…";`
    Plain,
    /// `import public "…";`
    Public,
    /// `import weak "…";`
    Weak,
    /// `import option "…";`, for options only (edition 2024).
    Option,
}

/// One import statement.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Import {
    /// How.
    pub kind: ImportKind,
    /// The path of the imported file, escapes resolved.
    pub path: String,
}

/// What the statements at the top of a .proto file say about other files.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ProtoFile {
    /// The package, if the file names one.
    pub package: Option<String>,
    /// The imports, in order.
    pub imports: Vec<Import>,
}

impl ProtoFile {
    /// Reads a file.
    pub fn read(source: &[u8]) -> Self {
        let mut file = Self::default();
        for statement in Statements(Lexer::new(source)) {
            match statement.as_slice() {
                [Token::Word(b"import"), rest @ ..] => file.imports.extend(import(rest)),
                [Token::Word(b"package"), name @ ..] => file.package = package(name),
                _ => {}
            }
        }
        file
    }
}

fn import(tokens: &[Token]) -> Option<Import> {
    let (kind, strings) = match tokens {
        [Token::Word(b"public"), rest @ ..] => (ImportKind::Public, rest),
        [Token::Word(b"weak"), rest @ ..] => (ImportKind::Weak, rest),
        [Token::Word(b"option"), rest @ ..] => (ImportKind::Option, rest),
        rest => (ImportKind::Plain, rest),
    };
    // Neighbouring strings are one string.
    let parts: Option<Vec<&[u8]>> = strings.iter().map(Token::as_string).collect();
    let path = parts.filter(|parts| !parts.is_empty())?.concat();
    Some(Import { kind, path: String::from_utf8_lossy(&path).into_owned() })
}

fn package(tokens: &[Token]) -> Option<String> {
    let mut name = String::new();
    for token in tokens {
        match token {
            Token::Word(word) => name.push_str(&String::from_utf8_lossy(word)),
            Token::Symbol(b'.') => name.push('.'),
            _ => return None,
        }
    }
    (!name.is_empty()).then_some(name)
}

/// The tokens of the longest statement that is looked at: an import has four, a package two for each
/// part of its name.
const LONGEST: usize = 1000;

/// The statements outside of all braces that end with `;`. A block ends a statement, too.
struct Statements<'a>(Lexer<'a>);

impl<'a> Iterator for Statements<'a> {
    type Item = Vec<Token<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut statement = Vec::new();
        let mut depth = 0_usize;
        for token in &mut self.0 {
            match token {
                Token::Symbol(b'{') => depth += 1,
                Token::Symbol(b'}') => {
                    depth = depth.saturating_sub(1);
                    statement.clear();
                }
                Token::Symbol(b';') if depth == 0 => return Some(statement),
                token if depth == 0 && statement.len() < LONGEST => statement.push(token),
                _ => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests;
