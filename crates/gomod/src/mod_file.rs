use std::fmt;

/// The text of a go.mod file: a module path, an optional `go` line, requirements.
///
/// `Display` prints the form in which generated SDKs are published: no comments but that of deprecation, no
/// `// indirect`, requirements sorted bytewise by path, one final newline.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ModFile {
    /// Why the module is not to be used any more, one line: go shows it to whoever depends on it (Go Modules Reference,
    /// "`module` directive", "Deprecation").
    pub deprecated: Option<String>,
    /// The module's path.
    pub module: String,
    /// The language version (`1.23`); without it the whole line is absent.
    pub go: Option<String>,
    /// Module path and version of every requirement, in any order.
    pub require: Vec<(String, String)>,
}

impl ModFile {
    /// The path of the module whose go.mod a text of this form is; empty for another text.
    pub fn module(text: &str) -> &str {
        text.lines().find_map(|line| line.strip_prefix("module ")).unwrap_or_default()
    }

    /// The paths of the modules that a text of this form requires.
    pub fn required(text: &str) -> impl Iterator<Item = &str> {
        let lines = text.lines().filter_map(|line| {
            line.strip_prefix("require ").or_else(|| line.strip_prefix('\t')).map(str::trim)
        });
        lines.filter_map(|line| line.split_once(' ')).map(|(path, _)| path)
    }
}

impl fmt::Display for ModFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(reason) = &self.deprecated {
            writeln!(f, "// Deprecated: {reason}")?;
        }
        writeln!(f, "module {}", self.module)?;
        if let Some(go) = &self.go {
            writeln!(f, "\ngo {go}")?;
        }
        let mut require = self.require.clone();
        require.sort();
        match require.as_slice() {
            [] => Ok(()),
            [(path, version)] => writeln!(f, "\nrequire {path} {version}"),
            many => {
                writeln!(f, "\nrequire (")?;
                for (path, version) in many {
                    writeln!(f, "\t{path} {version}")?;
                }
                writeln!(f, ")")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ModFile;

    fn print(go: Option<&str>, require: &[(&str, &str)]) -> String {
        ModFile {
            deprecated: None,
            module: "example.com/m".into(),
            go: go.map(Into::into),
            require: require
                .iter()
                .map(|(path, version)| ((*path).into(), (*version).into()))
                .collect(),
        }
        .to_string()
    }

    #[test]
    fn its_requirements_are_read_back() {
        for require in [
            &[][..],
            &[("example.com/a", "v1.0.0")],
            &[("example.com/a", "v1.0.0"), ("example.com/b", "v1.0.0")],
        ] {
            let text = print(Some("1.23"), require);
            let paths: Vec<&str> = require.iter().map(|(path, _)| *path).collect();
            assert_eq!(ModFile::required(&text).collect::<Vec<_>>(), paths, "{text}");
        }
    }

    #[test]
    fn a_deprecated_module_says_so_where_go_looks() {
        let deprecated = Some("use example.com/n instead".into());
        let (module, require) = ("example.com/m".into(), Vec::new());
        let text = ModFile { deprecated, module, go: None, require }.to_string();
        assert_eq!(text, "// Deprecated: use example.com/n instead\nmodule example.com/m\n");
    }

    #[test]
    fn prints_none_one_and_several_requirements() {
        assert_eq!(print(None, &[]), "module example.com/m\n");
        assert_eq!(
            print(Some("1.23"), &[("example.com/a", "v1.0.0")]),
            "module example.com/m\n\ngo 1.23\n\nrequire example.com/a v1.0.0\n"
        );
        assert_eq!(
            print(None, &[("example.com/b", "v1.0.0"), ("example.com/a", "v2.0.0")]),
            "module example.com/m\n\nrequire (\n\texample.com/a v2.0.0\n\texample.com/b v1.0.0\n)\n"
        );
    }
}
