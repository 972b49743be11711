//! What no limit of the kernel's bounds: what a program puts into its folders, and the memory of all that
//! it started.

use crate::{
    confinement::Bounds,
    proc::{self, Process},
};
use nix::unistd::{Gid, Uid, setfsgid, setfsuid};
use rustix::{
    fs::{AtFlags, Dir, FileType, Mode, OFlags, open, openat, statat},
    process::Pid,
};
use std::{
    collections::BTreeMap,
    fs, io,
    os::{fd::OwnedFd, unix::fs::MetadataExt},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};
use tokio::sync::oneshot;

/// How often is looked. A disk takes some hundred MB in that time.
const EVERY: Duration = Duration::from_millis(100);

/// How deep folders may nest.
const DEPTH: usize = 64;

/// Watches one program.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    /// The folders that it writes in.
    pub(crate) folders: Vec<PathBuf>,
    /// The user that it runs as, if that is not the generator's.
    pub(crate) user: Option<u32>,
    /// How many processes and threads it may have, if no limit of the kernel's sees to that, or to the memory of
    /// several processes.
    pub(crate) tasks: Option<u32>,
    /// What it may take.
    pub(crate) bounds: Bounds,
}

impl Watch {
    /// Waits until a program, whose process group this is, takes too much; says of what. It waits for ever
    /// if it does not.
    pub(crate) async fn over(&self, group: Pid) -> String {
        loop {
            tokio::time::sleep(EVERY).await;
            let watch = self.clone();
            let (tell, told) = oneshot::channel();
            // A thread of its own, which dies afterwards, since it becomes another user. The program may be over by then.
            thread::spawn(move || drop(tell.send(watch.look(group))));
            match told.await {
                Ok(None) => {}
                Ok(Some(what)) => return what,
                Err(_) => return "what could not be looked at".into(),
            }
        }
    }

    fn look(&self, group: Pid) -> Option<String> {
        let own: Vec<_> = proc::all().filter(|it| it.group() == Some(group)).collect();
        if let Some(tasks) = self.tasks {
            let taken = Taken::by(&own);
            if taken.memory > self.bounds.memory {
                return Some(format!("{} MiB of memory", self.bounds.memory >> 20));
            }
            if taken.tasks > u64::from(tasks) {
                return Some(format!("{tasks} processes and threads"));
            }
        }
        if let Some(user) = self.user {
            // Of this thread alone, and for files alone: what the program made may be closed to others.
            setfsgid(Gid::from_raw(user));
            setfsuid(Uid::from_raw(user));
        }
        let mut size = Size::default();
        for folder in &self.folders {
            if size.add(folder).is_err() {
                return Some("folders that cannot be looked at".into());
            }
        }
        if !self.folders.is_empty() {
            size.space += nameless(&own);
        }
        let Bounds { space, files, .. } = self.bounds;
        if size.is_deep {
            Some(format!("{DEPTH} folders in each other"))
        } else if size.files > files {
            Some(format!("{files} files and folders"))
        } else {
            (size.space > space).then(|| format!("{} MiB of disk space", space >> 20))
        }
    }
}

/// What is in some folders.
#[derive(Debug, Default)]
struct Size {
    space: u64,
    files: u64,
    is_deep: bool,
}

