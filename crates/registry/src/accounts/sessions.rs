//! Sessions of browsers: they open pages, and nothing else.

use crate::{
    Error, Store,
    accounts::{
        access,
        session::{SessionRecord, SessionText, SignedInBy},
        user::{SessionId, User},
        verified::{self, Listed},
    },
    audit::{self, Change},
    key::Key,
};
use protoedge_sdk::OwnerName;
use protoedge_storage::{Bucket, BucketError};
use std::time::Duration;

/// How long a session lasts: a day of work.
pub const LASTS: Duration = Duration::from_secs(12 * 60 * 60);

/// How many sessions a person may have at once; the oldest one ends for another.
const MOST: usize = 50;

/// The text of a new session, which is drawn first: what an administrator's token is bound to.
pub fn draw_session<B: Bucket>(store: &Store<B>) -> SessionText {
    SessionText::of_secret(store.secret())
}

/// Begins a session of a person who has signed in.
///
/// # Errors
/// [`Error::Bucket`] where the bucket fails.
pub async fn begin_session<B: Bucket>(
    store: &Store<B>,
    text: &SessionText,
    user: &OwnerName,
    by: SignedInBy,
) -> Result<SessionRecord, Error> {
    make_room(store, user).await?;
    let now = store.now();
    let id = SessionId::of_nonce(&store.nonce());
    let record = SessionRecord { id, user: user.clone(), created: now, expires: now + LASTS, by };
    let hash = text.hash();
    let listed = Listed { hash: hash.clone() };
    let begin = async {
        // First the entry of the list: no session is good that no list shows.
        store.create(&Key::SessionOf(user, &record.id), &listed).await?;
        store.create(&Key::Session(&hash), &record).await?;
        Ok(())
    };
    let by = User::unlimited(user.clone());
    audit::audited(store, &by, change("session.begin", user, Some(&record.id)), begin).await?;
    Ok(record)
}

/// Whose token a person signs in with, and how that is written down.
///
/// # Errors
/// [`Error::BadCredentials`] for a text that is no good token, [`Error::NoRobot`] for a robot's.
pub async fn check_token<B: Bucket>(
    store: &Store<B>,
    text: &str,
) -> Result<(OwnerName, SignedInBy), Error> {
    let bad = || Error::BadCredentials { is_readable: true };
    let user = verified::user_now(store, text).await?.ok_or_else(bad)?;
    if user.is_robot {
        return Err(Error::NoRobot { user: user.name });
    }
    let hash = verified::hash_of(text).ok_or_else(bad)?;
    Ok((user.name, SignedInBy::Token(hash)))
}

/// Ends a session: within 10 s it opens nothing anywhere.
///
/// # Errors
/// [`Error::Bucket`] where the bucket fails.
pub async fn end_session<B: Bucket>(
    store: &Store<B>,
    by: &User,
    session: &SessionRecord,
) -> Result<(), Error> {
    let end = async {
        let listed = Key::SessionOf(&session.user, &session.id).path();
        Ok(end_listed(store, &listed).await?)
    };
    let change = change("session.end", &session.user, Some(&session.id));
    audit::audited(store, by, change, end).await
}

fn change<'a>(action: &'static str, user: &'a OwnerName, id: Option<&SessionId>) -> Change<'a> {
    let id = id.map(|id| ("session", id.as_str().to_owned()));
    Change {
        owner: Some(user),
        action,
        object: user.to_string(),
        details: id.into_iter().collect(),
    }
}

/// Ends all sessions of a person: the person's own right, and administrators'.
///
/// # Errors
/// [`Error::Forbidden`] for others, and for a token that is good for less than all that its person may do.
pub async fn end_sessions<B: Bucket>(
    store: &Store<B>,
    by: &User,
    user: &OwnerName,
) -> Result<(), Error> {
    if !by.is_admin && (by.name != *user || !by.is_unlimited()) {
        return Err(access::forbidden(by, &format!("the sessions of {user}")));
    }
    let change = change("session.end-all", user, None);
    let end = async {
        for meta in store.list_all(&Key::sessions_of(user)).await? {
            end_listed(store, &meta.key).await?;
        }
        Ok(())
    };
    audit::audited(store, by, change, end).await
}

/// First what makes it good: what is cut off here can be done again.
async fn end_listed<B: Bucket>(store: &Store<B>, path: &str) -> Result<(), BucketError> {
    if let Some((Listed { hash }, _)) = store.load_path::<Listed>(path).await? {
        store.memo.sessions.forget(&hash);
        store.remove(&Key::Session(&hash)).await?;
    }
    store.bucket.delete(&[path.to_owned()]).await
}

/// Ends what is over, and the oldest sessions where there are as many as there may be.
async fn make_room<B: Bucket>(store: &Store<B>, user: &OwnerName) -> Result<(), BucketError> {
    let mut listed = store.list_all(&Key::sessions_of(user)).await?;
    listed.sort_by_key(|meta| std::cmp::Reverse(meta.uploaded));
    let now = store.now();
    for (place, meta) in listed.iter().enumerate() {
        if place + 1 >= MOST || now.since(meta.uploaded) >= LASTS {
            end_listed(store, &meta.key).await?;
        }
    }
    Ok(())
}
