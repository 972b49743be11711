//! Every system call, and what a caged program may do with it.
//!
//! What is not allowed is refused. The table is whole: a call that a newer kernel has and this table does
//! not know is answered as if the kernel did not have it.

use Rule::{Absent, Always, Checked, Installing, Online, Processes, Refused, Writing};

/// One system call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    /// Its name in the kernel's own table.
    #[cfg_attr(not(test), expect(dead_code, reason = "tests name calls by it"))]
    pub(crate) name: &'static str,
    /// Its number on this processor.
    pub(crate) number: i64,
    /// Who may make it.
    pub(crate) rule: Rule,
    /// What programs need it for, or what is wrong with it.
    #[cfg_attr(not(test), expect(dead_code, reason = "it is there to be read"))]
    pub(crate) reason: &'static str,
}

/// Who may make a system call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Rule {
    /// Every program.
    Always,
    /// Programs whose arguments pass.
    Checked(Check),
    /// Programs with a folder to write in.
    Writing,
    /// Programs that may start others.
    Processes,
    /// Package managers.
    Installing,
    /// Package managers that speak with registries.
    Online,
    /// No program: it fails with `EPERM`.
    Refused,
    /// No program, as if the kernel did not have it: it fails with `ENOSYS`, and libraries fall back to
    /// an older call.
    Absent,
}

/// What is looked at in the arguments of a system call. What they mean is the filter's business.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Check {
    /// Threads and children of the program's own, in no other namespace.
    Clone,
    /// Space that counts against the limit of a file's size.
    Fallocate,
    /// Commands that touch nothing but the descriptor; locks for package managers.
    Fcntl,
    /// Commands that touch nothing but the stream.
    Ioctl,
    /// The first argument is 0 or the program itself.
    Itself,
    /// The barriers of one process.
    Membarrier,
    /// No memory that is shared without being a file's: no limit of a process counts it.
    Mmap,
    /// A mode without set-id bits, for package managers.
    Chmod { mode: u8 },
    /// A mode without set-id bits. Of the call, the argument at `mode`.
    Mode { mode: u8 },
    /// No truncating without the right to write, no file without a name, and no set-id bits. The arguments are
    /// the flags and, behind them, the mode.
    Open { flags: u8 },
    /// The question what the personality is.
    Personality,
    /// Names.
    Prctl,
    /// The program's own threads, or all processes that it can reach, where these are its own.
    Signal,
    /// The internet, for package managers.
    Socket,
    /// Streams, for package managers.
    Socketpair,
    /// Where Landlock watches it.
    Truncate,
}

macro_rules! calls {
    ($($name:ident = $number:expr, $rule:expr, $reason:literal;)*) => {
        &[$(Call { name: stringify!($name), number: $number, rule: $rule, reason: $reason }),*]
    };
}

/// Every system call of this processor.
pub(crate) fn all() -> impl Iterator<Item = &'static Call> {
    COMMON.iter().chain(LEGACY)
}

