//! Removing a folder that a stranger filled.

use rustix::{
    fs::{
        AtFlags, CWD, Dir, FileType, Mode, OFlags, RenameFlags, chmodat, chownat, open, openat,
        renameat_with, statat, unlinkat,
    },
    io::Errno,
    process::{getgid, getuid},
};
use std::{
    ffi::CString,
    io,
    os::fd::{AsFd, OwnedFd},
    path::Path,
};

/// Removes a folder with all that is in it, however deep that nests and whatever its modes are: whoever filled
/// it cannot have left anything that stays. Nothing may be written in it any more.
///
/// Folders are moved up before they are emptied, so that neither the stack nor a path grows with the depth.
/// A folder that is not there is removed already.
///
/// # Errors
/// Those of the file system.
pub(super) fn remove(folder: &Path) -> io::Result<()> {
    let root = match open(folder, FOLDER, Mode::empty()) {
        Err(Errno::NOENT) => return Ok(()),
        root => root?,
    };
    let mut emptying = Emptying { root, waiting: Vec::new(), moved: 0 };
    emptying.run()?;
    Ok(unlinkat(CWD, folder, AtFlags::REMOVEDIR)?)
}

const FOLDER: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// A folder that is being emptied.
struct Emptying {
    root: OwnedFd,
    /// Folders in `root` that are not empty yet.
    waiting: Vec<CString>,
    moved: u64,
}

impl Emptying {
    fn run(&mut self) -> io::Result<()> {
        let root = self.root.try_clone()?;
        self.empty(&root)?;
        while let Some(name) = self.waiting.pop() {
            let folder = openat(&self.root, &name, FOLDER, Mode::empty())?;
            self.empty(&folder)?;
            unlinkat(&self.root, &name, AtFlags::REMOVEDIR)?;
        }
        Ok(())
    }

    fn empty(&mut self, folder: &OwnedFd) -> io::Result<()> {
        // All of them first: what is moved up may come again, where folders are moved to.
        let entries: Vec<_> = Dir::read_from(folder)?.collect::<Result<_, _>>()?;
        for entry in entries {
            let name = entry.file_name();
            if [&b"."[..], b".."].contains(&name.to_bytes()) {
                continue;
            }
            let found = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
            if FileType::from_raw_mode(found.st_mode) == FileType::Directory {
                if found.st_uid != getuid().as_raw() {
                    let own = (Some(getuid()), Some(getgid()));
                    chownat(folder, name, own.0, own.1, AtFlags::SYMLINK_NOFOLLOW)?;
                }
                // A folder that is moved is written in, too: where it says what is above it.
                chmodat(folder, name, Mode::RWXU, AtFlags::empty())?;
                let moved = self.move_up(folder, name)?;
                self.waiting.push(moved);
            } else {
                unlinkat(folder, name, AtFlags::empty())?;
            }
        }
        Ok(())
    }

    fn move_up(&mut self, folder: impl AsFd, name: &std::ffi::CStr) -> io::Result<CString> {
        loop {
            self.moved += 1;
            let to = CString::new(format!(".removed-{}", self.moved))?;
            match renameat_with(&folder, name, &self.root, &to, RenameFlags::NOREPLACE) {
                Err(Errno::EXIST) => {}
                moved => return Ok(moved.map(|()| to)?),
            }
        }
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
        for _ in 0..50_000 {
            rustix::fs::mkdirat(&inner, "d", Mode::RWXU).unwrap();
            inner = openat(&inner, "d", FOLDER, Mode::empty()).unwrap();
        }
        let small = std::thread::Builder::new().stack_size(256 << 10);
        small.spawn(move || remove(&folder)).unwrap().join().unwrap().unwrap();
        assert_eq!(fs::read_dir(outer.path()).unwrap().count(), 0);
    }
}
