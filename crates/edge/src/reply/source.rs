use super::cache::{Class, Lifetime};

/// Where a reply came from: the header `Cache-Status` (RFC 9211).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Source {
    /// It was stored.
    Hit,
    /// It was computed.
    Computed,
    /// It was made while the client waited.
    Generated,
    /// It is being made.
    Waiting,
    /// It could not be given.
    Failed,
}

impl Source {
    /// The header's value.
    pub const fn status(self) -> &'static str {
        match self {
            Self::Hit => "protoedge; hit",
            Self::Computed => "protoedge; fwd=miss; detail=computed",
            Self::Generated => "protoedge; fwd=miss; detail=generated",
            Self::Waiting => "protoedge; fwd=miss; detail=waiting",
            Self::Failed => "protoedge; fwd=miss; detail=failed",
        }
    }

    /// The header's value in a reply of this class. What caches keep says it once for all who get it: there a reply that was
    /// generated just now is read from the bucket as every other one, and a computed one is no miss.
    pub(super) const fn status_in(self, class: Class) -> &'static str {
        match (class, self) {
            (Class::Shared(Lifetime::Immutable), Self::Generated) => Self::Hit.status(),
            (Class::Shared(Lifetime::Immutable), Self::Computed) => "protoedge; detail=computed",
            (Class::Shared(_) | Class::Viewer | Class::Uncached, source) => source.status(),
        }
    }
}
