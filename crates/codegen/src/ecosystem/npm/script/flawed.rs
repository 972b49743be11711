//! What is wrong with scripts.

use oxc_span::Span;

/// Why scripts cannot be in a package: a sentence that names file and line.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct Flawed(pub(super) String);

/// What must not be in a file, and where it is.
pub(super) type Bad = (Span, String);
