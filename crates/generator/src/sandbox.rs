//! The cage that strangers' input and other people's programs run in.
//!
//! A program in it reads what it is made of and nothing else, writes nowhere but where it is told to,
//! reaches no network, signals nobody and starts no other program. The generator starts itself as a
//! small launcher of one thread ([`launch`]), which gives up every right and then becomes the program:
//! taking rights away between fork and exec of a process with many threads is fragile.

mod filter;
pub mod launch;
mod rights;

use crate::process::{Env, Finished, Program, RunError, run};
use serde::{Deserialize, Serialize};
use std::{
    env,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

/// The first argument that makes the generator a launcher.
pub const LAUNCHER: &str = "__cage";

/// The exit status of a launcher that could not become the program. Shells use it in the same way.
pub const NOT_LAUNCHED: i32 = 126;

/// The address space of one program, in bytes: protoc and the plugins for Go and JavaScript need up to
/// 2 GiB for 8,000 files, and the rest is for what is reserved and never touched.
const MEMORY: u64 = 4 << 30;

/// The processor time of one program in seconds. Only a backstop, for when the generator, which
/// watches the clock, is gone: 120 s on eight cores.
const CPU: u64 = 8 * 120;

/// The largest file that a program with a folder of its own may write, in bytes.
const FILE_SIZE: u64 = 512 << 20;

/// Where programs are looked for and what they are linked with: the system's own files, the same on
/// every machine of its kind.
const LIBRARIES: [&str; 5] = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache"];

/// What scripts are made of.
const COMMANDS: [&str; 3] = ["/bin", "/usr/bin", "/usr/share"];

/// Whether there is a cage.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Sandbox {
    /// Programs run in it.
    Caged {
        /// The generator's own executable.
        launcher: PathBuf,
    },
    /// The operator said that programs run without it.
    Off,
}

/// Why there is no cage.
#[derive(Debug, thiserror::Error)]
pub enum NoSandbox {
    /// The kernel does not have what it takes.
    #[error(
        "plugins cannot be caged on this machine ({reason}): use a Linux kernel with Landlock \
         (5.13 or newer) and seccomp, or say --no-sandbox if you trust all plugins and all modules"
    )]
    Kernel {
        /// What the launcher said.
        reason: String,
    },
    /// The launcher could not be run.
    #[error("the cage could not be tried: {source}")]
    Run {
        /// What went wrong.
        #[from]
        source: RunError,
    },
    /// The generator does not know its own executable.
    #[error("the generator's own executable could not be found: {source}")]
    Executable {
        /// What went wrong.
        source: io::Error,
    },
}

/// What a program may do.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Grant {
    /// Files and folders that it reads and executes; what is not there is left out.
    pub read: Vec<PathBuf>,
    /// Folders that it also writes in.
    pub write: Vec<PathBuf>,
    /// How many other programs it may run at once. Shell scripts are made of them.
    pub processes: u32,
    /// The address space that it has, in bytes.
    pub memory: u64,
}

impl Default for Grant {
    fn default() -> Self {
        Self::new()
    }
}

impl Grant {
    /// What every program needs: the system's libraries, and memory.
    pub fn new() -> Self {
        let read = LIBRARIES.map(PathBuf::from).to_vec();
        Self { read, write: Vec::new(), processes: 0, memory: MEMORY }
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
        self
    }

    /// With the system's commands, `processes` of them at once.
    pub fn running(mut self, processes: u32) -> Self {
        self.read.extend(COMMANDS.map(PathBuf::from));
        self.processes = processes;
        self
    }
}

/// What the launcher is told: a program and its limits.
#[derive(Debug, Deserialize, Serialize)]
struct Order {
    grant: Grant,
    cpu: u64,
    file_size: u64,
    /// `None`: only try whether the cage closes.
    program: Option<PathBuf>,
}

impl Sandbox {
    /// Makes sure that the kernel gives the cage, by going into it.
    pub async fn find(is_wanted: bool) -> Result<Self, NoSandbox> {
        if !is_wanted {
            tracing::warn!("--no-sandbox: plugins and the compiler can do whatever this user can");
            return Ok(Self::Off);
        }
        let launcher = env::current_exe().map_err(|source| NoSandbox::Executable { source })?;
        let order = Order::of(&Grant::new(), None);
        let ended = run(Program {
            path: &launcher,
            args: vec![LAUNCHER.into(), order.to_argument()],
            env: Env::Clean,
            cwd: Path::new("/"),
            stdin: Vec::new(),
            // It does nothing but ask the kernel for a few things.
            time: Duration::from_secs(10),
            stdout: 0,
        })
        .await?;
        if ended.code == 0 {
            Ok(Self::Caged { launcher })
        } else {
            Err(NoSandbox::Kernel { reason: ended.stderr.trim().to_owned() })
        }
    }

    /// Runs a program with exactly these rights; its environment is always clean. Without a cage,
    /// every run says so in the log.
    pub async fn run(&self, program: Program<'_>, grant: &Grant) -> Result<Finished, RunError> {
        let Self::Caged { launcher } = self else {
            tracing::warn!(program = %program.path.display(), "runs without a sandbox");
            let name = name_of(program.path);
            return started(run(program).await?, &name);
        };
        rights::give(&grant.write).map_err(|source| RunError::NotStarted {
            program: program.path.display().to_string(),
            source,
        })?;
        let order = Order::of(grant, Some(program.path.to_owned()));
        let mut args: Vec<OsString> = vec![LAUNCHER.into(), order.to_argument()];
        args.extend(program.args);
        let name = name_of(program.path);
        let ended = run(Program { path: launcher, args, env: Env::Clean, ..program }).await;
        started(ended.map_err(|error| error.of(&name))?, &name)
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Tells a program that ended from one that the launcher, or the runner of modules, could not start.
fn started(ended: Finished, name: &str) -> Result<Finished, RunError> {
    match ended.stderr.strip_prefix(launch::COMPLAINT) {
        Some(reason) if ended.code == NOT_LAUNCHED => Err(RunError::NotStarted {
            program: name.to_owned(),
            source: io::Error::other(reason.trim().to_owned()),
        }),
        _ => Ok(ended),
    }
}

impl Order {
    fn of(grant: &Grant, program: Option<PathBuf>) -> Self {
        let file_size = if grant.write.is_empty() { 0 } else { FILE_SIZE };
        Self { grant: grant.clone(), cpu: CPU, file_size, program }
    }

    fn to_argument(&self) -> OsString {
        // Paths of ours that are no UTF-8 have no JSON form: the launcher then refuses the order.
        serde_json::to_string(self).unwrap_or_default().into()
    }
}
