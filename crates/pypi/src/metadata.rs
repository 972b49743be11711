use crate::name::is_in_names;
use std::fmt;

/// One of the packages that a package needs (PEP 508), without extras and markers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Requirement {
    /// The package's name.
    pub name: String,
    /// The versions that will do: `>=1.68,<2`; empty for all.
    pub specifier: String,
}

impl Requirement {
    /// Reads `name >=1.2`, as people write it.
    pub fn parse(text: &str) -> Self {
        let (name, specifier) = text.split_at(text.find(|c| !is_in_names(c)).unwrap_or(text.len()));
        Self { name: name.into(), specifier: specifier.split_whitespace().collect() }
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.name, self.specifier)
    }
}

/// The file `METADATA` of a wheel ("Core metadata specifications", 2.1).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Metadata {
    /// The project's name.
    pub name: String,
    /// The version.
    pub version: String,
    /// A line.
    pub summary: String,
    /// The versions of Python that will do.
    pub requires_python: Option<String>,
    /// Whether it is kept up no more.
    pub is_inactive: bool,
    /// What it needs.
    pub requires: Vec<Requirement>,
}

impl fmt::Display for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, version, summary, requires_python, is_inactive, requires } = self;
        writeln!(f, "Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: {summary}")?;
        if *is_inactive {
            writeln!(f, "Classifier: Development Status :: 7 - Inactive")?;
        }
        if let Some(python) = requires_python {
            writeln!(f, "Requires-Python: {python}")?;
        }
        requires.iter().try_for_each(|it| writeln!(f, "Requires-Dist: {it}"))
    }
}

impl Metadata {
    /// What a metadata's text says of the versions of Python that will do.
    pub fn requires_python(text: &str) -> Option<&str> {
        text.lines().find_map(|line| line.strip_prefix("Requires-Python: "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_lose_their_blanks() {
        for (text, wanted) in [
            ("types-protobuf >= 6.32", "types-protobuf>=6.32"),
            ("betterproto", "betterproto"),
            ("protobuf>=5.28.1, <5.29.0", "protobuf>=5.28.1,<5.29.0"),
        ] {
            assert_eq!(Requirement::parse(text).to_string(), wanted);
        }
    }

    #[test]
    fn metadata_is_read_again() {
        let metadata = Metadata {
            name: "a-b".into(),
            version: "1.0+c".into(),
            summary: "Code.".into(),
            requires_python: Some(">=3.10".into()),
            is_inactive: true,
            requires: vec![Requirement::parse("grpcio>=1.68")],
        };
        let text = metadata.to_string();
        assert_eq!(
            text,
            "Metadata-Version: 2.1\nName: a-b\nVersion: 1.0+c\nSummary: Code.\n\
             Classifier: Development Status :: 7 - Inactive\nRequires-Python: >=3.10\nRequires-Dist: grpcio>=1.68\n"
        );
        assert_eq!(Metadata::requires_python(&text), Some(">=3.10"));
    }
}
