use crate::modules::commit::Commit;
use bytes::Bytes;
use protoedge_sdk::{CommitId, Label, ModuleName, Sdk};
/// What a caller pushes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Upload {
    /// One for each module.
    pub contents: Vec<Content>,
    /// The commits of other modules that they depend on, directly and through others.
    pub deps: Vec<CommitId>,
}

/// The new content of one module.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Content {
    /// Of which module.
    pub module: ModuleName,
    /// Paths and bytes.
    pub files: Vec<(String, Bytes)>,
    /// The labels to move; the default label if there are none.
    pub labels: Vec<Label>,
    /// Where the source of this state is.
    pub source_control_url: String,
}

/// What became of a push.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pushed {
    /// One for each content, in their order.
    pub commits: Vec<Commit>,
    /// The SDKs that were ordered: those of packages in use.
    pub orders: Vec<Sdk>,
    /// Where what is to be delivered to webhooks is kept.
    pub deliveries: Vec<String>,
}
