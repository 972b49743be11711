use crate::{
    Error, Series, Store, User, about,
    accounts::{
        owner::{Owner, OwnerKind},
        reserved_owners,
        role::Role,
    },
    audit::{self, Change},
    bounds,
    key::Key,
};
use protoedge_sdk::{CommitId, ModuleName, OwnerName};
use protoedge_storage::{Bucket, BucketError};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, rc::Rc};

/// What an id is the id of.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Identified {
    /// An owner.
    Owner(OwnerName),
    /// A module.
    Module(ModuleName),
    /// A commit of a module.
    Commit(ModuleName),
}

#[derive(Serialize, Deserialize)]
struct IdRecord {
    id: CommitId,
    of: Identified,
}

/// Mints an id whose first 12 digits nothing else has: the create-only put sees to it.
pub(crate) async fn mint<B: Bucket>(
    store: &Store<B>,
    of: Identified,
) -> Result<CommitId, BucketError> {
    loop {
        let id = store.draw_id();
        let record = IdRecord { id: id.clone(), of: of.clone() };
        if store.create(&Key::Id(&id.short()), &record).await? {
            return Ok(id);
        }
    }
}

/// What an id is the id of.
pub async fn identify<B: Bucket>(
    store: &Store<B>,
    id: &CommitId,
) -> Result<Option<Identified>, BucketError> {
    let found = store.load::<IdRecord>(&Key::Id(&id.short())).await?;
    Ok(found.filter(|(record, _)| record.id == *id).map(|(record, _)| record.of))
}

/// An owner by name.
pub async fn find_owner<B: Bucket>(
    store: &Store<B>,
    name: &OwnerName,
) -> Result<Option<Owner>, BucketError> {
    Ok(store.load(&Key::Owner(name)).await?.map(|(owner, _)| owner))
}

/// An owner by name, as it was within the last ten seconds: for what is read.
pub(crate) async fn recall_owner<B: Bucket>(
    store: &Store<B>,
    name: &OwnerName,
) -> Result<Option<Rc<Owner>>, BucketError> {
    let now = store.now();
    if let Some(owner) = store.memo.owners.get(name, now) {
        return Ok(Some(owner));
    }
    let Some(owner) = find_owner(store, name).await?.map(Rc::new) else { return Ok(None) };
    store.memo.owners.keep(name.clone(), owner.clone(), now);
    Ok(Some(owner))
}

/// Makes the user of this name an owner, if there is none. Whoever is asked for here has a token, and
/// those are made by administrators: the name may be a reserved one.
pub async fn ensure_user<B: Bucket>(store: &Store<B>, name: &OwnerName) -> Result<Owner, Error> {
    let owner = match find_owner(store, name).await? {
        Some(owner) => owner,
        None => {
            let owner = new_owner(store, name, OwnerKind::User, BTreeMap::new()).await?;
            // Lost: another request took the name.
            store.create(&Key::Owner(name), &owner).await?;
            let winner = find_owner(store, name).await?;
            winner.ok_or_else(|| Error::NoOwner { owner: name.clone() })?
        }
    };
    match owner.kind {
        OwnerKind::User | OwnerKind::Robot => Ok(owner),
        OwnerKind::Organization => {
            Err(Error::Exists { what: "organization", name: name.to_string() })
        }
    }
}

/// Whether a user may make an organization of this name, if nobody has it.
///
/// # Errors
/// [`Error::ReservedOwner`] where only an administrator may.
pub fn check_name(user: &User, name: &OwnerName) -> Result<(), Error> {
    reserved_owners::check(user, name)
}

/// Makes an organization, whose first member is the user.
///
/// # Errors
/// [`Error::ReservedOwner`] and [`Error::Full`] say what only an administrator may.
pub async fn create_organization<B: Bucket>(
    store: &Store<B>,
    user: &User,
    name: &OwnerName,
    description: &str,
    url: &str,
) -> Result<Owner, Error> {
    about::check_about(description, url)?;
    check_name(user, name)?;
    if user.is_robot || !user.is_unlimited() {
        let what = format!("organizations, as {name} would be one");
        return Err(Error::Forbidden { user: user.name.to_string(), what });
    }
    let exists = || Error::Exists { what: "owner", name: name.to_string() };
    if find_owner(store, name).await?.is_some() {
        return Err(exists());
    }
    bounds::admit(store, user, Series::Organizations(&user.name), name.as_str()).await?;
    // The administrators' token is nobody's.
    let members = Some((user.name.clone(), Role::Owner)).filter(|_| !user.is_admin);
    let members = members.into_iter().collect();
    let mut owner = new_owner(store, name, OwnerKind::Organization, members).await?;
    owner.description = description.into();
    owner.url = url.into();
    let create =
        async { store.create(&Key::Owner(name), &owner).await?.then_some(()).ok_or_else(exists) };
    let (action, object) = ("organization.create", name.to_string());
    let change = Change { owner: Some(name), action, object, details: Vec::new() };
    audit::audited(store, user, change, create).await?;
    Ok(owner)
}

/// A robot of an organization's, which is not there yet.
pub(crate) async fn new_robot<B: Bucket>(
    store: &Store<B>,
    name: &OwnerName,
    organization: &OwnerName,
) -> Result<Owner, BucketError> {
    let owner = new_owner(store, name, OwnerKind::Robot, BTreeMap::new()).await?;
    Ok(Owner { organization: Some(organization.clone()), ..owner })
}

async fn new_owner<B: Bucket>(
    store: &Store<B>,
    name: &OwnerName,
    kind: OwnerKind,
    members: BTreeMap<OwnerName, Role>,
) -> Result<Owner, BucketError> {
    Ok(Owner {
        id: mint(store, Identified::Owner(name.clone())).await?,
        name: name.clone(),
        kind,
        created: store.now(),
        members,
        organization: None,
        is_disabled: false,
        description: String::new(),
        url: String::new(),
    })
}
