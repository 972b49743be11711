use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// A file that all pages use. Its path says what is in it: browsers keep it for good.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Asset {
    /// The style sheet.
    Style,
    /// The icon.
    Icon,
    /// The script, without which everything works, too.
    Script,
}

static STYLE_PATH: LazyLock<String> = LazyLock::new(|| Asset::Style.place());
static ICON_PATH: LazyLock<String> = LazyLock::new(|| Asset::Icon.place());
static SCRIPT_PATH: LazyLock<String> = LazyLock::new(|| Asset::Script.place());

impl Asset {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Style, Self::Icon, Self::Script];

    /// What it is.
    pub const fn content(self) -> &'static str {
        match self {
            Self::Style => include_str!("style.css"),
            Self::Icon => include_str!("icon.svg"),
            Self::Script => include_str!("script.js"),
        }
    }

    /// The media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Style => "text/css; charset=utf-8",
            Self::Icon => "image/svg+xml",
            Self::Script => "text/javascript; charset=utf-8",
        }
    }

    /// Where it is.
    pub fn path(self) -> &'static str {
        match self {
            Self::Style => &STYLE_PATH,
            Self::Icon => &ICON_PATH,
            Self::Script => &SCRIPT_PATH,
        }
    }

    /// The asset at a path.
    pub fn parse(path: &str) -> Option<Self> {
        path.starts_with("/-/assets/")
            .then(|| Self::ALL.into_iter().find(|it| it.path() == path))?
    }

    fn place(self) -> String {
        let hash = hex::encode(Sha256::digest(self.content()));
        let ending = match self {
            Self::Style => "css",
            Self::Icon => "svg",
            Self::Script => "js",
        };
        format!("/-/assets/{}.{ending}", &hash[..16])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_as_they_are_printed() {
        for asset in Asset::ALL {
            assert_eq!(Asset::parse(asset.path()), Some(asset));
        }
        assert_eq!(Asset::parse("/-/assets/x.css"), None);
        let paths = Asset::ALL.map(Asset::path);
        assert_eq!(paths.iter().collect::<std::collections::BTreeSet<_>>().len(), paths.len());
    }
}
