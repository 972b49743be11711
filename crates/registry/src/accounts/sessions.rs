//! Sessions of browsers: they open pages, and nothing else.

use crate::{
    Error, Store,
    accounts::{
        access, owners,
        user::{Proof, SessionId, User},
        verified::{self, Listed},
    },
    audit::{self, Change},
    key::Key,
    memo::KnownSession,
};
use protoedge_sdk::OwnerName;
use protoedge_storage::{Bucket, BucketError, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{fmt, time::Duration};

/// How long a session lasts: a day of work.
pub const LASTS: Duration = Duration::from_secs(12 * 60 * 60);

/// How many sessions a person may have at once; the oldest one ends for another.
const MOST: usize = 50;

/// The text of a session, which only its browser has: 64 hexadecimal digits, 256 random bits. It does not print itself by accident.
#[derive(Clone, Eq, PartialEq)]
pub struct SessionText(String);

impl SessionText {
    /// Reads a text. `None` for one that no session has: it needs no look into the bucket.
    pub fn parse(text: &str) -> Option<Self> {
        let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        (text.len() == 64 && text.bytes().all(is_digit)).then(|| Self(text.into()))
    }

    /// The text, for the browser.
    pub fn expose(&self) -> &str {
        &self.0
    }

    fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.0.as_bytes()))
    }
}

impl fmt::Debug for SessionText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionText(…)")
    }
}

/// How a person signed in. A session is good as long as that is.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignedInBy {
    /// At the identity provider.
    Identity,
    /// With a token, by its hash: the session is good for what the token is.
    Token(String),
    /// With the administrators' token, by a code of both texts, since the token may be weak.
    Administrator(String),
}

/// What is stored of a session: never its text.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// What names it in lists.
    pub id: SessionId,
    /// Whose it is.
    pub user: OwnerName,
    /// When the person signed in.
    pub created: Timestamp,
    /// Until when it is good.
    pub expires: Timestamp,
    /// How the person signed in.
    pub by: SignedInBy,
}

/// A person who is signed in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedIn {
    /// Who, as far as the session goes.
    pub user: User,
    /// The session.
    pub session: SessionRecord,
}

/// The text of a new session, which is drawn first: what an administrator's token is bound to.
pub fn draw_session<B: Bucket>(store: &Store<B>) -> SessionText {
    SessionText(store.nonce() + &store.nonce())
}

/// Begins a session of a person who has signed in.
///
/// # Errors
/// [`Error::BadCredentials`] for a token that is none, [`Error::NoRobot`] for a robot's, which never signs in.
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
    // First the entry of the list: no session is good that no list shows.
    store.create(&Key::SessionOf(user, &record.id), &listed).await?;
    store.create(&Key::Session(&hash), &record).await?;
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
        return Ok(Some(known).filter(|it| now < it.0.session.expires).map(|it| it.0));
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
    store.memo.sessions.keep(hash, KnownSession(found.clone()), now);
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
        SignedInBy::Identity => {
            let owner = owners::find_owner(store, &session.user).await?;
            let owner = owner.filter(|it| !it.is_disabled && it.identity.is_some());
            owner.map(|owner| verified::user_as(store, &owner))
        }
    };
    let proof = Proof::Session(session.id.clone());
    Ok(user.map(|user| SignedIn { user: User { proof, ..user }, session }))
}

/// Ends a session: within 10 s it opens nothing anywhere.
///
/// # Errors
/// [`BucketError`] where the bucket fails.
pub async fn end_session<B: Bucket>(
    store: &Store<B>,
    session: &SessionRecord,
) -> Result<(), BucketError> {
    end(store, &session.user, session.id.as_str()).await
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
    let change = Change {
        owner: Some(user),
        action: "session.end-all",
        object: user.to_string(),
        details: Vec::new(),
    };
    let end = async {
        for meta in store.list_all(&Key::sessions_of(user)).await? {
            end_listed(store, &meta.key).await?;
        }
        Ok(())
    };
    audit::audited(store, by, change, end).await
}

async fn end<B: Bucket>(store: &Store<B>, user: &OwnerName, id: &str) -> Result<(), BucketError> {
    let Some(id) = SessionId::parse(id) else { return Ok(()) };
    end_listed(store, &Key::SessionOf(user, &id).path()).await
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
