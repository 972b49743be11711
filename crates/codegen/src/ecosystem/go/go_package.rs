use crate::descriptor::FileDescriptor;
use std::{collections::BTreeMap, fmt, str::FromStr};

/// What a file's option `go_package` says: the import path, and the package's name if it is given.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GoPackage {
    /// The import path.
    pub import: String,
    name: Option<String>,
}

/// The names of the Go packages that files are in, by their import paths.
pub fn names(files: &[FileDescriptor]) -> BTreeMap<String, String> {
    let packages = files.iter().filter_map(GoPackage::of);
    packages.map(|package| (package.import.clone(), package.name())).collect()
}

impl GoPackage {
    /// What a file's `go_package` says, if it has one.
    pub fn of(file: &FileDescriptor) -> Option<Self> {
        let Ok(package) = file.go_package()?.parse();
        Some(package)
    }

    /// The package of a file in a module whose Go packages are below `prefix`.
    ///
    /// It is the file's folder below the prefix. If the proto package ends with a version, the name
    /// is its last two parts: `acme.weather.v1` is `weatherv1`; else Go takes the folder's name.
    pub fn below(prefix: &str, file: &FileDescriptor) -> Self {
        let import = match file.name().rsplit_once('/') {
            Some((folder, _)) => format!("{prefix}/{folder}"),
            None => prefix.to_owned(),
        };
        let name = match file.package().rsplit('.').collect::<Vec<_>>().as_slice() {
            [version, last, ..] if is_version(version) => Some(format!("{last}{version}")),
            _ => None,
        };
        Self { import, name }
    }

    /// The name that Go code has behind `package`, by the rules of the Go generator: the name that is
    /// given, else the import path's last element; other characters than letters and digits become
    /// `_`, and keywords and names that start with no letter get one before them.
    pub fn name(&self) -> String {
        let name: String = self
            .name
            .as_deref()
            .unwrap_or_else(|| self.folder())
            .chars()
            .map(|c| if c.is_alphanumeric() { c } else { '_' })
            .collect();
        let is_good = name.starts_with(char::is_alphabetic) && !KEYWORDS.contains(&name.as_str());
        if is_good { name } else { format!("_{name}") }
    }

    /// The last element of the import path.
    pub fn folder(&self) -> &str {
        self.import.rsplit('/').next().unwrap_or_default()
    }

    /// The package `suffix` further, in a folder below this one that has its name.
    pub fn sub(&self, suffix: &str) -> Self {
        let name = format!("{}{suffix}", self.name());
        Self { import: format!("{}/{name}", self.import), name: Some(name) }
    }
}

/// The keywords of Go.
const KEYWORDS: [&str; 25] = [
    "break",
    "case",
    "chan",
    "const",
    "continue",
    "default",
    "defer",
    "else",
    "fallthrough",
    "for",
    "func",
    "go",
    "goto",
    "if",
    "import",
    "interface",
    "map",
    "package",
    "range",
    "return",
    "select",
    "struct",
    "switch",
    "type",
    "var",
];

impl FromStr for GoPackage {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text.split_once(';') {
            Some((import, name)) => Self { import: import.into(), name: Some(name.into()) },
            None => Self { import: text.into(), name: None },
        })
    }
}

impl fmt::Display for GoPackage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{};{name}", self.import),
            None => f.write_str(&self.import),
        }
    }
}

/// Whether the last part of a proto package is a version: `v1`, `v1beta2`, `v1p1alpha`, `v2test…`.
/// Numbers are from 1 on and fit an int32.
fn is_version(part: &str) -> bool {
    let Some(rest) = part.strip_prefix('v') else { return false };
    let Some(rest) = skip_number(rest) else { return false };
    if rest.is_empty() || rest.starts_with("test") {
        return true;
    }
    let rest = match rest.strip_prefix('p') {
        Some(patch) => skip_number(patch).unwrap_or(patch),
        None => rest,
    };
    let stage = rest.strip_prefix("alpha").or_else(|| rest.strip_prefix("beta"));
    stage.is_some_and(|number| number.is_empty() || skip_number(number) == Some(""))
}

/// What is behind a number from 1 to the greatest int32; `None` where there is no such number.
fn skip_number(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    digits.parse::<i32>().ok().filter(|number| *number > 0).map(|_| rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::descriptor::tests::file;
    use prost_types::FileDescriptorProto;

    #[test]
    fn is_made_of_folder_and_proto_package() {
        for (path, package, want, name) in [
            (
                "acme/weather/v1/w.proto",
                "acme.weather.v1",
                "p/acme/weather/v1;weatherv1",
                "weatherv1",
            ),
            ("acme/weather/w.proto", "acme.weather", "p/acme/weather", "weather"),
            ("w.proto", "", "p", "p"),
            ("w.proto", "v1", "p", "p"),
            ("a-b/w.proto", "a", "p/a-b", "a_b"),
            ("a/type/w.proto", "a.type", "p/a/type", "_type"),
            ("a/1x/w.proto", "a", "p/a/1x", "_1x"),
            ("a/w.proto", "a_b.v1", "p/a;a_bv1", "a_bv1"),
        ] {
            let proto = FileDescriptorProto {
                name: Some(path.into()),
                package: Some(package.into()),
                ..Default::default()
            };
            let go = GoPackage::below("p", &file(&proto));
            assert_eq!((go.to_string().as_str(), go.name().as_str()), (want, name), "{path}");
            assert_eq!(want.parse(), Ok(go), "{path}");
        }
        let go: GoPackage = "example.com/gen/go".parse().unwrap();
        assert_eq!(go.name(), "_go");
        assert_eq!(go.sub("grpc").to_string(), "example.com/gen/go/_gogrpc;_gogrpc");
    }

    #[test]
    fn versions() {
        for good in [
            "v1",
            "v01",
            "v2147483647",
            "v1alpha",
            "v1alpha1",
            "v1beta02",
            "v1p1alpha1",
            "v1palpha",
            "v1p1beta",
            "v1test",
            "v1testing.x",
        ] {
            assert!(is_version(good), "{good}");
        }
        for bad in [
            "",
            "v",
            "1",
            "v0",
            "v00",
            "v1alpha0",
            "v1alphax",
            "v1p1",
            "v1p0alpha",
            "v1gamma",
            "v2147483648",
            "V1",
            "v1alpha1x",
            "v1x",
        ] {
            assert!(!is_version(bad), "{bad}");
        }
    }
}
