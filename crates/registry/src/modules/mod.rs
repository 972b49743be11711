//! Modules, their commits and their labels.

pub(crate) mod closed;
pub(crate) mod commit;
pub(crate) mod commits;
pub(crate) mod contents;
pub(crate) mod deletion;
mod dependents;
pub(crate) mod erasure;
pub(crate) mod joined;
pub(crate) mod labels;
pub(crate) mod lookup;
pub(crate) mod module;
pub(crate) mod record;
mod settings;
mod source_control;
mod sources;
pub(crate) mod tips;
mod visibility;

pub use closed::check_deps;
pub use commit::Commit;
pub use commits::{
    COMMIT_COST, FILE_COST, File, Named, commit_by_id, commit_spelled, files, find_commit, head,
    hosts_of, labelled, list_commits, named, recall_commit, resolve, shown_commit,
};
pub use contents::proto_paths;
pub use deletion::{delete_module, finish_deletions};
pub use dependents::dependents;
pub use joined::joined;
pub use labels::{
    History, LabelRecord, Move, Moved, find_label, history, move_by_hand, set_archived,
};
pub use module::{NewModule, create_module, list_modules};
pub use record::{Module, MovedIn, Visibility};
pub use settings::{ModuleChange, change_module, check_change, set_visibility};
pub use source_control::SourceControl;
pub use sources::{SourceEntry, Sources, sources};
pub use tips::{Archived, LabelHead, LabelPage, labels, newest_labels, recent_labels};
