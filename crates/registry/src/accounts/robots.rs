use crate::{
    Error, Series, Store,
    accounts::{
        access, members, owner::Owner, owners, reserved_owners, role::Role, tokens, user::User,
    },
    audit::{self, Change},
    bounds,
    key::Key,
};
use protoedge_sdk::OwnerName;
use protoedge_storage::Bucket;
use std::collections::BTreeMap;

/// How many robots an organization may have.
const MOST_ROBOTS: usize = 100;

/// A robot as a list shows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Robot {
    /// What is stored of it.
    pub owner: Owner,
    /// What it may do in its organization; nothing while it is made or deleted.
    pub role: Option<Role>,
}

/// What is to become of a robot; what is left out stays as it is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct RobotChange {
    /// What it may do in its organization.
    pub role: Option<Role>,
    /// Whether its tokens are good for nothing.
    pub is_disabled: Option<bool>,
}

/// The robots of an organization.
///
/// # Errors
/// [`Error::Forbidden`] for those who are no administrators of it.
pub async fn robots<B: Bucket>(
    store: &Store<B>,
    by: &User,
    organization: &OwnerName,
) -> Result<Vec<Robot>, Error> {
    let owner = members::require(store, by, organization, Role::Admin).await?;
    let prefix = Key::robots(organization);
    let mut robots = Vec::new();
    for meta in store.list_all(&prefix).await? {
        let name = meta.key.strip_prefix(&prefix).and_then(|name| name.parse().ok());
        let Some(name): Option<OwnerName> = name else { continue };
        let found = owners::find_owner(store, &name).await?;
        let role = owner.members.get(&name).copied();
        robots.extend(found.map(|owner| Robot { owner, role }));
    }
    Ok(robots)
}

/// A robot of an organization's.
///
/// # Errors
/// [`Error::NoMember`] for what is no robot of the organization, [`Error::Forbidden`] for who may not change it.
pub async fn robot<B: Bucket>(
    store: &Store<B>,
    by: &User,
    organization: &OwnerName,
    name: &OwnerName,
) -> Result<Robot, Error> {
    Ok(find_robot(store, by, organization, name).await?.1)
}

/// Makes a robot of an organization's, whose name is unique in the registry. Making it again gives it the role and is as
/// good.
///
/// # Errors
/// [`Error::Exists`] where the name is another one's, [`Error::BadRole`] for the role of an owner.
pub async fn create_robot<B: Bucket>(
    store: &Store<B>,
    by: &User,
    organization: &OwnerName,
    name: &OwnerName,
    role: Role,
) -> Result<Robot, Error> {
    let owner = members::require(store, by, organization, Role::Admin).await?;
    check_role(by, &owner, name, role)?;
    reserved_owners::check(by, name)?;
    let exists = || Error::Exists { what: "owner", name: name.to_string() };
    let is_own = |it: &Owner| it.organization.as_ref() == Some(organization) && !it.is_disabled;
    let known = owners::find_owner(store, name).await?;
    if known.as_ref().is_some_and(|it| !is_own(it)) {
        return Err(exists());
    }
    check_role(by, &owner, name, owner.members.get(name).copied().unwrap_or(Role::Read))?;
    if store.list_all(&Key::robots(organization)).await?.len() >= MOST_ROBOTS {
        return Err(Error::TooManyMembers {
            of: organization.to_string(),
            what: "robots",
            most: MOST_ROBOTS,
        });
    }
    let change = change("robot.create", organization, name, vec![("role", role.as_str().into())]);
    let make = async {
        if known.is_none() {
            bounds::admit(store, by, Series::Robots(organization), name.as_str()).await?;
            let robot = owners::new_robot(store, name, organization).await?;
            // Lost: another request took the name.
            store.create(&Key::Owner(name), &robot).await?;
        }
        let winner = owners::find_owner(store, name).await?;
        let robot = winner.filter(is_own).ok_or_else(exists)?;
        store.put(&Key::Robot(organization, name), &(), BTreeMap::new()).await?;
        Ok(robot)
    };
    let robot = audit::audited(store, by, change, make).await?;
    members::change_role(store, by, organization, name, Some(role)).await?;
    Ok(Robot { owner: robot, role: Some(role) })
}

