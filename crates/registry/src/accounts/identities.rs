use crate::{
    Error, Store,
    accounts::{
        access,
        group_roles::{self, LASTS},
        owner::{GroupRoles, Owner, OwnerKind},
        owners, reserved_owners,
        role::Role,
        user::User,
    },
    audit::{self, Change},
    key::Key,
};
use protoedge_sdk::OwnerName;
use protoedge_storage::{Bucket, BucketError, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Who somebody is at an identity provider. Both names together are one person for ever; names and addresses that the provider
/// gives change hands.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The provider (`iss`).
    pub issuer: String,
    /// The person there (`sub`).
    pub subject: String,
}

impl Identity {
    /// What stands for it where it is stored.
    pub(crate) fn hash(&self) -> String {
        // Lengths first: no two pairs give the same text.
        let Self { issuer, subject } = self;
        let text = format!("{} {} {issuer} {subject}", issuer.len(), subject.len());
        hex::encode(Sha256::digest(text))
    }
}

/// Whose an identity is.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
struct IdentityRecord {
    identity: Identity,
    user: OwnerName,
    created: Timestamp,
}

/// The person who has an identity. None for one that nobody has yet.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn person_of<B: Bucket>(
    store: &Store<B>,
    identity: &Identity,
) -> Result<Option<OwnerName>, BucketError> {
    let found = store.load::<IdentityRecord>(&Key::Identity(&identity.hash())).await?;
    Ok(found.map(|(record, _)| record.user))
}

/// Makes a person who signs in for the first time, under a name that nobody has: whoever has it stays who has it.
///
/// # Errors
/// [`Error::Exists`] for a name that is taken, [`Error::LooksLike`] for one that looks like a taken one,
/// [`Error::ReservedOwner`] and [`Error::OwnName`] for names that are not given.
pub async fn register<B: Bucket>(
    store: &Store<B>,
    identity: &Identity,
    name: &OwnerName,
) -> Result<Owner, Error> {
    let by = User::unlimited(name.clone());
    reserved_owners::check(&by, name)?;
    let hash = identity.hash();
    let exists = || Error::Exists { what: "owner", name: name.to_string() };
    let known = owners::load_owner(store, name).await?;
    // One of the same identity is left of a making that was cut off.
    let is_own = |it: &Owner| it.identity.as_ref() == Some(&hash) && it.deleted.is_none();
    if known.as_ref().is_some_and(|it| !is_own(it)) {
        return Err(exists());
    }
    check_looks(store, name).await?;
    let (action, object) = ("user.create", name.to_string());
    let details = vec![("issuer", identity.issuer.clone()), ("subject", identity.subject.clone())];
    let change = Change { owner: Some(name), action, object, details };
    let make = async {
        if known.is_none() {
            let owner = owners::new_owner(store, name, OwnerKind::User, BTreeMap::new()).await?;
            // It is noted now how the name looks: of two at once, one sees the other.
            check_looks(store, name).await?;
            let owner = Owner { identity: Some(hash.clone()), ..owner };
            // Lost: another request took the name.
            store.create(&Key::Owner(name), &owner).await?;
        }
        let owner = owners::find_owner(store, name).await?.filter(is_own).ok_or_else(exists)?;
        let identity = identity.clone();
        let record = IdentityRecord { identity, user: name.clone(), created: store.now() };
        if !store.create(&Key::Identity(&hash), &record).await? {
            let first = store.load::<IdentityRecord>(&Key::Identity(&hash)).await?;
            if first.is_none_or(|(first, _)| first.user != *name) {
                return Err(Error::Registered);
            }
        }
        Ok(owner)
    };
    audit::audited(store, &by, change, make).await
}

/// Gives a person who is there already an identity: an administrator's decision, since whoever signs in with it is this person
/// from then on.
///
/// # Errors
/// [`Error::Forbidden`] for others, [`Error::NoUser`] for one who is no person, [`Error::Registered`] for an identity that is
/// another one's, [`Error::HasIdentity`] for a person who has another one.
pub async fn link_identity<B: Bucket>(
    store: &Store<B>,
    by: &User,
    user: &OwnerName,
    identity: &Identity,
) -> Result<(), Error> {
    if !by.is_admin {
        return Err(access::forbidden(by, &format!("who {user} is")));
    }
    let owner = owners::find_user(store, user).await?;
    if owner.kind != OwnerKind::User {
        return Err(Error::NoUser { user: user.clone() });
    }
    let hash = identity.hash();
    if owner.identity.as_ref().is_some_and(|it| *it != hash) {
        return Err(Error::HasIdentity { user: user.clone() });
    }
    let details = vec![("issuer", identity.issuer.clone()), ("subject", identity.subject.clone())];
    let (action, object) = ("user.link", user.to_string());
    let link = async {
        let record =
            IdentityRecord { identity: identity.clone(), user: user.clone(), created: store.now() };
        if !store.create(&Key::Identity(&hash), &record).await?
            && person_of(store, identity).await?.as_ref() != Some(user)
        {
            return Err(Error::Registered);
        }
        let set = |current: Option<&Owner>| {
            let current = current.filter(|it| it.identity.is_none())?;
            Some(Owner { identity: Some(hash.clone()), ..current.clone() })
        };
        Ok(store.update(&Key::Owner(user), set).await.map(drop)?)
    };
    audit::audited(store, by, Change { owner: Some(user), action, object, details }, link).await
}

/// Notes what groups give a person who signs in now, in place of what they gave before.
///
/// # Errors
/// [`Error::Disabled`] for a person who is, [`Error::NoUser`] for one who is no more.
pub async fn note_groups<B: Bucket>(
    store: &Store<B>,
    user: &OwnerName,
    roles: BTreeMap<OwnerName, Role>,
) -> Result<(), Error> {
    let owner = owners::find_user(store, user).await?;
    if owner.is_disabled {
        return Err(Error::Disabled { user: user.clone() });
    }
    if owner.groups.is_none() && roles.is_empty() {
        return Ok(());
    }
    let now = GroupRoles { roles, until: store.now() + LASTS };
    // What lists show comes first: nobody is in an organization whom its list does not show.
    group_roles::show(store, user, owner.groups.as_ref(), &now).await?;
    let set = |current: Option<&Owner>| {
        current.map(|current| Owner { groups: Some(now.clone()), ..current.clone() })
    };
    store.update(&Key::Owner(user), set).await?;
    store.memo.users.clear();
    store.memo.sessions.clear();
    Ok(())
}

/// Makes sure that no owner has a name that looks like this one.
async fn check_looks<B: Bucket>(store: &Store<B>, name: &OwnerName) -> Result<(), Error> {
    match owners::first_that_looks_like(store, name).await? {
        // Of a making that was cut off, the looks alone are left.
        Some(other) if other != *name && owners::load_owner(store, &other).await?.is_some() => {
            Err(Error::LooksLike { name: name.clone(), other })
        }
        Some(_) | None => Ok(()),
    }
}
