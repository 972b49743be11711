use super::error::SourceError;
use crate::tree::{DEEPEST, is_clean};
use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read, Seek, Write},
    path::Path,
};
use zip::ZipArchive;

/// The greatest size of a module's files unpacked, in bytes: a push of 100 MB is the greatest that
/// reaches a registry, and its files are not compressed in it.
const MAX_UNPACKED: u64 = 128 << 20;

/// The greatest number of files: the largest public module has about 8,000.
const MAX_FILES: usize = 50_000;

/// As many characters of a long name as a message shows.
const SHOWN: usize = 60;

/// Unpacks the files of a module that generators look at: .proto files and the licence.
///
/// # Errors
/// For what is no zip, holds names that lead out or is too large, and those of the file system.
pub fn unpack(zip: impl Read + Seek, into: &Path) -> Result<(), SourceError> {
    let mut archive = ZipArchive::new(zip)?;
    if archive.len() > MAX_FILES {
        return Err(SourceError::TooLarge { what: format!("more than {MAX_FILES} files") });
    }
    let mut left = MAX_UNPACKED;
    for place in 0..archive.len() {
        let mut file = archive.by_index(place)?;
        let name = file.name()?.into_owned();
        let is_wanted = name.ends_with(".proto") || name == "LICENSE";
        if file.is_dir() || !is_wanted {
            continue;
        }
        if file.is_symlink() || !is_clean(&name) {
            return Err(SourceError::Name { name });
        }
        if name.split('/').count() > DEEPEST {
            return Err(SourceError::LongName { start: name.chars().take(SHOWN).collect() });
        }
        // What the zip says about sizes is not believed: the bytes are counted.
        let mut to = create(&into.join(&name)).map_err(|error| match error.kind() {
            ErrorKind::InvalidFilename => {
                SourceError::LongName { start: name.chars().take(SHOWN).collect() }
            }
            _ => error.into(),
        })?;
        let count = std::io::copy(&mut (&mut file).take(left + 1), &mut to)?;
        to.flush()?;
        left = left.checked_sub(count).ok_or_else(|| SourceError::TooLarge {
            what: format!("more than {MAX_UNPACKED} bytes"),
        })?;
    }
    Ok(())
}

/// Makes a new file, and the folders above it.
fn create(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    File::create_new(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;
    use zip::{ZipWriter, write::SimpleFileOptions};

    fn zip(files: &[(&str, &[u8])]) -> Cursor<Vec<u8>> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(content).unwrap();
        }
        zip.finish().unwrap()
    }

    #[test]
    fn takes_what_generators_look_at() {
        let folder = tempfile::tempdir().unwrap();
        let files: [(&str, &[u8]); 4] =
            [("a/b.proto", b"b"), ("LICENSE", b"l"), ("README.md", b"r"), ("a/LICENSE", b"x")];
        unpack(zip(&files), folder.path()).unwrap();
        let tree = crate::tree::SourceTree::read(folder.path()).unwrap();
        assert_eq!(tree.protos.into_iter().collect::<Vec<_>>(), ["a/b.proto"]);
        assert_eq!(tree.license.as_deref(), Some(&b"l"[..]));
        assert!(!folder.path().join("README.md").exists());
    }

    #[test]
    fn refuses_names_that_lead_out() {
        for name in ["../a.proto", "/a.proto", "a/../../b.proto", "a\\b.proto", "a//b.proto"] {
            let folder = tempfile::tempdir().unwrap();
            let into = folder.path().join("in");
            let unpacked = unpack(zip(&[(name, b"x")]), &into);
            assert!(matches!(unpacked, Err(SourceError::Name { .. })), "{name}: {unpacked:?}");
            assert!(!into.exists(), "{name}");
        }
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.add_symlink("a.proto", "/etc/hostname", SimpleFileOptions::default()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let unpacked = unpack(writer.finish().unwrap(), folder.path());
        assert!(matches!(unpacked, Err(SourceError::Name { .. })), "{unpacked:?}");
    }

    #[test]
    fn refuses_names_that_no_machine_holds() {
        let long = format!("{}.proto", "a".repeat(300));
        let deep = format!("{}a.proto", format!("{}/", "a".repeat(250)).repeat(17));
        let nested = format!("{}a.proto", "d/".repeat(64));
        for name in [long, deep, nested] {
            let folder = tempfile::tempdir().unwrap();
            let unpacked = unpack(zip(&[(&name, b"x")]), folder.path());
            assert!(matches!(unpacked, Err(SourceError::LongName { .. })), "{unpacked:?}");
        }
    }

    #[test]
    fn refuses_what_is_no_zip_and_what_is_too_large() {
        let folder = tempfile::tempdir().unwrap();
        let unpacked = unpack(Cursor::new(b"no zip".to_vec()), folder.path());
        assert!(matches!(unpacked, Err(SourceError::Zip { .. })), "{unpacked:?}");
        // A bomb: zeros that nearly vanish when packed.
        let zeros = vec![0; usize::try_from(MAX_UNPACKED).unwrap() + 1];
        let bomb = zip(&[("a.proto", &zeros)]);
        assert!(bomb.get_ref().len() < 1 << 20);
        let unpacked = unpack(bomb, folder.path());
        assert!(matches!(unpacked, Err(SourceError::TooLarge { .. })), "{unpacked:?}");
    }
}
