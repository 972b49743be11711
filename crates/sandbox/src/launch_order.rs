//! What a launcher is told.

use crate::confinement::Confinement;
use serde::{Deserialize, Serialize};
use std::{ffi::OsString, path::PathBuf};

/// The first argument that makes this executable a launcher.
pub(crate) const LAUNCHER: &str = "__cage";

/// The processor time of one program in seconds. Only a backstop, for when the generator, which
/// watches the clock, is gone: 120 s on eight cores.
const CPU: u64 = 8 * 120;

/// The largest file that a program with a folder of its own may write, in bytes.
const FILE_SIZE: u64 = 512 << 20;

/// What the launcher is told: a program and its limits.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct LaunchOrder {
    pub(crate) confinement: Confinement,
    pub(crate) cpu: u64,
    pub(crate) file_size: u64,
    /// Who the program runs as, if not as who the generator is.
    pub(crate) user: Option<u32>,
    /// Whether nothing else runs as that user.
    pub(crate) is_alone: bool,
    pub(crate) landlock: Option<u8>,
    /// The control group that it is to join.
    pub(crate) group: Option<PathBuf>,
    /// Whether the program is the generator itself: the launcher goes on as that.
    pub(crate) is_itself: bool,
    /// `None`: the generator itself, or no program at all, to try whether the cage closes.
    pub(crate) program: Option<PathBuf>,
}

impl LaunchOrder {
    pub(crate) fn of(confinement: &Confinement, program: Option<PathBuf>) -> Self {
        Self {
            confinement: confinement.clone(),
            cpu: CPU,
            file_size: if confinement.write.is_empty() { 0 } else { FILE_SIZE },
            user: None,
            is_alone: false,
            landlock: None,
            group: None,
            is_itself: false,
            program,
        }
    }

    pub(crate) fn to_argument(&self) -> OsString {
        // Paths of ours that are no UTF-8 have no JSON form: the launcher then refuses the order.
        serde_json::to_string(self).unwrap_or_default().into()
    }
}
