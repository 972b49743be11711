//! Modules of other registries, here as they are there: with their ids, times and digests. Their packages keep the names that they
//! have there, and nobody changes anything of them here.

mod commit;
mod mirror;
mod move_in;
mod names;
mod record;

pub use commit::{find_commit, note_head, number, store_commit};
pub use mirror::{
    Mirror, add_mirror, due_mirrors, find_mirror, mirrors, remove_mirror, save_mirror,
};
pub use move_in::{
    MoveIn, Place, UpstreamLabel, check_free, find_move_in, finish_move_in, save_move_in,
    store_label,
};
pub use record::{UpstreamCommit, UpstreamModule};
