//! What groups of the identity provider give: roles in organizations, until a day after the person signed in last.
//!
//! They are kept with the person, whose record is read for each token anyway: people sign in at the same hour, and an
//! organization's record takes one write a second.

use crate::{
    Store,
    accounts::{owner::GroupRoles, owners, role::Role},
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

/// Shows in each organization what groups give a person there: before the person's record says so.
pub(crate) async fn show<B: Bucket>(
    store: &Store<B>,
    user: &OwnerName,
    groups: &GroupRoles,
) -> Result<(), BucketError> {
    for (organization, role) in &groups.roles {
        show_in(store, user, organization, *role, groups.until).await?;
    }
    Ok(())
}

async fn show_in<B: Bucket>(
    store: &Store<B>,
    user: &OwnerName,
    organization: &OwnerName,
    role: Role,
    until: Timestamp,
) -> Result<(), BucketError> {
    let until = (UNTIL.to_owned(), until.millis().to_string());
    let metadata = [(ROLE.to_owned(), role.as_str().to_owned()), until].into();
    store.put(&Key::GroupMember(organization, user), &(), metadata).await
}

/// Has lists show what the person's record says, after it does. Of two sign-ins at once, one may take away what the other shows:
/// whoever takes something away looks at the record behind it, and whoever has changed the record looks at the lists behind it.
pub(crate) async fn settle<B: Bucket>(
    store: &Store<B>,
    user: &OwnerName,
    groups: &GroupRoles,
) -> Result<(), BucketError> {
    for organization in &groups.shown {
        let key = Key::GroupMember(organization, user);
        if groups.roles.contains_key(organization) {
            if store.bucket.head(&key.path()).await?.is_some() {
                continue;
            }
        } else {
            store.remove(&key).await?;
        }
        let now = owners::find_owner(store, user).await?.and_then(|owner| owner.groups);
        let given = now.and_then(|now| Some((*now.roles.get(organization)?, now.until)));
        if let Some((role, until)) = given {
            show_in(store, user, organization, role, until).await?;
        }
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
