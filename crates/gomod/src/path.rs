use semver::Version;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// Why a module path, a file path or a version was refused. The rules are those of
/// `golang.org/x/mod/module` (`CheckPath`, `CheckFilePath`, `CheckPathMajor`).
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadPath {
    /// Nothing at all.
    #[error("a path must not be empty")]
    Empty,
    /// A dash where a command would read an option.
    #[error("{path:?} must not start with a dash")]
    LeadingDash {
        /// The whole path.
        path: String,
    },
    /// Two slashes in a row, or one at either end.
    #[error("{path:?} has an empty path element")]
    EmptyElement {
        /// The whole path.
        path: String,
    },
    /// `.`, `..` and the like, or dots where they must not be.
    #[error("the path element {element:?} of {path:?} has dots where Go allows none")]
    Dots {
        /// The whole path.
        path: String,
        /// The element.
        element: String,
    },
    /// A character that file systems or Go cannot carry.
    #[error("{path:?} has the character {character:?}, which Go allows in no such path")]
    Character {
        /// The whole path.
        path: String,
        /// The character.
        character: char,
    },
    /// A name that Windows keeps for a device.
    #[error("the path element {element:?} of {path:?} is a device name on Windows")]
    Device {
        /// The whole path.
        path: String,
        /// The element.
        element: String,
    },
    /// `~1` at the end of an element: how Windows shortens names.
    #[error("the path element {element:?} of {path:?} looks like a short name of Windows")]
    ShortName {
        /// The whole path.
        path: String,
        /// The element.
        element: String,
    },
    /// A first element that is no host name.
    #[error("{path:?} must start with a host name: a-z, 0-9, '-' and '.', with at least one dot")]
    Host {
        /// The whole path.
        path: String,
    },
    /// A version suffix of the wrong form, or one that the version contradicts.
    #[error("the major version of {version:?} does not go with the end of {path:?}")]
    Major {
        /// The module path.
        path: String,
        /// The version; empty where the path alone is wrong.
        version: String,
    },
}

/// Which kind of path an element is of: file names may hold more.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Kind {
    Module,
    File,
}

/// Checks a module path: what the go command would accept behind `go get`.
pub fn check_path(path: &str) -> Result<(), BadPath> {
    check(path, Kind::Module)?;
    let host = path.split('/').next().unwrap_or_default();
    let is_host = |c: char| matches!(c, '-' | '.' | '0'..='9' | 'a'..='z');
    if !host.contains('.') || !host.chars().all(is_host) {
        return Err(BadPath::Host { path: path.into() });
    }
    major_suffix(path).map(|_| ())
}

/// Checks the path of a file in a module: relative, clean, and possible on every file system.
pub fn check_file_path(path: &str) -> Result<(), BadPath> {
    check(path, Kind::File)
}

/// Checks that a version is canonical and has the major number that the module path ends with.
pub fn check_version(path: &str, version: &str) -> Result<(), BadPath> {
    let bad = || BadPath::Major { path: path.into(), version: version.into() };
    let parsed = version.strip_prefix('v').and_then(|text| Version::parse(text).ok());
    let parsed = parsed.filter(|parsed| parsed.build.is_empty()).ok_or_else(bad)?;
    let fits = match major_suffix(path)? {
        Some(major) => parsed.major == major,
        None => parsed.major <= 1,
    };
    if fits { Ok(()) } else { Err(bad()) }
}

/// The number of a `/vN` at the end of a module path. `/v0`, `/v1`, `/v02` and `/v1.2` are errors.
fn major_suffix(path: &str) -> Result<Option<u64>, BadPath> {
    let Some((_, last)) = path.rsplit_once('/') else { return Ok(None) };
    let Some(number) = last.strip_prefix('v') else { return Ok(None) };
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return Ok(None);
    }
    match number.parse::<u64>() {
        Ok(major) if major >= 2 && !number.starts_with('0') => Ok(Some(major)),
        Ok(_) | Err(_) => Err(BadPath::Major { path: path.into(), version: String::new() }),
    }
}

