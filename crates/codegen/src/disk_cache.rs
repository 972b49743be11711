//! Files on disk that can be had again, bounded.

use std::{
    fs::{self, File},
    io::{self, Seek, Write},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    time::{Duration, SystemTime},
};
use tempfile::NamedTempFile;

/// How the names of unfinished files start.
const UNFINISHED: &str = ".new-";

/// The age at which an unfinished file is not written any more: longer than any job may take.
const ABANDONED: Duration = Duration::from_secs(60 * 60);

/// Files in a folder under keys whose content never changes. What was not used for the longest time
/// goes first.
#[derive(Clone, Debug)]
pub struct DiskCache {
    folder: PathBuf,
    extension: &'static str,
    max: u64,
}

impl DiskCache {
    /// A cache in a folder, which is made where it is missing, of files with this extension. `max` is
    /// in bytes.
    ///
    /// # Errors
    /// Those of the folder.
    pub fn open(folder: PathBuf, extension: &'static str, max: u64) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        // What is in it is for no program but the generator.
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
        let cache = Self { folder, extension, max };
        cache.sweep()?;
        Ok(cache)
    }

    /// The file kept under a key, open: it can be read even if it is thrown out meanwhile.
    ///
    /// # Errors
    /// Those of the file, but that it is not there.
    pub fn get(&self, key: &str) -> io::Result<Option<File>> {
        let file = match File::options().read(true).append(true).open(self.path(key)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        file.set_modified(SystemTime::now())?;
        Ok(Some(file))
    }

    /// A file to write to, before it is kept.
    ///
    /// # Errors
    /// Those of the folder.
    pub fn start(&self) -> io::Result<NamedTempFile> {
        tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.folder)
    }

    /// Keeps a file under a key, and gives it back open from its beginning.
    ///
    /// # Errors
    /// Those of the file, and of those that are thrown out for it.
    pub fn put(&self, key: &str, mut file: NamedTempFile) -> io::Result<File> {
        file.flush()?;
        // After a power cut there is a whole file or none: half a one would be taken for the content.
        file.as_file().sync_data()?;
        let mut file = file.persist(self.path(key)).map_err(|error| error.error)?;
        file.rewind()?;
        self.shrink()?;
        Ok(file)
    }

    /// Throws out what a generator that was killed left unfinished.
    fn sweep(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let is_unfinished = entry.file_name().to_string_lossy().starts_with(UNFINISHED);
            let age = entry.metadata().and_then(|found| found.modified()).map(|at| at.elapsed());
            if is_unfinished && age.is_ok_and(|age| age.is_ok_and(|age| age > ABANDONED)) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{key}.{}", self.extension))
    }

    fn shrink(&self) -> io::Result<()> {
        let mut all = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            // Another job may have thrown it out just now; unfinished files are not counted.
            if let (true, Ok(found)) = (path.extension().is_some(), fs::metadata(&path)) {
                all.push((found.modified()?, found.len(), path));
            }
        }
        all.sort();
        let mut total: u64 = all.iter().map(|(_, size, _)| size).sum();
        for (_, size, path) in all {
            if total <= self.max {
                break;
            }
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => total -= size,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn keeps_what_was_used_last() {
        let folder = tempfile::tempdir().unwrap();
        let cache = DiskCache::open(folder.path().join("c"), "zip", 10).unwrap();
        let put = |key: &str| {
            let mut zip = cache.start().unwrap();
            zip.write_all(b"12345").unwrap();
            let mut text = String::new();
            cache.put(key, zip).unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, "12345");
        };
        let age = |key: &str, seconds| {
            let file = File::options().append(true).open(cache.path(key)).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(seconds)).unwrap();
        };
        put("a");
        age("a", 20);
        put("b");
        age("b", 10);
        assert!(cache.get("a").unwrap().is_some(), "used again");
        put("c");
        assert!(cache.get("a").unwrap().is_some());
        assert!(cache.get("b").unwrap().is_none(), "thrown out");
        assert!(cache.get("c").unwrap().is_some());
        let left = cache.start().unwrap().keep().unwrap().1;
        File::open(&left).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        let fresh = cache.start().unwrap();
        let cache = DiskCache::open(folder.path().join("c"), "zip", 10).unwrap();
        assert!(!left.exists() && fresh.path().exists() && cache.get("c").unwrap().is_some());
    }
}