/// Changes a robot. Disabled, its tokens are good for nothing within 10 s.
///
/// # Errors
/// [`Error::NoMember`] for what is no robot of the organization, [`Error::BadRole`] for the role of an owner.
pub async fn change_robot<B: Bucket>(
    store: &Store<B>,
    by: &User,
    organization: &OwnerName,
    name: &OwnerName,
    wanted: RobotChange,
) -> Result<Robot, Error> {
    let (owner, mut robot) = find_robot(store, by, organization, name).await?;
    // Both what it was and what it is to be: nothing is changed where one of them is too much.
    check_role(by, &owner, name, wanted.role.max(robot.role).unwrap_or(Role::Read))?;
    if let Some(is_disabled) = wanted.is_disabled {
        robot.owner = disable(store, by, &robot.owner, is_disabled).await?;
    }
    if let Some(role) = wanted.role {
        members::change_role(store, by, organization, name, Some(role)).await?;
        robot.role = Some(role);
    }
    Ok(robot)
}

/// Deletes a robot: its tokens are revoked, and its name stays taken, so that the audit speaks of one robot for ever.
///
/// # Errors
/// [`Error::NoMember`] for what is no robot of the organization.
pub async fn delete_robot<B: Bucket>(
    store: &Store<B>,
    by: &User,
    organization: &OwnerName,
    name: &OwnerName,
) -> Result<(), Error> {
    let (owner, robot) = find_robot(store, by, organization, name).await?;
    check_role(by, &owner, name, robot.role.unwrap_or(Role::Read))?;
    // What is cut off here can be done again: the list forgets it last.
    disable(store, by, &robot.owner, true).await?;
    members::change_role(store, by, organization, name, None).await?;
    let change = change("robot.delete", organization, name, Vec::new());
    let delete = async {
        let trusts = store.list_all(&Key::trusts(name)).await?;
        store.delete_all(&trusts.into_iter().map(|it| it.key).collect::<Vec<_>>()).await?;
        tokens::forget_all(store, name).await?;
        Ok(store.remove(&Key::Robot(organization, name)).await?)
    };
    audit::audited(store, by, change, delete).await
}

/// Disables a person or a robot, or ends that: an administrator's right, and for a robot its organization's administrators'.
///
/// # Errors
/// [`Error::NoUser`] for one who is not there, [`Error::Forbidden`] where the caller may not.
pub async fn set_disabled<B: Bucket>(
    store: &Store<B>,
    by: &User,
    user: &OwnerName,
    is_disabled: bool,
) -> Result<Owner, Error> {
    if !by.is_admin {
        return Err(access::forbidden(by, user.as_str()));
    }
    let owner = owners::find_user(store, user).await?;
    disable(store, by, &owner, is_disabled).await
}

async fn disable<B: Bucket>(
    store: &Store<B>,
    by: &User,
    owner: &Owner,
    is_disabled: bool,
) -> Result<Owner, Error> {
    let set = |current: Option<&Owner>| {
        let current = current.filter(|it| it.is_disabled != is_disabled)?;
        Some(Owner { is_disabled, ..current.clone() })
    };
    let action = if is_disabled { "user.disable" } else { "user.enable" };
    let change = change(action, owner.answerable(), &owner.name, Vec::new());
    let update = async { Ok(store.update(&Key::Owner(&owner.name), set).await?) };
    let made = audit::audited(store, by, change, update).await?;
    store.memo.users.clear();
    store.memo.sessions.clear();
    made.ok_or_else(|| Error::NoUser { user: owner.name.clone() })
}

/// The organization, and its robot of this name.
pub(crate) async fn find_robot<B: Bucket>(
    store: &Store<B>,
    by: &User,
    organization: &OwnerName,
    name: &OwnerName,
) -> Result<(Owner, Robot), Error> {
    let owner = members::require(store, by, organization, Role::Admin).await?;
    let missing =
        || Error::NoMember { user: name.clone(), what: "robot", of: organization.to_string() };
    // A deleted one is in no list.
    let is_listed = store.load::<()>(&Key::Robot(organization, name)).await?.is_some();
    let robot = owners::find_owner(store, name).await?.filter(|_| is_listed).ok_or_else(missing)?;
    let role = owner.members.get(name).copied();
    Ok((owner, Robot { owner: robot, role }))
}

/// Administrators have robots below their own role, owners up to that of an administrator.
pub(crate) fn check_role(
    by: &User,
    organization: &Owner,
    robot: &OwnerName,
    role: Role,
) -> Result<(), Error> {
    if role == Role::Owner {
        return Err(Error::BadRole {
            user: robot.clone(),
            of: organization.name.to_string(),
            why: "a robot owns nothing",
        });
    }
    match access::outranks(by, organization, role) {
        true => Ok(()),
        false => Err(access::forbidden(by, organization.name.as_str())),
    }
}

fn change<'a>(
    action: &'static str,
    owner: &'a OwnerName,
    object: &OwnerName,
    details: Vec<(&'static str, String)>,
) -> Change<'a> {
    Change { owner: Some(owner), action, object: object.to_string(), details }
}
