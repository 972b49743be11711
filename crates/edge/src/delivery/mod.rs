//! From a package's name to its bytes: what is stored, or what is generated while clients wait.

pub(crate) mod artifact;
pub(crate) mod bell;
pub(crate) mod dispatch;
pub(crate) mod listed;
pub(crate) mod long_poll;
pub(crate) mod resolve;
pub(crate) mod stored;
pub(crate) mod wait_policy;
