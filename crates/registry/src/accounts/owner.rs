use crate::accounts::role::Role;
use protoedge_sdk::{CommitId, Hosts, OwnerName};
use protoedge_storage::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A user or an organization.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Owner {
    /// 32 hexadecimal digits.
    pub id: CommitId,
    /// The name.
    pub name: OwnerName,
    /// User or organization.
    pub kind: OwnerKind,
    /// When it was made.
    pub created: Timestamp,
    /// The members of an organization, persons and robots, each with what it may do.
    #[serde(default)]
    pub members: BTreeMap<OwnerName, Role>,
    /// The organization that a robot belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<OwnerName>,
    /// Whether the tokens of a person or robot are good for nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_disabled: bool,
    /// When it was deleted: then it is as if there were none, but that nobody else gets its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<Timestamp>,
    /// What groups of the identity provider give a person in organizations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<GroupRoles>,
    /// Whose a person is at the identity provider: the SHA-256 of both names. None for one who has no sign-in of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// When what it says of itself was changed last; none for one that was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated: Option<Timestamp>,
    /// The registry whose modules it has: nobody changes it here. None for an owner of this registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<Hosts>,
    /// A sentence.
    #[serde(default)]
    pub description: String,
    /// A home page.
    #[serde(default)]
    pub url: String,
}

impl Owner {
    /// An owner of whom nothing else is known.
    pub(crate) fn new(id: CommitId, name: OwnerName, kind: OwnerKind, created: Timestamp) -> Self {
        Self {
            id,
            name,
            kind,
            created,
            members: BTreeMap::new(),
            organization: None,
            is_disabled: false,
            groups: None,
            identity: None,
            deleted: None,
            updated: None,
            upstream: None,
            description: String::new(),
            url: String::new(),
        }
    }

    /// Who answers for it: its organization for a robot.
    pub(crate) fn answerable(&self) -> &OwnerName {
        self.organization.as_ref().unwrap_or(&self.name)
    }
}

/// The kinds of owners: all of them share one space of names.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OwnerKind {
    /// A person, who has tokens.
    User,
    /// A group of persons and robots.
    Organization,
    /// A machine of an organization's, which has tokens, owns nothing and never signs in.
    Robot,
}

/// What groups give a person.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct GroupRoles {
    /// The role in each organization.
    pub roles: BTreeMap<OwnerName, Role>,
    /// The organizations whose lists may show the person.
    #[serde(default)]
    pub shown: BTreeSet<OwnerName>,
    /// Until when.
    pub until: Timestamp,
}
