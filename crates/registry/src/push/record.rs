use crate::modules::{commit::Commit, labels::LabelRecord, record::Module};
use protoedge_sdk::{CommitId, Label, ModuleName, Sdk};
use protoedge_storage::Timestamp;
use serde::{Deserialize, Serialize};

/// What `pushes/{id}` holds. Nothing at all: the push was given up before it took place.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct PushRecord {
    pub(crate) at: Timestamp,
    pub(crate) by: protoedge_sdk::OwnerName,
    /// The new ones. None in records of the time when commits were written before them.
    #[serde(default)]
    pub(crate) commits: Vec<Commit>,
    pub(crate) moves: Vec<LabelMove>,
    pub(crate) orders: Vec<Sdk>,
    /// The modules that awaited a push.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) modules: Vec<ModuleName>,
}

/// One label that a push moves.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct LabelMove {
    pub(crate) module: ModuleName,
    pub(crate) label: Label,
    pub(crate) is_default: bool,
    pub(crate) from: Option<CommitId>,
    pub(crate) to: CommitId,
}

/// A default label that a push has to move to a new commit.
pub(super) struct DefaultLabelMove {
    pub(super) module: Module,
    /// The label as it was when the push looked last.
    pub(super) label: Option<LabelRecord>,
    pub(super) commit: CommitId,
    pub(super) digest: String,
}
