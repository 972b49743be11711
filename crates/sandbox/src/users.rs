//! Who caged programs run as.
//!
//! Where the generator can change users, every workspace has one of its own while it is there: a program
//! can then reach no file and no process of another job or of the generator, also where the rest of the cage
//! would let it. Elsewhere programs run as who the generator is.

use crate::proc::{self, LINGER};
use rustix::{
    fs::{Mode, Uid},
    process::{Gid, PidfdFlags, Signal, getuid, pidfd_open, pidfd_send_signal, umask},
    thread::{
        CapabilitySet, CapabilitySets, capabilities, capability_is_in_bounding_set,
        clear_ambient_capability_set, remove_capability_from_bounding_set, set_capabilities,
        set_thread_groups, set_thread_res_gid, set_thread_res_uid,
    },
};
use std::{
    collections::BTreeSet,
    fs::{self, File, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

/// The first number of the users; systemd's table of numbers, which is the only one there is, leaves 60578 to
/// 61183 unused. The first one is the package managers', which run nothing of strangers'.
const FIRST: u32 = 60_578;

/// The last one.
const LAST: u32 = 61_183;

/// What it takes to become another user, to hand files over and to end what runs as another user.
const NEEDED: CapabilitySet = CapabilitySet::SETUID
    .union(CapabilitySet::SETGID)
    .union(CapabilitySet::CHOWN)
    .union(CapabilitySet::KILL);

/// The users of this machine's generators.
#[derive(Debug)]
pub(crate) struct Users {
    /// A folder with a file for each: who has its lock has the user.
    locks: PathBuf,
}

/// A user, no other job's until this is dropped.
#[derive(Debug)]
pub(crate) struct User {
    id: u32,
    /// `None`: package managers share theirs.
    _lock: Option<File>,
}

impl Users {
    /// The users, where this process can become them.
    ///
    /// # Errors
    /// Those of making the folder of locks, and for root that cannot become them: what runs as root owns what
    /// root owns, and no limit of processes holds for it.
    pub(crate) fn find() -> io::Result<Option<Self>> {
        if !getuid().is_root() {
            return Ok(None);
        }
        if !capabilities(None)?.effective.contains(NEEDED) {
            return Err(io::Error::other(
                "root lacks one of the capabilities SETUID, SETGID, CHOWN and KILL; give it these, or run as an \
                 ordinary user",
            ));
        }
        // What the generator makes is there to be read by its programs, unless it says otherwise.
        umask(Mode::from_raw_mode(0o022));
        let locks = folder(Path::new("/run/protoedge-users"));
        let locks = locks.or_else(|_| folder(&std::env::temp_dir().join("protoedge-users")))?;
        Ok(Some(Self { locks }))
    }

    /// A user that no job has.
    ///
    /// # Errors
    /// Those of the folder of locks, and if all are taken.
    pub(crate) fn take(&self) -> io::Result<User> {
        for id in FIRST + 1..=LAST {
            // A generator that was killed may have left programs.
            if let Some(user) = self.lock(id)?
                && user.end_processes()
            {
                return Ok(user);
            }
        }
        Err(io::Error::other(format!("all users from {FIRST} to {LAST} are taken")))
    }

    /// A user, if no job has it.
    fn lock(&self, id: u32) -> io::Result<Option<User>> {
        let file = self.locks.join(id.to_string());
        let lock = File::options().create(true).append(true).open(file)?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(User { id, _lock: Some(lock) })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Ends what runs as users that no job has: a generator that was killed left it behind.
    ///
    /// # Errors
    /// Those of the folder of locks.
    pub(crate) fn clear_away(&self) -> io::Result<()> {
        let owners = proc::all().filter_map(|process| fs::metadata(process.folder).ok());
        let ids: BTreeSet<u32> = owners.map(|owner| owner.uid()).collect();
        for id in ids.range(FIRST + 1..=LAST) {
            if let Some(user) = self.lock(*id)? {
                user.end_processes();
            }
        }
        Ok(())
    }

    /// The package managers' user.
    pub(crate) fn installer() -> User {
        User { id: FIRST, _lock: None }
    }
}

impl User {
    /// Its number, which is also its group's.
    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// Whether no other job has it now.
    pub(crate) fn is_alone(&self) -> bool {
        self._lock.is_some()
    }
}

impl User {
    /// Ends all that still runs as it: programs of a job that was given up, and anything that found a way
    /// out of its process group. Says whether all of it is gone.
    pub(crate) fn end_processes(&self) -> bool {
        let deadline = Instant::now() + LINGER;
        while self.kill_processes() {
            if Instant::now() > deadline {
                tracing::error!(user = self.id, "programs of a job do not end");
                return false;
            }
            thread::sleep(Duration::from_millis(2));
        }
        true
    }

    /// Whether there were any. What is over and not yet waited for does not count.
    fn kill_processes(&self) -> bool {
        let is_own =
            |it: &proc::Process| fs::metadata(&it.folder).is_ok_and(|found| found.uid() == self.id);
        let mut are_there = false;
        for process in proc::all().filter(is_own) {
            // Held, and looked at once more: its number cannot become another's now.
            let Ok(held) = pidfd_open(process.id, PidfdFlags::empty()) else { continue };
            if is_own(&process) {
                are_there = true;
                if let Err(error) = pidfd_send_signal(&held, Signal::KILL) {
                    tracing::warn!(%error, pid = %process.id, "a process of a job could not be ended");
                }
            }
        }
        are_there
    }
}

/// A folder that only this user enters.
fn folder(path: &Path) -> io::Result<PathBuf> {
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let found = fs::symlink_metadata(path)?;
    if found.is_dir() && found.uid() == getuid().as_raw() && found.mode() & 0o022 == 0 {
        return Ok(path.to_owned());
    }
    Err(io::Error::other(format!("{} is somebody else's", path.display())))
}

/// Gives up all that the generator does not need while it serves, for good: as root of a container it needs
/// to become its users, and nothing else that root can do. Rights belong to threads: to be called while there is
/// one.
///
/// # Errors
/// Those of the kernel.
pub fn give_up_the_rest() -> io::Result<()> {
    let own = capabilities(None)?;
    if !getuid().is_root() || !own.effective.contains(NEEDED) {
        return Ok(());
    }
    keep_only(NEEDED)
}

/// Becomes a user, with no right but theirs. `None`: stays who this process is, with no other right either.
pub(crate) fn become_user(user: Option<u32>) -> io::Result<()> {
    if let Some(id) = user {
        let (uid, gid) = (Uid::from_raw(id), Gid::from_raw(id));
        set_thread_groups(&[])?;
        set_thread_res_gid(gid, gid, gid)?;
        set_thread_res_uid(uid, uid, uid)?;
    }
    keep_only(CapabilitySet::empty())
}

/// Gives up all capabilities but some, which programs that are started later do not have, unless as root.
fn keep_only(kept: CapabilitySet) -> io::Result<()> {
    if capabilities(None)?.effective.contains(CapabilitySet::SETPCAP) {
        for capability in CapabilitySet::all().difference(kept).iter() {
            // Those that this kernel does not have are in no set.
            if capability_is_in_bounding_set(capability).unwrap_or(false) {
                remove_capability_from_bounding_set(capability)?;
            }
        }
    }
    clear_ambient_capability_set()?;
    let inheritable = CapabilitySet::empty();
    let sets = CapabilitySets { effective: kept, permitted: kept, inheritable };
    Ok(set_capabilities(None, sets)?)
}

/// How many processes and threads a user has now: the kernel counts them all.
pub(crate) fn count_tasks(user: u32) -> u64 {
    let statuses = proc::all().map(|process| process.status());
    let own = statuses.filter(|status| status.number("Uid:") == Some(user.into()));
    own.filter_map(|status| status.number("Threads:")).sum()
}
