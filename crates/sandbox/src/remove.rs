//! Removing a folder that a stranger filled.

use rustix::{
    fs::{
        AtFlags, CWD, Dir, DirEntry, FileType, Mode, OFlags, RenameFlags, chmodat, chownat, open,
        openat, renameat_with, statat, unlinkat,
    },
    io::Errno,
    process::{getgid, getuid},
};
use std::{
    ffi::{CStr, CString},
    io,
    os::fd::OwnedFd,
    path::Path,
};

/// Removes a folder with all that is in it, however deep that nests and whichever modes it has: the program that
/// filled it cannot have left anything that stays. Nothing may be written in it any more.
///
/// Folders that nest deeply are moved up before they are emptied, so that neither the stack, nor a path, nor
/// the number of open files grows with the depth.
/// A folder that is not there is removed already.
///
/// # Errors
/// Those of the file system.
pub(crate) fn remove(folder: &Path) -> io::Result<()> {
    let root = match open(folder, FOLDER, Mode::empty()) {
        Err(Errno::NOENT) => return Ok(()),
        root => root?,
    };
    Emptying { levels: vec![Level::new(root, CString::default())?], waiting: Vec::new(), moved: 0 }
        .run()?;
    Ok(unlinkat(CWD, folder, AtFlags::REMOVEDIR)?)
}

const FOLDER: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// How many folders are open at once, each in the one before.
const DEPTH: usize = 64;

/// A folder that is being emptied: the first level, and the folders in each other that lead to the last.
struct Emptying {
    levels: Vec<Level>,
    /// Folders that were moved into the first level.
    waiting: Vec<CString>,
    moved: u64,
}

struct Level {
    folder: OwnedFd,
    /// Its name in the level before.
    name: CString,
    entries: std::vec::IntoIter<DirEntry>,
}

impl Level {
    fn new(folder: OwnedFd, name: CString) -> io::Result<Self> {
        // All of them first: what is moved up may come again, where folders are moved to.
        let entries: Vec<_> = Dir::read_from(&folder)?.collect::<Result<_, _>>()?;
        Ok(Self { folder, name, entries: entries.into_iter() })
    }
}

impl Emptying {
    fn run(mut self) -> io::Result<()> {
        while let Some(level) = self.levels.last_mut() {
            if let Some(entry) = level.entries.next() {
                self.take(entry.file_name())?;
            } else if self.levels.len() > 1 {
                let name = self.levels.pop().map(|level| level.name).unwrap_or_default();
                let before = self.levels.last().map(|level| &level.folder);
                before.map(|folder| unlinkat(folder, &name, AtFlags::REMOVEDIR)).transpose()?;
            } else if let Some(name) = self.waiting.pop() {
                self.enter(&name)?;
            } else {
                break;
            }
        }
        Ok(())
    }

    /// Removes what is in the last level under a name, or goes into it.
    fn take(&mut self, name: &CStr) -> io::Result<()> {
        let Some(Level { folder, .. }) = self.levels.last() else { return Ok(()) };
        if [&b"."[..], b".."].contains(&name.to_bytes()) {
            return Ok(());
        }
        let found = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
        if FileType::from_raw_mode(found.st_mode) != FileType::Directory {
            return Ok(unlinkat(folder, name, AtFlags::empty())?);
        }
        if found.st_uid != getuid().as_raw() {
            let own = (Some(getuid()), Some(getgid()));
            chownat(folder, name, own.0, own.1, AtFlags::SYMLINK_NOFOLLOW)?;
        }
        // A folder that is moved is written in, too: where it says what is above it.
        chmodat(folder, name, Mode::RWXU, AtFlags::empty())?;
        if self.levels.len() < DEPTH { self.enter(name) } else { self.move_up(name) }
    }

    fn enter(&mut self, name: &CStr) -> io::Result<()> {
        let Some(Level { folder, .. }) = self.levels.last() else { return Ok(()) };
        let inner = openat(folder, name, FOLDER, Mode::empty())?;
        self.levels.push(Level::new(inner, name.to_owned())?);
        Ok(())
    }

    fn move_up(&mut self, name: &CStr) -> io::Result<()> {
        let (Some(first), Some(last)) = (self.levels.first(), self.levels.last()) else {
            return Ok(());
        };
        let to = loop {
            self.moved += 1;
            let to = CString::new(format!(".removed-{}", self.moved))?;
            let flags = RenameFlags::NOREPLACE;
            match renameat_with(&last.folder, name, &first.folder, &to, flags) {
                Err(Errno::EXIST) => {}
                moved => break moved.map(|()| to)?,
            }
        };
        self.waiting.push(to);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        fs,
        os::unix::fs::{PermissionsExt, symlink},
    };

    #[test]
    fn nothing_is_left_whatever_it_was() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("folder");
        let kept = outer.path().join("kept");
        fs::create_dir_all(folder.join(".removed-1/a/b")).unwrap();
        fs::create_dir_all(kept.join("x")).unwrap();
        symlink(&kept, folder.join("link")).unwrap();
        symlink("nowhere", folder.join(".removed-1/a/link")).unwrap();
        for name in ["file", ".removed-1/a/file", ".removed-3"] {
            fs::write(folder.join(name), "x").unwrap();
        }
        for name in [".removed-1/a/b", ".removed-1/a", ".removed-1"] {
            fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o000)).unwrap();
        }
        remove(&folder).unwrap();
        assert_eq!(fs::read_dir(outer.path()).unwrap().count(), 1);
        assert!(kept.join("x").is_dir(), "links are not followed");
        remove(&folder).unwrap();
    }

    #[test]
    fn depth_costs_no_stack() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("folder");
        fs::create_dir(&folder).unwrap();
        let mut inner = open(&folder, FOLDER, Mode::empty()).unwrap();
        for _ in 0..10_000 {
            rustix::fs::mkdirat(&inner, "d", Mode::RWXU).unwrap();
            inner = openat(&inner, "d", FOLDER, Mode::empty()).unwrap();
        }
        let small = std::thread::Builder::new().stack_size(256 << 10);
        small.spawn(move || remove(&folder)).unwrap().join().unwrap().unwrap();
        assert_eq!(fs::read_dir(outer.path()).unwrap().count(), 0);
    }
}
