use crate::file_name::{BadFileName, check_files};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use protoedge_archive::Tarball;
use sha1::Sha1;
use sha2::{Digest, Sha512};
use std::{
    collections::BTreeMap,
    io::{self, Write},
};

/// The time of every file, in seconds since 1970: 26 October 1985, as `npm pack` writes it, since zip
/// knows none before 1980.
const MTIME: u64 = 499_162_500;

/// Why files cannot be an npm package.
#[derive(Debug, thiserror::Error)]
pub enum BadTarball {
    /// A name, or two together.
    #[error(transparent)]
    Name(#[from] BadFileName),
    /// The tarball could not be written.
    #[error("writing the tarball: {0}")]
    Io(#[from] io::Error),
}

/// Writes a package: every file below `package/`, sorted by name, all of one time, mode and owner. The
/// same files give the same bytes, as long as the compressor is the same.
pub fn pack<W: Write>(to: W, files: &BTreeMap<String, Vec<u8>>) -> Result<W, BadTarball> {
    check_files(files.keys().map(String::as_str))?;
    let mut tarball = Tarball::new(to, MTIME);
    for (path, content) in files {
        tarball.add(&format!("package/{path}"), content)?;
    }
    Ok(tarball.finish()?)
}

/// `dist.integrity` of a tarball: `sha512-` and base64, as Subresource Integrity writes it.
pub fn integrity(tarball: &[u8]) -> String {
    format!("sha512-{}", BASE64.encode(Sha512::digest(tarball)))
}

/// `dist.shasum` of a tarball: SHA-1 in hexadecimal digits.
pub fn shasum(tarball: &[u8]) -> String {
    hex::encode(Sha1::digest(tarball))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::GzDecoder;
    use std::io::Read;

    fn files(names: &[&str]) -> BTreeMap<String, Vec<u8>> {
        names.iter().map(|name| ((*name).to_owned(), name.as_bytes().to_vec())).collect()
    }

    #[test]
    fn packs_the_same_bytes_below_package() {
        let long = format!("{}/x.js", "long".repeat(40));
        let names = ["package.json", "a/b_pb.js", &long];
        let bytes = pack(Vec::new(), &files(&names)).unwrap();
        assert_eq!(bytes, pack(Vec::new(), &files(&names)).unwrap());
        assert_eq!(&bytes[4..10], [0, 0, 0, 0, 0, 255], "time, level, system");
        let mut archive = tar::Archive::new(GzDecoder::new(&bytes[..]));
        let mut found = Vec::new();
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().to_string_lossy().into_owned();
            let header = entry.header();
            assert_eq!(header.mtime().unwrap(), MTIME);
            assert_eq!(header.mode().unwrap(), 0o644);
            let mut content = String::new();
            entry.read_to_string(&mut content).unwrap();
            assert_eq!(path, format!("package/{content}"));
            found.push(content);
        }
        assert_eq!(found, ["a/b_pb.js", &long, "package.json"]);
    }

    #[test]
    fn refuses_names_that_lead_elsewhere() {
        for bad in [&["../a"][..], &["a.js", "A.js"]] {
            let packed = pack(Vec::new(), &files(bad));
            assert!(matches!(packed, Err(BadTarball::Name(_))), "{bad:?}");
        }
    }

    /// The digests of `abc` in FIPS 180.
    #[test]
    fn digests_are_those_of_the_standards() {
        assert_eq!(shasum(b"abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(
            integrity(b"abc"),
            "sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw=="
        );
    }
}
