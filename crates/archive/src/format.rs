use crate::{names::check_files, tarball::Tarball, zipped::Zipped};
use std::{
    collections::BTreeMap,
    io::{self, Cursor},
};

/// The time of every file in a tarball, in seconds since 1970: 1 January 1980, which is the earliest that a zip can say.
const MTIME: u64 = 315_532_800;

/// What an archive is written as.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// `.tar.gz`
    TarGz,
    /// `.zip`
    Zip,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 2] = [Self::TarGz, Self::Zip];

    /// What names of such archives end with.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::TarGz => ".tar.gz",
            Self::Zip => ".zip",
        }
    }

    /// Takes the ending off a name; `None` for a name with another one, or with nothing before it.
    pub fn split(name: &str) -> Option<(&str, Self)> {
        let of = |format: Self| Some((name.strip_suffix(format.ending())?, format));
        Self::ALL.into_iter().find_map(of).filter(|(stem, _)| !stem.is_empty())
    }
}

/// Why files are no archive.
#[derive(Debug, thiserror::Error)]
pub enum BadArchive {
    /// Names that cannot be in one, or not together.
    #[error("{0}")]
    Names(String),
    /// It could not be written.
    #[error("writing the archive: {0}")]
    Io(#[from] io::Error),
}

/// Packs files as they are, without a folder around them. Everything is checked before the first byte is written.
///
/// # Errors
/// [`BadArchive`] for names that cannot be unpacked everywhere.
pub fn pack(format: Format, files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>, BadArchive> {
    check_files(files.keys().map(String::as_str)).map_err(BadArchive::Names)?;
    match format {
        Format::TarGz => {
            let mut tarball = Tarball::new(Vec::new(), MTIME);
            files.iter().try_for_each(|(name, content)| tarball.add(name, content))?;
            Ok(tarball.finish()?)
        }
        Format::Zip => {
            let mut zip = Zipped::new(Cursor::new(Vec::new()));
            files.iter().try_for_each(|(name, content)| zip.add(name, content))?;
            Ok(zip.finish()?.into_inner())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::GzDecoder;
    use std::io::Read;

    fn files(names: &[&str]) -> BTreeMap<String, Vec<u8>> {
        names.iter().map(|name| ((*name).to_owned(), name.as_bytes().to_vec())).collect()
    }

    /// Name and content of each file, in the order of the archive.
    fn unpacked(format: Format, bytes: &[u8]) -> Vec<(String, String)> {
        match format {
            Format::TarGz => {
                let mut archive = tar::Archive::new(GzDecoder::new(bytes));
                let read = |entry: io::Result<tar::Entry<'_, GzDecoder<&[u8]>>>| {
                    let mut entry = entry.unwrap();
                    assert_eq!(entry.header().mtime().unwrap(), MTIME);
                    assert_eq!(entry.header().mode().unwrap(), 0o644);
                    let mut content = String::new();
                    entry.read_to_string(&mut content).unwrap();
                    (entry.path().unwrap().to_string_lossy().into_owned(), content)
                };
                archive.entries().unwrap().map(read).collect()
            }
            Format::Zip => {
                let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
                let count = archive.len();
                let read = |n| {
                    let mut file = archive.by_index(n).unwrap();
                    let mut content = String::new();
                    file.read_to_string(&mut content).unwrap();
                    (file.name().unwrap().into_owned(), content)
                };
                (0..count).map(read).collect()
            }
        }
    }

    #[test]
    fn both_formats_hold_the_same_files_and_the_same_bytes_each_time() {
        let long = format!("{}/é.rb", "long".repeat(40));
        for names in [&["LICENSE", "a/b.rb", &long][..], &[]] {
            let files = files(names);
            for format in Format::ALL {
                let bytes = pack(format, &files).unwrap();
                assert_eq!(bytes, pack(format, &files).unwrap());
                let wanted: Vec<(String, String)> =
                    names.iter().map(|name| ((*name).to_owned(), (*name).to_owned())).collect();
                assert_eq!(unpacked(format, &bytes), wanted, "{format:?}");
            }
        }
    }

    #[test]
    fn names_that_lead_elsewhere_are_in_none() {
        for bad in [&["../a"][..], &["/a"], &["a.h", "A.h"], &["a", "a/b"]] {
            for format in Format::ALL {
                let packed = pack(format, &files(bad));
                assert!(matches!(packed, Err(BadArchive::Names(_))), "{bad:?}");
            }
        }
    }

    #[test]
    fn formats_are_told_by_their_endings() {
        assert_eq!(Format::split("main.tar.gz"), Some(("main", Format::TarGz)));
        assert_eq!(Format::split("v1.zip.zip"), Some(("v1.zip", Format::Zip)));
        for name in ["main", ".zip", "main.tgz", "main.ZIP", "main.tar.gz/"] {
            assert_eq!(Format::split(name), None, "{name}");
        }
    }
}
