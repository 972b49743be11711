//! What the cage is made of.

use crate::{cgroups::ControlGroups, janitor::Janitor, users::Users};
use std::path::PathBuf;

/// What the cage is made of, once it was tried.
#[derive(Debug)]
pub(crate) struct Cage {
    /// The generator's own executable.
    pub(crate) launcher: PathBuf,
    /// Who programs run as; `None`: as who the generator is.
    pub(crate) users: Option<Users>,
    /// What ends programs when the generator is gone.
    pub(crate) janitor: Janitor,
    /// The control groups that programs are bounded by; `None`: there are none.
    pub(crate) groups: Option<ControlGroups>,
    /// The version of Landlock that the kernel is to be taken for, if it is not as it is.
    pub(crate) landlock: Option<u8>,
}
