use percent_encoding::percent_decode_str;
use protoedge_sdk::{ModuleName, OwnerName, PluginName};

/// A page about what is in the registry: the same to everybody who may see it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RegistryPage {
    /// `/`.
    Home,
    /// `/-/search`.
    Search,
    /// `/{owner}`.
    Owner(OwnerName),
    /// `/{owner}/{module}`, or below it.
    Module(ModuleName, ModulePage),
    /// `/-/plugins`.
    Plugins,
    /// `/-/plugins/{owner}/{plugin}`.
    Plugin(PluginName),
    /// `/-/guide`, or one of its chapters.
    Guide(Option<String>),
    /// `/robots.txt`: what search engines are asked to leave alone.
    Robots,
    /// A page's address with a slash behind it: what it is without.
    Moved(String),
}

/// A page of a module. References are labels or commits, as they were written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ModulePage {
    /// The module itself.
    Readme,
    /// `sdks`: what the form there is sent to.
    ChooseSdk,
    /// `sdks/{reference}[:{plugin}]`.
    Sdk(String, Option<PluginName>),
    /// `tree/{reference}`.
    Tree(String),
    /// `file/{reference}:{path}`.
    File(String, String),
    /// `raw/{reference}:{path}`.
    Raw(String, String),
    /// `definition/{reference}:{path}`: leads to what that file names.
    Definition(String, String),
    /// `commits/{label}`.
    Commits(String),
    /// `commit/{id}`.
    Commit(String),
    /// `tree`, `commits` or `deps` alone: leads to that of the default label.
    OfDefault(OfReference),
    /// `labels`.
    Labels,
    /// `deps/{reference}`.
    Dependencies(String),
}

/// The pages whose addresses say nothing but a reference.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OfReference {
    /// `tree/{reference}`.
    Tree,
    /// `commits/{label}`.
    Commits,
    /// `deps/{reference}`.
    Dependencies,
}

impl RegistryPage {
    /// Reads a path, percent-encoded as it came.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        if let Some(shorter) = path.strip_suffix('/').filter(|it| !it.is_empty()) {
            let page = Self::parse(shorter)?;
            return (!matches!(page, Self::Moved(_))).then(|| Self::Moved(shorter.into()));
        }
        let path = path.strip_prefix('/')?;
        if path.is_empty() {
            return Some(Self::Home);
        }
        if path == "robots.txt" {
            return Some(Self::Robots);
        }
        match path.strip_prefix("-/") {
            Some("search") => return Some(Self::Search),
            Some("plugins") => return Some(Self::Plugins),
            Some("guide") => return Some(Self::Guide(None)),
            Some(rest) => {
                return match rest.split_once('/')? {
                    ("plugins", plugin) => Some(Self::Plugin(plugin.parse().ok()?)),
                    ("guide", chapter) => Some(Self::Guide(Some(chapter.into()))),
                    _ => None,
                };
            }
            None => {}
        }
        let Some((owner, rest)) = path.split_once('/') else {
            return Some(Self::Owner(path.parse().ok()?));
        };
        let (name, rest) = match rest.split_once('/') {
            Some((name, rest)) => (name, Some(rest)),
            None => (rest, None),
        };
        let module = ModuleName::new(owner, name).ok()?;
        let page = match rest {
            None => ModulePage::Readme,
            Some(rest) => ModulePage::parse(rest)?,
        };
        Some(Self::Module(module, page))
    }

    /// What can be done there.
    pub(crate) fn methods(&self) -> &'static [&'static str] {
        match self {
            Self::Module(_, ModulePage::Sdk(_, Some(_))) => &["GET", "HEAD", "POST"],
            Self::Home
            | Self::Search
            | Self::Owner(_)
            | Self::Module(..)
            | Self::Plugins
            | Self::Plugin(_)
            | Self::Guide(_)
            | Self::Robots
            | Self::Moved(_) => &["GET", "HEAD"],
        }
    }
}

