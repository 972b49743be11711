//! Paths of the files that a push may carry.

use crate::text::is_hidden;
use std::{collections::HashSet, fmt, str::FromStr};

/// How the names of .proto files end.
pub(crate) const PROTO_SUFFIX: &str = ".proto";
/// The licence of a module, in its root.
pub(crate) const LICENSE: &str = "LICENSE";
/// The documentation of a module, in its root; the first that exists counts.
pub const DOCS: [&str; 3] = ["buf.md", "README.md", "README.markdown"];

/// Why a path was refused. The texts are shown to users of the `buf` command.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadPath {
    /// Too long.
    #[error("a file path may have {max} bytes, not {length}: {start:?}…")]
    TooLong {
        /// How many it has.
        length: usize,
        /// How many it may have.
        max: usize,
        /// Its beginning.
        start: String,
    },
    /// Not a plain relative path.
    #[error(
        "file path {path:?} must be relative, with '/' between names, without '\\', control characters, line ends, marks that turn the direction of writing and empty, '.' or '..' names, and at most 64 names long"
    )]
    Form {
        /// What was given.
        path: String,
    },
    /// A name that no common file system can hold.
    #[error("a name in a file path may have {max} bytes, not {length}: {start:?}…", max = ModulePath::MAX_NAME)]
    LongName {
        /// How many it has.
        length: usize,
        /// Its beginning.
        start: String,
    },
    /// A file that is no part of a module.
    #[error(
        "file {path:?} does not belong into a module: only .proto files and, in its root, LICENSE, buf.md, README.md and README.markdown do"
    )]
    Foreign {
        /// What was given.
        path: String,
    },
    /// The same path twice.
    #[error("file path {path:?} is given twice")]
    Twice {
        /// What was given.
        path: String,
    },
    /// One path is a folder of another.
    #[error("{path:?} is a file, but also the folder of {within:?}")]
    FileAndFolder {
        /// The file.
        path: String,
        /// The file in it.
        within: String,
    },
}

/// What a file of a module is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum FileKind {
    /// A .proto file.
    Proto,
    /// Documentation.
    Doc,
    /// The licence.
    License,
}

/// The path of a file of a module.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ModulePath(String);

impl ModulePath {
    /// Bytes: the longest path that Linux opens, and the limit that the wire states.
    pub const MAX: usize = 4096;

    /// Bytes of one name in a path: what Linux, macOS and Windows can hold.
    pub const MAX_NAME: usize = 255;

    /// Names: more folders in each other than a reader can find a way in, and few enough that
    /// looking at each of them costs nothing.
    pub const MAX_DEPTH: usize = 64;

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the file is.
    pub fn kind(&self) -> FileKind {
        if self.0.ends_with(PROTO_SUFFIX) {
            FileKind::Proto
        } else if self.0 == LICENSE {
            FileKind::License
        } else {
            FileKind::Doc
        }
    }
}

impl FromStr for ModulePath {
    type Err = BadPath;

    fn from_str(path: &str) -> Result<Self, BadPath> {
        if path.len() > Self::MAX {
            return Err(BadPath::TooLong {
                length: path.len(),
                max: Self::MAX,
                start: start(path),
            });
        }
        // A line break would also make the manifest that is hashed ambiguous.
        let plain = !path.contains(|c: char| c == '\\' || is_hidden(c))
            && path.split('/').all(|name| !matches!(name, "" | "." | ".."))
            && path.split('/').count() <= Self::MAX_DEPTH;
        if !plain {
            return Err(BadPath::Form { path: path.into() });
        }
        if let Some(name) = path.split('/').find(|name| name.len() > Self::MAX_NAME) {
            return Err(BadPath::LongName { length: name.len(), start: start(name) });
        }
        if path.ends_with(PROTO_SUFFIX) || path == LICENSE || DOCS.contains(&path) {
            Ok(Self(path.into()))
        } else {
            Err(BadPath::Foreign { path: path.into() })
        }
    }
}

/// As much of a long text as a message can show.
fn start(text: &str) -> String {
    text.chars().take(60).collect()
}

