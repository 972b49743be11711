use crate::{
    Error, Store,
    about::is_title,
    accounts::{
        access,
        owner::{Owner, OwnerKind},
        owners, reserved_owners,
        role::Role,
        token_text::TokenText,
        user::{Scope, TokenId, User},
        verified::{DAY, Listed, TokenRecord, hash},
    },
    audit::{self, Change},
    key::Key,
    push::CUT_OFF,
};
use protoedge_sdk::{ModuleName, OwnerName};
use protoedge_storage::{Bucket, BucketError, Meta, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// How long a token may be good.
const LONGEST_LIFE: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// How many tokens a person or robot may have at once.
const MOST_TOKENS: usize = 100;

/// How many tokens of continuous integration a robot may have at once: more jobs than run in a quarter of an hour.
const MOST_EXCHANGED: usize = 1000;

/// What the entry of such a token says beside its place: until when it is good, and where it is.
const EXPIRES: &str = "expires";
const HASH: &str = "hash";

/// What a new token is to be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewToken {
    /// What it is for: up to 100 characters.
    pub name: String,
    /// What it is good for.
    pub scope: Scope,
    /// The modules that it is good for; all where there are none.
    pub modules: Option<BTreeSet<ModuleName>>,
    /// Until when it is good: [`LONGEST_LIFE`] at most.
    pub expires: Timestamp,
}

/// A token as a list shows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListedToken {
    /// What is stored of it.
    pub record: TokenRecord,
    /// The day on which it was used last, as in 2026-01-31: that of one of its uses within the day.
    pub last_used: Option<String>,
}

/// Makes a token of a person, who becomes an owner if there was none of that name, as only an administrator may; or of a
/// robot. The text is shown once; what is stored is its hash.
///
/// # Errors
/// [`Error::Forbidden`] for a token of another one's, [`Error::BadToken`] for what no token can be.
pub async fn create_token<B: Bucket>(
    store: &Store<B>,
    by: &User,
    user: &OwnerName,
    new: &NewToken,
) -> Result<(TokenText, TokenRecord), Error> {
    check_new(store.now(), new)?;
    reserved_owners::check_own(user)?;
    let owner = match owners::find_owner(store, user).await? {
        None if by.is_admin => {
            let (action, object) = ("user.create", user.to_string());
            let change = Change { owner: Some(user), action, object, details: Vec::new() };
            audit::audited(store, by, change, owners::ensure_user(store, user)).await?
        }
        owner => owner.ok_or_else(|| access::forbidden(by, &format!("the tokens of {user}")))?,
    };
    may_manage(store, by, &owner).await?;
    if owner.is_disabled {
        return Err(Error::Disabled { user: user.clone() });
    }
    let token = TokenText::draw(store);
    let record = TokenRecord {
        id: TokenId::of_nonce(&store.nonce()),
        user: user.clone(),
        name: new.name.clone(),
        created: store.now(),
        expires: new.expires,
        scope: new.scope,
        modules: new.modules.clone(),
        trust: None,
    };
    let change = change("token.create", &owner, &record.id);
    audit::audited(store, by, change, keep(store, &token, &record)).await?;
    Ok((token, record))
}

/// First the entry of the list, then what makes the token good: none is good that no list shows.
async fn keep<B: Bucket>(
    store: &Store<B>,
    token: &TokenText,
    record: &TokenRecord,
) -> Result<(), Error> {
    make_room(store, &record.user).await?;
    let hash = hash(token);
    store.create(&Key::TokenOf(&record.user, &record.id), &Listed { hash: hash.clone() }).await?;
    store.create(&Key::Token(&hash), record).await?;
    Ok(())
}

/// [`keep`] of a robot's token of continuous integration, of which there are many for a short time: those that are over go in one
/// call.
pub(crate) async fn keep_exchanged<B: Bucket>(
    store: &Store<B>,
    token: &TokenText,
    record: &TokenRecord,
) -> Result<(), Error> {
    let (now, user) = (store.now(), &record.user);
    let all = store.list_all(&Key::tokens_of(user)).await?;
    let (over, good): (Vec<_>, Vec<_>) =
        all.iter().filter_map(exchanged).partition(|it| it.1 <= now);
    if good.len() >= MOST_EXCHANGED {
        return Err(Error::TooManyTokens { user: user.clone(), most: MOST_EXCHANGED });
    }
    let over =
        over.into_iter().flat_map(|(meta, _, hash)| [Key::Token(hash).path(), meta.key.clone()]);
    store.delete_all(&over.collect::<Vec<_>>()).await?;
    let hash = hash(token);
    let expires = (EXPIRES.to_owned(), record.expires.millis().to_string());
    let metadata = [expires, (HASH.to_owned(), hash.clone())].into();
    let listed = Listed { hash: hash.clone() };
    store.put(&Key::TokenOf(user, &record.id), &listed, metadata).await?;
    store.create(&Key::Token(&hash), record).await?;
    Ok(())
}

