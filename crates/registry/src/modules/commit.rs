use crate::modules::source_control::SourceControl;
use protoedge_sdk::{Closure, CommitId, Hosts, Locked, ModuleName, Stamp};
use protoedge_storage::Timestamp;
use serde::{Deserialize, Serialize};

/// One immutable state of a module.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Commit {
    /// 32 hexadecimal digits.
    pub id: CommitId,
    /// Of what.
    pub module: ModuleName,
    /// 1, 2, 3 … in the module.
    pub sequence: u32,
    /// When it was pushed.
    pub created: Timestamp,
    /// Its time in SDK versions, for ever: zeros for a push that did not name the default label.
    pub stamp: Stamp,
    /// The module digest, `b5:…`: of the files and of all dependencies.
    pub digest: String,
    /// The digest of the files alone, `shake256:…` (b4).
    pub files_digest: String,
    /// All that it depends on, one commit a module.
    pub deps: Vec<Locked>,
    /// Who pushed it: a user's id.
    pub created_by: CommitId,
    /// Where the source of this state is, as the pusher said.
    #[serde(default)]
    pub source_control_url: String,
    /// The path of its first .proto file, by which pages say how its packages are imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_proto: Option<String>,
    /// Whether its module was deprecated when it was pushed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_deprecated: bool,
    /// The registry that it was fetched from, whose names its packages keep; none for what was pushed here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<Hosts>,
}

impl Commit {
    /// The commit as others depend on it.
    pub fn locked(&self) -> Locked {
        Locked {
            module: self.module.clone(),
            commit: self.id.clone(),
            stamp: self.stamp.clone(),
            digest: self.digest.clone(),
            go_elsewhere: None,
            upstream: self.upstream.clone(),
        }
    }

    /// Where its source is, if that can be told from what the pusher said.
    pub fn source_control(&self) -> Option<SourceControl> {
        SourceControl::read(&self.source_control_url)
    }

    /// The commit with its dependencies.
    pub fn closure(&self) -> Closure {
        Closure {
            target: self.locked(),
            deps: self.deps.clone(),
            is_deprecated: self.is_deprecated,
        }
    }
}
