//! A module's files in a folder.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};
use walkdir::WalkDir;

/// A module's files in a folder: .proto files at their import paths, and a licence.
#[derive(Clone, Debug)]
pub struct SourceTree {
    /// The folder.
    pub folder: PathBuf,
    /// The import paths of all .proto files.
    pub protos: BTreeSet<String>,
    /// The file `LICENSE`, byte for byte, where the module has one of exactly that name.
    pub license: Option<Vec<u8>>,
}

/// How deep folders may nest, of modules and of what plugins generate: each is one of the disk's, and one of
/// what names are compared with.
pub const DEEPEST: usize = 64;

/// Whether a file's path is relative, clean, and with forward slashes only: it leads nowhere else.
pub fn is_clean(path: &str) -> bool {
    let is_good = |part: &str| !matches!(part, "" | "." | "..");
    !path.contains(|c: char| c == '\\' || c.is_control()) && path.split('/').all(is_good)
}

impl SourceTree {
    /// Lists a folder. Links are not followed, and names that are no UTF-8 are left out.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let folder = fs::canonicalize(folder)?;
        let mut protos = BTreeSet::new();
        for entry in WalkDir::new(&folder) {
            let entry = entry?;
            let path = entry.path().strip_prefix(&folder).unwrap_or(entry.path());
            if let (true, Some(name)) = (entry.file_type().is_file(), path.to_str())
                && name.ends_with(".proto")
            {
                protos.insert(name.to_owned());
            }
        }
        let license = folder.join("LICENSE");
        let is_file = fs::symlink_metadata(&license).is_ok_and(|found| found.is_file());
        let license = if is_file { Some(fs::read(license)?) } else { None };
        Ok(Self { folder, protos, license })
    }

    /// Copies the .proto files to another folder, where those can read them that cannot read the first one.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn copy_to(&mut self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        for name in &self.protos {
            let to = folder.join(name);
            fs::create_dir_all(to.parent().unwrap_or(folder))?;
            // The content alone: who may read the copy does not follow from who may read the file.
            fs::write(to, fs::read(self.folder.join(name))?)?;
        }
        self.folder = folder.to_owned();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_protos_and_the_licence_only() {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in [
            ("a/b.proto", "b"),
            ("c.proto", "c"),
            ("LICENSE", "free"),
            ("LICENSE.md", ""),
            ("x", ""),
        ] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        std::os::unix::fs::symlink("/etc/hostname", folder.path().join("link.proto")).unwrap();
        let tree = SourceTree::read(folder.path()).unwrap();
        assert_eq!(tree.protos.into_iter().collect::<Vec<_>>(), ["a/b.proto", "c.proto"]);
        assert_eq!(tree.license.as_deref(), Some(&b"free"[..]));
        assert!(SourceTree::read(&folder.path().join("none")).is_err());
    }
}
