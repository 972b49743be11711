//! What a caged program may reach, and how much it may take.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The address space of one program, in bytes: protoc and the plugins for Go and JavaScript need up to
/// 2 GiB for 8,000 files, and the rest is for what is reserved and never touched.
const MEMORY: u64 = 4 << 30;

/// How many threads a program may have. Go and JavaScript take one or two a processor.
const THREADS: u32 = 512;

/// How many files a program may have open: one that reads its input and writes its output needs few.
const OPEN_FILES: u64 = 1024;

/// What a program with a folder of its own may put into it, and what a script's commands may take together:
/// the descriptors of the largest public module take 170 MB, twice.
const BOUNDS: Bounds = Bounds { space: 1 << 30, files: 100_000, memory: MEMORY };

/// Where programs are looked for and what they are linked with: the system's own files, the same on
/// every machine of its kind.
const LIBRARIES: [&str; 5] = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache"];

/// What scripts are made of.
const COMMANDS: [&str; 3] = ["/bin", "/usr/bin", "/usr/share"];

/// What a caged program may reach and take.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Confinement {
    /// Files and folders that it reads and executes; what is not there is left out.
    pub read: Vec<PathBuf>,
    /// Folders that it also writes in.
    pub write: Vec<PathBuf>,
    /// Whether it may run other programs. Shell scripts are made of them.
    pub processes: bool,
    /// Folders that it writes in and that outlast its workspace: no bound is watched there.
    pub keep: Vec<PathBuf>,
    /// Whether it is a package manager: these make links and modes.
    pub installs: bool,
    /// Whether it reaches the network.
    pub is_online: bool,
    /// How many processes and threads it may have at once.
    pub tasks: u32,
    /// How many files it may have open.
    pub open_files: u64,
    /// The address space that each of its processes has, in bytes.
    pub memory: u64,
    /// What all of it may take together.
    pub bounds: Bounds,
}

impl Default for Confinement {
    fn default() -> Self {
        Self::new()
    }
}

impl Confinement {
    /// What every program needs: the system's libraries, and memory.
    pub fn new() -> Self {
        Self {
            read: LIBRARIES.map(PathBuf::from).to_vec(),
            write: Vec::new(),
            processes: false,
            keep: Vec::new(),
            installs: false,
            is_online: false,
            tasks: THREADS,
            open_files: OPEN_FILES,
            memory: MEMORY,
            bounds: BOUNDS,
        }
    }

    /// With more to read.
    pub fn reading(mut self, path: impl Into<PathBuf>) -> Self {
        self.read.push(path.into());
        self
    }

    /// With a folder to write in.
    pub fn writing(mut self, folder: impl Into<PathBuf>) -> Self {
        self.write.push(folder.into());
        self
    }

    /// With so many times the usual memory.
    pub fn larger(mut self, times: u32) -> Self {
        self.memory = MEMORY * u64::from(times);
        self.bounds.memory = self.memory;
        self
    }

    /// With the system's commands, which together have `tasks` processes and threads.
    pub fn running(mut self, tasks: u32) -> Self {
        self.read.extend(COMMANDS.map(PathBuf::from));
        self.processes = true;
        self.tasks = tasks;
        self
    }
}

/// The most that a program may take of what is watched.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Bounds {
    /// What its files may take on the disk, in bytes.
    pub space: u64,
    /// How many files and folders it may have.
    pub files: u64,
    /// The memory of all its processes together, in bytes.
    pub memory: u64,
}