impl ModulePage {
    fn parse(rest: &str) -> Option<Self> {
        match rest {
            "sdks" => return Some(Self::ChooseSdk),
            "labels" => return Some(Self::Labels),
            "tree" => return Some(Self::OfDefault(OfReference::Tree)),
            "commits" => return Some(Self::OfDefault(OfReference::Commits)),
            "deps" => return Some(Self::OfDefault(OfReference::Dependencies)),
            _ => {}
        }
        let (page, rest) = rest.split_once('/')?;
        // No label holds a colon.
        let (reference, path) = match rest.split_once(':') {
            Some((reference, path)) => (decode(reference)?, Some(path)),
            None => (decode(rest)?, None),
        };
        Some(match (page, path) {
            ("sdks", Some(plugin)) => Self::Sdk(reference, Some(plugin.parse().ok()?)),
            ("sdks", None) => Self::Sdk(reference, None),
            ("tree", None) => Self::Tree(reference),
            ("file", Some(path)) => Self::File(reference, decode(path)?),
            ("raw", Some(path)) => Self::Raw(reference, decode(path)?),
            ("definition", Some(path)) => Self::Definition(reference, decode(path)?),
            ("commits", None) => Self::Commits(reference),
            ("commit", None) => Self::Commit(reference),
            ("deps", None) => Self::Dependencies(reference),
            _ => return None,
        })
    }
}

/// A part of an address; none for an empty one.
fn decode(text: &str) -> Option<String> {
    let decoded = percent_decode_str(text).decode_utf8().ok()?;
    (!decoded.is_empty()).then(|| decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use protoedge_pages::paths;

    /// What pages link to is read as what it is.
    #[test]
    fn addresses_are_read_as_they_are_printed() {
        let module: ModuleName = "acme/weather".parse().unwrap();
        let plugin: PluginName = "connectrpc/go".parse().unwrap();
        for reference in ["main", "feature/ä b", "0123456789ab", "100%", "a?b#c"] {
            let it = || reference.to_owned();
            let path = "acme/v1/x y?#:%2F.proto";
            let of = |page| Some(RegistryPage::Module(module.clone(), page));
            for (address, page) in [
                (paths::module("acme/weather"), ModulePage::Readme),
                (paths::sdks("acme/weather", reference, None), ModulePage::Sdk(it(), None)),
                (
                    paths::sdks("acme/weather", reference, Some("connectrpc/go")),
                    ModulePage::Sdk(it(), Some(plugin.clone())),
                ),
                (paths::tree("acme/weather", reference), ModulePage::Tree(it())),
                (paths::file("acme/weather", reference, path), ModulePage::File(it(), path.into())),
                (paths::raw("acme/weather", reference, path), ModulePage::Raw(it(), path.into())),
                (paths::commits("acme/weather", reference), ModulePage::Commits(it())),
                (paths::labels("acme/weather"), ModulePage::Labels),
                (paths::dependencies("acme/weather", reference), ModulePage::Dependencies(it())),
            ] {
                assert_eq!(RegistryPage::parse(&address), of(page), "{address}");
            }
        }
        let plugin = RegistryPage::parse(&paths::plugin("connectrpc/go"));
        assert_eq!(plugin, Some(RegistryPage::Plugin("connectrpc/go".parse().unwrap())));
    }

    #[test]
    fn other_paths_are_none() {
        for path in [
            "",
            "x",
            "/a",
            "//acme/weather/",
            "/acme//",
            "/acme/weather//",
            "/acme/weather/x/main",
            "/acme/weather/sdks/main:x",
            "/acme/weather/file/main",
            "/acme/weather/tree/%ff",
            "/acme/weather/tree/main:x",
            "/gen/go",
            "/-/",
            "/-/x",
            "/-/x/",
            "/-/plugins/x",
            "/buf.registry.module.v1.ModuleService/GetModules",
        ] {
            assert_eq!(RegistryPage::parse(path), None, "{path}");
        }
        for path in ["/acme", "/acme/weather", "/acme/weather/sdks", "/-/plugins"] {
            let moved = RegistryPage::parse(&format!("{path}/"));
            assert_eq!(moved, Some(RegistryPage::Moved(path.into())));
        }
        let owner = RegistryPage::parse("/acme");
        assert_eq!(owner, Some(RegistryPage::Owner("acme".parse().unwrap())));
    }
}
