//! .proto files as people read them: what is a comment, a string or a keyword, what they declare, and what they name.

mod lexer;
mod references;

pub(crate) use lexer::{Kind, pieces};
pub use references::{Declaration, ProtoOutline, Reference, Referred};
