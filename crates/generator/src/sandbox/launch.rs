//! The launcher: gives up every right, then becomes the program.

use super::{NOT_LAUNCHED, Order, filter, rights};
use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreated, RulesetCreatedAttr, Scope,
};
use rustix::process::{
    Resource, Rlimit, Signal, getppid, set_parent_process_death_signal, setrlimit,
};
use std::{
    error::Error,
    ffi::OsString,
    io,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

/// What the launcher's own complaints start with.
pub const COMPLAINT: &str = "protoedge cage: ";

/// The least that the kernel has to have: everything about files (Linux 5.13). What later kernels add
/// (truncating, TCP, signals) is taken where it is there; the filter of system calls forbids
/// sockets and signals everywhere.
const LEAST: ABI = ABI::V1;

/// The most that is asked for.
const MOST: ABI = ABI::V6;

/// How many files a program may have open: one that reads its input and writes its output needs few.
const OPEN_FILES: u64 = 1024;

/// Harmless devices that programs expect to read and to write.
const DEVICES: [&str; 3] = ["/dev/null", "/dev/zero", "/dev/urandom"];

/// Carries out an order: `{order as JSON} {arguments of the program}`. Returns only if it cannot, or
/// if there is no program to become.
pub fn main(mut args: impl Iterator<Item = OsString>) -> ExitCode {
    match launch(&args.next().unwrap_or_default(), args.collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{COMPLAINT}{error}");
            ExitCode::from(u8::try_from(NOT_LAUNCHED).unwrap_or(1))
        }
    }
}

fn launch(order: &OsString, args: Vec<OsString>) -> Result<(), Box<dyn Error>> {
    let order: Order = serde_json::from_slice(order.as_encoded_bytes())?;
    limit(&order)?;
    // Opened while everything can still be reached.
    let rules = rules(&order)?;
    rights::drop_to_nobody()?;
    // After the change of user, which would forget it. A generator that died before has no child to
    // take along any more.
    let parent = getppid();
    set_parent_process_death_signal(Some(Signal::KILL))?;
    if getppid() != parent {
        return Err("the generator is gone".into());
    }
    rules.restrict_self()?;
    filter::apply(order.grant.processes > 0)?;
    match &order.program {
        None => Ok(()),
        Some(program) => Err(become_program(program, args).into()),
    }
}

/// Never returns but with the reason why the program could not be started.
fn become_program(program: &Path, args: Vec<OsString>) -> io::Error {
    // The generator gave the launcher exactly the variables that the program is to see.
    Command::new(program).args(args).exec()
}

fn limit(order: &Order) -> io::Result<()> {
    let processes = u64::from(order.grant.processes);
    let limits = [
        (Resource::Core, Some(0)),
        (Resource::Cpu, Some(order.cpu)),
        (Resource::Fsize, Some(order.file_size)),
        (Resource::Nofile, Some(OPEN_FILES)),
        (Resource::As, Some(order.grant.memory)),
        // Counts all processes and threads of this user: only where the filter does not forbid
        // processes altogether.
        (Resource::Nproc, (processes > 0).then(|| rights::count_tasks() + processes)),
    ];
    for (resource, limit) in limits {
        if let Some(limit) = limit {
            setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) })?;
        }
    }
    Ok(())
}

fn rules(order: &Order) -> Result<RulesetCreated, Box<dyn Error>> {
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(LEAST))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(MOST))?
        .handle_access(AccessNet::from_all(MOST))?
        .scope(Scope::from_all(MOST))?
        .create()?;
    let devices = DEVICES.map(PathBuf::from).to_vec();
    for (paths, access) in [
        (&devices, AccessFs::ReadFile | AccessFs::WriteFile),
        (&order.grant.read, AccessFs::from_read(MOST)),
        (&order.grant.write, AccessFs::from_all(MOST)),
    ] {
        for path in paths {
            // What is not there needs no permission.
            let Ok(fd) = PathFd::new(path) else { continue };
            let access = if path.is_dir() { access } else { access & AccessFs::from_file(MOST) };
            rules = rules.add_rule(PathBeneath::new(fd, access))?;
        }
    }
    Ok(rules)
}
