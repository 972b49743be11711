use crate::{
    Error, Module, Store,
    accounts::{
        access::{self, Grant},
        owner::OwnerKind,
        owners, reserved_owners,
        role::Role,
        role_change,
        user::User,
    },
    audit::{self, Change},
    key::Key,
};
use protoedge_sdk::OwnerName;
use protoedge_storage::Bucket;
use std::collections::BTreeMap;

/// How many collaborators a module may have: all of them are in one object.
const MOST_COLLABORATORS: usize = 200;

/// The collaborators of a module with their roles, for those who administer it.
///
/// # Errors
/// [`Error::Forbidden`] for others.
pub async fn collaborators<B: Bucket>(
    store: &Store<B>,
    by: &User,
    module: &Grant,
) -> Result<BTreeMap<OwnerName, Role>, Error> {
    access::require(store, by, module, Role::Admin).await?;
    Ok(module.collaborators.clone())
}

/// Makes a person, or a robot of the module's owner, a collaborator of a module, or gives one another role.
///
/// # Errors
/// [`Error::BadRole`] for a role beyond writing and for a robot of another organization, [`Error::NoUser`] for one who is not there.
pub async fn set_collaborator<B: Bucket>(
    store: &Store<B>,
    by: &User,
    module: &Grant,
    user: &OwnerName,
    role: Role,
) -> Result<(), Error> {
    access::require(store, by, module, Role::Admin).await?;
    let bad_role = |why| Error::BadRole { user: user.clone(), of: module.name.to_string(), why };
    if role > Role::Write {
        return Err(bad_role("a collaborator reads or writes"));
    }
    reserved_owners::check_own(user)?;
    let collaborator = owners::find_user(store, user).await?;
    let of = collaborator.organization.as_ref();
    if collaborator.kind == OwnerKind::Robot && of != Some(module.name.owner()) {
        return Err(bad_role("it is a robot of another organization"));
    }
    change(store, by, module, user, Some(role)).await
}

/// Takes a collaborator away from a module. Everybody may leave.
///
/// # Errors
/// [`Error::NoMember`] for one who is none.
pub async fn remove_collaborator<B: Bucket>(
    store: &Store<B>,
    by: &User,
    module: &Grant,
    user: &OwnerName,
) -> Result<(), Error> {
    if by.name != *user || !by.is_unlimited() {
        access::require(store, by, module, Role::Admin).await?;
    }
    if !module.collaborators.contains_key(user) {
        return Err(Error::NoMember {
            user: user.clone(),
            what: "collaborator",
            of: module.name.to_string(),
        });
    }
    change(store, by, module, user, None).await
}

async fn change<B: Bucket>(
    store: &Store<B>,
    by: &User,
    module: &Grant,
    user: &OwnerName,
    role: Option<Role>,
) -> Result<(), Error> {
    let name = &module.name;
    let set = async |current: Option<&Module>| {
        let current = current.ok_or_else(|| Error::NoModule { module: name.clone() })?;
        if current.collaborators.get(user).copied() == role {
            return Ok(None);
        }
        let mut next = current.clone();
        role_change::apply(&mut next.collaborators, user, role);
        if next.collaborators.len() > MOST_COLLABORATORS {
            return Err(Error::TooManyMembers {
                of: name.to_string(),
                what: "collaborators",
                most: MOST_COLLABORATORS,
            });
        }
        Ok::<_, Error>(Some(next))
    };
    let made =
        async { store.try_update(&Key::Module(name), set, |_| BTreeMap::new()).await.map(drop) };
    let change = Change {
        owner: Some(name.owner()),
        action: if role.is_some() { "collaborator.set" } else { "collaborator.remove" },
        object: name.to_string(),
        details: role_change::details(user, role),
    };
    let made = audit::audited(store, by, change, made).await;
    store.memo.modules.forget(name);
    made
}
