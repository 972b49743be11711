//! The launcher: gives up every right, then becomes the program.

use crate::{
    cgroups,
    confinement::Confinement,
    exit::{COMPLAINT, NOT_LAUNCHED},
    filter::{self, Profile},
    launch_order::LaunchOrder,
    users,
};
use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, LandlockStatus,
    PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, Scope,
};
use rustix::{
    fs::{Access as Permission, Mode, access},
    process::{
        Resource, Rlimit, Signal, getpgrp, getpid, getppid, getrlimit, getuid,
        set_parent_process_death_signal, setrlimit, setsid, umask,
    },
};
use std::{
    error::Error,
    ffi::OsString,
    io,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

/// The versions of Landlock, the oldest first. The first is the least that the kernel has to have: everything
/// about files (Linux 5.13). What later kernels add (truncating, TCP, signals) is taken where it is there; the
/// filter of system calls forbids that everywhere, as well as it can.
const VERSIONS: [ABI; 9] =
    [ABI::V1, ABI::V2, ABI::V3, ABI::V4, ABI::V5, ABI::V6, ABI::V7, ABI::V8, ABI::V9];

/// How many versions of Landlock are known here.
pub const LANDLOCK_VERSIONS: u8 = VERSIONS.len() as u8;

/// Harmless devices that programs expect to read and to write. Not `/dev/zero`: mapped, it is memory that
/// no limit of a process counts.
const DEVICES: [&str; 2] = ["/dev/null", "/dev/urandom"];

/// What is left to do when an order is carried out.
#[derive(Debug)]
pub(crate) enum Launched {
    /// Nothing.
    Ended(ExitCode),
    /// To go on as the generator with these arguments, in the cage.
    Itself(Vec<OsString>),
}

/// How many more processes and threads a user may have who runs several programs: several times what each may have.
const MANY_TASKS: u64 = 4096;

/// Carries out an order: `{order as JSON} {arguments of the program}`. Returns only if it cannot, or
/// if there is no other program to become.
pub(crate) fn main(mut args: impl Iterator<Item = OsString>) -> Launched {
    let (order, args) = (args.next().unwrap_or_default(), args.collect());
    launch(&order, args).unwrap_or_else(|error| {
        eprintln!("{COMPLAINT}{error}");
        Launched::Ended(ExitCode::from(NOT_LAUNCHED))
    })
}

fn launch(order: &OsString, args: Vec<OsString>) -> Result<Launched, Box<dyn Error>> {
    let order: LaunchOrder = serde_json::from_slice(order.as_encoded_bytes())?;
    let confinement = &order.confinement;
    // A shell that starts the launcher by hand may have made it a group's leader already.
    if getpgrp() != getpid() {
        setsid()?;
    }
    if let Some(group) = &order.group {
        cgroups::join(group)?;
    }
    limit(&order)?;
    umask(Mode::from_raw_mode(0o022));
    // Opened while everything can still be reached.
    let landlock = Landlock { most: order.landlock };
    let rules = landlock.rules(confinement)?;
    users::become_user(order.user)?;
    check_reach(confinement, order.user)?;
    // After the change of user, which would forget it. A generator that died before has no child to
    // take along any more.
    let parent = getppid();
    set_parent_process_death_signal(Some(Signal::KILL))?;
    if getppid() != parent {
        return Err("the generator is gone".into());
    }
    let version = landlock.restrict(rules)?;
    filter::apply(&Profile {
        writes: !confinement.write.is_empty(),
        processes: confinement.processes,
        installs: confinement.installs,
        is_online: confinement.is_online,
        truncate_is_watched: version >= ABI::V3,
        signals_stay: order.is_alone || version >= ABI::V6,
        process: getpid().as_raw_nonzero().get().cast_unsigned(),
    })?;
    match &order.program {
        Some(program) => Err(become_program(program, args).into()),
        None if order.is_itself => Ok(Launched::Itself(args)),
        None => Ok(Launched::Ended(ExitCode::SUCCESS)),
    }
}

/// Never returns but with the reason why the program could not be started.
fn become_program(program: &Path, args: Vec<OsString>) -> io::Error {
    // The generator gave the launcher exactly the variables that the program is to see.
    Command::new(program).args(args).exec()
}

fn limit(order: &LaunchOrder) -> io::Result<()> {
    let confinement = &order.confinement;
    let user = order.user.unwrap_or_else(|| getuid().as_raw());
    // All processes and threads of the user count, whichever program's they are. Where others have some, the watch counts
    // the program's own, and this is for what is faster than that: what others start must not hinder it.
    let tasks = if order.is_alone {
        u64::from(confinement.tasks)
    } else {
        users::count_tasks(user) + MANY_TASKS
    };
    for (resource, limit) in [
        (Resource::Core, 0),
        (Resource::Cpu, order.cpu),
        (Resource::Fsize, order.file_size),
        (Resource::Nofile, confinement.open_files),
        (Resource::As, confinement.memory),
        (Resource::Nproc, tasks),
        // No memory but what is counted.
        (Resource::Memlock, 0),
        (Resource::Msgqueue, 0),
        (Resource::Sigpending, 1024),
    ] {
        // Not more than the generator's own limits allow.
        let limit = getrlimit(resource).maximum.map_or(limit, |most| most.min(limit));
        setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) })?;
    }
    Ok(())
}

