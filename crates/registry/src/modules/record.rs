use crate::{accounts::role::Role, web_address::web_address};
use protoedge_sdk::{CommitId, Hosts, Label, ModuleName, OwnerName, ShortCommit};
use protoedge_storage::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A module.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Module {
    /// 32 hexadecimal digits.
    pub id: CommitId,
    /// `owner/name`.
    pub name: ModuleName,
    /// The owner's id.
    pub owner_id: CommitId,
    /// When it was made.
    pub created: Timestamp,
    /// Who may read it.
    pub visibility: Visibility,
    /// The label that a push moves unless it names others, and whose head is `latest`.
    pub default_label: Label,
    /// A sentence.
    #[serde(default)]
    pub description: String,
    /// A home page.
    #[serde(default)]
    pub url: String,
    /// Whether it is there only once something was pushed to it: until then nobody sees it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub awaits_push: bool,
    /// Those who may do something in the module beside the members of its owner.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub collaborators: BTreeMap<OwnerName, Role>,
    /// When its visibility was changed lately, the last time last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub visibility_changes: Vec<Timestamp>,
    /// Whether its owner advises against it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_deprecated: bool,
    /// The module that its owner names in its place, where it is deprecated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<ModuleName>,
    /// When what it says of itself was changed last; none for one that was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated: Option<Timestamp>,
    /// Why nobody gets it, if administrators of the registry withhold it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<Withheld>,
    /// Those of its commits that they withhold.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub withheld_commits: BTreeMap<ShortCommit, Withheld>,
    /// When it was deleted: then it is as if there were none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<Timestamp>,
    /// Whether a module of this name was deleted before this one was made: of that one's versions some may be stored still.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_remade: bool,
    /// The registry that it is fetched from: nobody changes it here. None for a module of this registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<Hosts>,
    /// The registry that it was of before it moved in; none for one that did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_in: Option<MovedIn>,
    /// When the push took place that the module awaited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_push: Option<Timestamp>,
}

impl Module {
    /// A private module of which nothing else is known.
    pub(crate) fn new(
        id: CommitId,
        name: ModuleName,
        owner_id: CommitId,
        created: Timestamp,
        default_label: Label,
    ) -> Self {
        Self {
            id,
            name,
            owner_id,
            created,
            visibility: Visibility::Private,
            default_label,
            description: String::new(),
            url: String::new(),
            awaits_push: false,
            collaborators: BTreeMap::new(),
            visibility_changes: Vec::new(),
            is_deprecated: false,
            successor: None,
            updated: None,
            withheld: None,
            withheld_commits: BTreeMap::new(),
            deleted: None,
            is_remade: false,
            upstream: None,
            moved_in: None,
            first_push: None,
        }
    }

    /// The home page, where it is one that readers of packages may be led to.
    pub fn homepage(&self) -> Option<&str> {
        web_address(&self.url).map(|_| self.url.as_str())
    }

    /// Whether somebody may see it: something was pushed to it, and it was not deleted.
    pub(crate) fn is_there(&self) -> bool {
        !self.awaits_push && !self.is_deleted()
    }

    /// Whether it was deleted.
    pub(crate) fn is_deleted(&self) -> bool {
        self.deleted.is_some()
    }
}

/// That a module was another registry's. Packages of the commits that it had then keep the names that they had.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct MovedIn {
    /// The other registry.
    pub from: Hosts,
    /// When it moved in.
    pub at: Timestamp,
}

impl Visibility {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
        }
    }
}

/// That administrators of the registry withhold something.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Withheld {
    /// Why: everybody is told who asks for it.
    pub reason: String,
    /// Since when.
    pub at: Timestamp,
}

/// Who may read a module.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Every caller.
    Public,
    /// Members of its owner, and its collaborators.
    Private,
}