impl fmt::Display for ModulePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads all paths of one module, in order.
///
/// # Errors
/// The first path that is refused by itself, or because of another.
pub fn parse_all<'a>(paths: impl IntoIterator<Item = &'a str>) -> Result<Vec<ModulePath>, BadPath> {
    let paths: Vec<ModulePath> = paths.into_iter().map(str::parse).collect::<Result<_, _>>()?;
    let mut seen = HashSet::new();
    if let Some(path) = paths.iter().find(|path| !seen.insert(path.as_str())) {
        return Err(BadPath::Twice { path: path.0.clone() });
    }
    for path in &paths {
        let folders = path.0.match_indices('/').map(|(at, _)| &path.0[..at]);
        if let Some(folder) = folders.into_iter().find(|folder| seen.contains(folder)) {
            return Err(BadPath::FileAndFolder { path: folder.into(), within: path.0.clone() });
        }
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_belongs_into_a_module() {
        use FileKind::{Doc, License, Proto};
        for (path, kind) in [
            ("a.proto", Proto),
            ("acme/weather/v1/weather.proto", Proto),
            ("é/a b.proto", Proto),
            ("...proto/..a.proto", Proto),
            (".proto", Proto),
            ("LICENSE", License),
            ("buf.md", Doc),
            ("README.md", Doc),
            ("README.markdown", Doc),
        ] {
            let parsed: ModulePath = path.parse().unwrap();
            assert_eq!((parsed.as_str(), parsed.kind()), (path, kind));
        }
    }

    #[test]
    fn refuses_what_does_not() {
        for path in [
            "",
            "/",
            "/a.proto",
            "a.proto/",
            "a//b.proto",
            "./a.proto",
            "a/./b.proto",
            "../x.proto",
            "a/../../x.proto",
            "a/..",
            "a\\b.proto",
            "C:\\a.proto",
            "a\0.proto",
            "a\n.proto",
            "a\u{2028}.proto",
            "a\u{85}.proto",
            "a\u{202e}otorp.b.proto",
        ] {
            let error = path.parse::<ModulePath>().unwrap_err();
            assert!(matches!(error, BadPath::Form { .. }), "{path:?}: {error}");
        }
        for path in ["buf.yaml", "a.txt", "sub/LICENSE", "docs/README.md", "LICENSE.txt", "a.PROTO"]
        {
            let error = path.parse::<ModulePath>().unwrap_err();
            assert!(matches!(error, BadPath::Foreign { .. }), "{path:?}: {error}");
        }
        let folders = format!("{}/", "é".repeat(127)).repeat(16);
        let longest = format!("{folders}{}.proto", "a".repeat(ModulePath::MAX - 6 - folders.len()));
        assert!(longest.parse::<ModulePath>().is_ok());
        let error = format!("é{longest}").parse::<ModulePath>().unwrap_err();
        assert!(matches!(error, BadPath::TooLong { length: 4098, .. }), "{error}");
        let longest = format!("{}.proto", "a".repeat(ModulePath::MAX_NAME - 6));
        assert!(longest.parse::<ModulePath>().is_ok());
        let error = format!("a/a{longest}").parse::<ModulePath>().unwrap_err();
        assert!(matches!(error, BadPath::LongName { length: 256, .. }), "{error}");
    }

    #[test]
    fn all_paths_of_a_module_fit_together() {
        let good = ["b.proto", "a.proto", "a/b.proto", "LICENSE"];
        let parsed = parse_all(good).unwrap();
        assert_eq!(parsed.iter().map(ModulePath::as_str).collect::<Vec<_>>(), good);
        assert_eq!(
            parse_all(["a.proto", "b.proto", "a.proto"]),
            Err(BadPath::Twice { path: "a.proto".into() })
        );
        assert_eq!(
            parse_all(["a.proto/b/c.proto", "a.proto"]),
            Err(BadPath::FileAndFolder {
                path: "a.proto".into(),
                within: "a.proto/b/c.proto".into()
            })
        );
        assert!(parse_all(["a.proto", "../x.proto"]).is_err());
    }
}