fn check(path: &str, kind: Kind) -> Result<(), BadPath> {
    if path.is_empty() {
        return Err(BadPath::Empty);
    }
    if kind == Kind::Module && path.starts_with('-') {
        return Err(BadPath::LeadingDash { path: path.into() });
    }
    path.split('/').try_for_each(|element| check_element(path, element, kind))
}

fn check_element(path: &str, element: &str, kind: Kind) -> Result<(), BadPath> {
    let named = || (path.to_owned(), element.to_owned());
    if element.is_empty() {
        return Err(BadPath::EmptyElement { path: path.into() });
    }
    if element.ends_with('.') || (kind == Kind::Module && element.starts_with('.')) {
        let (path, element) = named();
        return Err(BadPath::Dots { path, element });
    }
    if let Some(character) = element.chars().find(|c| !is_allowed(*c, kind)) {
        return Err(BadPath::Character { path: path.into(), character });
    }
    let stem = element.split('.').next().unwrap_or_default();
    if is_device(stem) {
        let (path, element) = named();
        return Err(BadPath::Device { path, element });
    }
    let digits = stem.rsplit_once('~').map(|(_, digits)| digits);
    let is_short = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if kind == Kind::Module && digits.is_some_and(is_short) {
        let (path, element) = named();
        return Err(BadPath::ShortName { path, element });
    }
    Ok(())
}

fn is_allowed(c: char, kind: Kind) -> bool {
    match kind {
        Kind::Module => c.is_ascii_alphanumeric() || "-._~".contains(c),
        Kind::File if c.is_ascii() => {
            c.is_ascii_alphanumeric() || " !#$%&()+,-.=@[]^_{}~".contains(c)
        }
        Kind::File => c.general_category_group() == GeneralCategoryGroup::Letter,
    }
}

/// Whether Windows takes this name for a device (`badWindowsNames`), in any case of its letters.
fn is_device(stem: &str) -> bool {
    let stem = stem.to_ascii_lowercase();
    let port = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul")
        || port.is_some_and(|number| matches!(number.as_bytes(), [b'1'..=b'9']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn module_paths() {
        for good in [
            "example.com/a",
            "reg.example.com/gen/go/acme/weather/connectrpc/go",
            "reg.example.com/gen/go/acme/weather/grpc-ecosystem/gateway/v2",
            "example.com/A~b/v",
            "example.com/v2x",
        ] {
            assert_eq!(check_path(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "example",
            "example/com.x",
            "Example.com/a",
            "-example.com/a",
            "/example.com/a",
            "example.com//a",
            "example.com/a/",
            "example.com/.a",
            "example.com/a.",
            "example.com/..",
            "example.com/a b",
            "example.com/é",
            "example.com/aux",
            "example.com/Com1.x",
            "example.com/a~1",
            "example.com/a/v1",
            "example.com/a/v0",
            "example.com/a/v02",
            "example.com/a/v2.3",
        ] {
            assert!(check_path(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn file_paths() {
        for good in ["go.mod", "a/b.go", ".hidden/x", "é/ß.go", "a b.go", "com0.go", "a~1", "-a"]
        {
            assert_eq!(check_file_path(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "/a",
            "a/",
            "a//b",
            ".",
            "..",
            "a/../b",
            "a./b",
            "a:b",
            "a\\b",
            "a\"b",
            "a*b",
            "a?b",
            "a|b",
            "a<b",
            "a'b",
            "a`b",
            "a;b",
            "a\nb",
            "a\u{301}",
            "aux.pb.go",
            "a/NUL",
            "lpt9/x",
            "€",
        ] {
            assert!(check_file_path(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn versions_go_with_paths() {
        for (path, version, good) in [
            ("example.com/a", "v1.2.3", true),
            ("example.com/a", "v0.2.3-20260102030405-aaaaaaaaaaaa.1", true),
            ("example.com/a", "v2.2.3", false),
            ("example.com/a/v2", "v2.2.3", true),
            ("example.com/a/v2", "v1.2.3", false),
            ("example.com/a", "1.2.3", false),
            ("example.com/a", "v1.2", false),
            ("example.com/a", "v1.2.3+meta", false),
        ] {
            assert_eq!(check_version(path, version).is_ok(), good, "{path} {version}");
        }
    }
}
