use protoedge_registry::{Audience, Grant};
use protoedge_sdk::{ModuleName, PluginName};
use std::borrow::Cow;

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
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cache {
    class: Class,
    /// What the platform's cache can be told to forget the reply by.
    tags: Option<String>,
}

/// The classes of replies. Each has one row in the table of [`Class::row`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Class {
    /// The same to every caller.
    Shared(Lifetime),
    /// For one viewer, and no cache keeps it.
    Viewer,
    /// No cache keeps it.
    Uncached,
}

/// What a class says to caches.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Row {
    /// To every cache on the way, and to the client.
    control: &'static str,
    /// To the cache in front of the Worker, which goes by it instead. None: by the same as the others.
    edge: Option<&'static str>,
    /// Which headers of a request it depends on.
    vary: Option<&'static str>,
}

/// The header for the cache in front of the Worker, which takes it off.
const EDGE_CONTROL: &str = "cloudflare-cdn-cache-control";

/// The header with the tags, which that cache takes off, too.
const TAG: &str = "cache-tag";

/// All headers that a class decides on.
pub(super) const HEADERS: [&str; 4] = ["cache-control", EDGE_CONTROL, TAG, "vary"];

impl Class {
    /// The one table of what classes say.
    ///
    /// The edge keeps what never changes for 30 days and not for a year: a hit there does not reach the Worker, which counts
    /// a package as in use for 90 days after it was asked for. What says nothing of the edge is kept there, too: a reply
    /// without any word is kept for two hours.
    const fn row(self) -> Row {
        match self {
            Self::Shared(Lifetime::Immutable) => Row {
                control: "public, max-age=31536000, immutable",
                edge: Some("public, max-age=2592000"),
                vary: None,
            },
            Self::Shared(Lifetime::Revalidated) => {
                Row { control: "public, no-cache", edge: Some("no-store"), vary: None }
            }
            Self::Shared(Lifetime::Foreign) => {
                Row { control: "public, max-age=300", edge: None, vary: None }
            }
            Self::Viewer => Row {
                control: "private, no-store",
                edge: Some("no-store"),
                vary: Some("Authorization, Cookie"),
            },
            Self::Uncached => Row { control: "no-store", edge: Some("no-store"), vary: None },
        }
    }
}

/// The tag of all replies about a module.
pub(crate) fn tag_of_module(module: &ModuleName) -> String {
    format!("m:{module}")
}

impl Cache {
    /// No cache keeps it.
    pub const NO_STORE: Self = Self { class: Class::Uncached, tags: None };

    /// The reply is for one viewer.
    pub const FOR_VIEWER: Self = Self { class: Class::Viewer, tags: None };

    /// For a reply that says something of a module's packages by a plugin.
    pub fn of_package(module: &Grant, plugin: &PluginName, lifetime: Lifetime) -> Self {
        Self::of_audience(module.audience(), &module.name, plugin, lifetime)
    }

    /// For a reply that says nothing of any module, and the same to every caller.
    pub const fn without_module(lifetime: Lifetime) -> Self {
        Self { class: Class::Shared(lifetime), tags: None }
    }

    fn of_audience(
        audience: Audience,
        module: &ModuleName,
        plugin: &PluginName,
        lifetime: Lifetime,
    ) -> Self {
        match (audience, lifetime) {
            (Audience::Viewer, _) => Self::FOR_VIEWER,
            (Audience::Everyone, Lifetime::Immutable) => {
                let owner = module.owner();
                let module = tag_of_module(module);
                let tags = format!("all,o:{owner},{module},p:{plugin}");
                Self { tags: Some(tags), ..Self::without_module(lifetime) }
            }
            // The edge does not keep it.
            (Audience::Everyone, Lifetime::Revalidated | Lifetime::Foreign) => {
                Self::without_module(lifetime)
            }
        }
    }

    pub(crate) fn class(&self) -> Class {
        self.class
    }

    /// The headers that say it to caches.
    pub(super) fn headers(
        &self,
    ) -> impl Iterator<Item = (&'static str, Cow<'static, str>)> + use<> {
        let Row { control, edge, vary } = self.class.row();
        [
            Some(("cache-control", control.into())),
            edge.map(|edge| (EDGE_CONTROL, edge.into())),
            self.tags.clone().map(|tags| (TAG, tags.into())),
            vary.map(|vary| ("vary", vary.into())),
        ]
        .into_iter()
        .flatten()
    }
}

impl From<Class> for Cache {
    fn from(class: Class) -> Self {
        Self { class, tags: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFETIMES: [Lifetime; 3] =
        [Lifetime::Immutable, Lifetime::Revalidated, Lifetime::Foreign];

    fn headers(cache: &Cache) -> Vec<(&'static str, String)> {
        cache.headers().map(|(name, value)| (name, value.into_owned())).collect()
    }

    fn of(audience: Audience, lifetime: Lifetime) -> Cache {
        let (module, plugin) = ("acme/weather".parse(), "protocolbuffers/go".parse());
        Cache::of_audience(audience, &module.unwrap(), &plugin.unwrap(), lifetime)
    }

    #[test]
    fn what_is_for_one_viewer_is_never_kept() {
        let viewers = [
            ("cache-control", "private, no-store".to_owned()),
            ("cloudflare-cdn-cache-control", "no-store".to_owned()),
            ("vary", "Authorization, Cookie".to_owned()),
        ];
        for lifetime in LIFETIMES {
            assert_eq!(headers(&of(Audience::Viewer, lifetime)), viewers, "{lifetime:?}");
            let shared = of(Audience::Everyone, lifetime);
            assert!(!headers(&shared)[0].1.contains("no-store"), "{lifetime:?}");
        }
    }

    /// A hit at the edge is no use that the registry sees.
    #[test]
    fn what_is_used_comes_from_the_edge_twice_before_it_counts_as_unused() {
        let kept = headers(&of(Audience::Everyone, Lifetime::Immutable))[1].1.clone();
        let seconds: u64 = kept.strip_prefix("public, max-age=").unwrap().parse().unwrap();
        assert!(3 * seconds <= protoedge_registry::packages::IN_USE.as_secs(), "{kept}");
    }

    #[test]
    fn every_class_says_how_long_it_is_kept() {
        let shared = |lifetime| headers(&of(Audience::Everyone, lifetime));
        let pairs = |pairs: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
            pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
        };
        let tags = "all,o:acme,m:acme/weather,p:protocolbuffers/go";
        assert_eq!(
            shared(Lifetime::Immutable),
            pairs(&[
                ("cache-control", "public, max-age=31536000, immutable"),
                ("cloudflare-cdn-cache-control", "public, max-age=2592000"),
                ("cache-tag", tags),
            ])
        );
        assert_eq!(
            shared(Lifetime::Revalidated),
            pairs(&[
                ("cache-control", "public, no-cache"),
                ("cloudflare-cdn-cache-control", "no-store")
            ])
        );
        let foreign = pairs(&[("cache-control", "public, max-age=300")]);
        assert_eq!(shared(Lifetime::Foreign), foreign);
        let uncached =
            pairs(&[("cache-control", "no-store"), ("cloudflare-cdn-cache-control", "no-store")]);
        assert_eq!(headers(&Cache::NO_STORE), uncached);
    }
}
