//! Names of files that every machine can hold, where archives are unpacked.

use icu_normalizer::ComposingNormalizerBorrowed;
use std::collections::BTreeMap;
use unicase::UniCase;

/// Bytes of one name in a path: what Linux, macOS and Windows can hold.
const MAX_NAME: usize = 255;

/// Bytes of a whole path: what Windows still opens where long paths are switched off has 260 characters, and a project's own
/// folder stands before it; no program opens what is longer than this.
const MAX_PATH: usize = 1024;

/// The rule of names that a path breaks.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{path:?} cannot be the name of a file: {why}")]
pub struct BadPath {
    /// The path.
    pub path: String,
    /// The rule.
    pub why: &'static str,
}

/// Two paths that are one where case and composition do not count, or a file where another has a folder.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{one:?} and {other:?} cannot both be there: some file systems do not tell them apart")]
pub struct Collision {
    /// The earlier path.
    pub one: String,
    /// The later one.
    pub other: String,
}

/// Paths of files that are unpacked together, with the folders that they are in.
#[derive(Debug, Default)]
pub struct Names(BTreeMap<String, (String, bool)>);

impl Names {
    /// Adds a file and its folders.
    ///
    /// # Errors
    /// [`Collision`] with what is there.
    pub fn add(&mut self, path: &str) -> Result<(), Collision> {
        let folders = path.match_indices('/').map(|(end, _)| (&path[..end], true));
        for (place, is_folder) in folders.chain([(path, false)]) {
            let Some((known, is_known_folder)) =
                self.0.insert(folded(place), (place.to_owned(), is_folder))
            else {
                continue;
            };
            // A folder comes again with each of its files; a file comes once.
            if !(is_folder && is_known_folder && known == place) {
                return Err(Collision { one: known, other: place.to_owned() });
            }
        }
        Ok(())
    }
}

/// What a name is where neither case nor composition counts.
pub fn folded(name: &str) -> String {
    let nfc = ComposingNormalizerBorrowed::new_nfc();
    let folded = UniCase::unicode(nfc.normalize(name)).to_folded_case();
    nfc.normalize(&folded).into_owned()
}

/// Checks the paths of an archive's files, each by itself ([`check_path`]) and all together ([`Names`]).
///
/// # Errors
/// Says which of them cannot be there, and why.
pub fn check_files<'a>(paths: impl IntoIterator<Item = &'a str>) -> Result<(), String> {
    let mut names = Names::default();
    for path in paths {
        check_path(path).map_err(|error| error.to_string())?;
        names.add(path).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Checks that a path leads nowhere else and that every machine can hold it.
///
/// # Errors
/// [`BadPath`] with the rule.
pub fn check_path(path: &str) -> Result<(), BadPath> {
    let bad = |why| Err(BadPath { path: path.into(), why });
    if path.len() > MAX_PATH {
        return bad("a path may have 1024 bytes");
    }
    path.split('/').find_map(flaw).map_or(Ok(()), bad)
}

/// The rule that one name in a path breaks.
fn flaw(name: &str) -> Option<&'static str> {
    if matches!(name, "" | "." | "..") {
        return Some("it is no clean relative path");
    }
    if name.len() > MAX_NAME {
        return Some("a name may have 255 bytes");
    }
    if name.contains(|c| !is_allowed(c)) {
        return Some("only letters, digits, blanks and !$&()+,-.=@[]^_{}~ can be in it");
    }
    // Windows drops them.
    if name.ends_with(['.', ' ']) || name.starts_with(' ') {
        return Some("it begins with a blank, or ends with a blank or a dot");
    }
    let stem = name.split('.').next().unwrap_or_default();
    is_device(stem.trim_end()).then_some("Windows keeps the name for a device")
}

/// Letters and digits of any script, and the ASCII that is a plain name for every file system and in a URL: there `%`, `?` and `#`
/// mean something else. Marks that compose with letters, and everything that cannot be seen, are neither.
fn is_allowed(c: char) -> bool {
    c.is_alphanumeric() || " !$&()+,-.=@[]^_{}~".contains(c)
}

/// Whether Windows takes this name for a device, in any case of its letters ("Naming Files, Paths, and Namespaces").
fn is_device(stem: &str) -> bool {
    let stem = stem.to_lowercase();
    let port = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
    let is_number =
        |text: &str| matches!(text, "¹" | "²" | "³") || matches!(text.as_bytes(), [b'0'..=b'9']);
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul") || port.is_some_and(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_every_machine_can_hold() {
        let longest = "a".repeat(MAX_NAME);
        for good in [
            "a/b.rb",
            ".gitattributes",
            "a b/$c-d~e.h",
            "é/한/日.php",
            "auxiliary.cc",
            "com10",
            &longest,
        ] {
            assert_eq!(check_path(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn paths_that_lead_elsewhere_or_are_devices() {
        let (name, path) = ("a".repeat(MAX_NAME + 1), format!("{}a", "a/".repeat(MAX_PATH / 2)));
        for bad in [
            "",
            "/a",
            "a/",
            "../a",
            "a/./b",
            "a//b",
            "a\\b",
            "c:a",
            "a\nb",
            "a\0",
            "a\"b",
            "a*b",
            "a?b",
            "a%2e",
            "a|b",
            "a\u{202e}b",
            "e\u{301}",
            "a.",
            "a ",
            " a",
            "aux.h",
            "AUX",
            "a/con .txt",
            "LPT1.cc",
            "com¹",
            &name,
            &path,
        ] {
            assert!(check_path(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn paths_that_are_one_elsewhere() {
        for bad in [
            &["a.h", "A.h"][..],
            &["a", "a"],
            &["a", "a/b"],
            &["a/b", "a"],
            &["A/x", "a/y"],
            &["ß", "ss"],
            &["\u{c9}", "\u{e9}"],
            &["k", "\u{212a}"],
            // One syllable of Hangul, and its letters.
            &["\u{d55c}", "\u{1112}\u{1161}\u{11ab}"],
        ] {
            let mut names = Names::default();
            assert!(bad.iter().any(|path| names.add(path).is_err()), "{bad:?}");
        }
        assert_eq!(check_files(["a/x", "a/y", "b"]), Ok(()));
    }
}
