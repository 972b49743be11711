use protoedge_registry::{Audience, Grant};

/// How long what a reply says stays true.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Lifetime {
    /// Bytes that never change: a year, the longest that caches heed.
    Immutable,
    /// Always asked for again, with the ETag.
    Revalidated,
    /// A path that is foreign to us: asked for again and again by clients that probe, and never
    /// right before a new version of the software is there. Five minutes.
    Foreign,
}

/// Who may keep a reply, and for how long. All that is said of a module is kept as its grant allows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cache(Keepers);

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Keepers {
    Everyone(Lifetime),
    /// The reply is for one viewer, and no cache keeps it.
    Viewer,
    None,
}

impl Cache {
    /// No cache keeps it.
    pub const NO_STORE: Self = Self(Keepers::None);

    /// The reply is for one viewer.
    pub const FOR_VIEWER: Self = Self(Keepers::Viewer);

    /// For a reply that says something of a module.
    pub fn of_module(module: &Grant, lifetime: Lifetime) -> Self {
        Self::of_audience(module.audience(), lifetime)
    }

    /// For a reply that says nothing of any module, and the same to every caller.
    pub const fn without_module(lifetime: Lifetime) -> Self {
        Self(Keepers::Everyone(lifetime))
    }

    const fn of_audience(audience: Audience, lifetime: Lifetime) -> Self {
        match audience {
            Audience::Everyone => Self(Keepers::Everyone(lifetime)),
            Audience::Viewer => Self::FOR_VIEWER,
        }
    }

    /// The header `Cache-Control`.
    pub const fn control(self) -> &'static str {
        match self.0 {
            Keepers::Everyone(Lifetime::Immutable) => "public, max-age=31536000, immutable",
            Keepers::Everyone(Lifetime::Revalidated) => "no-cache",
            Keepers::Everyone(Lifetime::Foreign) => "public, max-age=300",
            Keepers::Viewer => "private, no-store",
            Keepers::None => "no-store",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_for_one_viewer_is_never_kept() {
        for lifetime in [Lifetime::Immutable, Lifetime::Revalidated, Lifetime::Foreign] {
            let control = Cache::of_audience(Audience::Viewer, lifetime).control();
            assert_eq!(control, "private, no-store", "{lifetime:?}");
            let control = Cache::of_audience(Audience::Everyone, lifetime).control();
            assert!(!control.contains("no-store"), "{lifetime:?}: {control}");
        }
    }
}
