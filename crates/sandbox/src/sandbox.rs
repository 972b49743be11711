//! Whether programs are caged, and where they work.

use crate::{
    cage::Cage,
    cgroups::ControlGroups,
    confinement::Confinement,
    janitor::Janitor,
    launch_order::{LAUNCHER, LaunchOrder},
    program::{Env, Program, RunError},
    run::run,
    users::Users,
    workspace::{self, Workspace},
};
use rustix::process::{getgid, getuid};
use std::{
    env, fs, io,
    os::unix::fs::{MetadataExt, PermissionsExt, lchown},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// Whether there is a cage, and what it is made of.
#[derive(Clone, Debug)]
pub struct Sandbox {
    /// `None`: the operator said that programs run without it.
    cage: Option<Arc<Cage>>,
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
        let order = LaunchOrder { landlock, ..LaunchOrder::of(&Confinement::new(), None) };
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
        // No workspace has it yet.
        let cage = self.cage.and_then(Arc::into_inner);
        Self { cage: cage.map(|cage| Arc::new(Cage { groups: ControlGroups::find(), ..cage })) }
    }

    /// A workspace for a job, with a user of its own where there are some.
    ///
    /// # Errors
    /// Those of the folder for temporary files, and if there is no user left.
    pub fn workspace(&self) -> io::Result<Workspace> {
        let users = self.users();
        let user = users.map(Users::take).transpose()?;
        Workspace::new(self.cage.clone(), &env::temp_dir(), user)
    }

    /// A workspace in another folder, as the package managers' user if it is to share that.
    ///
    /// # Errors
    /// Those of the folder, and if there is no user left.
    pub fn workspace_within(&self, folder: &Path, shares: bool) -> io::Result<Workspace> {
        let user = |users: &Users| if shares { Ok(Users::installer()) } else { users.take() };
        Workspace::new(self.cage.clone(), folder, self.users().map(user).transpose()?)
    }

    /// Lets the users of programs walk through a folder of ours.
    ///
    /// # Errors
    /// If the folder is another user's.
    pub fn open_to_users(&self, folder: &Path) -> io::Result<()> {
        if self.users().is_none() {
            return Ok(());
        }
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
    }

    /// Makes a folder that a program filled the generator's own, and lets all users read what is in it, and
    /// none but the generator's change it. Nothing in it runs as its owner.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn take_back(&self, folder: &Path) -> io::Result<()> {
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
