use super::package::{InstalledPackage, PackageManager, Pin};

/// How the name of a file of code ends.
pub(super) const CODE: &str = ".go";

pub(super) fn managers(package: &InstalledPackage<'_>, pin: Pin<'_>) -> Vec<PackageManager> {
    let InstalledPackage { name, hosts, public_url, .. } = package;
    let suffix = suffix(pin).unwrap_or_default();
    vec![PackageManager {
        name: "go",
        title: "go",
        // All packages: what they import is in go.sum then, and a program that imports any of them builds.
        install: format!("go get {name}/...{suffix}"),
        setup: setup(&hosts.registry_host, public_url),
        credentials: "~/.netrc",
    }]
}

/// What sets a machine up. What was set before stays in force for everything else.
pub(crate) fn setup(registry_host: &str, public_url: &str) -> String {
    format!(
        "go env -w \"GOPROXY={public_url}/gen/go,$(go env GOPROXY)\"\ngo env -w \"GONOSUMDB=$(go env GONOSUMDB),{registry_host}\""
    )
}

/// What go reads as a query of a version, and not as a branch, a version or one of its own words (`go help get`, "Module
/// queries").
pub(super) fn suffix(pin: Pin<'_>) -> Option<String> {
    match pin {
        Pin::Latest => Some("@latest".into()),
        Pin::Label(label) => is_query(label).then(|| format!("@{label}")),
        Pin::Commit(commit) => Some(format!("@{}", commit.short())),
        Pin::Version(version) => Some(format!("@{version}")),
    }
}

fn is_query(label: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let mut after_v = label.strip_prefix('v').unwrap_or_default().chars();
    let is_version = after_v.next().is_some_and(|c| c.is_ascii_digit());
    let is_own = ["latest", "upgrade", "patch", "none"].contains(&label);
    label.starts_with(|c: char| c.is_ascii_alphanumeric())
        && label.chars().all(is_word)
        && !is_version
        && !is_own
}

/// The package of the first file: a package is a folder.
pub(super) fn import<'a>(
    package: &InstalledPackage<'_>,
    mut files: impl Iterator<Item = &'a str>,
) -> Option<String> {
    let file = files.find(|path| path.ends_with(CODE))?;
    let (alias, folder) = match file.rsplit_once('/') {
        Some((folder, _)) => (alias(folder), format!("/{folder}")),
        None => (None, String::new()),
    };
    let alias = alias.map(|alias| format!("{alias} ")).unwrap_or_default();
    Some(format!("import {alias}\"{}{folder}\"", package.name))
}

/// The name of a package whose folder is called after a version, which its own name would not tell: `weatherv1` for
/// `acme/weather/v1`.
fn alias(folder: &str) -> Option<String> {
    let (above, version) = folder.rsplit_once('/')?;
    let is_version =
        version.strip_prefix('v').is_some_and(|it| it.starts_with(|c: char| c.is_ascii_digit()));
    let name = above.rsplit('/').next().unwrap_or(above);
    let is_name = |text: &str| text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let starts = name.starts_with(|c: char| c.is_ascii_lowercase());
    (is_version && starts && is_name(name) && is_name(version)).then(|| format!("{name}{version}"))
}
