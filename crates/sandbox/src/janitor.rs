//! What ends caged programs when the generator is gone.
//!
//! A program that is launched asks the kernel to be killed with its parent; its children do not, and it can get
//! around it by becoming another program from another thread. So the generator tells a process of its own which
//! groups run; when it is killed, and the pipe between them ends, that process ends them.

use rustix::process::{Pid, Signal, getpgrp, getpid, kill_process_group, setsid};
use std::{
    collections::BTreeSet,
    io::{self, BufRead, Write},
    path::Path,
    process::{Child, ChildStdin, Command, ExitCode, Stdio},
    sync::{Mutex, PoisonError},
};

/// The first argument that makes this executable a janitor.
pub(crate) const JANITOR: &str = "__janitor";

/// The process, and the pipe to it. It ends with the pipe.
#[derive(Debug)]
pub(crate) struct Janitor {
    pipe: Mutex<ChildStdin>,
    process: Child,
}

/// A group that runs, until this is dropped.
#[derive(Debug)]
pub(crate) struct Running<'a> {
    janitor: &'a Janitor,
    group: Pid,
}

impl Janitor {
    /// Starts one.
    ///
    /// # Errors
    /// If it cannot be started.
    pub(crate) fn start(itself: &Path) -> io::Result<Self> {
        let mut command = Command::new(itself);
        command.arg(JANITOR).env_clear().current_dir("/");
        let mut process =
            command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let pipe = process.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(Self { pipe: Mutex::new(pipe), process })
    }

    /// Says that a group runs.
    pub(crate) fn watch(&self, group: Pid) -> Running<'_> {
        self.say('+', group);
        Running { janitor: self, group }
    }

    fn say(&self, what: char, group: Pid) {
        // A line is written as one: a panic leaves no half of it.
        let mut pipe = self.pipe.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = writeln!(pipe, "{what}{}", group.as_raw_pid()) {
            tracing::error!(%error, "who ends programs when the generator is killed is gone");
        }
    }
}

impl Drop for Janitor {
    fn drop(&mut self) {
        // Its work is done: nothing runs any more.
        let _ = self.process.kill().and_then(|()| self.process.wait());
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.janitor.say('-', self.group);
    }
}

/// Reads which groups run, and ends them when the generator, which tells them, is gone.
pub(crate) fn main() -> ExitCode {
    // What a terminal or a script sends to the generator's group is not for it.
    if getpgrp() != getpid() && setsid().is_err() {
        return ExitCode::FAILURE;
    }
    let mut running = BTreeSet::new();
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        match (line.chars().next(), line.get(1..).and_then(|text| text.parse().ok())) {
            (Some('+'), Some(group)) => _ = running.insert(group),
            (Some('-'), Some(group)) => _ = running.remove(&group),
            _ => {}
        }
    }
    for group in running.into_iter().filter_map(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    ExitCode::SUCCESS
}
