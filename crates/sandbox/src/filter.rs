//! Which system calls a caged program can make, as programs for the kernel.

use crate::calls::{self, Call, Check, Rule};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, apply_filter,
};
use std::{collections::BTreeMap, env::consts::ARCH, error::Error};

/// What a filter has to know of a program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Profile {
    /// Whether it has a folder to write in.
    pub(crate) writes: bool,
    /// Whether it may start other programs.
    pub(crate) processes: bool,
    /// Whether it is a package manager.
    pub(crate) installs: bool,
    /// Whether it reaches the network.
    pub(crate) is_online: bool,
    /// Whether Landlock watches `truncate` (version 3).
    pub(crate) truncate_is_watched: bool,
    /// Whether signals reach only the job's own programs: because its user has no others, or because
    /// Landlock sees to it (version 6).
    pub(crate) signals_stay: bool,
    /// The program's process.
    pub(crate) process: u32,
}

/// What all arguments of a rule have to be; any of a call's rules will do, and a call without a rule passes
/// with any arguments.
type Rules = Vec<SeccompRule>;
type Res<T> = Result<T, Box<dyn Error>>;

/// Applies the filters to this thread, which is the only one. They cannot be taken back, and every
/// program started later has them, too.
pub(crate) fn apply(profile: &Profile) -> Res<()> {
    for program in programs(profile)? {
        apply_filter(&program)?;
    }
    Ok(())
}

/// The filters in the order in which they are applied: of two that refuse, the later one's error counts.
fn programs(profile: &Profile) -> Res<[BpfProgram; 3]> {
    let (mut allowed, mut known) = (BTreeMap::new(), BTreeMap::new());
    for call in calls::all() {
        if call.rule != Rule::Absent {
            known.insert(call.number, Vec::new());
        }
        if let Some(rules) = allow(call, profile)? {
            allowed.insert(call.number, rules);
        }
    }
    // The filters after this one are still to come.
    allowed.insert(libc::SYS_seccomp, Vec::new());
    let forbidden = BTreeMap::from([(libc::SYS_seccomp, Vec::new())]);
    let (refuse, absent) = (errno(libc::EPERM), errno(libc::ENOSYS));
    Ok([
        program(allowed, SeccompAction::Allow, refuse.clone())?,
        program(known, SeccompAction::Allow, absent)?,
        program(forbidden, refuse, SeccompAction::Allow)?,
    ])
}

fn errno(number: i32) -> SeccompAction {
    SeccompAction::Errno(number.cast_unsigned())
}

/// Calls of another processor's convention (32 bits) kill the program.
fn program(rules: BTreeMap<i64, Rules>, then: SeccompAction, or: SeccompAction) -> Res<BpfProgram> {
    Ok(SeccompFilter::new(rules, or, then, ARCH.try_into()?)?.try_into()?)
}

/// The rules of a call, if the program may make it at all.
fn allow(call: &Call, profile: &Profile) -> Res<Option<Rules>> {
    let whenever = |is_allowed: bool| is_allowed.then(Vec::new);
    Ok(match call.rule {
        Rule::Always => whenever(true),
        Rule::Writing => whenever(profile.writes),
        Rule::Processes => whenever(profile.processes),
        Rule::Installing => whenever(profile.installs),
        Rule::Online => whenever(profile.is_online),
        Rule::Refused => None,
        // The other filter answers.
        Rule::Absent => whenever(true),
        Rule::Checked(check) => rules(check, profile)?,
    })
}

fn rules(check: Check, profile: &Profile) -> Res<Option<Rules>> {
    let anything = || Some(Vec::new());
    Ok(match check {
        Check::Clone if profile.processes => Some(vec![rule([masked(0, BAD_CLONE, 0)?])?]),
        Check::Clone => Some(vec![rule([masked(0, BAD_CLONE | THREAD, THREAD)?])?]),
        Check::Fcntl => {
            let mut rules = one_of(1, FCNTL)?;
            if profile.installs {
                rules.extend(one_of(1, LOCKS)?);
            }
            let no_signals = masked(2, u64::from(libc::O_ASYNC.cast_unsigned()), 0)?;
            rules.push(rule([equal(1, libc::F_SETFL)?, no_signals])?);
            Some(rules)
        }
        Check::Ioctl => Some(one_of(1, &IOCTL)?),
        Check::Itself => Some(vec![rule([equal(0, 0)?])?, rule([is_itself(profile)?])?]),
        Check::Membarrier => Some(one_of(0, MEMBARRIER)?),
        Check::Open { flags } => Some(open(flags)?),
        Check::Mode { mode } => Some(vec![rule([has_no_set_id(mode)?])?]),
        Check::Chmod { mode } if profile.installs => Some(vec![rule([has_no_set_id(mode)?])?]),
        Check::Mmap => Some(vec![
            rule([masked(3, ANONYMOUS, 0)?])?,
            rule([masked(3, KIND_OF_MAPPING, PRIVATE)?])?,
        ]),
        Check::Fallocate if profile.writes => Some(vec![rule([equal(1, 0)?])?]),
        Check::Personality => Some(vec![rule([equal(0, -1)?])?]),
        Check::Prctl => Some(one_of(0, PRCTL)?),
        // Programs that are started later have other numbers.
        Check::Signal if profile.processes && profile.signals_stay => anything(),
        Check::Signal => Some(vec![rule([is_itself(profile)?])?]),
        Check::Socket if profile.is_online => {
            let mut rules = Vec::new();
            for domain in [libc::AF_INET, libc::AF_INET6] {
                for kind in [libc::SOCK_STREAM, libc::SOCK_DGRAM] {
                    rules.push(rule([equal(0, domain)?, of_kind(kind)?])?);
                }
            }
            Some(rules)
        }
        Check::Socketpair if profile.installs => {
            let local = equal(0, libc::AF_UNIX)?;
            let kinds = [libc::SOCK_STREAM, libc::SOCK_SEQPACKET].into_iter();
            let rules = kinds.map(|kind| rule([local.clone(), of_kind(kind)?]));
            Some(rules.collect::<Res<_>>()?)
        }
        Check::Truncate if profile.writes && profile.truncate_is_watched => anything(),
        Check::Socket
        | Check::Socketpair
        | Check::Truncate
        | Check::Chmod { .. }
        | Check::Fallocate => None,
    })
}

