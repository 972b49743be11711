//! Modules of other registries, here as they are there: with their ids, times and digests. Their packages keep the names that they
//! have there, and nobody changes anything of them here.

mod commit;
mod names;
mod record;

pub use commit::{find_commit, has_module, note_head, store_commit};
pub use record::{UpstreamCommit, UpstreamModule};
