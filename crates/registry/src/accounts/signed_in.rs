//! Who is signed in.

use crate::{
    Store,
    accounts::{
        owners,
        session::{SessionRecord, SessionText, SignedIn, SignedInBy},
        user::{Proof, User},
        verified,
    },
    key::Key,
};
use protoedge_storage::{Bucket, BucketError};

/// Who is signed in by a session, as it was within the last ten seconds; `None` for a text that is no session, for one that
/// has ended or is over, and for one of a disabled person.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn signed_in<B: Bucket>(
    store: &Store<B>,
    text: &SessionText,
) -> Result<Option<SignedIn>, BucketError> {
    let (hash, now) = (text.hash(), store.now());
    if let Some(known) = store.memo.sessions.get(&hash, now) {
        return Ok(Some(known).filter(|it| now < it.session.expires));
    }
    signed_in_now(store, text).await
}

/// [`signed_in`] as it is now: for those who change something.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn signed_in_now<B: Bucket>(
    store: &Store<B>,
    text: &SessionText,
) -> Result<Option<SignedIn>, BucketError> {
    let (hash, now) = (text.hash(), store.now());
    let Some(mut found) = load(store, &hash).await? else { return Ok(None) };
    found.user.seen = Some(now);
    store.memo.sessions.keep(hash, found.clone(), now);
    Ok(Some(found))
}

/// Who is signed in by the session with this hash.
pub(crate) async fn load<B: Bucket>(
    store: &Store<B>,
    hash: &str,
) -> Result<Option<SignedIn>, BucketError> {
    let found = store.load::<SessionRecord>(&Key::Session(hash)).await?;
    let Some((session, _)) = found.filter(|(it, _)| store.now() < it.expires) else {
        return Ok(None);
    };
    let user = match &session.by {
        SignedInBy::Administrator(_) => Some(User::administrator(session.user.clone())),
        SignedInBy::Token(token) => {
            let known = verified::load_user(store, token).await?;
            known.filter(|it| store.now() < it.expires && !it.user.is_robot).map(|it| it.user)
        }
        SignedInBy::Identity(hash) => {
            let owner = owners::find_owner(store, &session.user).await?;
            let owner = owner.filter(|it| !it.is_disabled && it.identity.as_ref() == Some(hash));
            owner.map(|owner| verified::user_as(store, &owner))
        }
    };
    let proof = Proof::Session(session.id.clone());
    Ok(user.map(|user| SignedIn { user: User { proof, ..user }, session }))
}
