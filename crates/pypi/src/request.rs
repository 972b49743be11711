use crate::name::{TAG, is_in_names, normalized};
use percent_encoding::percent_decode_str;

/// What a client asks an index for, read off the part of the path behind the index's address.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum IndexRequest {
    /// The projects that there are.
    Projects,
    /// `{project}/`: the files of a project.
    Project {
        /// The project's name, as the client spells it.
        name: String,
    },
    /// `{project}/{file}.whl`.
    Wheel {
        /// The project's name, as the client spells it.
        name: String,
        /// The version in the file's name.
        version: String,
    },
    /// `{project}/{file}.whl.metadata` (PEP 658).
    Metadata {
        /// The project's name, as the client spells it.
        name: String,
        /// The version in the file's name.
        version: String,
    },
}

impl IndexRequest {
    /// Reads a path, percent-encoded as it came. The index is at its address and below `simple/`: the protocol is called so, and
    /// half of all clients are given the one, half the other. `None` for what no index has.
    pub fn parse(path: &str) -> Option<Self> {
        let path = percent_decode_str(path).decode_utf8().ok()?;
        let path = match path.strip_prefix("simple") {
            Some("") => "",
            Some(rest) => rest.strip_prefix('/').unwrap_or(&path),
            None => &path,
        };
        if path.is_empty() {
            return Some(Self::Projects);
        }
        let (name, file) = path.split_once('/').unwrap_or((path, ""));
        if !is_name(name) {
            return None;
        }
        if file.is_empty() {
            return Some(Self::Project { name: name.into() });
        }
        let (wheel, is_metadata) = match file.strip_suffix(".metadata") {
            Some(wheel) => (wheel, true),
            None => (file, false),
        };
        let of = wheel.strip_suffix(".whl")?.strip_suffix(TAG)?.strip_suffix('-')?;
        let (distribution, version) = of.split_once('-')?;
        if normalized(distribution) != normalized(name) || version.contains(['-', '/']) {
            return None;
        }
        // Lock files that other registries were asked for have `dev`, which is the same as `dev0` (PEP 440).
        let version = version.replace(".dev+", ".dev0+");
        let name = name.to_owned();
        Some(if is_metadata {
            Self::Metadata { name, version }
        } else {
            Self::Wheel { name, version }
        })
    }
}

/// Whether a project can be called so ("Names and normalization").
fn is_name(name: &str) -> bool {
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    ends(name.chars().next()) && ends(name.chars().next_back()) && name.chars().all(is_in_names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_addresses_are_the_index() {
        for path in ["", "simple", "simple/"] {
            assert_eq!(IndexRequest::parse(path), Some(IndexRequest::Projects), "{path}");
        }
        for path in ["a-b", "a-b/", "simple/a-b/", "simple/a-b"] {
            let wanted = IndexRequest::Project { name: "a-b".into() };
            assert_eq!(IndexRequest::parse(path), Some(wanted), "{path}");
        }
        let (name, version) = ("a-b".to_owned(), "1.0+c".to_owned());
        for file in ["a_b-1.0+c-py3-none-any.whl", "a_b-1.0%2Bc-py3-none-any.whl"] {
            let wheel = IndexRequest::parse(&format!("simple/a-b/{file}"));
            let wanted = IndexRequest::Wheel { name: name.clone(), version: version.clone() };
            assert_eq!(wheel, Some(wanted));
            let metadata = IndexRequest::parse(&format!("a-b/{file}.metadata"));
            let wanted = IndexRequest::Metadata { name: name.clone(), version: version.clone() };
            assert_eq!(metadata, Some(wanted));
        }
        let dev = IndexRequest::parse("a-b/a_b-1.0.1.dev+c-py3-none-any.whl");
        assert_eq!(dev, Some(IndexRequest::Wheel { name, version: "1.0.1.dev0+c".into() }));
    }

    #[test]
    fn nothing_else_is() {
        for path in [
            "-a/",
            "a-/",
            "a b/",
            "a/b/c",
            "a/a-1.0.tar.gz",
            "a/b-1.0-py3-none-any.whl",
            "a/a-1.0-1-py3-none-any.whl",
            "a/a-1.0-py3-none-any.whl/x",
            "%ff/",
            "é/",
        ] {
            assert_eq!(IndexRequest::parse(path), None, "{path}");
        }
    }
}
