use crate::path::{BadPath, check_file_path, check_path, check_version};
use protoedge_archive::{Collision, Names, Zipped};
use std::{
    collections::BTreeMap,
    io::{self, Seek, Write},
};

/// The greatest size of a module zip, and of all its files together unpacked, in bytes
/// (`golang.org/x/mod/zip`, `MaxZipFile`).
pub const MAX_ZIP: u64 = 500 << 20;

/// The greatest size of go.mod and of LICENSE, in bytes (`MaxGoMod`, `MaxLICENSE`).
pub const MAX_SPECIAL_FILE: u64 = 16 << 20;

/// Why files cannot be a module zip.
#[derive(Debug, thiserror::Error)]
pub enum BadZip {
    /// The module path, the version or a file path breaks Go's rules.
    #[error(transparent)]
    Path(#[from] BadPath),
    /// Two names that are one where case does not count, or a file where another has a folder.
    #[error(transparent)]
    Collision(#[from] Collision),
    /// A go.mod below the root, which would start another module.
    #[error("{path:?}: a module zip has go.mod at its root only")]
    NestedModule {
        /// Where it is.
        path: String,
    },
    /// go.mod or LICENSE is too large.
    #[error("{path} has {size} bytes, {max} are allowed", max = MAX_SPECIAL_FILE)]
    LargeFile {
        /// Which file.
        path: String,
        /// Its size in bytes.
        size: u64,
    },
    /// All files together are too large.
    #[error("the files have {size} bytes together, a Go module may have {max}", max = MAX_ZIP)]
    Large {
        /// Their size in bytes.
        size: u64,
    },
    /// The zip could not be written.
    #[error("writing the module zip: {0}")]
    Io(#[from] io::Error),
}

/// Checks names and sizes (in bytes) of a module's files as the go command does before it unpacks
/// a zip (`golang.org/x/mod/zip`, `CheckZip`).
pub fn check_files<'a>(files: impl IntoIterator<Item = (&'a str, u64)>) -> Result<(), BadZip> {
    let mut names = Names::default();
    let mut total = 0_u64;
    for (path, size) in files {
        check_file_path(path)?;
        names.add(path)?;
        let base = path.rsplit('/').next().unwrap_or_default();
        if base.eq_ignore_ascii_case("go.mod") && path != "go.mod" {
            return Err(BadZip::NestedModule { path: path.into() });
        }
        if matches!(path, "go.mod" | "LICENSE") && size > MAX_SPECIAL_FILE {
            return Err(BadZip::LargeFile { path: path.into(), size });
        }
        total = total.saturating_add(size);
    }
    if total > MAX_ZIP { Err(BadZip::Large { size: total }) } else { Ok(()) }
}

/// Writes a module zip: every file below `{module}@{version}/`, sorted by name, all of one time and
/// mode. The same files give the same bytes. Everything is checked before the first byte is written.
pub fn pack<W: Write + Seek>(
    to: W,
    module: &str,
    version: &str,
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<W, BadZip> {
    check_path(module)?;
    check_version(module, version)?;
    check_files(files.iter().map(|(path, content)| (path.as_str(), content.len() as u64)))?;
    let mut zip = Zipped::new(to);
    for (path, content) in files {
        zip.add(&format!("{module}@{version}/{path}"), content)?;
    }
    Ok(zip.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{go_mod_h1, zip_h1};
    use std::io::{Cursor, Read};

    fn files(names: &[&str]) -> BTreeMap<String, Vec<u8>> {
        names.iter().map(|name| ((*name).to_owned(), name.as_bytes().to_vec())).collect()
    }

    fn pack_to_memory(names: &[&str]) -> Result<Vec<u8>, BadZip> {
        let to = Cursor::new(Vec::new());
        pack(to, "example.com/m", "v1.0.0", &files(names)).map(Cursor::into_inner)
    }

    #[test]
    fn packs_the_same_bytes_below_module_and_version() {
        let zip = pack_to_memory(&["go.mod", "a/b.go", "LICENSE"]).unwrap();
        assert_eq!(zip, pack_to_memory(&["LICENSE", "go.mod", "a/b.go"]).unwrap());
        let mut archive = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
        let mut names = Vec::new();
        for n in 0..archive.len() {
            let mut file = archive.by_index(n).unwrap();
            let mut content = String::new();
            file.read_to_string(&mut content).unwrap();
            assert_eq!(file.name().unwrap(), format!("example.com/m@v1.0.0/{content}"));
            names.push(content);
        }
        assert_eq!(names, ["LICENSE", "a/b.go", "go.mod"]);
    }

    #[test]
    fn refuses_what_the_go_command_refuses() {
        for (why, names) in [
            ("device", &["a/aux.pb.go"][..]),
            ("case", &["a/X.go", "a/x.go"]),
            ("case of a folder", &["A/x.go", "a/y.go"]),
            ("case beyond ASCII", &["\u{c9}.go", "\u{e9}.go"]),
            ("Kelvin sign", &["k.go", "\u{212a}.go"]),
            ("file and folder", &["a", "a/b"]),
            ("module in a module", &["a/go.mod"]),
            ("module, other case", &["GO.MOD"]),
            ("upwards", &["../a"]),
            ("absolute", &["/a"]),
        ] {
            assert!(pack_to_memory(names).is_err(), "{why}");
        }
        assert!(check_files([("a", 1), ("a", 1)]).is_err(), "twice");
    }

    #[test]
    fn refuses_what_is_too_large() {
        for (name, size, good) in [
            ("go.mod", MAX_SPECIAL_FILE, true),
            ("go.mod", MAX_SPECIAL_FILE + 1, false),
            ("LICENSE", MAX_SPECIAL_FILE + 1, false),
            ("x.go", MAX_ZIP, true),
            ("x.go", MAX_ZIP + 1, false),
        ] {
            assert_eq!(check_files([(name, size)]).is_ok(), good, "{name} {size}");
        }
        assert!(check_files([("a", MAX_ZIP), ("b", 1)]).is_err());
    }

    #[test]
    fn refuses_other_modules_and_versions() {
        for (module, version) in
            [("m", "v1.0.0"), ("example.com/m", "1.0.0"), ("example.com/m/v2", "v1.0.0")]
        {
            let packed = pack(Cursor::new(Vec::new()), module, version, &files(&["a"]));
            assert!(packed.is_err(), "{module} {version}");
        }
    }

    #[test]
    fn hashes_do_not_depend_on_the_packing() {
        let content = files(&["go.mod"]);
        let of = content.iter().map(|(name, content)| (name.as_str(), &content[..]));
        assert_ne!(zip_h1("example.com/m", "v1.0.0", of), go_mod_h1("go.mod"));
    }
}
