use crate::{
    Store,
    accounts::{
        owner::Owner,
        owner::OwnerKind,
        owners,
        token_text::TokenText,
        user::{Proof, Scope, TokenId, TrustId, User},
    },
    key::Key,
    memo::KnownUser,
};
use protoedge_sdk::{ModuleName, OwnerName};
use protoedge_storage::{Bucket, BucketError, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{collections::BTreeSet, rc::Rc};

/// What is stored of a token: never its text.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct TokenRecord {
    /// What names it in lists.
    pub id: TokenId,
    /// Whose it is.
    pub user: OwnerName,
    /// What it is for, as its maker says.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
    /// Until when it is good.
    pub expires: Timestamp,
    /// What it is good for.
    pub scope: Scope,
    /// The modules that it is good for; all where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modules: Option<BTreeSet<ModuleName>>,
    /// Why a robot got it for a token of continuous integration: it is good as long as the robot trusts those. None for one that was
    /// made by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<TrustId>,
}

/// Where the record of a token or session is, among its owner's.
#[derive(Serialize, Deserialize)]
pub(crate) struct Listed {
    pub(crate) hash: String,
}

/// The name of a token in the bucket: the SHA-256 of its text.
pub(crate) fn hash(token: &TokenText) -> String {
    hex::encode(Sha256::digest(token.expose().as_bytes()))
}

/// [`hash`] of a text that is one of a token.
pub(crate) fn hash_of(text: &str) -> Option<String> {
    TokenText::parse(text).map(|token| hash(&token))
}

/// Whose token this is, as it was within the last ten seconds; `None` for a text that is no token, for one that was revoked
/// or has expired, and for one of a disabled user.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn user_of<B: Bucket>(
    store: &Store<B>,
    token: &str,
) -> Result<Option<User>, BucketError> {
    let Some(token) = TokenText::parse(token) else { return Ok(None) };
    let (hash, now) = (hash(&token), store.now());
    match store.memo.users.get(&hash, now) {
        Some(known) => Ok(good(store, known, now)),
        None => load(store, hash, now).await,
    }
}

/// [`user_of`] as it is now: for those who change something, which may take long.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub(crate) async fn user_now<B: Bucket>(
    store: &Store<B>,
    token: &str,
) -> Result<Option<User>, BucketError> {
    let Some(token) = TokenText::parse(token) else { return Ok(None) };
    load(store, hash(&token), store.now()).await
}

async fn load<B: Bucket>(
    store: &Store<B>,
    hash: String,
    now: Timestamp,
) -> Result<Option<User>, BucketError> {
    let Some(mut known) = load_user(store, &hash).await? else { return Ok(None) };
    known.user.seen = Some(now);
    store.memo.users.keep(hash, known.clone(), now);
    Ok(good(store, known, now))
}

/// The user of a token that has not expired, of which a use is noted.
fn good<B>(store: &Store<B>, known: KnownUser, now: Timestamp) -> Option<User> {
    let user = Some(known.user).filter(|_| now < known.expires);
    if let Some(User { proof: Proof::Token(id), name, .. }) = &user
        && known.is_listed
    {
        store.memo.token_uses.note(name, id, now);
    }
    user
}

pub(crate) async fn load_user<B: Bucket>(
    store: &Store<B>,
    hash: &str,
) -> Result<Option<KnownUser>, BucketError> {
    let found = store.load::<TokenRecord>(&Key::Token(hash)).await?;
    let Some((record, _)) = found else { return Ok(None) };
    let TokenRecord { id, user, scope, modules, expires, trust, .. } = record;
    // Not as it was: what is remembered of a token is no older than ten seconds, and so is this.
    let owner = owners::find_owner(store, &user).await?;
    let Some(owner) = owner.filter(|owner| !owner.is_disabled) else { return Ok(None) };
    if let Some(trust) = &trust
        && store.bucket.head(&Key::Trust(&user, trust).path()).await?.is_none()
    {
        return Ok(None);
    }
    let (proof, modules) = (Proof::Token(id), modules.map(Rc::new));
    let user = User { proof, scope, modules, ..user_as(store, &owner) };
    Ok(Some(KnownUser { user, expires, is_listed: trust.is_none() }))
}

/// A person or robot with all that the record gives at this moment.
pub(crate) fn user_as<B: Bucket>(store: &Store<B>, owner: &Owner) -> User {
    let groups = owner.groups.as_ref().filter(|it| store.now() < it.until);
    User {
        is_robot: owner.kind == OwnerKind::Robot,
        group_roles: groups.map(|it| Rc::new(it.roles.clone())),
        ..User::unlimited(owner.name.clone())
    }
}

/// Whether this machine has seen tokens on days that are not written down yet.
pub fn has_token_uses<B>(store: &Store<B>) -> bool {
    !store.memo.token_uses.is_empty()
}

/// Writes down on which days the tokens were used that this machine has seen since the last call.
///
/// # Errors
/// [`BucketError`] for a day that was not written: it is tried again when the token is used on the next day.
pub async fn note_token_uses<B: Bucket>(store: &Store<B>) -> Result<(), BucketError> {
    for (user, id, day) in store.memo.token_uses.take() {
        store.put(&Key::TokenUse(&user, &id), &(), [(DAY.to_owned(), day)].into()).await?;
    }
    Ok(())
}

/// The name of the metadata with the day.
pub(crate) const DAY: &str = "day";
