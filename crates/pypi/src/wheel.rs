use crate::name::{TAG, stem};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use protoedge_archive::{Collision, Names, Zipped};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    io::{self, Cursor},
};

/// Who says that it made the wheel.
const GENERATOR: &str = "protoedge";

/// What a folder at the top of a wheel may not end with: installers take the first for scripts, headers and data, and the others
/// for what is known of a package ("Binary distribution format", "The .data directory").
const INSTALLED_ELSEWHERE: [&str; 4] = [".data", ".dist-info", ".egg-info", ".egg"];

/// Why files are no wheel.
#[derive(Debug, thiserror::Error)]
pub enum BadWheel {
    /// A path that installers or other systems read as something else.
    #[error(
        "{path:?} cannot be in a wheel: paths consist of letters, digits, '_', '-', '.' and '/', without empty, '.' and '..' parts"
    )]
    Path {
        /// The path.
        path: String,
    },
    /// A path that is installed elsewhere, or that Python carries out whenever it starts.
    #[error("{path:?} cannot be in a wheel of code: {why}")]
    Special {
        /// The path.
        path: String,
        /// What it would be.
        why: &'static str,
    },
    /// Two paths that are one where case does not count, or a file that is a folder as well.
    #[error(transparent)]
    Collision(#[from] Collision),
    /// It could not be written.
    #[error("writing a wheel: {0}")]
    Io(#[from] io::Error),
}

/// Packs a wheel of plain Python ("Binary distribution format"): the files in the order of their names, then what is known of the
/// package, `RECORD` last. The licence's text is with the latter (PEP 639), since packages would overwrite each other's beside the
/// code. All have one time and one mode, so the same files give the same bytes. Everything is checked before the first byte is
/// written. Name and version are the caller's to check: they become the name of a folder.
///
/// # Errors
/// [`BadWheel`] for paths that no wheel of code can hold together.
pub fn pack(
    name: &str,
    version: &str,
    metadata: &str,
    license: Option<&[u8]>,
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<Vec<u8>, BadWheel> {
    check_files(files.keys().map(String::as_str))?;
    let of_package = format!("{}.dist-info", stem(name, version));
    let tags =
        format!("Wheel-Version: 1.0\nGenerator: {GENERATOR}\nRoot-Is-Purelib: true\nTag: {TAG}\n");
    let own = [("METADATA", metadata), ("WHEEL", &tags)];
    let own = own.map(|(file, text)| (format!("{of_package}/{file}"), text.as_bytes()));
    let license = license.map(|text| (format!("{of_package}/licenses/LICENSE"), text));
    let all = files.iter().map(|(path, content)| (path.clone(), content.as_slice()));
    let all = all.chain(own).chain(license);
    let mut zip = Zipped::new(Cursor::new(Vec::new()));
    let mut record = String::new();
    for (path, content) in all {
        zip.add(&path, content)?;
        let hash = BASE64.encode(Sha256::digest(content));
        record.push_str(&format!("{path},sha256={hash},{}\n", content.len()));
    }
    let path = format!("{of_package}/RECORD");
    record.push_str(&format!("{path},,\n"));
    zip.add(&path, record.as_bytes())?;
    Ok(zip.finish()?.into_inner())
}

/// Looks whether files of these paths can be in a wheel of code.
///
/// # Errors
/// [`BadWheel`] with the first that cannot.
pub fn check_files<'a>(paths: impl IntoIterator<Item = &'a str>) -> Result<(), BadWheel> {
    let mut names = Names::default();
    for path in paths {
        check_path(path)?;
        names.add(path)?;
    }
    Ok(())
}

fn check_path(path: &str) -> Result<(), BadWheel> {
    let is_usual = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let is_part = |part: &str| !matches!(part, "" | "." | "..") && part.bytes().all(is_usual);
    if !path.split('/').all(is_part) {
        return Err(BadWheel::Path { path: path.into() });
    }
    let special = |why| Err(BadWheel::Special { path: path.into(), why });
    let (top, is_file) = path.split_once('/').map_or((path, true), |(top, _)| (top, false));
    let top = top.to_ascii_lowercase();
    if INSTALLED_ELSEWHERE.iter().any(|end| top.ends_with(end)) {
        return special("installers do not put it beside the code");
    }
    if is_file && top.ends_with(".pth") {
        return special("Python carries it out whenever it starts");
    }
    let stem = top.split('.').next().unwrap_or_default();
    if matches!(stem, "sitecustomize" | "usercustomize") {
        return special("Python imports it whenever it starts");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use zip::ZipArchive;

    const METADATA: &str = "Metadata-Version: 2.1\nName: a-b\nVersion: 1.0+c\n";

    fn files(names: &[&str]) -> BTreeMap<String, Vec<u8>> {
        names.iter().map(|name| ((*name).to_owned(), name.as_bytes().to_vec())).collect()
    }

    /// Name and content of each file, in the order of the archive.
    fn unpacked(wheel: Vec<u8>) -> Vec<(String, String)> {
        let mut archive = ZipArchive::new(Cursor::new(wheel)).unwrap();
        let count = archive.len();
        let read = |n| {
            let mut file = archive.by_index(n).unwrap();
            let mut content = String::new();
            file.read_to_string(&mut content).unwrap();
            (file.name().unwrap().into_owned(), content)
        };
        (0..count).map(read).collect()
    }

    #[test]
    fn the_record_is_last_and_names_every_file() {
        let names = ["acme/weather/v1/w_pb2.py", "a.py"];
        let wheel = pack("a-b", "1.0+c", METADATA, Some(b"Free."), &files(&names)).unwrap();
        let unpacked = unpacked(wheel);
        let order: Vec<&str> = unpacked.iter().map(|(name, _)| name.as_str()).collect();
        let own = ["METADATA", "WHEEL", "licenses/LICENSE", "RECORD"]
            .map(|it| format!("a_b-1.0+c.dist-info/{it}"));
        let [metadata, tags, license, last] = own.each_ref().map(String::as_str);
        assert_eq!(order, ["a.py", "acme/weather/v1/w_pb2.py", metadata, tags, license, last]);
        let (_, record) = unpacked.last().unwrap();
        let lines: Vec<&str> = record.lines().collect();
        assert_eq!(lines.len(), unpacked.len());
        for ((name, content), line) in unpacked.iter().zip(&lines).take(5) {
            let hash = BASE64.encode(Sha256::digest(content));
            assert_eq!(*line, format!("{name},sha256={hash},{}", content.len()));
        }
        assert_eq!(lines[5], format!("{last},,"));
        assert_eq!(unpacked[2].1, METADATA);
    }

    #[test]
    fn the_same_files_give_the_same_bytes() {
        let packed = |names: &[&str]| pack("a-b", "1.0+c", METADATA, None, &files(names)).unwrap();
        assert_eq!(packed(&["b.py", "a/x.py"]), packed(&["a/x.py", "b.py"]));
        assert_ne!(packed(&["b.py"]), packed(&["c.py"]));
    }

    #[test]
    fn refuses_what_would_be_something_else() {
        for (why, names) in [
            ("absolute", &["/a.py"][..]),
            ("upwards", &["a/../b.py"]),
            ("a comma ends a field of RECORD", &["a,b.py"]),
            ("a quote begins one", &["\"a.py"]),
            ("a line end", &["a\nb.py"]),
            ("backslash", &["a\\b.py"]),
            ("other letters", &["\u{e9}.py"]),
            ("run at each start", &["x.pth"]),
            ("the same, other case", &["X.PTH"]),
            ("imported at each start", &["sitecustomize.py"]),
            ("the same as a package", &["usercustomize/__init__.py"]),
            ("scripts", &["a_b-1.0+c.data/scripts/ls"]),
            ("scripts of the plainest name", &["x.data/scripts/ls"]),
            ("metadata of another package", &["pip.dist-info/METADATA"]),
            ("its older form", &["pip.egg-info/PKG-INFO"]),
            ("case", &["a/X.py", "a/x.py"]),
            ("case of a folder", &["A/x.py", "a/y.py"]),
            ("file and folder", &["a", "a/b.py"]),
        ] {
            assert!(pack("a-b", "1.0+c", METADATA, None, &files(names)).is_err(), "{why}");
        }
        let deeper = ["a/x.pth", "a/sitecustomize.py", "a/b.data/c.py", "a/y.py"];
        assert!(
            pack("a-b", "1.0+c", METADATA, None, &files(&deeper)).is_ok(),
            "below the top it is code"
        );
        assert!(check_files(["a.py", "a.py"]).is_err(), "twice");
    }
}
