//! Control groups (version 2): the kernel's own bounds for all that a program starts, together.
//!
//! They can be had where the generator's own group is delegated to it: by systemd (`Delegate=yes`), or in a
//! container whose `/sys/fs/cgroup` can be written. Elsewhere there are limits for each process and for each
//! user, and [`crate::watch`].

use crate::{confinement::Confinement, proc::LINGER};
use std::{
    fs, io,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

/// Where the file system of groups is.
const ROOT: &str = "/sys/fs/cgroup";

/// The controllers that bound something.
const CONTROLLERS: [&str; 2] = ["memory", "pids"];

/// The generator's own group, which is divided.
#[derive(Debug)]
pub(crate) struct ControlGroups {
    folder: PathBuf,
    /// The number of the next one: none is given twice.
    next: AtomicU64,
}

/// The group of one program, which goes with it.
#[derive(Debug)]
pub(crate) struct ControlGroup {
    folder: PathBuf,
}

/// What a program's group had too little of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Lack {
    /// The kernel ended it for want of memory.
    Memory,
    /// A process or a thread was refused to it.
    Tasks,
}

impl ControlGroups {
    /// The groups of this process, if it may divide its own. That moves it into a group below.
    pub(crate) fn find() -> Option<Self> {
        match Self::divide() {
            Ok(groups) => groups,
            Err(error) => {
                tracing::debug!(%error, "there are no control groups for programs");
                None
            }
        }
    }

    fn divide() -> io::Result<Option<Self>> {
        let own = fs::read_to_string("/proc/self/cgroup")?;
        let Some(own) = own.lines().find_map(|line| line.strip_prefix("0::/")) else {
            return Ok(None);
        };
        let folder = Path::new(ROOT).join(own);
        let controllers = fs::read_to_string(folder.join("cgroup.controllers"))?;
        let has = |wanted: &&str| controllers.split_whitespace().any(|name| name == *wanted);
        if !CONTROLLERS.iter().all(has) {
            return Ok(None);
        }
        clear_away(&folder);
        // A group with programs in it cannot be divided.
        let leaf = folder.join(format!("protoedge-{}", process::id()));
        fs::create_dir(&leaf)?;
        let pid = process::id().to_string();
        fs::write(leaf.join("cgroup.procs"), &pid)?;
        let divided = fs::write(folder.join("cgroup.subtree_control"), "+memory +pids");
        if let Err(error) = divided {
            // Another process is in it: all is as it was.
            fs::write(folder.join("cgroup.procs"), &pid)?;
            fs::remove_dir(&leaf)?;
            return Err(error);
        }
        Ok(Some(Self { folder, next: AtomicU64::new(1) }))
    }

    /// A group for a program with these rights.
    ///
    /// # Errors
    /// Those of the file system of groups.
    pub(crate) fn make(&self, confinement: &Confinement) -> io::Result<ControlGroup> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let folder = self.folder.join(format!("protoedge-{}-{number}", process::id()));
        fs::create_dir(&folder)?;
        let group = ControlGroup { folder };
        let memory = confinement.bounds.memory.to_string();
        group.set("memory.max", &memory)?;
        group.set("pids.max", &confinement.tasks.to_string())?;
        group.set("memory.oom.group", "1")?;
        // Where the kernel has no swap, there is no such file.
        match group.set("memory.swap.max", "0") {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(group),
        }
    }
}

impl ControlGroup {
    /// Its folder: who writes to `cgroup.procs` in it joins.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    fn set(&self, name: &str, value: &str) -> io::Result<()> {
        fs::write(self.folder.join(name), value)
    }

    /// What it had too little of, if anything.
    pub(crate) fn lack(&self) -> Option<Lack> {
        let count = |file: &str, key: &str| {
            let text = fs::read_to_string(self.folder.join(file)).unwrap_or_default();
            let mut lines = text.lines().filter_map(|line| line.split_once(' '));
            let found = lines.find(|(name, _)| *name == key);
            found.and_then(|(_, number)| number.parse::<u64>().ok()).unwrap_or(0)
        };
        if count("memory.events", "oom_kill") > 0 {
            Some(Lack::Memory)
        } else {
            (count("pids.events", "max") > 0).then_some(Lack::Tasks)
        }
    }

    fn end(&self) -> io::Result<()> {
        // Older kernels (before 5.14) have no such file: the process group was killed in any case.
        let _ = self.set("cgroup.kill", "1");
        let deadline = Instant::now() + LINGER;
        loop {
            match fs::remove_dir(&self.folder) {
                Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                    if Instant::now() > deadline {
                        return Err(error);
                    }
                    thread::sleep(Duration::from_millis(1));
                }
                removed => return removed,
            }
        }
    }
}

impl Drop for ControlGroup {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            let folder = self.folder.display();
            tracing::warn!(%error, %folder, "a control group could not be removed");
        }
    }
}

/// Ends and removes what generators left behind that did not end by themselves.
fn clear_away(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let numbers = name.to_str().and_then(|name| name.strip_prefix("protoedge-"));
        let Some(generator) = numbers.and_then(|numbers| numbers.split('-').next()) else {
            continue;
        };
        if !Path::new("/proc").join(generator).exists() {
            drop(ControlGroup { folder: entry.path() });
        }
    }
}

/// Makes this process one of a group.
///
/// # Errors
/// Those of the file system of groups.
pub(crate) fn join(folder: &Path) -> io::Result<()> {
    fs::write(folder.join("cgroup.procs"), "0")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io::Write,
        process::{Command, Stdio},
    };

    fn sh(group: &ControlGroup, script: &str) -> Option<i32> {
        let text = format!("echo 0 > {}/cgroup.procs; {script}", group.folder().display());
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &text]).stderr(Stdio::null()).status().unwrap().code()
    }

    /// One test, since there is one process whose group is divided.
    #[test]
    fn programs_are_bounded_together() {
        let Some(groups) = ControlGroups::find() else {
            let _ = writeln!(io::stderr(), "SKIPPED: no control groups can be had here");
            return;
        };
        let mut confinement = Confinement::new();
        confinement.tasks = 8;
        confinement.bounds.memory = 64 << 20;
        let calm = groups.make(&confinement).unwrap();
        assert_eq!((sh(&calm, "cat /proc/self/stat | wc -l"), calm.lack()), (Some(0), None));
        let hungry = groups.make(&confinement).unwrap();
        let eat = "e() { perl -e '$x = \"x\" x 30e6; sleep 9'; }; e & e & e & wait; exit 0";
        assert_eq!((sh(&hungry, eat), hungry.lack()), (None, Some(Lack::Memory)), "all are killed");
        let many = groups.make(&confinement).unwrap();
        sh(&many, "for n in 1 2 3 4 5 6 7 8 9; do sleep 1 & done; wait");
        assert_eq!(many.lack(), Some(Lack::Tasks));
        let left = groups.make(&confinement).unwrap();
        sh(&left, "setsid sleep 60 & sleep 0.2");
        let folders = [&calm, &hungry, &many, &left].map(|group| group.folder().to_owned());
        drop([calm, hungry, many, left]);
        assert!(folders.iter().all(|folder| !folder.exists()), "with all that was in them");
    }
}
