//! A folder and a user for the programs of one job.

use crate::{
    cage::Cage,
    cgroups::{ControlGroup, Lack},
    confinement::Confinement,
    exit::{COMPLAINT, NOT_LAUNCHED},
    launch_order::{LAUNCHER, LaunchOrder},
    proc::LINGER,
    program::{Finished, Program, RunError},
    remove,
    run::{Leads, run, run_as},
    users::User,
    watch::Watch,
};
use rustix::{fs::statvfs, process::getuid};
use std::{
    ffi::OsString,
    fs::{self, File},
    io,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

/// A folder for one job and the user that its programs run as: no other program enters the one or is the other. What is in
/// it goes with it.
#[derive(Debug)]
pub struct Workspace {
    /// `None`: its programs run without a cage.
    cage: Option<Arc<Cage>>,
    /// `None` when it is being removed.
    room: Option<Room>,
}

/// What has to be cleared away.
#[derive(Debug)]
struct Room {
    folder: PathBuf,
    user: Option<User>,
    /// Says that a generator looks after the folder, as long as this process is there.
    _lock: File,
}

/// How the names of workspaces begin.
const PREFIX: &str = "protoedge-work-";

/// The age at which a workspace that no generator looks after was left by a generator that was killed.
const ABANDONED: Duration = Duration::from_secs(60);

/// Removes the workspaces in a folder that a generator left behind that was killed.
pub(crate) fn clear_away(within: &Path) {
    for entry in fs::read_dir(within).into_iter().flatten().flatten() {
        let path = entry.path();
        let Ok(found) = fs::symlink_metadata(&path) else { continue };
        let is_old = found.modified().is_ok_and(|at| at.elapsed().is_ok_and(|age| age > ABANDONED));
        let is_own = found.is_dir() && found.uid() == getuid().as_raw();
        let is_one = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        if !(is_one && is_own && is_old) {
            continue;
        }
        if File::open(&path).is_ok_and(|folder| folder.try_lock().is_ok())
            && let Err(error) = remove::remove(&path)
        {
            tracing::warn!(%error, path = %path.display(), "an old workspace could not be removed");
        }
    }
}

impl Workspace {
    /// An empty workspace in a folder.
    pub(crate) fn new(
        cage: Option<Arc<Cage>>,
        within: &Path,
        user: Option<User>,
    ) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(within)?.keep();
        let lock = File::open(&folder)?;
        lock.lock_shared()?;
        let room = Room { folder, user, _lock: lock };
        if let Some(user) = &room.user {
            // It walks through and lists nothing; no other user is in its group.
            chown(&room.folder, None, Some(user.id()))?;
            fs::set_permissions(&room.folder, fs::Permissions::from_mode(0o710))?;
        }
        Ok(Self { cage, room: Some(room) })
    }

    /// Its folder.
    pub fn path(&self) -> &Path {
        // There is a room until it is dropped.
        self.room.as_ref().map_or(Path::new(""), |room| &room.folder)
    }

    /// Runs a program with exactly these rights; its variables are those that it names, and no others. Without
    /// a cage, every run says so in the log.
    ///
    /// # Errors
    /// If the program was not started, or did not end by itself within its limits.
    pub async fn run(
        &self,
        program: Program<'_>,
        confinement: &Confinement,
    ) -> Result<Finished, RunError> {
        let name = name_of(program.path);
        let Some(cage) = &self.cage else {
            tracing::warn!(program = %program.path.display(), "runs without a sandbox");
            return started(run(program).await?, &name);
        };
        let not_started =
            |source| RunError::NotStarted { program: program.path.display().to_string(), source };
        self.give(confinement).map_err(not_started)?;
        let group = cage.groups.as_ref().map(|groups| groups.make(confinement)).transpose();
        let group = group.map_err(not_started)?;
        let user = self.user();
        // The launcher goes on as what the generator is started as.
        let is_itself = program.path == cage.launcher;
        let order = LaunchOrder {
            user: user.map(User::id),
            is_alone: user.is_some_and(User::is_alone),
            landlock: cage.landlock,
            group: group.as_ref().map(|group| group.folder().to_owned()),
            is_itself,
            ..LaunchOrder::of(confinement, (!is_itself).then(|| program.path.to_owned()))
        };
        let watch = Watch {
            folders: confinement.write.clone(),
            user: user.map(User::id),
            // A control group sees to it, or the limits of a user and a process.
            tasks: (group.is_none() && (confinement.processes || !order.is_alone))
                .then_some(confinement.tasks),
            bounds: confinement.bounds,
        };
        let is_watched = watch.tasks.is_some() || !confinement.write.is_empty();
        let mut args: Vec<OsString> = vec![LAUNCHER.into(), order.to_argument()];
        args.extend(program.args);
        let program = Program { path: &cage.launcher, args, ..program };
        let ended = {
            let watch = is_watched.then_some(&watch);
            run_as(program, Leads::Session, watch, Some(&cage.janitor)).await
        };
        let ended = match (&ended, group.as_ref().and_then(ControlGroup::lack)) {
            (Ok(Finished { code: 0, .. }), _) | (_, None) => ended,
            (_, Some(Lack::Memory)) => Err(RunError::OutOfMemory { program: name.clone() }),
            (_, Some(Lack::Tasks)) => Err(RunError::Starved {
                program: name.clone(),
                reason: format!("it may have {} processes and threads", confinement.tasks),
            }),
        };
        let ended = match ended {
            Ok(ended) if ended.code != 0 && is_full(self.path()) => {
                let reason = "the disk with the folder for temporary files is full".to_owned();
                Err(RunError::Starved { program: name.clone(), reason })
            }
            ended => ended,
        };
        started(ended.map_err(|error| error.of(&name))?, &name)
    }

    /// The generator's own executable: run with [`Workspace::run`], it needs no permission to be read.
    ///
    /// # Errors
    /// If it is not known.
    pub fn itself(&self) -> io::Result<PathBuf> {
        match &self.cage {
            Some(cage) => Ok(cage.launcher.clone()),
            None => std::env::current_exe(),
        }
    }

    fn user(&self) -> Option<&User> {
        self.room.as_ref()?.user.as_ref()
    }

    /// Lets its programs, and no other user's, read a file.
    ///
    /// # Errors
    /// If the file is another user's.
    pub fn lend(&self, file: &Path) -> io::Result<()> {
        let Some(user) = self.user() else {
            return fs::set_permissions(file, fs::Permissions::from_mode(0o600));
        };
        chown(file, None, Some(user.id()))?;
        fs::set_permissions(file, fs::Permissions::from_mode(0o640))
    }

    /// Lets the user write where a program may.
    fn give(&self, confinement: &Confinement) -> io::Result<()> {
        let Some(user) = self.user() else { return Ok(()) };
        let mut folders = confinement.write.iter().chain(&confinement.keep);
        folders.try_for_each(|folder| chown(folder, Some(user.id()), Some(user.id())))
    }

    /// Removes it, and waits until it is gone. Dropped, it is removed, too, while others go on.
    pub async fn close(mut self) {
        if let Some(room) = self.room.take() {
            // A panic was logged, and the folder stays.
            let _ = tokio::task::spawn_blocking(move || drop(room)).await;
        }
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        let Some(room) = self.room.take() else { return };
        match tokio::runtime::Handle::try_current() {
            // It may take a while. A runtime that ends drops what it does not start any more.
            Ok(runtime) => drop(runtime.spawn_blocking(move || drop(room))),
            Err(_) => drop(room),
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if let Some(user) = self.user.as_ref().filter(|user| user.is_alone()) {
            user.end_processes();
        }
        // Programs of a job that was given up were killed, and may still be dying.
        let deadline = Instant::now() + LINGER;
        let mut removed = remove::remove(&self.folder);
        while removed.is_err() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(5));
            removed = remove::remove(&self.folder);
        }
        if let Err(error) = removed {
            let folder = self.folder.display();
            tracing::error!(%error, %folder, "a workspace could not be removed");
        }
    }
}

/// Whether a folder's disk has no room left: programs say that in many ways, or not at all.
fn is_full(folder: &Path) -> bool {
    const ROOM: u64 = 4 << 20;
    const FILES: u64 = 64;
    let Ok(disk) = statvfs(folder) else { return false };
    // Some file systems count no files.
    disk.f_bavail * disk.f_frsize < ROOM || disk.f_files > 0 && disk.f_favail < FILES
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Tells a program that ended from one that the launcher, or the runner of modules, could not start.
fn started(ended: Finished, name: &str) -> Result<Finished, RunError> {
    match ended.stderr.strip_prefix(COMPLAINT) {
        Some(reason) if ended.code == i32::from(NOT_LAUNCHED) => Err(RunError::NotStarted {
            program: name.to_owned(),
            source: io::Error::other(reason.trim().to_owned()),
        }),
        _ => Ok(ended),
    }
}
