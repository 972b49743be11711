use super::package::{InstalledPackage, PackageManager, Pin};
use crate::paths::slashed;

/// Where archives are unpacked.
const FOLDER: &str = "gen";

/// The ways to have an archive. A request may be led on while it is made, so curl follows.
pub(super) fn managers(package: &InstalledPackage<'_>, pin: Pin<'_>) -> Vec<PackageManager> {
    let InstalledPackage { name, public_url, .. } = package;
    let Some(reference) = suffix(pin) else { return Vec::new() };
    let address = format!("{public_url}/gen/archive/{name}{reference}");
    let of = |name, title, install: String| PackageManager {
        name,
        title,
        install,
        setup: make_folder(),
        credentials: "~/.netrc, which curl reads with -n",
    };
    let zip = quoted(&format!("{address}.zip"));
    vec![
        of("tar", "tar.gz", unpack(&address)),
        of("zip", "zip", format!("curl -fsSL -o {FOLDER}/archive.zip {zip}")),
    ]
}

/// What makes the folder.
pub(crate) fn make_folder() -> String {
    format!("mkdir -p {FOLDER}")
}

/// What unpacks the archive at an address without its ending.
pub(crate) fn unpack(address: &str) -> String {
    let address = quoted(&format!("{address}.tar.gz"));
    format!("curl -fsSL {address} | tar -xzf - -C {FOLDER}")
}

/// An address as a shell takes it.
fn quoted(address: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/%+@".contains(c);
    if address.chars().all(is_plain) {
        address.into()
    } else {
        format!("'{}'", address.replace('\'', "'\\''"))
    }
}

/// What stands between a package's name and the ending, in an address.
pub(super) fn suffix(pin: Pin<'_>) -> Option<String> {
    match pin {
        Pin::Latest => Some("/latest".into()),
        Pin::Label(label) => Some(format!("/{}", slashed(label))),
        Pin::Commit(commit) => Some(format!("/{commit}")),
        Pin::Version(version) => Some(format!("/{version}")),
    }
}

/// Whether a file is code: of which language nobody knows.
pub(super) fn is_code(path: &str) -> bool {
    path != "LICENSE"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_parts_of_addresses() {
        for (label, wanted) in [
            ("main", "/main"),
            ("feature/x", "/feature/x"),
            ("a b'c", "/a%20b%27c"),
            ("é?#%", "/%C3%A9%3F%23%25"),
        ] {
            assert_eq!(suffix(Pin::Label(label)).as_deref(), Some(wanted));
        }
        assert_eq!(quoted("http://[::1]/a"), "'http://[::1]/a'");
    }
}