/// The entry of a token of continuous integration: until when it is good, and its hash.
fn exchanged(meta: &Meta) -> Option<(&Meta, Timestamp, &str)> {
    let expires = meta.metadata.get(EXPIRES)?.parse().ok()?;
    Some((meta, Timestamp::from_millis(expires), meta.metadata.get(HASH)?))
}

/// Takes away what is over where there are as many tokens as there may be.
async fn make_room<B: Bucket>(store: &Store<B>, user: &OwnerName) -> Result<(), Error> {
    let all = store.list_all(&Key::tokens_of(user)).await?;
    if all.iter().filter(|meta| exchanged(meta).is_none()).count() < MOST_TOKENS {
        return Ok(());
    }
    let is_over = |record: &TokenRecord| record.expires <= store.now();
    if clear(store, user, is_over).await? < MOST_TOKENS {
        return Ok(());
    }
    Err(Error::TooManyTokens { user: user.clone(), most: MOST_TOKENS })
}

/// Takes away a user's tokens that are to go, and what is left of those whose making was cut off. Says how many stay.
async fn clear<B: Bucket>(
    store: &Store<B>,
    user: &OwnerName,
    must_go: impl Fn(&TokenRecord) -> bool,
) -> Result<usize, BucketError> {
    let mut left = 0;
    for (meta, hash) in listed(store, user).await? {
        match store.load::<TokenRecord>(&Key::Token(&hash)).await? {
            Some((record, _)) if must_go(&record) => forget(store, user, &record.id, &hash).await?,
            None if was_cut_off(store, &meta) => store.bucket.delete(&[meta.key]).await?,
            Some(_) | None => left += 1,
        }
    }
    Ok(left)
}

/// Whether the making of a token that is listed and not there goes on no more: one that goes on ends with a token that must be
/// in the list.
fn was_cut_off<B: Bucket>(store: &Store<B>, listed: &Meta) -> bool {
    store.now().since(listed.uploaded) >= CUT_OFF
}

/// The tokens of a person or robot that are good, in the order of their making.
///
/// # Errors
/// [`Error::Forbidden`] for those of another one's.
pub async fn list_tokens<B: Bucket>(
    store: &Store<B>,
    by: &User,
    user: &OwnerName,
) -> Result<Vec<ListedToken>, Error> {
    let owner = find_managed(store, by, user).await?;
    may_manage(store, by, &owner).await?;
    let used: BTreeMap<String, String> =
        store.list_all(&Key::token_uses(user)).await?.iter().filter_map(use_of).collect();
    let mut tokens = Vec::new();
    for (_, hash) in listed(store, user).await? {
        let found = store.load::<TokenRecord>(&Key::Token(&hash)).await?;
        let Some(record) = found.map(|it| it.0).filter(|it| store.now() < it.expires) else {
            continue;
        };
        let last_used = used.get(record.id.as_str()).cloned();
        tokens.push(ListedToken { record, last_used });
    }
    tokens.sort_by(|a, b| (a.record.created, &a.record.id).cmp(&(b.record.created, &b.record.id)));
    Ok(tokens)
}

/// The entries of tokens that were made by hand, each with the token's hash.
async fn listed<B: Bucket>(
    store: &Store<B>,
    user: &OwnerName,
) -> Result<Vec<(Meta, String)>, BucketError> {
    let mut found = Vec::new();
    for meta in store.list_all(&Key::tokens_of(user)).await? {
        if exchanged(&meta).is_none() {
            let listed = store.load_path::<Listed>(&meta.key).await?;
            found.extend(listed.map(|(listed, _)| (meta, listed.hash)));
        }
    }
    Ok(found)
}

/// Revokes a token: within 10 s it is good for nothing anywhere.
///
/// # Errors
/// [`Error::NoToken`] where there is none of that id.
pub async fn revoke_token<B: Bucket>(
    store: &Store<B>,
    by: &User,
    user: &OwnerName,
    id: &TokenId,
) -> Result<(), Error> {
    let owner = find_managed(store, by, user).await?;
    may_manage(store, by, &owner).await?;
    let found = store.load::<Listed>(&Key::TokenOf(user, id)).await?;
    let (Listed { hash }, _) =
        found.ok_or_else(|| Error::NoToken { user: user.clone(), id: id.as_str().into() })?;
    let revoke = async { Ok(forget(store, user, id, &hash).await?) };
    audit::audited(store, by, change("token.revoke", &owner, id), revoke).await
}