/// Namespaces, and children that another process has to look after or can look into.
const BAD_CLONE: u64 = (libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET
    | libc::CLONE_PTRACE
    | libc::CLONE_PARENT)
    .cast_unsigned() as u64;

const THREAD: u64 = libc::CLONE_THREAD.cast_unsigned() as u64;

/// Not the owner of signals, not the notices of changes, not leases. [`libc::F_SETFL`] has a rule of its own.
const FCNTL: &[i32] = &[
    libc::F_DUPFD,
    libc::F_DUPFD_CLOEXEC,
    libc::F_GETFD,
    libc::F_SETFD,
    libc::F_GETFL,
    libc::F_GETPIPE_SZ,
];

/// They hold up every process that locks the same file, and the kernel keeps them in memory that nothing counts.
const LOCKS: &[i32] = &[
    libc::F_GETLK,
    libc::F_SETLK,
    libc::F_SETLKW,
    libc::F_OFD_GETLK,
    libc::F_OFD_SETLK,
    libc::F_OFD_SETLKW,
];

const ANONYMOUS: u64 = libc::MAP_ANONYMOUS.cast_unsigned() as u64;
const PRIVATE: u64 = libc::MAP_PRIVATE.cast_unsigned() as u64;

/// The bits of a mapping's flags that say whether it is shared.
const KIND_OF_MAPPING: u64 = 0xf;

/// What would run a file as its owner, whichever user runs it.
const SET_ID: u64 = (libc::S_ISUID | libc::S_ISGID) as u64;

fn has_no_set_id(mode: u8) -> Res<SeccompCondition> {
    masked(mode, SET_ID, 0)
}

const IOCTL: [i32; 6] = [
    libc::TCGETS as i32,
    libc::TIOCGWINSZ as i32,
    libc::FIONREAD as i32,
    libc::FIONBIO as i32,
    libc::FIOCLEX as i32,
    libc::FIONCLEX as i32,
];

const PRCTL: &[i32] = &[
    libc::PR_SET_NAME,
    libc::PR_GET_NAME,
    libc::PR_SET_VMA,
    libc::PR_GET_DUMPABLE,
    libc::PR_GET_KEEPCAPS,
    libc::PR_GET_TIMERSLACK,
    libc::PR_CAPBSET_READ,
    // Has been said before, and says nothing new.
    libc::PR_SET_NO_NEW_PRIVS,
    libc::PR_GET_NO_NEW_PRIVS,
];

/// Those of one process; the kernel's header has no names for them in every C library.
const MEMBARRIER: &[i32] = &[
    0,      // MEMBARRIER_CMD_QUERY
    1 << 3, // MEMBARRIER_CMD_PRIVATE_EXPEDITED
    1 << 4, // MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED
    1 << 5, // MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE
    1 << 6, // MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE
];

/// Before version 3, Landlock lets a file be emptied that is opened for reading only. A file without a name
/// (`O_TMPFILE`) is in no folder, where its size would be seen. The mode counts where a file is made.
fn open(flags: u8) -> Res<Rules> {
    let bits = |flags: i32| u64::from(flags.cast_unsigned());
    let nameless = bits(libc::O_TMPFILE & !libc::O_DIRECTORY);
    let mut rules = Vec::new();
    for (mask, value) in [
        (bits(libc::O_TRUNC), 0),
        (bits(libc::O_ACCMODE), bits(libc::O_WRONLY)),
        (bits(libc::O_ACCMODE), bits(libc::O_RDWR)),
    ] {
        let (mask, create) = (mask | nameless, bits(libc::O_CREAT));
        rules.push(rule([masked(flags, mask | create, value)?])?);
        rules.push(rule([masked(flags, mask, value)?, has_no_set_id(flags + 1)?])?);
    }
    Ok(rules)
}

fn is_itself(profile: &Profile) -> Res<SeccompCondition> {
    equal(0, profile.process.cast_signed())
}

/// The kind of a socket is in its lower bits.
fn of_kind(kind: i32) -> Res<SeccompCondition> {
    masked(1, 0xf, kind.cast_unsigned().into())
}

fn rule<const N: usize>(conditions: [SeccompCondition; N]) -> Res<SeccompRule> {
    Ok(SeccompRule::new(conditions.to_vec())?)
}

fn one_of(argument: u8, values: &[i32]) -> Res<Rules> {
    values.iter().map(|value| rule([equal(argument, *value)?])).collect()
}

/// Arguments of the kernel's `int`: what is above their 32 bits, the kernel does not look at either.
fn equal(argument: u8, value: i32) -> Res<SeccompCondition> {
    let value = u64::from(value.cast_unsigned());
    Ok(SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value)?)
}

fn masked(argument: u8, mask: u64, value: u64) -> Res<SeccompCondition> {
    let op = SeccompCmpOp::MaskedEq(mask);
    Ok(SeccompCondition::new(argument, SeccompCmpArgLen::Dword, op, value)?)
}

#[cfg(test)]
mod tests;
