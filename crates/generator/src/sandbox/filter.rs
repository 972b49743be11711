//! The system calls that a caged program cannot make.

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, apply_filter,
};
use std::{collections::BTreeMap, env::consts::ARCH, error::Error};

/// What no program needs that reads its input and writes its output. Forbidden rather than not
/// allowed: the runtimes of Go and JavaScript use many calls, and others with every release.
const FORBIDDEN: &[i64] = &[
    // Other machines and other programs.
    libc::SYS_socket,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_send_signal,
    libc::SYS_pidfd_getfd,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_kcmp,
    libc::SYS_shmget,
    libc::SYS_msgget,
    libc::SYS_semget,
    libc::SYS_mq_open,
    // Away from the process group that is killed in the end.
    libc::SYS_setsid,
    libc::SYS_setpgid,
    // The kernel's wider surface, and memory that no limit counts.
    libc::SYS_io_uring_setup,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_memfd_create,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_open_by_handle_at,
    libc::SYS_fanotify_init,
    // Rights and namespaces.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_fsopen,
    libc::SYS_fsmount,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_mount_setattr,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_chroot,
    libc::SYS_pivot_root,
    libc::SYS_capset,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_sethostname,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
];

/// Applies the filter to this thread, which is the only one. It cannot be taken back, and every
/// program started later has it, too.
pub(super) fn apply(with_processes: bool) -> Result<(), Box<dyn Error>> {
    if !with_processes {
        // C libraries fall back to clone, whose flags can be looked at.
        install([libc::SYS_clone3].map(|call| (call, Vec::new())).into(), libc::ENOSYS)?;
    }
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        FORBIDDEN.iter().map(|call| (*call, Vec::new())).collect();
    if !with_processes {
        let flag = u64::from(libc::CLONE_THREAD.cast_unsigned());
        let op = SeccompCmpOp::MaskedEq(flag);
        let is_process = SeccompCondition::new(0, SeccompCmpArgLen::Qword, op, 0)?;
        rules.insert(libc::SYS_clone, vec![SeccompRule::new(vec![is_process])?]);
        #[cfg(target_arch = "x86_64")]
        rules.extend([libc::SYS_fork, libc::SYS_vfork].map(|call| (call, Vec::new())));
    }
    install(rules, libc::EPERM)?;
    #[cfg(target_arch = "x86_64")]
    refuse_x32()?;
    Ok(())
}

fn install(rules: BTreeMap<i64, Vec<SeccompRule>>, error: i32) -> Result<(), Box<dyn Error>> {
    let refusal = SeccompAction::Errno(error.cast_unsigned());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refusal, ARCH.try_into()?)?;
    let program: BpfProgram = filter.try_into()?;
    apply_filter(&program)?;
    Ok(())
}

/// x86-64 has every call a second time, under numbers with bit 30 set, where the kernel was built so.
#[cfg(target_arch = "x86_64")]
fn refuse_x32() -> Result<(), Box<dyn Error>> {
    use seccompiler::sock_filter;
    const X32: u32 = 0x4000_0000;
    let step = |code: u32, jt, jf, k| sock_filter { code: code as u16, jt, jf, k };
    let program = [
        // The call's number is the first word of `seccomp_data`.
        step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
        step(libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K, 0, 1, X32),
        step(
            libc::BPF_RET | libc::BPF_K,
            0,
            0,
            libc::SECCOMP_RET_ERRNO | libc::EPERM.cast_unsigned(),
        ),
        step(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW),
    ];
    apply_filter(&program)?;
    Ok(())
}
