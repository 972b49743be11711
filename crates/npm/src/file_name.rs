use protoedge_archive::{BadPath, Collision, Names, folded};

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
    #[error(transparent)]
    Collision(#[from] Collision),
}

/// Checks the names of a package's files: each by itself ([`check_path`]), and each once also where case
/// and composition do not count, none where another has a folder.
///
/// # Errors
/// The first name that breaks a rule.
pub fn check_files<'a>(paths: impl IntoIterator<Item = &'a str>) -> Result<(), BadFileName> {
    let mut names = Names::default();
    for path in paths {
        check_path(path)?;
        names.add(path)?;
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
    protoedge_archive::check_path(path).or_else(|BadPath { why, .. }| bad(why))?;
    if path.split('/').any(|name| name.starts_with('.')) {
        return bad("names with a dot before them are settings of clients");
    }
    // The one manifest is the package's own.
    match path.split('/').map(folded).find_map(|name| acts(&name)) {
        Some(why) if path != "package.json" => bad(why),
        _ => Ok(()),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_every_machine_can_hold() {
        let longest = format!("{}.js", "a".repeat(252));
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
        let long_name = format!("{}.js", "a".repeat(253));
        let long_path = format!("{}a.js", "aaaaaaa/".repeat(128));
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
            assert!(matches!(checked, Err(BadFileName::Collision(_))), "{bad:?}: {checked:?}");
        }
        assert_eq!(check_files(["a/x", "a/y", "b"]), Ok(()));
    }
}
