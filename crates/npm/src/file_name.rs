use icu_normalizer::ComposingNormalizerBorrowed;
use std::collections::BTreeMap;
use unicase::UniCase;

/// Why files cannot be in one npm package.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadFileName {
    /// A name that leads elsewhere, that not every file system can hold, or that clients read themselves.
    #[error("{path:?} cannot be the name of a file in an npm package: {why}")]
    Path {
        /// The name.
        path: String,
        /// The rule that it breaks.
        why: &'static str,
    },
    /// Two names that are one where case and composition do not count.
    #[error("{one:?} and {other:?} cannot both be there: some file systems do not tell them apart")]
    Collision {
        /// The earlier name.
        one: String,
        /// The later name.
        other: String,
    },
}

/// Bytes of one name in a path: what Linux, macOS and Windows can hold.
const MAX_NAME: usize = 255;

/// Bytes of a whole path: what Windows still opens where long paths are switched off has 260 characters,
/// and a project's own folder and `node_modules` stand before it; no program opens what is longer than this.
const MAX_PATH: usize = 1024;

/// Checks the names of a package's files: each by itself ([`check_path`]), and each once also where case
/// and composition do not count, none where another has a folder.
///
/// # Errors
/// The first name that breaks a rule.
pub fn check_files<'a>(paths: impl IntoIterator<Item = &'a str>) -> Result<(), BadFileName> {
    let mut names: BTreeMap<String, (String, bool)> = BTreeMap::new();
    for path in paths {
        check_path(path)?;
        let folders = path.match_indices('/').map(|(end, _)| (&path[..end], true));
        for (name, is_folder) in folders.chain([(path, false)]) {
            let known = names.entry(folded(name)).or_insert_with(|| (name.into(), is_folder));
            if *known != (name.to_owned(), is_folder) {
                let one = known.0.clone();
                return Err(BadFileName::Collision { one, other: path.into() });
            }
        }
    }
    Ok(())
}

/// Checks the path of a file in a package: relative, clean, the same file for every file system and for
/// node's `import`, and none that a client acts on.
///
/// # Errors
/// [`BadFileName::Path`] with the rule that is broken.
pub fn check_path(path: &str) -> Result<(), BadFileName> {
    let bad = |why| Err(BadFileName::Path { path: path.into(), why });
    if path.len() > MAX_PATH {
        return bad("a path may have 1024 bytes");
    }
    if let Some(why) = path.split('/').find_map(flaw) {
        return bad(why);
    }
    // The one manifest is the package's own.
    match path.split('/').map(folded).find_map(|name| acts(&name)) {
        Some(why) if path != "package.json" => bad(why),
        _ => Ok(()),
    }
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
    if name.starts_with('.') {
        return Some("names with a dot before them are settings of clients");
    }
    let stem = name.split('.').next().unwrap_or_default();
    is_device(stem.trim_end()).then_some("Windows keeps the name for a device")
}

/// Letters and digits of any script, and the ASCII that is a plain name for every file system and in a
/// URL, which `import` reads: there `%`, `?` and `#` mean something else. Marks that compose with letters, and
/// everything that cannot be seen, are neither.
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

/// Why a client would act on a file or folder of this name, wherever it is in a package.
fn acts(folded: &str) -> Option<&'static str> {
    match folded {
        "node_modules" => Some("clients take it for packages that are installed"),
        "package.json" => Some("it would change how files beside it are read"),
        "npm-shrinkwrap.json" | "package-lock.json" => Some("clients install what it says"),
        _ if folded.ends_with(".gyp") || folded.ends_with(".gypi") => {
            Some("clients build what it says when they install the package")
        }
        _ if folded.ends_with(".node") => Some("node runs it as machine code"),
        _ => None,
    }
}

/// What a name is where neither case nor composition counts.
fn folded(name: &str) -> String {
    let nfc = ComposingNormalizerBorrowed::new_nfc();
    let folded = UniCase::unicode(nfc.normalize(name)).to_folded_case();
    nfc.normalize(&folded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_every_machine_can_hold() {
        let longest = format!("{}.js", "a".repeat(MAX_NAME - 3));
        for good in [
            "package.json",
            "a/b_pb.js",
            "a b/$c-d~e.d.ts",
            "é/한/日.js",
            "auxiliary.js",
            "aux_pb.js",
            "com.js",
            "com10.js",
            "a.gyp.js",
            "node.js",
            &longest,
        ] {
            assert_eq!(check_path(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn names_that_lead_elsewhere_or_act() {
        let long_name = format!("{}.js", "a".repeat(MAX_NAME));
        let long_path = format!("{}a.js", "aaaaaaa/".repeat(MAX_PATH / 8));
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
            "a'b",
            "a`b",
            "a*b",
            "a?b",
            "a#b",
            "a%2e",
            "a<b",
            "a>b",
            "a|b",
            "a\u{2028}b",
            "a\u{202e}sj.txt",
            "a\u{200d}b",
            "e\u{301}.js",
            "a.",
            "a ",
            " a",
            "a./b",
            ".npmrc",
            "a/.npmrc",
            "aux.js",
            "AUX",
            "con",
            "a/con .txt",
            "nul.d.ts",
            "LPT1.js",
            "com¹.js",
            "a/package.json",
            "PACKAGE.json",
            "package.json ",
            "package.json/a.js",
            "npm-shrinkwrap.json",
            "binding.gyp",
            "a/binding.gyp",
            "Binding.GYP",
            "a.node",
            "node_modules/x.js",
            "a/Node_Modules/x.js",
            &long_name,
            &long_path,
        ] {
            assert!(check_path(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn names_that_are_one_elsewhere() {
        for bad in [
            &["a.js", "A.js"][..],
            &["a", "a/b"],
            &["A/x", "a/y"],
            &["ß.js", "ss.js"],
            &["\u{c9}.js", "\u{e9}.js"],
            &["k.js", "\u{212a}.js"],
            // One syllable of Hangul, and its letters.
            &["\u{d55c}.js", "\u{1112}\u{1161}\u{11ab}.js"],
        ] {
            let checked = check_files(bad.iter().copied());
            assert!(matches!(checked, Err(BadFileName::Collision { .. })), "{bad:?}: {checked:?}");
        }
        assert_eq!(check_files(["a/x", "a/y", "b"]), Ok(()));
    }
}
