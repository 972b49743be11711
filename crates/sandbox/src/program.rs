//! One program: what it is given, and how it ended.

use std::{collections::BTreeMap, ffi::OsString, io, path::Path, time::Duration};

/// One program to run.
#[derive(Debug)]
pub struct Program<'a> {
    /// The executable. Its name is what the program sees as its own.
    pub path: &'a Path,
    /// The arguments.
    pub args: Vec<OsString>,
    /// Which variables it sees.
    pub env: Env,
    /// The folder that it starts in.
    pub cwd: &'a Path,
    /// What it reads.
    pub stdin: Vec<u8>,
    /// The longest that it may take.
    pub time: Duration,
    /// The most that it may write to its standard output, in bytes.
    pub stdout: usize,
}

/// Which variables a program sees.
#[derive(Debug)]
pub enum Env {
    /// Only what every program needs to find the system's own: for plugins and compilers.
    Clean,
    /// Exactly these: for package managers.
    Exactly(BTreeMap<String, OsString>),
}

/// How a program ended by itself.
#[derive(Debug)]
pub struct Finished {
    /// The exit status.
    pub code: i32,
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
    /// The end of what it wrote to standard error.
    pub stderr: String,
}

/// Why a program did not end by itself.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It is not there or cannot be executed.
    #[error("{program} could not be started: {source}")]
    NotStarted {
        /// The program's name.
        program: String,
        /// What went wrong.
        source: io::Error,
    },
    /// It took too long.
    #[error("{program} was stopped: it took more than {seconds} s")]
    TimedOut {
        /// The program's name.
        program: String,
        /// How long it may take.
        seconds: u64,
    },
    /// It wrote too much.
    #[error("{program} was stopped: it wrote more than {bytes} bytes; split the module")]
    TooMuchOutput {
        /// The program's name.
        program: String,
        /// How much it may write.
        bytes: usize,
    },
    /// A signal ended it.
    #[error("{program} was ended by signal {signal}: {stderr}")]
    Killed {
        /// The program's name.
        program: String,
        /// The signal's number.
        signal: i32,
        /// The last line that it wrote to standard error.
        stderr: String,
    },
    /// It said that it had too little memory.
    #[error("{program} ran out of memory: split the module into smaller ones")]
    OutOfMemory {
        /// The program's name.
        program: String,
    },
    /// It took too much of what is watched.
    #[error("{program} was stopped: it took more than {what}")]
    Exceeded {
        /// The program's name.
        program: String,
        /// How much of what it may take.
        what: String,
    },
    /// The machine had too little of something.
    #[error("{program} gave up for want of processes, files, memory or disk space: {reason}")]
    Starved {
        /// The program's name.
        program: String,
        /// What it said.
        reason: String,
    },
    /// Its output could not be read.
    #[error("the output of {program} could not be read: {source}")]
    Io {
        /// The program's name.
        program: String,
        /// What went wrong.
        source: io::Error,
    },
}

impl RunError {
    /// The same error with the name of the program that a launcher became.
    #[must_use]
    pub fn of(mut self, name: &str) -> Self {
        let (Self::NotStarted { program, .. }
        | Self::TimedOut { program, .. }
        | Self::TooMuchOutput { program, .. }
        | Self::Killed { program, .. }
        | Self::OutOfMemory { program }
        | Self::Exceeded { program, .. }
        | Self::Starved { program, .. }
        | Self::Io { program, .. }) = &mut self;
        name.clone_into(program);
        self
    }
}
