use crate::{
    Error, Store,
    accounts::{
        owner::{Owner, OwnerKind},
        reserved_owners,
        role::Role,
    },
    key::Key,
};
use protoedge_sdk::{CommitId, ModuleName, OwnerName, ShortCommit};
use protoedge_storage::{Bucket, BucketError, Timestamp};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, rc::Rc, time::Duration};

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
    /// A webhook of a module.
    Webhook(ModuleName),
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

/// Has an id that was minted elsewhere stand for something; `false` where it, or another one with its first 12 digits, stands for
/// something else.
pub(crate) async fn claim<B: Bucket>(
    store: &Store<B>,
    id: &CommitId,
    of: &Identified,
) -> Result<bool, BucketError> {
    let record = IdRecord { id: id.clone(), of: of.clone() };
    if store.create(&Key::Id(&id.short()), &record).await? {
        return Ok(true);
    }
    Ok(identify(store, id).await?.as_ref() == Some(of))
}

/// What an id is the id of.
pub async fn identify<B: Bucket>(
    store: &Store<B>,
    id: &CommitId,
) -> Result<Option<Identified>, BucketError> {
    let found = store.load::<IdRecord>(&Key::Id(&id.short())).await?;
    Ok(found.filter(|(record, _)| record.id == *id).map(|(record, _)| record.of))
}

/// The owner that an id is the id of.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn owner_named_by<B: Bucket>(
    store: &Store<B>,
    id: &CommitId,
) -> Result<Option<OwnerName>, BucketError> {
    Ok(identify(store, id).await?.and_then(|of| match of {
        Identified::Owner(owner) => Some(owner),
        Identified::Module(_) | Identified::Commit(_) | Identified::Webhook(_) => None,
    }))
}

/// The module of the commit whose id has these first 12 digits.
pub(crate) async fn module_of_commit<B: Bucket>(
    store: &Store<B>,
    short: &ShortCommit,
) -> Result<Option<ModuleName>, BucketError> {
    let found = store.load::<IdRecord>(&Key::Id(short)).await?;
    Ok(found.and_then(|(record, _)| match record.of {
        Identified::Commit(module) => Some(module),
        Identified::Owner(_) | Identified::Module(_) | Identified::Webhook(_) => None,
    }))
}

/// An owner by name.
pub async fn find_owner<B: Bucket>(
    store: &Store<B>,
    name: &OwnerName,
) -> Result<Option<Owner>, BucketError> {
    Ok(load_owner(store, name).await?.filter(|owner| owner.deleted.is_none()))
}

/// What is stored of an owner, a deleted one's record, too.
pub(crate) async fn load_owner<B: Bucket>(
    store: &Store<B>,
    name: &OwnerName,
) -> Result<Option<Owner>, BucketError> {
    Ok(store.load(&Key::Owner(name)).await?.map(|(owner, _)| owner))
}

/// A person or robot by name.
///
/// # Errors
/// [`Error::NoUser`] where there is none.
pub(crate) async fn find_user<B: Bucket>(
    store: &Store<B>,
    name: &OwnerName,
) -> Result<Owner, Error> {
    let user = find_owner(store, name).await?.filter(|it| it.kind != OwnerKind::Organization);
    user.ok_or_else(|| Error::NoUser { user: name.clone() })
}

/// An owner by name, as it was within the last ten seconds: for what is read.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn recall_owner<B: Bucket>(
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

/// After how long the making of an owner goes on no more that is not at its end: requests are over within half of it.
pub(crate) const CUT_OFF: Duration = Duration::from_secs(60);

/// Who has a name that looks so, or is about to have it.
#[derive(Clone, Serialize, Deserialize)]
struct Looks {
    name: OwnerName,
    since: Timestamp,
}

/// Notes that an owner has a name that looks so, unless another one was there first.
async fn note_looks<B: Bucket>(store: &Store<B>, name: &OwnerName) -> Result<(), BucketError> {
    let looks = Looks { name: name.clone(), since: store.now() };
    store.create(&Key::Looks(&reserved_owners::looks(name.as_str())), &looks).await.map(drop)
}

/// Makes sure that no other owner has, or is about to have, a name that looks like this one.
///
/// # Errors
/// [`Error::LooksLike`] where one has.
pub(crate) async fn check_looks<B: Bucket>(
    store: &Store<B>,
    name: &OwnerName,
) -> Result<(), Error> {
    let looks = reserved_owners::looks(name.as_str());
    match store.load::<Looks>(&Key::Looks(&looks)).await? {
        Some((known, _)) => check_claim(store, &known, name).await,
        None => Ok(()),
    }
}

/// What a making leaves that was cut off counts no more after a while.
async fn check_claim<B: Bucket>(
    store: &Store<B>,
    known: &Looks,
    name: &OwnerName,
) -> Result<(), Error> {
    let other = &known.name;
    let is_free = other == name
        || (store.now().since(known.since) >= CUT_OFF && load_owner(store, other).await?.is_none());
    let taken = || Error::LooksLike { name: name.clone(), other: other.clone() };
    is_free.then_some(()).ok_or_else(taken)
}

/// Has nobody else make a name that looks like this one.
///
/// # Errors
/// Those of [`check_looks`].
pub(crate) async fn claim_looks<B: Bucket>(
    store: &Store<B>,
    name: &OwnerName,
) -> Result<(), Error> {
    let looks = reserved_owners::looks(name.as_str());
    let claim = Looks { name: name.clone(), since: store.now() };
    let set = async |current: Option<&Looks>| {
        if let Some(known) = current {
            check_claim(store, known, name).await?;
        }
        // One's own is fresh again: whoever else wants it waits for this making.
        Ok::<_, Error>(Some(claim.clone()))
    };
    store.try_update(&Key::Looks(&looks), set, |_| BTreeMap::new()).await.map(drop)
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

/// An owner that is not there yet.
pub(crate) async fn new_owner<B: Bucket>(
    store: &Store<B>,
    name: &OwnerName,
    kind: OwnerKind,
    members: BTreeMap<OwnerName, Role>,
) -> Result<Owner, BucketError> {
    let id = mint(store, Identified::Owner(name.clone())).await?;
    note_looks(store, name).await?;
    Ok(Owner { members, ..Owner::new(id, name.clone(), kind, store.now()) })
}
