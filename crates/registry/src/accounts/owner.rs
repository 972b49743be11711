use crate::accounts::role::Role;
use protoedge_sdk::{CommitId, OwnerName};
use protoedge_storage::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    /// The members of an organization, each with what it may do.
    #[serde(default)]
    pub members: BTreeMap<OwnerName, Role>,
    /// A sentence.
    #[serde(default)]
    pub description: String,
    /// A home page.
    #[serde(default)]
    pub url: String,
}

/// The two kinds of owners.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OwnerKind {
    /// Somebody who has tokens.
    User,
    /// A group of users.
    Organization,
}
