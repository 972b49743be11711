//! The cage that strangers' input and other people's programs run in.
//!
//! A program in it reads what it is made of and nothing else, writes nowhere but where it is told to,
//! reaches no network, signals nobody and starts no other program. The generator starts itself as a
//! small launcher of one thread ([`launch`]), which gives up every right and then becomes the program:
//! taking rights away between fork and exec of a process with many threads is fragile.

mod calls;
mod cgroups;
mod filter;
pub mod janitor;
pub mod launch;
mod proc;
mod remove;
mod users;
pub(crate) mod watch;
mod workspace;

pub use users::give_up_the_rest;
pub use watch::Bounds;
pub use workspace::Workspace;

use crate::process::{Env, Program, RunError, run};
use cgroups::Groups;
use janitor::Janitor;
use rustix::process::{getgid, getuid};
use serde::{Deserialize, Serialize};
use std::{
    env,
    ffi::OsString,
    fs, io,
    os::unix::fs::{MetadataExt, PermissionsExt, lchown},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use users::Users;

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

/// How many threads a program may have. Go and JavaScript take one or two a processor.
const THREADS: u32 = 512;

/// How many files a program may have open: one that reads its input and writes its output needs few.
const OPEN_FILES: u64 = 1024;

/// What a program with a folder of its own may put into it, and what a script's commands may take together:
/// the descriptors of the largest public module take 170 MB, twice.
const BOUNDS: Bounds = Bounds { space: 1 << 30, files: 100_000, memory: MEMORY };

/// The largest file that a program with a folder of its own may write, in bytes.
const FILE_SIZE: u64 = 512 << 20;

/// Where programs are looked for and what they are linked with: the system's own files, the same on
/// every machine of its kind.
const LIBRARIES: [&str; 5] = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache"];

/// What scripts are made of.
const COMMANDS: [&str; 3] = ["/bin", "/usr/bin", "/usr/share"];

/// Whether there is a cage, and what it is made of.
#[derive(Clone, Debug)]
pub struct Sandbox {
    /// `None`: the operator said that programs run without it.
    cage: Option<Arc<Cage>>,
}

#[derive(Debug)]
struct Cage {
    /// The generator's own executable.
    launcher: PathBuf,
    /// Who programs run as; `None`: as who the generator is.
    users: Option<Users>,
    /// What ends programs when the generator is gone.
    janitor: Janitor,
    /// The control groups that programs are bounded by; `None`: there are none.
    groups: Option<Groups>,
    /// The version of Landlock that the kernel is to be taken for, if it is not as it is.
    landlock: Option<u8>,
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
    /// Its users cannot be used.
    #[error("the users that plugins run as cannot be had: {source}")]
    Users {
        /// What went wrong.
        source: io::Error,
    },
    /// The generator does not know its own executable, or cannot start it.
    #[error("the generator's own executable cannot be started: {source}")]
    Executable {
        /// What went wrong.
        source: io::Error,
    },
}

/// What a program may do.
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

/// What the launcher is told: a program and its limits.
#[derive(Debug, Deserialize, Serialize)]
struct Order {
    confinement: Confinement,
    cpu: u64,
    file_size: u64,
    /// Who the program runs as, if not as who the generator is.
    user: Option<u32>,
    /// Whether nothing else runs as that user.
    is_alone: bool,
    landlock: Option<u8>,
    /// The control group that it is to join.
    group: Option<PathBuf>,
    /// Whether the program is the generator itself: the launcher goes on as that.
    is_itself: bool,
    /// `None`: the generator itself, or no program at all, to try whether the cage closes.
    program: Option<PathBuf>,
}

impl Sandbox {
    /// No cage: for what runs no program.
    #[must_use]
    pub fn none() -> Self {
        Self { cage: None }
    }

    /// Makes sure that the kernel gives the cage, by going into it. Where it is not wanted, says so in the
    /// log. `landlock` is a version that the kernel's Landlock is to be taken for, if it is newer.
    ///
    /// # Errors
    /// If there is none, with what to do.
    pub async fn find(is_wanted: bool, landlock: Option<u8>) -> Result<Self, NoSandbox> {
        if !is_wanted {
            tracing::warn!("--no-sandbox: plugins and the compiler can do whatever this user can");
            return Ok(Self::none());
        }
        let launcher = env::current_exe().map_err(|source| NoSandbox::Executable { source })?;
        Self::launched_by(launcher, landlock).await
    }

    /// The same with another executable of the generator.
    ///
    /// # Errors
    /// As [`Sandbox::find`].
    pub async fn launched_by(launcher: PathBuf, landlock: Option<u8>) -> Result<Self, NoSandbox> {
        let users = Users::find().map_err(|source| NoSandbox::Users { source })?;
        let order = Order { landlock, ..Order::of(&Confinement::new(), None) };
        let program = Program {
            path: &launcher,
            args: vec![LAUNCHER.into(), order.to_argument()],
            env: Env::Clean,
            cwd: Path::new("/"),
            stdin: Vec::new(),
            // It does nothing but ask the kernel for a few things.
            time: Duration::from_secs(10),
            stdout: 0,
        };
        let ended = run(program).await?;
        if ended.code != 0 {
            return Err(NoSandbox::Kernel { reason: ended.stderr.trim().to_owned() });
        }
        let janitor = Janitor::start(&launcher);
        let janitor = janitor.map_err(|source| NoSandbox::Executable { source })?;
        Ok(Self { cage: Some(Arc::new(Cage { launcher, users, janitor, groups: None, landlock })) })
    }

    /// The same for a service: what one with this cache left behind that was killed is removed, and programs have control
    /// groups, if this process may divide its own, which moves it.
    #[must_use]
    pub fn for_service(self, cache: &Path) -> Self {
        if let Some(Err(error)) = self.users().map(Users::clear_away) {
            tracing::warn!(%error, "what another generator left behind could not be ended");
        }
        workspace::clear_away(&env::temp_dir());
        workspace::clear_away(cache);
        // Nobody else has it yet.
        let cage = self.cage.and_then(Arc::into_inner);
        Self { cage: cage.map(|cage| Arc::new(Cage { groups: Groups::find(), ..cage })) }
    }

    /// A workspace for a job, with a user of its own where there are some.
    ///
    /// # Errors
    /// Those of the folder for temporary files, and if there is no user left.
    pub fn workspace(&self) -> io::Result<Workspace> {
        let users = self.users();
        let user = users.map(Users::take).transpose()?;
        Workspace::new(self.clone(), &env::temp_dir(), user)
    }

    /// A workspace in another folder, as the package managers' user if it is to share that.
    ///
    /// # Errors
    /// Those of the folder, and if there is no user left.
    pub(crate) fn workspace_within(&self, folder: &Path, shares: bool) -> io::Result<Workspace> {
        let user = |users: &Users| if shares { Ok(Users::installer()) } else { users.take() };
        Workspace::new(self.clone(), folder, self.users().map(user).transpose()?)
    }

    /// Lets the users of programs walk through a folder of ours.
    ///
    /// # Errors
    /// If the folder is somebody else's.
    pub(crate) fn open_to_users(&self, folder: &Path) -> io::Result<()> {
        if self.users().is_none() {
            return Ok(());
        }
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
    }

    /// Makes a folder that a program filled the generator's own, and lets everybody read what is in it, and
    /// nobody else change it. Nothing in it runs as who owns it.
    ///
    /// # Errors
    /// Those of the file system.
    pub(crate) fn take_back(&self, folder: &Path) -> io::Result<()> {
        let mut waiting = vec![folder.to_owned()];
        while let Some(path) = waiting.pop() {
            if self.users().is_some() {
                lchown(&path, Some(getuid().as_raw()), Some(getgid().as_raw()))?;
            }
            let found = fs::symlink_metadata(&path)?;
            if found.is_symlink() {
                continue;
            }
            // Readable, executable where it was for its owner, and writable for its owner alone.
            let is_open = found.is_dir() || found.mode() & 0o100 != 0;
            let mode = if is_open { 0o755 } else { 0o644 };
            fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
            // Only now can it be entered for certain.
            if found.is_dir() {
                for entry in fs::read_dir(&path)? {
                    waiting.push(entry?.path());
                }
            }
        }
        Ok(())
    }

    fn users(&self) -> Option<&Users> {
        self.cage.as_ref()?.users.as_ref()
    }
}

impl Order {
    fn of(confinement: &Confinement, program: Option<PathBuf>) -> Self {
        Self {
            confinement: confinement.clone(),
            cpu: CPU,
            file_size: if confinement.write.is_empty() { 0 } else { FILE_SIZE },
            user: None,
            is_alone: false,
            landlock: None,
            group: None,
            is_itself: false,
            program,
        }
    }

    fn to_argument(&self) -> OsString {
        // Paths of ours that are no UTF-8 have no JSON form: the launcher then refuses the order.
        serde_json::to_string(self).unwrap_or_default().into()
    }
}
