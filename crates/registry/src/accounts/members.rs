use crate::{
    Error, Store,
    accounts::{
        access,
        group_roles::{self, GroupMember},
        owner::{Owner, OwnerKind},
        owners, reserved_owners,
        role::Role,
        role_change,
        user::User,
    },
    audit::{self, Change},
    key::Key,
};
use protoedge_sdk::OwnerName;
use protoedge_storage::{Bucket, BucketError};
use std::collections::{BTreeMap, BTreeSet};

/// How many members an organization may have: all of them are in one object.
const MOST_MEMBERS: usize = 2_000;

/// The members of an organization with their roles, for its members.
///
/// # Errors
/// [`Error::Forbidden`] for others, [`Error::NoOrganization`] for a person.
pub async fn members<B: Bucket>(
    store: &Store<B>,
    by: &User,
    organization: &OwnerName,
) -> Result<BTreeMap<OwnerName, Role>, Error> {
    Ok(require(store, by, organization, Role::Read).await?.members)
}

/// Gives a person a role in an organization, or another one. A robot's role is changed with the robot.
///
/// # Errors
/// [`Error::Forbidden`] where the caller's role does not reach so far, [`Error::NoUser`] for a person who is not there,
/// [`Error::LastOwner`] where no owner would be left.
pub async fn set_member<B: Bucket>(
    store: &Store<B>,
    by: &User,
    organization: &OwnerName,
    user: &OwnerName,
    role: Role,
) -> Result<(), Error> {
    require(store, by, organization, Role::Admin).await?;
    reserved_owners::check_own(user)?;
    let member = owners::find_user(store, user).await?;
    if member.kind == OwnerKind::Robot {
        let why = "it is a robot, whose role is changed with the robot itself";
        return Err(bad_role(user, organization, why));
    }
    change_role(store, by, organization, user, Some(role)).await
}

/// Takes a member away from an organization. Everybody may leave.
///
/// # Errors
/// As [`set_member`]; [`Error::NoMember`] for one who is none.
pub async fn remove_member<B: Bucket>(
    store: &Store<B>,
    by: &User,
    organization: &OwnerName,
    user: &OwnerName,
) -> Result<(), Error> {
    let least = if by.name == *user { Role::Read } else { Role::Admin };
    let owner = require(store, by, organization, least).await?;
    if !owner.members.contains_key(user) {
        return Err(no_member(user, organization));
    }
    if owners::find_owner(store, user).await?.is_some_and(|it| it.kind == OwnerKind::Robot) {
        let why = "it is a robot, which is deleted as one";
        return Err(bad_role(user, organization, why));
    }
    change_role(store, by, organization, user, None).await
}

/// Gives a member of an organization a role, or none. Who may do so is looked at with what is changed: of two owners who
/// remove each other, the second one is no owner any more.
pub(crate) async fn change_role<B: Bucket>(
    store: &Store<B>,
    by: &User,
    organization: &OwnerName,
    user: &OwnerName,
    role: Option<Role>,
) -> Result<(), Error> {
    let change = async |current: Option<&Owner>| {
        let missing = || Error::NoOwner { owner: organization.clone() };
        let owner = current.ok_or_else(missing)?;
        let before = owner.members.get(user).copied();
        check_change(by, owner, user, before, role)?;
        if before == role {
            return Ok(None);
        }
        let mut next = owner.clone();
        role_change::apply(&mut next.members, user, role);
        if next.members.len() > MOST_MEMBERS {
            return Err(Error::TooManyMembers {
                of: organization.to_string(),
                what: "members",
                most: MOST_MEMBERS,
            });
        }
        if before == Some(Role::Owner) && next.members.values().all(|it| *it != Role::Owner) {
            return Err(Error::LastOwner { organization: organization.clone() });
        }
        // What the member's own list looks at comes first: it says where to look, and no more.
        if before.is_none() {
            note_membership(store, user, organization).await?;
        }
        Ok::<_, Error>(Some(next))
    };
    let made = async {
        let key = Key::Owner(organization);
        store.try_update(&key, change, |_| BTreeMap::new()).await.map(drop)
    };
    let change = Change {
        owner: Some(organization),
        action: if role.is_some() { "member.set" } else { "member.remove" },
        object: organization.to_string(),
        details: role_change::details(user, role),
    };
    let made = audit::audited(store, by, change, made).await;
    store.memo.owners.forget(organization);
    made
}

