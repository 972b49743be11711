use super::*;
use crate::calls;
use std::collections::BTreeSet;

/// What the kernel would do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Verdict {
    Allowed,
    Refused,
    Absent,
}
use Verdict::{Absent, Allowed, Refused};

/// A plugin that is one program; what follows are differences.
const PLUGIN: Profile = Profile {
    writes: false,
    processes: false,
    installs: false,
    is_online: false,
    truncate_is_watched: true,
    signals_stay: true,
    process: 42,
};
const SCRIPT: Profile = Profile { writes: true, processes: true, ..PLUGIN };
const INSTALLER: Profile = Profile { installs: true, is_online: true, ..SCRIPT };
const OFFLINE: Profile = Profile { is_online: false, ..INSTALLER };

/// Runs one filter as the kernel does: a program of a few instructions over the number, the processor and
/// the arguments of a call.
fn interpret(program: &BpfProgram, call: i64, arguments: [u64; 6]) -> u32 {
    const ARCH: u32 = if cfg!(target_arch = "x86_64") { 0xc000_003e } else { 0xc000_00b7 };
    let mut data = vec![call as u32, ARCH, 0, 0];
    data.extend(arguments.iter().flat_map(|argument| [*argument as u32, (argument >> 32) as u32]));
    let (mut accumulator, mut place) = (0_u32, 0_usize);
    loop {
        let step = &program[place];
        place += 1;
        match u32::from(step.code) {
            code if code == libc::BPF_LD | libc::BPF_W | libc::BPF_ABS => {
                accumulator = data[step.k as usize / 4];
            }
            code if code == libc::BPF_ALU | libc::BPF_AND | libc::BPF_K => accumulator &= step.k,
            code if code == libc::BPF_RET | libc::BPF_K => return step.k,
            code if code == libc::BPF_JMP | libc::BPF_JA => place += step.k as usize,
            code => {
                let holds = match code - libc::BPF_JMP - libc::BPF_K {
                    libc::BPF_JEQ => accumulator == step.k,
                    libc::BPF_JGE => accumulator >= step.k,
                    libc::BPF_JGT => accumulator > step.k,
                    other => panic!("an instruction that is not known here: {other:#x}"),
                };
                place += usize::from(if holds { step.jt } else { step.jf });
            }
        }
    }
}

/// Of several filters the strictest answer counts, and of equals the one that was applied last.
fn ask(profile: &Profile, call: i64, arguments: [u64; 6]) -> Verdict {
    const REFUSED: u32 = libc::SECCOMP_RET_ERRNO | libc::EPERM.cast_unsigned();
    const ABSENT: u32 = libc::SECCOMP_RET_ERRNO | libc::ENOSYS.cast_unsigned();
    let answers = programs(profile).unwrap();
    let answers = answers.iter().rev().map(|program| interpret(program, call, arguments));
    match answers.min_by_key(|answer| answer & libc::SECCOMP_RET_ACTION_FULL).unwrap() {
        libc::SECCOMP_RET_ALLOW => Allowed,
        REFUSED => Refused,
        ABSENT => Absent,
        other => panic!("{other:#x}"),
    }
}

fn number(name: &str) -> i64 {
    calls::all().find(|call| call.name == name).unwrap_or_else(|| panic!("{name}")).number
}

/// The kernel's table has holes where calls were never made on this processor, and where numbers are kept
/// equal to those of others.
#[cfg(target_arch = "x86_64")]
#[test]
fn the_table_has_every_call_once() {
    const HOLES: [std::ops::RangeInclusive<i64>; 1] = [337..=423];
    let numbers: Vec<i64> = calls::all().map(|call| call.number).collect();
    let set: BTreeSet<i64> = numbers.iter().copied().collect();
    assert_eq!(numbers.len(), set.len(), "a number is there twice");
    let last = *set.last().unwrap();
    assert_eq!(number("file_setattr"), last, "the newest of Linux 6.17");
    let missing: Vec<i64> = (0..=last)
        .filter(|number| !HOLES.iter().any(|hole| hole.contains(number)))
        .filter(|number| !set.contains(number))
        .collect();
    assert_eq!(missing, [] as [i64; 0]);
    let names: BTreeSet<&str> = calls::all().map(|call| call.name).collect();
    assert_eq!(names.len(), set.len(), "a name is there twice");
    assert!(calls::all().all(|call| call.reason.len() > 8), "a line without a reason");
}

