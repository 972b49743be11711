//! What is published: files, lists, and which packages are in use.

pub(crate) mod contents;
pub(crate) mod files;
pub(crate) mod listing;
pub(crate) mod outcomes;
pub(crate) mod pinned;
pub(crate) mod publishing;
pub(crate) mod usage;

pub use contents::{contents, put_contents};
pub use files::{get_file, head_file, is_stored, put_file};
pub use listing::{Listing, Published, compact, compact_if_many, listing, listing_named};
pub use outcomes::{Outcome, outcomes};
pub use pinned::{LockedCommit, locked_by_dependents};
pub use publishing::{ListingOutcome, is_listed, list, note_done, publish};
pub use usage::{IN_USE, in_use, note_usage};
