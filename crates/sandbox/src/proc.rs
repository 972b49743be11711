//! What the kernel says of all processes, in `/proc`.

use rustix::process::Pid;
use std::{fs, path::PathBuf, time::Duration};

/// How long a process that was killed may take to be gone. Where nothing reaps orphans, they never are.
pub(crate) const LINGER: Duration = Duration::from_secs(2);

/// A process, which may be over by now: then nothing is said of it.
#[derive(Debug)]
pub(crate) struct Process {
    /// Its number.
    pub(crate) id: Pid,
    /// Its folder.
    pub(crate) folder: PathBuf,
}

/// All processes.
pub(crate) fn all() -> impl Iterator<Item = Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| {
        let id = entry.file_name().to_str().and_then(pid)?;
        Some(Process { id, folder: entry.path() })
    })
}

impl Process {
    /// Its process group.
    pub(crate) fn group(&self) -> Option<Pid> {
        let stat = fs::read_to_string(self.folder.join("stat")).ok()?;
        // The name before it may hold anything: what follows is counted from its end.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
        fields.nth(2).and_then(pid)
    }

    /// What is said of it, a line each.
    pub(crate) fn status(&self) -> Status {
        Status(fs::read_to_string(self.folder.join("status")).unwrap_or_default())
    }
}

/// What is said of a process.
pub(crate) struct Status(String);

impl Status {
    /// The first number of the line that begins so, if there is one.
    pub(crate) fn number(&self, key: &str) -> Option<u64> {
        let line = self.0.lines().find_map(|line| line.strip_prefix(key))?;
        line.split_whitespace().next()?.parse().ok()
    }
}

/// A number of a process or a group. One that is just being taken away has the group -1 (Linux, `do_task_stat`).
fn pid(text: &str) -> Option<Pid> {
    let number = text.parse::<i32>().ok().filter(|number| *number > 0)?;
    Pid::from_raw(number)
}

#[cfg(test)]
mod tests {
    use super::pid;

    #[test]
    fn what_is_being_taken_away_has_no_group() {
        assert_eq!(pid("12").map(|pid| pid.as_raw_nonzero().get()), Some(12));
        for none in ["-1", "0", "", "x"] {
            assert_eq!(pid(none), None, "{none}");
        }
    }
}