/// What every processor has.
#[rustfmt::skip]
const COMMON: &[Call] = calls! {
    // Files that are open already: what Landlock let through.
    read = libc::SYS_read, Always, "reads a file that is open";
    readv = libc::SYS_readv, Always, "reads a file that is open";
    pread64 = libc::SYS_pread64, Always, "reads a file that is open";
    preadv = libc::SYS_preadv, Always, "reads a file that is open";
    preadv2 = libc::SYS_preadv2, Always, "reads a file that is open";
    write = libc::SYS_write, Always, "writes to a file that is open for it";
    writev = libc::SYS_writev, Always, "writes to a file that is open for it";
    pwrite64 = libc::SYS_pwrite64, Always, "writes to a file that is open for it";
    pwritev = libc::SYS_pwritev, Always, "writes to a file that is open for it";
    pwritev2 = libc::SYS_pwritev2, Always, "writes to a file that is open for it";
    close = libc::SYS_close, Always, "a descriptor of its own";
    close_range = libc::SYS_close_range, Always, "a descriptor of its own";
    dup = libc::SYS_dup, Always, "a descriptor of its own";
    dup3 = libc::SYS_dup3, Always, "a descriptor of its own";
    lseek = libc::SYS_lseek, Always, "a descriptor of its own";
    fstat = libc::SYS_fstat, Always, "tells a file's size and kind: never its content";
    newfstatat = libc::SYS_newfstatat, Always, "tells a file's size and kind: never its content";
    statx = libc::SYS_statx, Always, "tells a file's size and kind: never its content";
    statfs = libc::SYS_statfs, Always, "tells a file system's kind";
    fstatfs = libc::SYS_fstatfs, Always, "tells a file system's kind";
    fadvise64 = libc::SYS_fadvise64, Always, "a hint about a file that is open";
    readahead = libc::SYS_readahead, Always, "a hint about a file that is open";
    pipe2 = libc::SYS_pipe2, Always, "how the threads of one program wake each other";
    eventfd2 = libc::SYS_eventfd2, Always, "how the threads of one program wake each other";
    ppoll = libc::SYS_ppoll, Always, "waits for files that are open";
    pselect6 = libc::SYS_pselect6, Always, "waits for files that are open";
    epoll_create1 = libc::SYS_epoll_create1, Always, "waits for files that are open";
    epoll_ctl = libc::SYS_epoll_ctl, Always, "waits for files that are open";
    epoll_pwait = libc::SYS_epoll_pwait, Always, "waits for files that are open";
    epoll_pwait2 = libc::SYS_epoll_pwait2, Always, "waits for files that are open";
    timerfd_create = libc::SYS_timerfd_create, Always, "a clock and signals of its own, as files";
    timerfd_settime = libc::SYS_timerfd_settime, Always, "a clock and signals of its own, as files";
    timerfd_gettime = libc::SYS_timerfd_gettime, Always, "a clock and signals of its own, as files";
    signalfd4 = libc::SYS_signalfd4, Always, "a clock and signals of its own, as files";
    fcntl = libc::SYS_fcntl, Checked(Check::Fcntl), "no owner of signals, no notices, no leases";
    ioctl = libc::SYS_ioctl, Checked(Check::Ioctl), "asks what a stream is and makes it wait or not; no other device command";
    // Files by name: Landlock decides which.
    openat = libc::SYS_openat, Checked(Check::Open { flags: 2 }), "no truncating of what is opened only to be read, no file without a name, no set-id bits";
    faccessat = libc::SYS_faccessat, Always, "looks at names";
    faccessat2 = libc::SYS_faccessat2, Always, "looks at names";
    readlinkat = libc::SYS_readlinkat, Always, "looks at names";
    getdents64 = libc::SYS_getdents64, Always, "lists a folder that is open";
    getcwd = libc::SYS_getcwd, Always, "its own folder and mask";
    chdir = libc::SYS_chdir, Always, "its own folder and mask";
    fchdir = libc::SYS_fchdir, Always, "its own folder and mask";
    umask = libc::SYS_umask, Always, "its own folder and mask";
    getxattr = libc::SYS_getxattr, Always, "reads attributes, as `ls` and `cp` do";
    lgetxattr = libc::SYS_lgetxattr, Always, "reads attributes, as `ls` and `cp` do";
    fgetxattr = libc::SYS_fgetxattr, Always, "reads attributes, as `ls` and `cp` do";
    listxattr = libc::SYS_listxattr, Always, "reads attributes, as `ls` and `cp` do";
    llistxattr = libc::SYS_llistxattr, Always, "reads attributes, as `ls` and `cp` do";
    flistxattr = libc::SYS_flistxattr, Always, "reads attributes, as `ls` and `cp` do";
    openat2 = libc::SYS_openat2, Absent, "its flags are in memory, where a filter cannot look; libraries fall back";
    ftruncate = libc::SYS_ftruncate, Writing, "writes a file in its own folder";
    fallocate = libc::SYS_fallocate, Checked(Check::Fallocate), "writes a file in its own folder; not past the limit of its size";
    fsync = libc::SYS_fsync, Writing, "writes a file in its own folder";
    fdatasync = libc::SYS_fdatasync, Writing, "writes a file in its own folder";
    mkdirat = libc::SYS_mkdirat, Checked(Check::Mode { mode: 2 }), "a folder where Landlock allows one, without set-id bits; libraries find one so";
    unlinkat = libc::SYS_unlinkat, Writing, "changes names in its own folder";
    renameat2 = libc::SYS_renameat2, Writing, "changes names in its own folder";
    linkat = libc::SYS_linkat, Writing, "changes names in its own folder";
    flock = libc::SYS_flock, Installing, "a lock holds up every process that locks the same file";
    truncate = libc::SYS_truncate, Checked(Check::Truncate), "by name: only where Landlock watches it, in Linux 6.2 and newer";
    sendfile = libc::SYS_sendfile, Processes, "how commands copy from one file to another";
    splice = libc::SYS_splice, Processes, "how commands copy from one file to another";
    copy_file_range = libc::SYS_copy_file_range, Processes, "how commands copy from one file to another";
    symlinkat = libc::SYS_symlinkat, Installing, "packages hold links";
    fchmod = libc::SYS_fchmod, Checked(Check::Chmod { mode: 1 }), "packages hold modes, without set-id bits; of the user's own files only";
    fchmodat = libc::SYS_fchmodat, Checked(Check::Chmod { mode: 2 }), "packages hold modes, without set-id bits; of the user's own files only";
    fchmodat2 = 452, Checked(Check::Chmod { mode: 2 }), "packages hold modes, without set-id bits; of the user's own files only";
    utimensat = libc::SYS_utimensat, Installing, "packages hold modes and times; the user's own files only";
    fchown = libc::SYS_fchown, Refused, "would give files away; Landlock does not watch it";
    fchownat = libc::SYS_fchownat, Refused, "would give files away; Landlock does not watch it";
    setxattr = libc::SYS_setxattr, Refused, "changes attributes; Landlock does not watch it";
    lsetxattr = libc::SYS_lsetxattr, Refused, "changes attributes; Landlock does not watch it";
    fsetxattr = libc::SYS_fsetxattr, Refused, "changes attributes; Landlock does not watch it";
    removexattr = libc::SYS_removexattr, Refused, "changes attributes; Landlock does not watch it";
    lremovexattr = libc::SYS_lremovexattr, Refused, "changes attributes; Landlock does not watch it";
    fremovexattr = libc::SYS_fremovexattr, Refused, "changes attributes; Landlock does not watch it";
    setxattrat = 463, Refused, "changes attributes; Landlock does not watch it";
    removexattrat = 466, Refused, "changes attributes; Landlock does not watch it";
    getxattrat = 464, Refused, "attributes in newer ways, which nothing needs yet";
    listxattrat = 465, Refused, "attributes in newer ways, which nothing needs yet";
    file_getattr = 468, Refused, "attributes in newer ways, which nothing needs yet";
    file_setattr = 469, Refused, "attributes in newer ways, which nothing needs yet";
    mknodat = libc::SYS_mknodat, Refused, "makes devices and named pipes";
    name_to_handle_at = libc::SYS_name_to_handle_at, Refused, "opens files past their names";
    open_by_handle_at = libc::SYS_open_by_handle_at, Refused, "opens files past their names";
    inotify_init1 = libc::SYS_inotify_init1, Refused, "shows the names of other jobs' files as they come";
    inotify_add_watch = libc::SYS_inotify_add_watch, Refused, "shows the names of other jobs' files as they come";
    inotify_rm_watch = libc::SYS_inotify_rm_watch, Refused, "shows the names of other jobs' files as they come";
    fanotify_init = libc::SYS_fanotify_init, Refused, "watches whole file systems";
    fanotify_mark = libc::SYS_fanotify_mark, Refused, "watches whole file systems";
    sync = libc::SYS_sync, Refused, "makes the whole machine wait for its disks";
    syncfs = libc::SYS_syncfs, Refused, "makes the whole machine wait for its disks";
    tee = libc::SYS_tee, Refused, "moves memory between pipes, with a history of holes";
    vmsplice = libc::SYS_vmsplice, Refused, "moves memory between pipes, with a history of holes";
    lookup_dcookie = libc::SYS_lookup_dcookie, Refused, "tells about the machine's file systems";
    quotactl = libc::SYS_quotactl, Refused, "tells about the machine's file systems";
    quotactl_fd = libc::SYS_quotactl_fd, Refused, "tells about the machine's file systems";
    cachestat = 451, Refused, "tells about the machine's file systems";
    statmount = 457, Refused, "tells about the machine's file systems";
    listmount = 458, Refused, "tells about the machine's file systems";
    io_setup = libc::SYS_io_setup, Refused, "asynchronous files, past the filter's sight";
    io_destroy = libc::SYS_io_destroy, Refused, "asynchronous files, past the filter's sight";
    io_submit = libc::SYS_io_submit, Refused, "asynchronous files, past the filter's sight";
    io_cancel = libc::SYS_io_cancel, Refused, "asynchronous files, past the filter's sight";
    io_getevents = libc::SYS_io_getevents, Refused, "asynchronous files, past the filter's sight";
    io_uring_setup = libc::SYS_io_uring_setup, Refused, "makes system calls that no filter sees";
    io_uring_enter = libc::SYS_io_uring_enter, Refused, "makes system calls that no filter sees";
    io_uring_register = libc::SYS_io_uring_register, Refused, "makes system calls that no filter sees";
    // Memory of its own.
    mmap = libc::SYS_mmap, Checked(Check::Mmap), "its own memory, within its limit; none that is shared and counts for no process";
    munmap = libc::SYS_munmap, Always, "its own memory, within its limit";
    mremap = libc::SYS_mremap, Always, "its own memory, within its limit";
    mprotect = libc::SYS_mprotect, Always, "its own memory, within its limit";
    brk = libc::SYS_brk, Always, "its own memory, within its limit";
    madvise = libc::SYS_madvise, Always, "its own memory, within its limit";
    mincore = libc::SYS_mincore, Always, "its own memory, within its limit";
    msync = libc::SYS_msync, Always, "its own memory, within its limit";
    pkey_alloc = libc::SYS_pkey_alloc, Always, "how V8 guards the code that it makes";
    pkey_free = libc::SYS_pkey_free, Always, "how V8 guards the code that it makes";
    pkey_mprotect = libc::SYS_pkey_mprotect, Always, "how V8 guards the code that it makes";
    mseal = libc::SYS_mseal, Always, "makes its own memory unchangeable";
    membarrier = libc::SYS_membarrier, Checked(Check::Membarrier), "orders the memory of its own threads, not the whole machine's";
    mlock = libc::SYS_mlock, Refused, "takes memory that cannot be swapped";
    mlock2 = libc::SYS_mlock2, Refused, "takes memory that cannot be swapped";
    mlockall = libc::SYS_mlockall, Refused, "takes memory that cannot be swapped";
    munlock = libc::SYS_munlock, Refused, "takes memory that cannot be swapped";
    munlockall = libc::SYS_munlockall, Refused, "takes memory that cannot be swapped";
    memfd_create = libc::SYS_memfd_create, Refused, "files in memory, which no limit of a process counts";
    memfd_secret = libc::SYS_memfd_secret, Refused, "files in memory, which no limit of a process counts";
    shmget = libc::SYS_shmget, Refused, "is shared by every process of the machine, and stays";
    shmat = libc::SYS_shmat, Refused, "is shared by every process of the machine, and stays";
    shmctl = libc::SYS_shmctl, Refused, "is shared by every process of the machine, and stays";
    shmdt = libc::SYS_shmdt, Refused, "is shared by every process of the machine, and stays";
    semget = libc::SYS_semget, Refused, "is shared by every process of the machine, and stays";
    semop = libc::SYS_semop, Refused, "is shared by every process of the machine, and stays";
    semctl = libc::SYS_semctl, Refused, "is shared by every process of the machine, and stays";
    semtimedop = libc::SYS_semtimedop, Refused, "is shared by every process of the machine, and stays";
    msgget = libc::SYS_msgget, Refused, "is shared by every process of the machine, and stays";
    msgsnd = libc::SYS_msgsnd, Refused, "is shared by every process of the machine, and stays";
    msgrcv = libc::SYS_msgrcv, Refused, "is shared by every process of the machine, and stays";
    msgctl = libc::SYS_msgctl, Refused, "is shared by every process of the machine, and stays";
    mq_open = libc::SYS_mq_open, Refused, "is shared by every process of the machine, and stays";
    mq_unlink = libc::SYS_mq_unlink, Refused, "is shared by every process of the machine, and stays";
    mq_timedsend = libc::SYS_mq_timedsend, Refused, "is shared by every process of the machine, and stays";
    mq_timedreceive = libc::SYS_mq_timedreceive, Refused, "is shared by every process of the machine, and stays";
    mq_notify = libc::SYS_mq_notify, Refused, "is shared by every process of the machine, and stays";
    mq_getsetattr = libc::SYS_mq_getsetattr, Refused, "is shared by every process of the machine, and stays";
    mbind = libc::SYS_mbind, Refused, "where memory lies is the machine's business";
    set_mempolicy = libc::SYS_set_mempolicy, Refused, "where memory lies is the machine's business";
    get_mempolicy = libc::SYS_get_mempolicy, Refused, "where memory lies is the machine's business";
    set_mempolicy_home_node = libc::SYS_set_mempolicy_home_node, Refused, "where memory lies is the machine's business";
    migrate_pages = libc::SYS_migrate_pages, Refused, "where memory lies is the machine's business";
    move_pages = libc::SYS_move_pages, Refused, "where memory lies is the machine's business";
    remap_file_pages = libc::SYS_remap_file_pages, Refused, "odd ways of memory, with a history of holes";
    userfaultfd = libc::SYS_userfaultfd, Refused, "odd ways of memory, with a history of holes";
    map_shadow_stack = 453, Refused, "odd ways of memory, with a history of holes";
    process_vm_readv = libc::SYS_process_vm_readv, Refused, "the memory of other processes";
    process_vm_writev = libc::SYS_process_vm_writev, Refused, "the memory of other processes";
    process_madvise = libc::SYS_process_madvise, Refused, "the memory of other processes";
    process_mrelease = libc::SYS_process_mrelease, Refused, "the memory of other processes";
    // Threads, programs and signals.
    clone = libc::SYS_clone, Checked(Check::Clone), "threads; programs where it may start some; no namespaces, no children of another process";
    clone3 = libc::SYS_clone3, Absent, "its flags are in memory, where a filter cannot look; libraries fall back to clone";
    execve = libc::SYS_execve, Always, "becomes a program that Landlock lets it execute";
    exit = libc::SYS_exit, Always, "its own end, and its children's";
    exit_group = libc::SYS_exit_group, Always, "its own end, and its children's";
    wait4 = libc::SYS_wait4, Always, "its own end, and its children's";
    waitid = libc::SYS_waitid, Always, "its own end, and its children's";
    futex = libc::SYS_futex, Always, "its own threads";
    futex_waitv = libc::SYS_futex_waitv, Always, "its own threads";
    futex_wake = 454, Always, "its own threads";
    futex_wait = 455, Always, "its own threads";
    futex_requeue = 456, Always, "its own threads";
    set_robust_list = libc::SYS_set_robust_list, Always, "its own threads";
    rseq = libc::SYS_rseq, Always, "its own threads";
    set_tid_address = libc::SYS_set_tid_address, Always, "its own threads";
    gettid = libc::SYS_gettid, Always, "its own threads";
    sched_yield = libc::SYS_sched_yield, Always, "gives way, and asks for numbers that are the same for all";
    getcpu = libc::SYS_getcpu, Always, "gives way, and asks for numbers that are the same for all";
    sched_get_priority_max = libc::SYS_sched_get_priority_max, Always, "gives way, and asks for numbers that are the same for all";
    sched_get_priority_min = libc::SYS_sched_get_priority_min, Always, "gives way, and asks for numbers that are the same for all";
    sched_getaffinity = libc::SYS_sched_getaffinity, Always, "counts processors: how many threads to start";
    sched_getparam = libc::SYS_sched_getparam, Checked(Check::Itself), "how it is scheduled itself";
    sched_getscheduler = libc::SYS_sched_getscheduler, Checked(Check::Itself), "how it is scheduled itself";
    getpgid = libc::SYS_getpgid, Checked(Check::Itself), "its own process group";
    getsid = libc::SYS_getsid, Checked(Check::Itself), "its own process group";
    prlimit64 = libc::SYS_prlimit64, Checked(Check::Itself), "its own limits; they were lowered for good";
    tgkill = libc::SYS_tgkill, Checked(Check::Signal), "its own threads: Go's scheduler and `abort` need it";
    rt_sigaction = libc::SYS_rt_sigaction, Always, "its own handling of signals";
    rt_sigprocmask = libc::SYS_rt_sigprocmask, Always, "its own handling of signals";
    rt_sigreturn = libc::SYS_rt_sigreturn, Always, "its own handling of signals";
    rt_sigpending = libc::SYS_rt_sigpending, Always, "its own handling of signals";
    rt_sigsuspend = libc::SYS_rt_sigsuspend, Always, "its own handling of signals";
    rt_sigtimedwait = libc::SYS_rt_sigtimedwait, Always, "its own handling of signals";
    sigaltstack = libc::SYS_sigaltstack, Always, "its own handling of signals";
    restart_syscall = libc::SYS_restart_syscall, Always, "its own handling of signals";
    getrusage = libc::SYS_getrusage, Always, "its own limits and use";
    times = libc::SYS_times, Always, "its own limits and use";
    getpid = libc::SYS_getpid, Always, "asks who it is";
    getppid = libc::SYS_getppid, Always, "asks who it is";
    getuid = libc::SYS_getuid, Always, "asks who it is";
    geteuid = libc::SYS_geteuid, Always, "asks who it is";
    getgid = libc::SYS_getgid, Always, "asks who it is";
    getegid = libc::SYS_getegid, Always, "asks who it is";
    getgroups = libc::SYS_getgroups, Always, "asks who it is";
    getresuid = libc::SYS_getresuid, Always, "asks who it is";
    getresgid = libc::SYS_getresgid, Always, "asks who it is";
    capget = libc::SYS_capget, Always, "asks who it is";
    prctl = libc::SYS_prctl, Checked(Check::Prctl), "names of threads and of memory; not what keeps it in the cage";
    personality = libc::SYS_personality, Checked(Check::Personality), "asks how it is run; changes nothing";
    execveat = libc::SYS_execveat, Refused, "starts programs past their names";
    kill = libc::SYS_kill, Refused, "signals to other processes";
    tkill = libc::SYS_tkill, Refused, "signals to other processes";
    rt_sigqueueinfo = libc::SYS_rt_sigqueueinfo, Refused, "signals to other processes";
    rt_tgsigqueueinfo = libc::SYS_rt_tgsigqueueinfo, Refused, "signals to other processes";
    pidfd_open = libc::SYS_pidfd_open, Refused, "other processes";
    pidfd_getfd = libc::SYS_pidfd_getfd, Refused, "other processes";
    pidfd_send_signal = libc::SYS_pidfd_send_signal, Refused, "other processes";
    ptrace = libc::SYS_ptrace, Refused, "looks into other processes";
    kcmp = libc::SYS_kcmp, Refused, "looks into other processes";
    get_robust_list = libc::SYS_get_robust_list, Refused, "looks into other processes";
    setpgid = libc::SYS_setpgid, Refused, "leaves the process group that is killed in the end";
    setsid = libc::SYS_setsid, Refused, "leaves the process group that is killed in the end";
    getpriority = libc::SYS_getpriority, Refused, "the priority of any process of its user";
    setpriority = libc::SYS_setpriority, Refused, "the priority of any process of its user";
    ioprio_get = libc::SYS_ioprio_get, Refused, "the priority of any process of its user";
    ioprio_set = libc::SYS_ioprio_set, Refused, "the priority of any process of its user";
    sched_setparam = libc::SYS_sched_setparam, Refused, "the scheduling of any process of its user";
    sched_setscheduler = libc::SYS_sched_setscheduler, Refused, "the scheduling of any process of its user";
    sched_setattr = libc::SYS_sched_setattr, Refused, "the scheduling of any process of its user";
    sched_getattr = libc::SYS_sched_getattr, Refused, "the scheduling of any process of its user";
    sched_setaffinity = libc::SYS_sched_setaffinity, Refused, "the scheduling of any process of its user";
    sched_rr_get_interval = libc::SYS_sched_rr_get_interval, Refused, "the scheduling of any process of its user";
    setuid = libc::SYS_setuid, Refused, "who it is stays as it is";
    setgid = libc::SYS_setgid, Refused, "who it is stays as it is";
    setreuid = libc::SYS_setreuid, Refused, "who it is stays as it is";
    setregid = libc::SYS_setregid, Refused, "who it is stays as it is";
    setresuid = libc::SYS_setresuid, Refused, "who it is stays as it is";
    setresgid = libc::SYS_setresgid, Refused, "who it is stays as it is";
    setfsuid = libc::SYS_setfsuid, Refused, "who it is stays as it is";
    setfsgid = libc::SYS_setfsgid, Refused, "who it is stays as it is";
    setgroups = libc::SYS_setgroups, Refused, "who it is stays as it is";
    capset = libc::SYS_capset, Refused, "who it is stays as it is";
    seccomp = libc::SYS_seccomp, Refused, "more of the kernel than a program needs";
    landlock_create_ruleset = libc::SYS_landlock_create_ruleset, Refused, "more of the kernel than a program needs";
    landlock_add_rule = libc::SYS_landlock_add_rule, Refused, "more of the kernel than a program needs";
    landlock_restrict_self = libc::SYS_landlock_restrict_self, Refused, "more of the kernel than a program needs";
    unshare = libc::SYS_unshare, Refused, "namespaces";
    setns = libc::SYS_setns, Refused, "namespaces";
    perf_event_open = libc::SYS_perf_event_open, Refused, "measures the kernel and other programs";
    bpf = libc::SYS_bpf, Refused, "measures the kernel and other programs";
    // Clocks and chance.
    clock_gettime = libc::SYS_clock_gettime, Always, "asks for the time, and waits";
    clock_getres = libc::SYS_clock_getres, Always, "asks for the time, and waits";
    clock_nanosleep = libc::SYS_clock_nanosleep, Always, "asks for the time, and waits";
    gettimeofday = libc::SYS_gettimeofday, Always, "asks for the time, and waits";
    nanosleep = libc::SYS_nanosleep, Always, "asks for the time, and waits";
    timer_create = libc::SYS_timer_create, Always, "clocks of its own";
    timer_settime = libc::SYS_timer_settime, Always, "clocks of its own";
    timer_gettime = libc::SYS_timer_gettime, Always, "clocks of its own";
    timer_getoverrun = libc::SYS_timer_getoverrun, Always, "clocks of its own";
    timer_delete = libc::SYS_timer_delete, Always, "clocks of its own";
    getitimer = libc::SYS_getitimer, Always, "clocks of its own";
    setitimer = libc::SYS_setitimer, Always, "clocks of its own";
    getrandom = libc::SYS_getrandom, Always, "chance, and what machine this is";
    uname = libc::SYS_uname, Always, "chance, and what machine this is";
    sysinfo = libc::SYS_sysinfo, Always, "chance, and what machine this is";
    clock_settime = libc::SYS_clock_settime, Refused, "the machine's clock";
    clock_adjtime = libc::SYS_clock_adjtime, Refused, "the machine's clock";
    adjtimex = libc::SYS_adjtimex, Refused, "the machine's clock";
    settimeofday = libc::SYS_settimeofday, Refused, "the machine's clock";
    // Other machines, and other programs of this one.
    socket = libc::SYS_socket, Checked(Check::Socket), "package managers: the internet's, never a local one";
    socketpair = libc::SYS_socketpair, Checked(Check::Socketpair), "package managers: how they speak with what they start; no datagrams, which could be sent elsewhere";
    connect = libc::SYS_connect, Online, "package managers: speaks with a registry";
    sendto = libc::SYS_sendto, Installing, "package managers: speaks with a registry, or with its own children by a pair";
    sendmsg = libc::SYS_sendmsg, Installing, "package managers: speaks with a registry, or with its own children by a pair";
    sendmmsg = libc::SYS_sendmmsg, Installing, "package managers: speaks with a registry, or with its own children by a pair";
    recvfrom = libc::SYS_recvfrom, Installing, "package managers: speaks with a registry, or with its own children by a pair";
    recvmsg = libc::SYS_recvmsg, Installing, "package managers: speaks with a registry, or with its own children by a pair";
    recvmmsg = libc::SYS_recvmmsg, Installing, "package managers: speaks with a registry, or with its own children by a pair";
    shutdown = libc::SYS_shutdown, Installing, "package managers: speaks with a registry, or with its own children by a pair";
    getsockname = libc::SYS_getsockname, Installing, "package managers: speaks with a registry, or with its own children by a pair";
    getpeername = libc::SYS_getpeername, Installing, "package managers: speaks with a registry, or with its own children by a pair";
    getsockopt = libc::SYS_getsockopt, Installing, "package managers: speaks with a registry, or with its own children by a pair";
    setsockopt = libc::SYS_setsockopt, Installing, "package managers: speaks with a registry, or with its own children by a pair";
    bind = libc::SYS_bind, Refused, "would be a server";
    listen = libc::SYS_listen, Refused, "would be a server";
    accept = libc::SYS_accept, Refused, "would be a server";
    accept4 = libc::SYS_accept4, Refused, "would be a server";
    // The machine.
    mount = libc::SYS_mount, Refused, "file systems";
    umount2 = libc::SYS_umount2, Refused, "file systems";
    move_mount = libc::SYS_move_mount, Refused, "file systems";
    fsopen = libc::SYS_fsopen, Refused, "file systems";
    fsconfig = libc::SYS_fsconfig, Refused, "file systems";
    fsmount = libc::SYS_fsmount, Refused, "file systems";
    fspick = libc::SYS_fspick, Refused, "file systems";
    open_tree = libc::SYS_open_tree, Refused, "file systems";
    open_tree_attr = 467, Refused, "file systems";
    mount_setattr = libc::SYS_mount_setattr, Refused, "file systems";
    pivot_root = libc::SYS_pivot_root, Refused, "file systems";
    chroot = libc::SYS_chroot, Refused, "file systems";
    init_module = libc::SYS_init_module, Refused, "the kernel's modules";
    finit_module = libc::SYS_finit_module, Refused, "the kernel's modules";
    delete_module = libc::SYS_delete_module, Refused, "the kernel's modules";
    kexec_load = libc::SYS_kexec_load, Refused, "the machine itself";
    kexec_file_load = libc::SYS_kexec_file_load, Refused, "the machine itself";
    reboot = libc::SYS_reboot, Refused, "the machine itself";
    swapon = libc::SYS_swapon, Refused, "the machine itself";
    swapoff = libc::SYS_swapoff, Refused, "the machine itself";
    acct = libc::SYS_acct, Refused, "the machine itself";
    sethostname = libc::SYS_sethostname, Refused, "the machine itself";
    setdomainname = libc::SYS_setdomainname, Refused, "the machine itself";
    vhangup = libc::SYS_vhangup, Refused, "the machine itself";
    syslog = libc::SYS_syslog, Refused, "the machine itself";
    add_key = libc::SYS_add_key, Refused, "the kernel's keys";
    request_key = libc::SYS_request_key, Refused, "the kernel's keys";
    keyctl = libc::SYS_keyctl, Refused, "the kernel's keys";
    lsm_get_self_attr = 459, Refused, "the kernel's security modules";
    lsm_set_self_attr = 460, Refused, "the kernel's security modules";
    lsm_list_modules = 461, Refused, "the kernel's security modules";
    nfsservctl = libc::SYS_nfsservctl, Refused, "no kernel has it any more";
};

