//! JavaScript and TypeScript that a plugin generated: what it imports, and whether it holds only what
//! generators write.
//!
//! It is other people's text, and a parser goes as deep as the text does: the generator starts itself once
//! more as a small reader, in the cage that plugins are in, so that a text that breaks the reader breaks nothing
//! else.

pub mod comments;
mod expressions;
mod flawed;
mod imports;
mod inspect;
mod names;
mod on_import;
pub mod package;
pub mod reader;
mod scope;
pub mod syntax;

#[cfg(test)]
mod tests;
