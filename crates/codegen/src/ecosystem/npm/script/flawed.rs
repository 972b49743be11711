/// Why scripts cannot be in a package: a sentence that names file and line.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct Flawed(pub(super) String);
