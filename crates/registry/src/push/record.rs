use crate::modules::{commit::Commit, labels::LabelRecord, record::Module};
use protoedge_sdk::{CommitId, Label, ModuleName, Sdk};
use protoedge_storage::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

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
    /// The ids of the modules that it is pushed to: one that is made in the place of a deleted one has another.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) ids: BTreeMap<ModuleName, CommitId>,
}

impl PushRecord {
    /// The push without what it does to some modules.
    pub(super) fn without(mut self, gone: &BTreeSet<ModuleName>) -> Self {
        self.commits.retain(|commit| !gone.contains(&commit.module));
        self.moves.retain(|it| !gone.contains(&it.module));
        self.orders.retain(|sdk| !gone.contains(&sdk.module));
        self.modules.retain(|module| !gone.contains(module));
        self
    }
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