/// First what makes it good: what is cut off here can be done again.
async fn forget<B: Bucket>(
    store: &Store<B>,
    user: &OwnerName,
    id: &TokenId,
    hash: &str,
) -> Result<(), BucketError> {
    store.memo.users.forget(&hash.to_owned());
    store.remove(&Key::Token(hash)).await?;
    store.remove(&Key::TokenUse(user, id)).await?;
    store.remove(&Key::TokenOf(user, id)).await
}

/// Revokes all tokens of a robot's that is taken away.
pub(crate) async fn forget_all<B: Bucket>(
    store: &Store<B>,
    user: &OwnerName,
) -> Result<(), BucketError> {
    let all = store.list_all(&Key::tokens_of(user)).await?;
    let exchanged = all.iter().filter_map(exchanged);
    let paths = exchanged.flat_map(|(meta, _, hash)| [Key::Token(hash).path(), meta.key.clone()]);
    store.delete_all(&paths.collect::<Vec<_>>()).await?;
    clear(store, user, |_| true).await.map(drop)
}

/// Makes sure that a user may make tokens of their own, as they are now.
///
/// # Errors
/// [`Error::OwnName`] for the administrators, who are no person; [`Error::Forbidden`] for one whose proof is good for less than all.
pub(crate) async fn check_maker<B: Bucket>(store: &Store<B>, by: &User) -> Result<(), Error> {
    reserved_owners::check_own(&by.name)?;
    let owner = owners::find_user(store, &by.name).await?;
    may_manage(store, by, &owner).await?;
    if owner.is_disabled {
        return Err(Error::Disabled { user: owner.name });
    }
    Ok(())
}

/// Makes sure that a token may be good until then.
///
/// # Errors
/// [`Error::BadToken`] for a time that is past or too far.
pub(crate) fn check_end(now: Timestamp, expires: Timestamp) -> Result<(), Error> {
    if expires <= now || expires > now + LONGEST_LIFE {
        let what = "its end lies in the future, and no more than a year from now";
        return Err(Error::BadToken { what });
    }
    Ok(())
}

async fn find_managed<B: Bucket>(
    store: &Store<B>,
    by: &User,
    user: &OwnerName,
) -> Result<Owner, Error> {
    let owner = owners::find_owner(store, user).await?;
    // Who may not ask does not learn who is there.
    owner.ok_or_else(|| match by.is_admin {
        true => Error::NoUser { user: user.clone() },
        false => access::forbidden(by, &format!("the tokens of {user}")),
    })
}

/// Persons have their own tokens, and administrators of an organization those of its robots below their own role. A token
/// with less than all of its user's rights makes none that has more.
async fn may_manage<B: Bucket>(store: &Store<B>, by: &User, owner: &Owner) -> Result<(), Error> {
    let may = match (&owner.kind, &owner.organization) {
        (OwnerKind::Organization, _) => return Err(Error::NoUser { user: owner.name.clone() }),
        (OwnerKind::Robot, Some(organization)) => {
            let organization = access::require_in(store, by, organization, Role::Admin).await?;
            // One that may do as much would outlive the caller's own role.
            let role = organization.members.get(&owner.name).copied().unwrap_or(Role::Read);
            access::outranks(by, &organization, role)
        }
        (OwnerKind::User | OwnerKind::Robot, _) => {
            by.is_admin || (by.name == owner.name && by.is_unlimited())
        }
    };
    if may {
        return Ok(());
    }
    Err(access::forbidden(by, &format!("the tokens of {}", owner.name)))
}

fn check_new(now: Timestamp, new: &NewToken) -> Result<(), Error> {
    let wrong = |what| Err(Error::BadToken { what });
    if !is_title(&new.name) {
        return wrong("its name has 1 to 100 characters, none of them a control character");
    }
    check_end(now, new.expires)?;
    match &new.modules {
        Some(modules) if modules.is_empty() || modules.len() > MOST_TOKENS => {
            wrong("the modules that it is limited to are 1 to 100")
        }
        Some(_) | None => Ok(()),
    }
}

fn change<'a>(action: &'static str, owner: &'a Owner, id: &TokenId) -> Change<'a> {
    Change {
        owner: Some(owner.answerable()),
        action,
        object: owner.name.to_string(),
        details: vec![("id", id.as_str().into())],
    }
}

/// A token's id and the day of its last use.
fn use_of(meta: &Meta) -> Option<(String, String)> {
    let id = meta.key.rsplit('/').next()?;
    Some((id.to_owned(), meta.metadata.get(DAY)?.clone()))
}
