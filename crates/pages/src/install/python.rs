use super::package::{InstalledPackage, PackageManager, Pin};

/// The words of the language, which no module in a line of imports can be called (`keyword.kwlist`).
const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// What the index is called in the settings of projects.
const INDEX: &str = "protoedge";

pub(super) fn managers(package: &InstalledPackage<'_>, pin: Pin<'_>) -> Vec<PackageManager> {
    let InstalledPackage { name, public_url, .. } = package;
    let spec = format!("{name}{}", suffix(pin).unwrap_or_default());
    let of = |name, install: String, setup: String| PackageManager {
        name,
        title: name,
        install,
        setup,
        credentials: "~/.netrc",
    };
    vec![
        of("pip", format!("pip install {spec}"), pip_setup(public_url)),
        of("uv", format!("uv add {spec}"), in_pyproject("tool.uv.index", public_url)),
        of("poetry", format!("poetry add {spec}"), poetry_setup(public_url)),
        of("pdm", format!("pdm add {spec}"), in_pyproject("tool.pdm.source", public_url)),
    ]
}

/// The index's address.
pub(crate) fn index(public_url: &str) -> String {
    format!("{public_url}/gen/python/simple/")
}

/// What sets a virtual environment up: pip asks the index besides the one that it asks otherwise.
pub(crate) fn pip_setup(public_url: &str) -> String {
    format!("pip config --site set global.extra-index-url {}", index(public_url))
}

/// What sets a project of Poetry's up. Packages of its own that are pinned by others are looked for in every source, but in a
/// supplemental one only where no other has them.
fn poetry_setup(public_url: &str) -> String {
    format!("poetry source add --priority=supplemental {INDEX} {}", index(public_url))
}

/// What adds the index to a project's settings.
fn in_pyproject(table: &str, public_url: &str) -> String {
    format!(
        "printf '\\n[[{table}]]\\nname = \"{INDEX}\"\\nurl = \"{}\"\\n' >> pyproject.toml",
        index(public_url)
    )
}

/// A version alone: the index has no other names.
pub(super) fn suffix(pin: Pin<'_>) -> Option<String> {
    match pin {
        Pin::Latest => Some(String::new()),
        Pin::Version(version) => Some(format!("=={version}")),
        Pin::Label(_) | Pin::Commit(_) => None,
    }
}

pub(super) fn is_code(path: &str) -> bool {
    path.ends_with(".py") || path.ends_with(".pyi")
}

/// The first module of the package that such a line can name. Stubs are imported by nobody.
pub(super) fn import<'a>(mut files: impl Iterator<Item = &'a str>) -> Option<String> {
    files.find_map(|path| {
        let path = path.strip_suffix(".py")?;
        let is_module = !path.ends_with("__init__") && path.split('/').all(is_name);
        is_module.then(|| match path.rsplit_once('/') {
            Some((folder, module)) => format!("from {} import {module}", folder.replace('/', ".")),
            None => format!("import {path}"),
        })
    })
}

/// Whether a module can be named so in a line of imports.
fn is_name(part: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !part.is_empty()
        && part.chars().all(is_word)
        && !part.starts_with(|c: char| c.is_ascii_digit())
        && !KEYWORDS.contains(&part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_imported_by_their_paths() {
        for (path, wanted) in [
            ("acme/weather/v1/weather_pb2.py", Some("from acme.weather.v1 import weather_pb2")),
            ("weather_pb2.py", Some("import weather_pb2")),
            ("acme/class/v1/a_pb2.py", None),
            ("1/a_pb2.py", None),
            ("acme/__init__.py", None),
            ("acme-stubs/a_pb2.pyi", None),
            ("acme/a;b.py", None),
        ] {
            assert_eq!(import([path].into_iter()).as_deref(), wanted, "{path}");
        }
    }
}