/// Notes where a member's own list has to look.
pub(crate) async fn note_membership<B: Bucket>(
    store: &Store<B>,
    user: &OwnerName,
    organization: &OwnerName,
) -> Result<(), BucketError> {
    store.put(&Key::Membership(user, organization), &(), BTreeMap::new()).await
}

/// The organizations of a person with what the person may do there: as a member, or by a group.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn organizations_of<B: Bucket>(
    store: &Store<B>,
    user: &User,
) -> Result<Vec<(OwnerName, Role)>, BucketError> {
    let prefix = Key::memberships(&user.name);
    let listed = store.list_all(&prefix).await?;
    let of_groups = user.group_roles.iter().flat_map(|roles| roles.keys().cloned());
    let named = listed.iter().filter_map(|meta| meta.key.strip_prefix(&prefix)?.parse().ok());
    let names: BTreeSet<OwnerName> = named.chain(of_groups).collect();
    let mut found = Vec::new();
    for name in names {
        let owner = owners::recall_owner(store, &name).await?;
        let owner = owner.filter(|it| it.kind == OwnerKind::Organization);
        let role = owner.and_then(|owner| access::role_of(user, &owner));
        found.extend(role.map(|role| (name, role)));
    }
    Ok(found)
}

/// Those who are in an organization by a group of the identity provider, for its members.
///
/// # Errors
/// Those of [`members`].
pub async fn group_members<B: Bucket>(
    store: &Store<B>,
    by: &User,
    organization: &OwnerName,
) -> Result<Vec<GroupMember>, Error> {
    require(store, by, organization, Role::Read).await?;
    Ok(group_roles::list(store, organization).await?)
}

/// Owners change every role; administrators those below their own; everybody may leave.
fn check_change(
    by: &User,
    owner: &Owner,
    user: &OwnerName,
    before: Option<Role>,
    after: Option<Role>,
) -> Result<(), Error> {
    let forbidden = || access::forbidden(by, owner.name.as_str());
    let own = access::role_of(by, owner).ok_or_else(forbidden)?;
    let leaves = by.name == *user && after.is_none() && by.is_unlimited();
    // What a group gives for a day, nobody makes a role of one's own.
    if by.name == *user && !by.is_admin && after > before {
        return Err(forbidden());
    }
    let may = match own {
        Role::Owner => true,
        Role::Admin => before.max(after).is_none_or(|role| role < Role::Admin),
        Role::Write | Role::Read => false,
    };
    if may || leaves { Ok(()) } else { Err(forbidden()) }
}

/// [`access::require_in`] for what must be an organization.
///
/// # Errors
/// As there; [`Error::NoOrganization`] for a person or robot.
pub(crate) async fn require<B: Bucket>(
    store: &Store<B>,
    by: &User,
    organization: &OwnerName,
    least: Role,
) -> Result<Owner, Error> {
    let owner = access::require_in(store, by, organization, least).await?;
    match owner.kind {
        OwnerKind::Organization => Ok(owner),
        OwnerKind::User | OwnerKind::Robot => {
            Err(Error::NoOrganization { owner: owner.name.clone() })
        }
    }
}

fn bad_role(user: &OwnerName, organization: &OwnerName, why: &'static str) -> Error {
    Error::BadRole { user: user.clone(), of: organization.to_string(), why }
}

fn no_member(user: &OwnerName, organization: &OwnerName) -> Error {
    Error::NoMember { user: user.clone(), what: "member", of: organization.to_string() }
}