#[test]
fn each_call_is_what_the_table_says() {
    for call in calls::all() {
        let of = |profile| ask(profile, call.number, [0; 6]);
        let (plugin, script, installer) = (of(&PLUGIN), of(&SCRIPT), of(&INSTALLER));
        let wanted = match call.rule {
            Rule::Always => (Allowed, Allowed, Allowed),
            Rule::Writing | Rule::Processes => (Refused, Allowed, Allowed),
            Rule::Installing | Rule::Online => (Refused, Refused, Allowed),
            Rule::Refused => (Refused, Refused, Refused),
            Rule::Absent => (Absent, Absent, Absent),
            // The next test.
            Rule::Checked(_) => continue,
        };
        assert_eq!((plugin, script, installer), wanted, "{}", call.name);
    }
    let last = calls::all().map(|call| call.number).max().unwrap();
    for unknown in (last + 1..last + 200).chain([0x4000_0000, 0x4000_0000 + libc::SYS_write]) {
        assert_eq!(ask(&INSTALLER, unknown, [0; 6]), Absent, "{unknown}");
    }
}

#[test]
fn arguments_are_looked_at() {
    const HIGH: u64 = 1 << 32;
    let at = |place: usize, value: u64| {
        let mut arguments = [7 << 32; 6];
        arguments[place] = value;
        arguments
    };
    let two = |place: usize, first: u64, second: u64| {
        let mut arguments = at(place, first);
        arguments[place + 1] = second;
        arguments
    };
    let int = |value: i32| u64::from(value.cast_unsigned());
    let unwatched = Profile { truncate_is_watched: false, ..SCRIPT };
    let shared = Profile { signals_stay: false, ..SCRIPT };
    let thread = int(libc::CLONE_VM | libc::CLONE_FS | libc::CLONE_THREAD | libc::CLONE_SIGHAND);
    let process = int(libc::SIGCHLD);
    #[rustfmt::skip]
    let cases = [
        ("clone", PLUGIN, at(0, thread), Allowed),
        ("clone", PLUGIN, at(0, process), Refused),
        ("clone", PLUGIN, at(0, int(libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD)), Refused),
        ("clone", PLUGIN, at(0, thread | int(libc::CLONE_NEWUSER)), Refused),
        ("clone", SCRIPT, at(0, process), Allowed),
        ("clone", SCRIPT, at(0, thread), Allowed),
        ("clone", SCRIPT, at(0, process | int(libc::CLONE_NEWUSER)), Refused),
        ("clone", SCRIPT, at(0, process | int(libc::CLONE_NEWNS)), Refused),
        ("clone", SCRIPT, at(0, process | int(libc::CLONE_NEWPID)), Refused),
        ("clone", SCRIPT, at(0, process | int(libc::CLONE_NEWNET)), Refused),
        ("clone", SCRIPT, at(0, process | int(libc::CLONE_NEWCGROUP)), Refused),
        ("clone", SCRIPT, at(0, process | int(libc::CLONE_NEWIPC)), Refused),
        ("clone", SCRIPT, at(0, process | int(libc::CLONE_NEWUTS)), Refused),
        ("clone", INSTALLER, at(0, process | int(libc::CLONE_NEWUSER)), Refused),
        ("clone", SCRIPT, at(0, process | int(libc::CLONE_PARENT)), Refused),
        ("clone", SCRIPT, at(0, process | int(libc::CLONE_PTRACE)), Refused),
        ("prlimit64", PLUGIN, at(0, 0), Allowed),
        ("prlimit64", PLUGIN, at(0, 42), Allowed),
        ("prlimit64", PLUGIN, at(0, 43), Refused),
        ("prlimit64", PLUGIN, at(0, HIGH), Allowed), // The kernel takes it for 0.
        ("prlimit64", PLUGIN, at(0, HIGH | 43), Refused),
        ("prlimit64", INSTALLER, at(0, 1), Refused),
        ("tgkill", PLUGIN, at(0, 42), Allowed),
        ("tgkill", PLUGIN, at(0, 0), Refused),
        ("tgkill", PLUGIN, at(0, 1), Refused),
        ("tgkill", PLUGIN, at(0, int(-1)), Refused),
        ("tgkill", shared, at(0, 43), Refused),
        ("tgkill", shared, at(0, 42), Allowed),
        ("tgkill", SCRIPT, at(0, 43), Allowed),
        ("sched_getparam", PLUGIN, at(0, 0), Allowed),
        ("sched_getscheduler", PLUGIN, at(0, 43), Refused),
        ("getpgid", PLUGIN, at(0, 43), Refused),
        ("getsid", PLUGIN, at(0, 0), Allowed),
        ("fcntl", PLUGIN, two(1, int(libc::F_DUPFD_CLOEXEC), 3), Allowed),
        ("fcntl", PLUGIN, two(1, int(libc::F_SETFL), int(libc::O_NONBLOCK)), Allowed),
        ("fcntl", PLUGIN, two(1, int(libc::F_SETFL), int(libc::O_NONBLOCK | libc::O_ASYNC)), Refused),
        ("fcntl", PLUGIN, two(1, int(libc::F_SETOWN), 1), Refused),
        ("fcntl", PLUGIN, two(1, 10, 9), Refused), // F_SETSIG
        ("fcntl", PLUGIN, two(1, 15, 9), Refused), // F_SETOWN_EX
        ("fcntl", PLUGIN, two(1, int(libc::F_NOTIFY), 1), Refused),
        ("fcntl", INSTALLER, two(1, int(libc::F_SETLEASE), 1), Refused),
        ("fcntl", SCRIPT, two(1, int(libc::F_SETPIPE_SZ), 1 << 20), Refused),
        ("ioctl", PLUGIN, at(1, libc::TCGETS), Allowed),
        ("ioctl", PLUGIN, at(1, libc::FIONBIO), Allowed),
        ("ioctl", PLUGIN, at(1, libc::TIOCSTI), Refused),
        ("ioctl", PLUGIN, at(1, libc::FIOASYNC), Refused),
        ("ioctl", PLUGIN, at(1, 0x8901), Refused), // FIOSETOWN
        ("ioctl", INSTALLER, at(1, 0x4008_6602), Refused), // FS_IOC_SETFLAGS
        ("open", PLUGIN, at(1, int(libc::O_RDONLY | libc::O_CLOEXEC)), Allowed),
        ("open", PLUGIN, at(1, int(libc::O_RDONLY | libc::O_TRUNC)), Refused),
        ("open", PLUGIN, at(1, int(libc::O_ACCMODE | libc::O_TRUNC)), Refused),
        ("open", SCRIPT, at(1, int(libc::O_WRONLY | libc::O_CREAT | libc::O_TRUNC)), Allowed),
        ("openat", SCRIPT, at(2, int(libc::O_RDWR | libc::O_TRUNC)), Allowed),
        ("openat", SCRIPT, at(2, int(libc::O_RDONLY | libc::O_TRUNC)), Refused),
        ("openat", INSTALLER, at(2, int(libc::O_RDONLY | libc::O_TRUNC | libc::O_CREAT)), Refused),
        ("openat", PLUGIN, at(2, int(libc::O_RDONLY | libc::O_DIRECTORY)), Allowed),
        ("openat", SCRIPT, two(2, int(libc::O_RDONLY), 0o6755), Allowed), // No mode: it makes nothing.
        ("openat", SCRIPT, two(2, int(libc::O_WRONLY | libc::O_CREAT), 0o755), Allowed),
        ("openat", SCRIPT, two(2, int(libc::O_WRONLY | libc::O_CREAT), 0o4755), Refused),
        ("open", INSTALLER, two(1, int(libc::O_RDWR | libc::O_CREAT | libc::O_TRUNC), 0o2755), Refused),
        ("openat", SCRIPT, two(2, int(libc::O_RDWR | libc::O_TMPFILE), 0o600), Refused),
        ("openat", PLUGIN, two(2, int(libc::O_RDONLY | libc::O_TRUNC | libc::O_CREAT), 0o600), Refused),
        ("creat", SCRIPT, at(1, 0o644), Allowed),
        ("creat", SCRIPT, at(1, 0o4755), Refused),
        ("mkdir", PLUGIN, at(1, 0o777), Allowed),
        ("mkdirat", SCRIPT, at(2, 0o2777), Refused),
        ("chmod", SCRIPT, at(1, 0o755), Refused),
        ("chmod", INSTALLER, at(1, 0o755), Allowed),
        ("chmod", INSTALLER, at(1, 0o4755), Refused),
        ("fchmod", INSTALLER, at(1, 0o2755), Refused),
        ("fchmodat", INSTALLER, at(2, 0o6755), Refused),
        ("fchmodat2", INSTALLER, at(2, 0o4000), Refused),
        ("mmap", PLUGIN, at(3, int(libc::MAP_PRIVATE | libc::MAP_ANONYMOUS)), Allowed),
        ("mmap", PLUGIN, at(3, int(libc::MAP_SHARED)), Allowed), // A file's.
        ("mmap", PLUGIN, at(3, int(libc::MAP_SHARED | libc::MAP_ANONYMOUS)), Refused),
        ("mmap", SCRIPT, at(3, int(libc::MAP_SHARED_VALIDATE | libc::MAP_ANONYMOUS)), Refused),
        ("fallocate", SCRIPT, at(1, 0), Allowed),
        ("fallocate", SCRIPT, at(1, 1), Refused), // FALLOC_FL_KEEP_SIZE
        ("fallocate", PLUGIN, at(1, 0), Refused),
        ("fcntl", SCRIPT, two(1, int(libc::F_SETLK), 0), Refused),
        ("fcntl", INSTALLER, two(1, int(libc::F_SETLK), 0), Allowed),
        ("truncate", SCRIPT, [0; 6], Allowed),
        ("truncate", PLUGIN, [0; 6], Refused),
        ("truncate", unwatched, [0; 6], Refused),
        ("membarrier", PLUGIN, at(0, 8), Allowed),
        ("membarrier", PLUGIN, at(0, 1), Refused),
        ("personality", PLUGIN, at(0, 0xffff_ffff), Allowed),
        ("personality", PLUGIN, at(0, 0x0040_0000), Refused), // ADDR_NO_RANDOMIZE
        ("prctl", PLUGIN, at(0, int(libc::PR_SET_NAME)), Allowed),
        ("prctl", PLUGIN, at(0, int(libc::PR_SET_PDEATHSIG)), Refused),
        ("prctl", PLUGIN, at(0, int(libc::PR_SET_DUMPABLE)), Refused),
        ("prctl", PLUGIN, at(0, int(libc::PR_SET_SECCOMP)), Refused),
        ("prctl", INSTALLER, at(0, int(libc::PR_SET_CHILD_SUBREAPER)), Refused),
        ("socket", PLUGIN, two(0, int(libc::AF_INET), int(libc::SOCK_STREAM)), Refused),
        ("socket", SCRIPT, two(0, int(libc::AF_INET), int(libc::SOCK_STREAM)), Refused),
        ("socket", INSTALLER, two(0, int(libc::AF_INET), int(libc::SOCK_STREAM | libc::SOCK_CLOEXEC)), Allowed),
        ("socket", INSTALLER, two(0, int(libc::AF_INET6), int(libc::SOCK_DGRAM)), Allowed),
        ("socket", INSTALLER, two(0, int(libc::AF_INET), int(libc::SOCK_RAW)), Refused),
        ("socket", INSTALLER, two(0, int(libc::AF_UNIX), int(libc::SOCK_STREAM)), Refused),
        ("socket", INSTALLER, two(0, int(libc::AF_VSOCK), int(libc::SOCK_STREAM)), Refused),
        ("socket", INSTALLER, two(0, int(libc::AF_NETLINK), int(libc::SOCK_DGRAM)), Refused),
        ("socketpair", PLUGIN, two(0, int(libc::AF_UNIX), int(libc::SOCK_STREAM)), Refused),
        ("socketpair", SCRIPT, two(0, int(libc::AF_UNIX), int(libc::SOCK_DGRAM)), Refused),
        ("socketpair", INSTALLER, two(0, int(libc::AF_UNIX), int(libc::SOCK_STREAM | libc::SOCK_NONBLOCK)), Allowed),
        ("socketpair", INSTALLER, two(0, int(libc::AF_UNIX), int(libc::SOCK_SEQPACKET)), Allowed),
        ("socketpair", INSTALLER, two(0, int(libc::AF_UNIX), int(libc::SOCK_DGRAM)), Refused),
        ("socketpair", INSTALLER, two(0, int(libc::AF_INET), int(libc::SOCK_STREAM)), Refused),
        ("socket", OFFLINE, two(0, int(libc::AF_INET), int(libc::SOCK_STREAM)), Refused),
        ("socketpair", OFFLINE, two(0, int(libc::AF_UNIX), int(libc::SOCK_STREAM)), Allowed),
    ];
    let mut seen = BTreeSet::new();
    for (name, profile, arguments, wanted) in cases {
        if let Some(call) = calls::all().find(|call| call.name == name) {
            assert_eq!(ask(&profile, call.number, arguments), wanted, "{name} {arguments:x?}");
            seen.insert(name);
        }
    }
    let checked = calls::all().filter(|call| matches!(call.rule, Rule::Checked(_)));
    let missing: Vec<_> = checked.map(|call| call.name).filter(|it| !seen.contains(it)).collect();
    assert_eq!(missing, [] as [&str; 0], "no case for these");
}
