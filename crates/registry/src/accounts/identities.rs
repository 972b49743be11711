use crate::{
    Error, Store,
    accounts::{
        access,
        group_roles::{self, LASTS},
        owner::{GroupRoles, Owner, OwnerKind},
        owners::{self, CUT_OFF},
        reserved_owners,
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
    pub fn hash(&self) -> String {
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

/// The person who has an identity: of whom the record says so, too. None for one that nobody has, or not yet.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn person_of<B: Bucket>(
    store: &Store<B>,
    identity: &Identity,
) -> Result<Option<OwnerName>, BucketError> {
    let hash = identity.hash();
    let found = store.load::<IdentityRecord>(&Key::Identity(&hash)).await?;
    let Some((IdentityRecord { user, .. }, _)) = found else { return Ok(None) };
    Ok(is_of(store, &user, &hash).await?.then_some(user))
}

/// Whether a person's own record says that an identity is theirs.
async fn is_of<B: Bucket>(
    store: &Store<B>,
    user: &OwnerName,
    hash: &str,
) -> Result<bool, BucketError> {
    let owner = owners::find_owner(store, user).await?;
    Ok(owner.is_some_and(|owner| owner.identity.as_deref() == Some(hash)))
}

/// Makes a person who signs in for the first time, under a name that nobody has: whoever has it stays who has it.
///
/// The identity says first which name it takes, then the name is made: of two requests of one identity, one makes a name. What a cut
/// leaves between is taken up by the same identity, under this name or, after a while, another.
///
/// # Errors
/// [`Error::Exists`] for a name that is taken, [`Error::LooksLike`] for one that looks like a taken one,
/// [`Error::ReservedOwner`] and [`Error::OwnName`] for names that are not given, [`Error::Registered`] for an identity that has one.
///
/// Gives the person, and whether it was this call that made it: of all that try, one is told so.
pub async fn register<B: Bucket>(
    store: &Store<B>,
    identity: &Identity,
    name: &OwnerName,
) -> Result<(Owner, bool), Error> {
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
    owners::claim_looks(store, name).await?;
    claim_identity(store, identity, name).await?;
    let (action, object) = ("user.create", name.to_string());
    let details = vec![("issuer", identity.issuer.clone()), ("subject", identity.subject.clone())];
    let change = Change { owner: Some(name), action, object, details };
    let make = async {
        let mut is_new = false;
        if known.is_none() {
            let owner = owners::new_owner(store, name, OwnerKind::User, BTreeMap::new()).await?;
            let owner = Owner { identity: Some(hash.clone()), ..owner };
            // Lost: another request took the name.
            is_new = store.create(&Key::Owner(name), &owner).await?;
        }
        let owner = owners::find_owner(store, name).await?.filter(is_own).ok_or_else(exists)?;
        Ok((owner, is_new))
    };
    audit::audited(store, &by, change, make).await
}

/// Has an identity say which name it takes.
async fn claim_identity<B: Bucket>(
    store: &Store<B>,
    identity: &Identity,
    name: &OwnerName,
) -> Result<(), Error> {
    let (hash, now) = (identity.hash(), store.now());
    let claim = IdentityRecord { identity: identity.clone(), user: name.clone(), created: now };
    let set = async |current: Option<&IdentityRecord>| match current {
        None => Ok(Some(claim.clone())),
        Some(known) if known.user == *name => Ok(None),
        Some(known) if is_of(store, &known.user, &hash).await? => Err(Error::Registered),
        // Another request of the same person's may be about to make that name.
        Some(known) if now.since(known.created) < CUT_OFF => Err(Error::Registering),
        Some(_) => Ok(Some(claim.clone())),
    };
    store.try_update(&Key::Identity(&hash), set, |_| BTreeMap::new()).await.map(drop)
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
        claim_identity(store, identity, user).await?;
        let set = |current: Option<&Owner>| {
            let current = current.filter(|it| it.identity.is_none())?;
            Some(Owner { identity: Some(hash.clone()), ..current.clone() })
        };
        let linked = store.update(&Key::Owner(user), set).await?;
        // Another administrator may have linked the person meanwhile.
        let is_linked = linked.is_some_and(|it| it.identity.as_ref() == Some(&hash));
        is_linked.then_some(()).ok_or_else(|| Error::HasIdentity { user: user.clone() })
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
    let until = store.now() + LASTS;
    let change = Change {
        owner: Some(user),
        action: "groups.set",
        object: user.to_string(),
        details: vec![("roles", shown(&roles))],
    };
    let is_new = owner.groups.as_ref().is_none_or(|before| before.roles != roles);
    let note = set_groups(store, user, roles, until);
    match is_new {
        true => audit::audited(store, &User::unlimited(user.clone()), change, note).await?,
        false => note.await?,
    }
    store.memo.users.clear();
    store.memo.sessions.clear();
    Ok(())
}

async fn set_groups<B: Bucket>(
    store: &Store<B>,
    user: &OwnerName,
    roles: BTreeMap<OwnerName, Role>,
    until: Timestamp,
) -> Result<(), Error> {
    let wanted = GroupRoles { shown: roles.keys().cloned().collect(), roles, until };
    // What lists show comes first: nobody is in an organization whose list does not show it.
    group_roles::show(store, user, &wanted).await?;
    let set = |current: Option<&Owner>| {
        let current = current?;
        let before = current.groups.iter().flat_map(|it| it.shown.iter().cloned());
        let shown = before.chain(wanted.shown.iter().cloned()).collect();
        Some(Owner { groups: Some(GroupRoles { shown, ..wanted.clone() }), ..current.clone() })
    };
    let owner = store.update(&Key::Owner(user), set).await?;
    let Some(groups) = owner.and_then(|owner| owner.groups) else { return Ok(()) };
    group_roles::settle(store, user, &groups).await?;
    if groups.shown == wanted.shown {
        return Ok(());
    }
    // Those that showed the person before need not be looked at again.
    let forget = |current: Option<&Owner>| {
        let current = current.filter(|it| it.groups.as_ref() == Some(&groups))?;
        Some(Owner { groups: Some(wanted.clone()), ..current.clone() })
    };
    Ok(store.update(&Key::Owner(user), forget).await.map(drop)?)
}

/// `acme=write other=read`, as the audit says it.
fn shown(roles: &BTreeMap<OwnerName, Role>) -> String {
    let all = roles.iter().map(|(name, role)| format!("{name}={}", role.as_str()));
    all.collect::<Vec<_>>().join(" ")
}
