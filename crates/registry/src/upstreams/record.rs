use crate::Visibility;
use bytes::Bytes;
use protoedge_bufapi::digest::B5;
use protoedge_sdk::{CommitId, Label, ModuleName};
use protoedge_storage::Timestamp;

/// A module as another registry has it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UpstreamModule {
    /// Its id there.
    pub id: CommitId,
    /// `owner/name`.
    pub name: ModuleName,
    /// Its owner's id there.
    pub owner_id: CommitId,
    /// Who may read it.
    pub visibility: Visibility,
    /// When it was made.
    pub created: Timestamp,
    /// The label whose head is `latest`.
    pub default_label: Label,
    /// A sentence.
    pub description: String,
    /// A home page.
    pub url: String,
    /// Whether its owner advises against it.
    pub is_deprecated: bool,
}

/// A commit as another registry has it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UpstreamCommit {
    /// Its id there.
    pub id: CommitId,
    /// Of which module.
    pub module: UpstreamModule,
    /// When it was pushed.
    pub created: Timestamp,
    /// The module digest that it has there.
    pub digest: B5,
    /// Who pushed it: an id.
    pub created_by: CommitId,
    /// Where its source is.
    pub source_control_url: String,
    /// Whether it has its time in versions: one that never was on the default label has zeros.
    pub has_time: bool,
    /// All that it depends on, one commit a module: these are stored before.
    pub deps: Vec<CommitId>,
    /// Paths and bytes.
    pub files: Vec<(String, Bytes)>,
}