impl Size {
    /// Adds what is in a folder. What goes away meanwhile counts or does not.
    fn add(&mut self, folder: &Path) -> io::Result<()> {
        const FOLDER: OFlags =
            OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
        let mut open_ones = vec![listing(open(folder, FOLDER, Mode::empty())?)?];
        loop {
            let depth = open_ones.len();
            let Some((folder, entries)) = open_ones.last_mut() else { return Ok(()) };
            let Some(entry) = entries.next() else {
                open_ones.pop();
                continue;
            };
            let Ok(entry) = entry else { continue };
            let name = entry.file_name();
            if [&b"."[..], b".."].contains(&name.to_bytes()) {
                continue;
            }
            let Ok(found) = statat(&*folder, name, AtFlags::SYMLINK_NOFOLLOW) else { continue };
            self.files += 1;
            // The kernel counts in blocks of 512 bytes.
            self.space += u64::try_from(found.st_blocks).unwrap_or_default() * 512;
            if FileType::from_raw_mode(found.st_mode) == FileType::Directory {
                if depth >= DEPTH {
                    self.is_deep = true;
                    return Ok(());
                }
                match openat(&*folder, name, FOLDER, Mode::empty()) {
                    Ok(inner) => open_ones.push(listing(inner)?),
                    Err(rustix::io::Errno::NOENT) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }
}

fn listing(folder: OwnedFd) -> io::Result<(OwnedFd, Dir)> {
    let entries = Dir::read_from(&folder)?;
    Ok((folder, entries))
}

/// What the files take on the disk that processes have open or mapped and that have no name any more,
/// in bytes. Of what is mapped, the mapping counts.
fn nameless(processes: &[Process]) -> u64 {
    let mut sizes: BTreeMap<(u64, u64), u64> = BTreeMap::new();
    for Process { folder, .. } in processes {
        for entry in fs::read_dir(folder.join("fd")).into_iter().flatten().flatten() {
            if let Ok(found) = fs::metadata(entry.path())
                && found.is_file()
                && found.nlink() == 0
            {
                sizes.insert((found.dev(), found.ino()), found.blocks() * 512);
            }
        }
        let maps = fs::read_to_string(folder.join("maps")).unwrap_or_default();
        for line in maps.lines().filter(|line| line.ends_with(" (deleted)")) {
            let mut fields = line.split_whitespace();
            let range = fields.next().and_then(|range| range.split_once('-'));
            let inode = fields.nth(3).and_then(|inode| inode.parse().ok());
            let number = |text| u64::from_str_radix(text, 16).unwrap_or(0);
            if let (Some((from, to)), Some(inode)) = (range, inode) {
                *sizes.entry((u64::MAX, inode)).or_default() +=
                    number(to).saturating_sub(number(from));
            }
        }
    }
    sizes.values().sum()
}

/// What processes have together.
#[derive(Debug, Default)]
struct Taken {
    /// In bytes: what they touched, and the kernel's tables for it. What they share counts for each.
    memory: u64,
    /// Processes and threads.
    tasks: u64,
}

impl Taken {
    fn by(processes: &[Process]) -> Self {
        let mut taken = Self::default();
        for status in processes.iter().map(Process::status) {
            let number = |key| status.number(key).unwrap_or(0);
            taken.tasks += number("Threads:");
            taken.memory += (number("VmRSS:") + number("VmPTE:") + number("VmSwap:")) * 1024;
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The processes of this one's group.
    fn own() -> Vec<Process> {
        proc::all().filter(|it| it.group() == Some(rustix::process::getpgrp())).collect()
    }

    #[test]
    fn folders_are_measured() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("a/b")).unwrap();
        fs::write(folder.path().join("a/b/x"), vec![b'x'; 100_000]).unwrap();
        std::os::unix::fs::symlink("/", folder.path().join("a/link")).unwrap();
        let mut size = Size::default();
        size.add(folder.path()).unwrap();
        assert_eq!((size.files, size.is_deep), (4, false));
        assert!((100_000..200_000).contains(&size.space), "{size:?}");
        let deep = "d/".repeat(DEPTH);
        fs::create_dir_all(folder.path().join(deep)).unwrap();
        size.add(folder.path()).unwrap();
        assert!(size.is_deep);
    }

    #[test]
    fn files_without_a_name_count() {
        let own = own();
        let before = nameless(&own);
        let mut file = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut file, &vec![b'x'; 3 << 20]).unwrap();
        assert!(nameless(&own) >= before + (3 << 20));
    }

    #[test]
    fn memory_is_that_of_the_group() {
        let taken = Taken::by(&own());
        assert!(taken.memory > 1 << 20 && taken.tasks > 1, "{taken:?}");
        let none: Vec<_> = proc::all().filter(|it| it.group() == Pid::from_raw(i32::MAX)).collect();
        let none = Taken::by(&none);
        assert_eq!((none.memory, none.tasks), (0, 0));
    }
}
