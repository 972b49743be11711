//! Whose rights a caged program has.

use rustix::{
    process::{Gid, Uid, getuid},
    thread::{
        CapabilitySet, CapabilitySets, capabilities, configure_capability_in_ambient_set,
        set_capabilities, set_keep_capabilities, set_thread_groups, set_thread_res_gid,
        set_thread_res_uid,
    },
};
use std::{fs, io, path::PathBuf};

/// `nobody` on every Linux.
const NOBODY: u32 = 65534;

/// What lets a program walk through folders that only root may enter, such as root's own cache.
/// Landlock has the last word: it is let into what it was granted and nothing else.
const WALK: CapabilitySet = CapabilitySet::DAC_READ_SEARCH.union(CapabilitySet::DAC_OVERRIDE);

/// Lets `nobody` write in these folders, if that is who the program will be.
pub(super) fn give(folders: &[PathBuf]) -> io::Result<()> {
    if !getuid().is_root() {
        return Ok(());
    }
    folders
        .iter()
        .try_for_each(|folder| std::os::unix::fs::chown(folder, Some(NOBODY), Some(NOBODY)))
}

/// Makes root `nobody`, who keeps nothing of root's but [`WALK`]. An ordinary user stays who they are.
pub(super) fn drop_to_nobody() -> io::Result<()> {
    if !getuid().is_root() {
        return Ok(());
    }
    let (uid, gid) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
    // In a container, root may have only one of the two.
    let kept = capabilities(None)?.permitted & WALK;
    set_keep_capabilities(true)?;
    set_thread_groups(&[])?;
    set_thread_res_gid(gid, gid, gid)?;
    set_thread_res_uid(uid, uid, uid)?;
    set_capabilities(None, CapabilitySets { effective: kept, permitted: kept, inheritable: kept })?;
    for capability in [CapabilitySet::DAC_READ_SEARCH, CapabilitySet::DAC_OVERRIDE] {
        if kept.contains(capability) {
            configure_capability_in_ambient_set(capability, true)?;
        }
    }
    set_keep_capabilities(false)?;
    Ok(())
}

/// How many processes and threads the program's user has now: the kernel counts them all.
pub(super) fn count_tasks() -> u64 {
    let user = if getuid().is_root() { NOBODY } else { getuid().as_raw() };
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let statuses = entries.filter_map(|entry| fs::read_to_string(entry.path().join("status")).ok());
    let number = |status: &str, key: &str| -> Option<u64> {
        status
            .lines()
            .find_map(|line| line.strip_prefix(key)?.split_whitespace().next()?.parse().ok())
    };
    let own = statuses.filter(|status| number(status, "Uid:") == Some(u64::from(user)));
    own.filter_map(|status| number(&status, "Threads:")).sum()
}