/// What only x86-64 has: older forms of the calls above, most of them.
#[cfg(target_arch = "x86_64")]
#[rustfmt::skip]
const LEGACY: &[Call] = calls! {
    // Files that are open already: what Landlock let through.
    dup2 = libc::SYS_dup2, Always, "a descriptor of its own";
    stat = libc::SYS_stat, Always, "tells a file's size and kind: never its content";
    lstat = libc::SYS_lstat, Always, "tells a file's size and kind: never its content";
    pipe = libc::SYS_pipe, Always, "how the threads of one program wake each other";
    eventfd = libc::SYS_eventfd, Always, "how the threads of one program wake each other";
    poll = libc::SYS_poll, Always, "waits for files that are open";
    select = libc::SYS_select, Always, "waits for files that are open";
    epoll_create = libc::SYS_epoll_create, Always, "waits for files that are open";
    epoll_wait = libc::SYS_epoll_wait, Always, "waits for files that are open";
    signalfd = libc::SYS_signalfd, Always, "a clock and signals of its own, as files";
    // Files by name: Landlock decides which.
    open = libc::SYS_open, Checked(Check::Open { flags: 1 }), "no truncating of what is opened only to be read, no file without a name, no set-id bits";
    access = libc::SYS_access, Always, "looks at names";
    readlink = libc::SYS_readlink, Always, "looks at names";
    getdents = libc::SYS_getdents, Always, "lists a folder that is open";
    creat = libc::SYS_creat, Checked(Check::Mode { mode: 1 }), "writes a file in its own folder, without set-id bits";
    sync_file_range = libc::SYS_sync_file_range, Writing, "writes a file in its own folder";
    mkdir = libc::SYS_mkdir, Checked(Check::Mode { mode: 1 }), "a folder where Landlock allows one, without set-id bits; libraries find one so";
    rmdir = libc::SYS_rmdir, Writing, "changes names in its own folder";
    unlink = libc::SYS_unlink, Writing, "changes names in its own folder";
    rename = libc::SYS_rename, Writing, "changes names in its own folder";
    renameat = libc::SYS_renameat, Writing, "changes names in its own folder";
    link = libc::SYS_link, Writing, "changes names in its own folder";
    symlink = libc::SYS_symlink, Installing, "packages hold links";
    chmod = libc::SYS_chmod, Checked(Check::Chmod { mode: 1 }), "packages hold modes, without set-id bits; of the user's own files only";
    utime = libc::SYS_utime, Installing, "packages hold modes and times; the user's own files only";
    utimes = libc::SYS_utimes, Installing, "packages hold modes and times; the user's own files only";
    futimesat = libc::SYS_futimesat, Installing, "packages hold modes and times; the user's own files only";
    chown = libc::SYS_chown, Refused, "would give files away; Landlock does not watch it";
    lchown = libc::SYS_lchown, Refused, "would give files away; Landlock does not watch it";
    mknod = libc::SYS_mknod, Refused, "makes devices and named pipes";
    inotify_init = libc::SYS_inotify_init, Refused, "shows the names of other jobs' files as they come";
    ustat = libc::SYS_ustat, Refused, "tells about the machine's file systems";
    sysfs = libc::SYS_sysfs, Refused, "tells about the machine's file systems";
    io_pgetevents = 333, Refused, "asynchronous files, past the filter's sight";
    // Threads, programs and signals.
    fork = libc::SYS_fork, Processes, "starts programs";
    vfork = libc::SYS_vfork, Processes, "starts programs";
    pause = libc::SYS_pause, Always, "its own handling of signals";
    getrlimit = libc::SYS_getrlimit, Always, "its own limits and use";
    setrlimit = libc::SYS_setrlimit, Always, "its own limits and use";
    getpgrp = libc::SYS_getpgrp, Always, "asks who it is";
    arch_prctl = libc::SYS_arch_prctl, Always, "where its threads' own variables are";
    modify_ldt = libc::SYS_modify_ldt, Refused, "old ways into the processor";
    set_thread_area = libc::SYS_set_thread_area, Refused, "old ways into the processor";
    get_thread_area = libc::SYS_get_thread_area, Refused, "old ways into the processor";
    iopl = libc::SYS_iopl, Refused, "old ways into the processor";
    ioperm = libc::SYS_ioperm, Refused, "old ways into the processor";
    uretprobe = 335, Refused, "measures the kernel and other programs";
    uprobe = 336, Refused, "measures the kernel and other programs";
    // Clocks and chance.
    time = libc::SYS_time, Always, "asks for the time, and waits";
    alarm = libc::SYS_alarm, Always, "clocks of its own";
    // The machine.
    create_module = 174, Refused, "the kernel's modules";
    query_module = 178, Refused, "the kernel's modules";
    get_kernel_syms = 177, Refused, "the kernel's modules";
    uselib = libc::SYS_uselib, Refused, "no kernel has it any more";
    getpmsg = libc::SYS_getpmsg, Refused, "no kernel has it any more";
    putpmsg = libc::SYS_putpmsg, Refused, "no kernel has it any more";
    afs_syscall = libc::SYS_afs_syscall, Refused, "no kernel has it any more";
    tuxcall = libc::SYS_tuxcall, Refused, "no kernel has it any more";
    security = libc::SYS_security, Refused, "no kernel has it any more";
    vserver = libc::SYS_vserver, Refused, "no kernel has it any more";
    _sysctl = libc::SYS__sysctl, Refused, "no kernel has it any more";
    epoll_ctl_old = libc::SYS_epoll_ctl_old, Refused, "no kernel has it any more";
    epoll_wait_old = libc::SYS_epoll_wait_old, Refused, "no kernel has it any more";
};

/// Other processors came later.
#[cfg(not(target_arch = "x86_64"))]
const LEGACY: &[Call] = &[];