/// Makes sure that the user can read what the program is made of.
fn check_reach(confinement: &Confinement, user: Option<u32>) -> Result<(), String> {
    let Some(user) = user else { return Ok(()) };
    let is_closed = |path: &&PathBuf| {
        access(path.as_path(), Permission::READ_OK) == Err(rustix::io::Errno::ACCESS)
    };
    match confinement.read.iter().chain(&confinement.write).chain(&confinement.keep).find(is_closed)
    {
        None => Ok(()),
        Some(path) => Err(format!(
            "{} cannot be read by the user that runs it ({user}): put it where everybody can walk to and \
             read it, or let others enter the folders above it",
            path.display()
        )),
    }
}

/// The Landlock of this kernel.
struct Landlock {
    /// The version that the kernel is to be taken for, if it is not as it is.
    most: Option<u8>,
}

impl Landlock {
    fn most(&self) -> ABI {
        let place = self.most.unwrap_or(LANDLOCK_VERSIONS).clamp(1, LANDLOCK_VERSIONS);
        VERSIONS[usize::from(place) - 1]
    }

    fn rules(&self, confinement: &Confinement) -> Result<RulesetCreated, Box<dyn Error>> {
        let (least, most) = (VERSIONS[0], self.most());
        // Registries are elsewhere.
        let ports = if confinement.is_online {
            AccessNet::BindTcp.into()
        } else {
            AccessNet::from_all(ABI::V4)
        };
        let mut rules = Ruleset::default()
            .set_compatibility(CompatLevel::HardRequirement)
            .handle_access(AccessFs::from_all(least))?
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(most))?;
        if most >= ABI::V4 {
            rules = rules.handle_access(ports)?;
        }
        if most >= ABI::V6 {
            rules = rules.scope(Scope::from_all(most))?;
        }
        let mut rules = rules.create()?;
        let reads = AccessFs::from_read(most);
        let writes = reads | writing(confinement.installs) & AccessFs::from_all(most);
        let devices = DEVICES.map(PathBuf::from).to_vec();
        for (paths, access) in [
            (&devices, AccessFs::ReadFile | AccessFs::WriteFile),
            (&confinement.read, reads),
            (&confinement.write, writes),
            (&confinement.keep, writes),
        ] {
            for path in paths {
                // What is not there needs no permission.
                let Ok(fd) = PathFd::new(path) else { continue };
                let access =
                    if path.is_dir() { access } else { access & AccessFs::from_file(most) };
                rules = rules.add_rule(PathBeneath::new(fd, access))?;
            }
        }
        Ok(rules)
    }

    /// Gives the version that is in force.
    fn restrict(&self, rules: RulesetCreated) -> Result<ABI, Box<dyn Error>> {
        match rules.restrict_self()?.landlock {
            LandlockStatus::Available { effective_abi, .. } => Ok(effective_abi.min(self.most())),
            LandlockStatus::NotEnabled | LandlockStatus::NotImplemented => {
                Err("the kernel has no Landlock".into())
            }
        }
    }
}

/// Files and folders: nothing that leads elsewhere, and nothing that is no file.
fn writing(installs: bool) -> BitFlags<AccessFs> {
    let plain = AccessFs::WriteFile
        | AccessFs::Truncate
        | AccessFs::MakeReg
        | AccessFs::MakeDir
        | AccessFs::RemoveFile
        | AccessFs::RemoveDir;
    // Packages hold links, and are moved when they are whole.
    if installs { plain | AccessFs::MakeSym | AccessFs::Refer } else { plain }
}
