use crate::{Error, Series, Store, User, about, accounts::reserved_owners, bounds, key::Key};
use protoedge_sdk::{CommitId, ModuleName, OwnerName};
use protoedge_storage::{Bucket, BucketError, Timestamp};
use serde::{Deserialize, Serialize};

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
    /// The users who may change what an organization has.
    #[serde(default)]
    pub members: Vec<OwnerName>,
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

/// Makes the user of this name an owner, if there is none. Whoever is asked for here has a token, and
/// those are made by administrators: the name may be a reserved one.
pub async fn ensure_user<B: Bucket>(store: &Store<B>, name: &OwnerName) -> Result<Owner, Error> {
    let owner = match find_owner(store, name).await? {
        Some(owner) => owner,
        None => {
            let owner = new_owner(store, name, OwnerKind::User, Vec::new()).await?;
            // Lost: another request took the name.
            store.create(&Key::Owner(name), &owner).await?;
            let winner = find_owner(store, name).await?;
            winner.ok_or_else(|| Error::NoOwner { owner: name.clone() })?
        }
    };
    match owner.kind {
        OwnerKind::User => Ok(owner),
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
    if find_owner(store, name).await?.is_some() {
        return Err(Error::Exists { what: "owner", name: name.to_string() });
    }
    bounds::admit(store, user, Series::Organizations(&user.name), name.as_str()).await?;
    let mut owner =
        new_owner(store, name, OwnerKind::Organization, vec![user.name.clone()]).await?;
    owner.description = description.into();
    owner.url = url.into();
    if store.create(&Key::Owner(name), &owner).await? {
        Ok(owner)
    } else {
        Err(Error::Exists { what: "owner", name: name.to_string() })
    }
}

async fn new_owner<B: Bucket>(
    store: &Store<B>,
    name: &OwnerName,
    kind: OwnerKind,
    members: Vec<OwnerName>,
) -> Result<Owner, BucketError> {
    Ok(Owner {
        id: mint(store, Identified::Owner(name.clone())).await?,
        name: name.clone(),
        kind,
        created: store.now(),
        members,
        description: String::new(),
        url: String::new(),
    })
}
