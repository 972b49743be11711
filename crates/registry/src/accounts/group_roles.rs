//! What groups of the identity provider give: roles in organizations, until a day after the person signed in last.
//!
//! They are kept with the person, whose record is read for each token anyway: people sign in at the same hour, and an
//! organization's record takes one write a second.

use crate::{
    Store,
    accounts::{owner::GroupRoles, role::Role},
    key::Key,
};
use protoedge_sdk::OwnerName;
use protoedge_storage::{Bucket, BucketError, Timestamp};
use std::time::Duration;

/// How long it lasts what groups gave at a sign-in.
pub(crate) const LASTS: Duration = Duration::from_secs(24 * 60 * 60);

/// A person who is in an organization by a group.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GroupMember {
    /// Who.
    pub user: OwnerName,
    /// What the group gives.
    pub role: Role,
    /// Until when.
    pub until: Timestamp,
}

const ROLE: &str = "role";
const UNTIL: &str = "until";

/// Shows in each organization what groups give a person there, and takes away what they gave before.
pub(crate) async fn show<B: Bucket>(
    store: &Store<B>,
    user: &OwnerName,
    before: Option<&GroupRoles>,
    now: &GroupRoles,
) -> Result<(), BucketError> {
    for (organization, role) in &now.roles {
        let until = (UNTIL.to_owned(), now.until.millis().to_string());
        let metadata = [(ROLE.to_owned(), role.as_str().to_owned()), until].into();
        store.put(&Key::GroupMember(organization, user), &(), metadata).await?;
    }
    let before = before.map(|it| it.roles.keys()).into_iter().flatten();
    for gone in before.filter(|it| !now.roles.contains_key(*it)) {
        store.remove(&Key::GroupMember(gone, user)).await?;
    }
    Ok(())
}

/// Those who are in an organization by a group now.
pub(crate) async fn list<B: Bucket>(
    store: &Store<B>,
    organization: &OwnerName,
) -> Result<Vec<GroupMember>, BucketError> {
    let prefix = Key::group_members(organization);
    let now = store.now();
    let read = |meta: protoedge_storage::Meta| {
        let user = meta.key.strip_prefix(&prefix)?.parse().ok()?;
        let role = Role::parse(meta.metadata.get(ROLE)?)?;
        let until = Timestamp::from_millis(meta.metadata.get(UNTIL)?.parse().ok()?);
        (now < until).then_some(GroupMember { user, role, until })
    };
    Ok(store.list_all(&prefix).await?.into_iter().filter_map(read).collect())
}
