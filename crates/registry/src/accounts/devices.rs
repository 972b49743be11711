//! Devices that wait for a person to let them in (RFC 8628): `buf registry login`.

use crate::{
    Error, Store,
    about::is_title,
    accounts::{
        owners,
        session::SignedIn,
        token_text::TokenText,
        tokens::{self, NewToken, TokenRecord},
        user::{Proof, Scope, SessionId, User},
    },
    key::Key,
};
use protoedge_sdk::OwnerName;
use protoedge_storage::{Bucket, BucketError, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, time::Duration};
use subtle::ConstantTimeEq;

/// How long a device waits.
pub const LASTS: Duration = Duration::from_secs(10 * 60);

/// The letters of codes that people type: no vowels, so that they make no words, and none that look alike (RFC 8628, 6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// How many of them a code has: 34 bits.
const CODE: usize = 8;

/// How many wrong codes a person may try in an hour.
const MOST_WRONG: u32 = 10;

const HOUR_MILLIS: i64 = 60 * 60 * 1000;

/// How many devices one run of the sweep looks at.
const SWEPT: u32 = 1000;

/// A code that a person types or compares, without its hyphen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UserCode(String);

impl UserCode {
    /// Reads what somebody typed: in any case, with blanks and hyphens or without. `None` for what is no code.
    pub fn parse(text: &str) -> Option<Self> {
        let code: String = text
            .chars()
            .filter(|c| !matches!(c, '-' | ' '))
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let is_code = code.len() == CODE && code.bytes().all(|byte| LETTERS.contains(&byte));
        is_code.then_some(Self(code))
    }

    fn draw<B: Bucket>(store: &Store<B>) -> Self {
        let mut code = String::new();
        while code.len() < CODE {
            let mut byte = [0];
            store.clock.random(&mut byte);
            // 240 = 12 · 20: what lies above would make some letters likelier.
            if byte[0] < 240 {
                code.push(LETTERS[usize::from(byte[0]) % LETTERS.len()].into());
            }
        }
        Self(code)
    }

    /// The code as it is shown: two halves with a hyphen between them.
    pub fn shown(&self) -> String {
        let (first, second) = self.0.split_at(CODE / 2);
        format!("{first}-{second}")
    }

    fn hash(&self) -> String {
        hash(&self.0)
    }
}

fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// What a new device is given.
#[derive(Clone, Debug)]
pub struct NewDevice {
    /// What it polls with: it names the device and proves that it is this one.
    pub device_code: String,
    /// What its person compares.
    pub user_code: UserCode,
}

/// A device as its person sees it before deciding.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WaitingDevice {
    /// What it calls itself.
    pub client: String,
    /// Where it asked from, where that is known.
    pub address: Option<String>,
    /// When it asked.
    pub asked: Timestamp,
}

/// What a person decides.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Decision {
    /// The device gets a token of the person's.
    LetIn {
        /// What it is good for.
        scope: Scope,
        /// Until when.
        expires: Timestamp,
    },
    /// It gets nothing.
    Refuse,
}

/// What a device that polls is told.
#[derive(Clone, Debug)]
pub enum Polled {
    /// Nobody has decided yet.
    Waiting,
    /// It was refused.
    Refused,
    /// There is no such device, or no longer: its time is over, or it got its token.
    Over,
    /// Its token.
    LetIn(TokenText, TokenRecord),
}

#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
struct DeviceRecord {
    client: String,
    client_id: String,
    secret: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    asked: Timestamp,
    state: State,
}

#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "is")]
enum State {
    Waiting,
    Approved {
        user: OwnerName,
        session: SessionId,
        at: Timestamp,
        scope: Scope,
        expires: Timestamp,
    },
    Refused,
    Used,
}

impl DeviceRecord {
    fn is_over(&self, now: Timestamp) -> bool {
        now.since(self.asked) >= LASTS
    }
}

/// Notes that a device waits to be let in. What it calls itself is shown to its person; by its id alone it gets what it is given.
///
/// # Errors
/// [`BucketError`] where the bucket fails.
pub async fn add_device<B: Bucket>(
    store: &Store<B>,
    client: &str,
    client_id: &str,
    address: Option<&str>,
) -> Result<NewDevice, BucketError> {
    let secret = store.nonce() + &store.nonce();
    let client = if is_title(client) { client } else { "a device without a name" };
    let record = DeviceRecord {
        client: client.to_owned(),
        client_id: client_id.to_owned(),
        secret: hash(&secret),
        address: address.map(str::to_owned),
        asked: store.now(),
        state: State::Waiting,
    };
    loop {
        let user_code = UserCode::draw(store);
        let hash = user_code.hash();
        if store.create(&Key::Device(&hash), &record).await? {
            return Ok(NewDevice { device_code: format!("{hash}.{secret}"), user_code });
        }
    }
}

/// The device that waits with a code. Wrong codes are counted: who guesses gets ten an hour.
///
/// # Errors
/// [`Error::BadDevice`] for a code that is none or no longer, [`Error::TooManyCodes`] after too many of them.
pub async fn waiting_device<B: Bucket>(
    store: &Store<B>,
    by: &User,
    code: &UserCode,
) -> Result<WaitingDevice, Error> {
    check_wrong_codes(store, by).await?;
    let found = store.load::<DeviceRecord>(&Key::Device(&code.hash())).await?;
    let found = found.map(|(record, _)| record).filter(|it| !it.is_over(store.now()));
    let Some(DeviceRecord { client, address, asked, state, .. }) = found else {
        count_wrong_code(store, by).await?;
        return Err(Error::BadDevice { what: UNKNOWN });
    };
    match state {
        State::Waiting => Ok(WaitingDevice { client, address, asked }),
        State::Approved { .. } | State::Used | State::Refused => Err(decided()),
    }
}

/// What is said of a code that no device has.
const UNKNOWN: &str = "there is no such code, or its ten minutes are over: run `buf registry login` again and compare the code";

fn decided() -> Error {
    Error::BadDevice { what: "this code was used already: run `buf registry login` again" }
}

#[derive(Clone, Copy, Default, Serialize, Deserialize)]
struct WrongCodes {
    hour: i64,
    count: u32,
}

async fn check_wrong_codes<B: Bucket>(store: &Store<B>, by: &User) -> Result<(), Error> {
    let hour = store.now().millis() / HOUR_MILLIS;
    let found = store.load::<WrongCodes>(&Key::WrongCodes(&by.name)).await?;
    match found {
        Some((codes, _)) if codes.hour == hour && codes.count >= MOST_WRONG => {
            Err(Error::TooManyCodes { most: MOST_WRONG })
        }
        Some(_) | None => Ok(()),
    }
}

async fn count_wrong_code<B: Bucket>(store: &Store<B>, by: &User) -> Result<(), BucketError> {
    let hour = store.now().millis() / HOUR_MILLIS;
    let count = |current: Option<&WrongCodes>| {
        let codes = current.copied().filter(|it| it.hour == hour).unwrap_or_default();
        Some(WrongCodes { hour, count: codes.count + 1 })
    };
    store.update(&Key::WrongCodes(&by.name), count).await.map(drop)
}

/// Decides on a device that waits. A token that is given belongs to the person who decides, and is made when the device asks.
///
/// # Errors
/// Those of [`waiting_device`]; [`Error::Forbidden`] for a session that is good for less than all that its person may do,
/// [`Error::OwnName`] for the administrators', who are no person.
pub async fn decide<B: Bucket>(
    store: &Store<B>,
    by: &SignedIn,
    code: &UserCode,
    decision: &Decision,
) -> Result<(), Error> {
    check_wrong_codes(store, &by.user).await?;
    let state = match decision {
        Decision::Refuse => State::Refused,
        Decision::LetIn { scope, expires } => {
            tokens::check_maker(store, &by.user).await?;
            tokens::check_end(store.now(), *expires)?;
            State::Approved {
                user: by.user.name.clone(),
                session: by.session.id.clone(),
                at: store.now(),
                scope: *scope,
                expires: *expires,
            }
        }
    };
    let now = store.now();
    let set = async |current: Option<&DeviceRecord>| match current {
        Some(record) if record.is_over(now) => Err(decided()),
        Some(record) if record.state == State::Waiting => {
            Ok(Some(DeviceRecord { state: state.clone(), ..record.clone() }))
        }
        Some(_) | None => Err(decided()),
    };
    let key = code.hash();
    store.try_update(&Key::Device(&key), set, |_| BTreeMap::new()).await.map(drop)
}

/// What becomes of a device that asks whether it was let in. Its token is made now, once.
///
/// # Errors
/// Those of making a token; then the device may ask again.
pub async fn poll_device<B: Bucket>(
    store: &Store<B>,
    device_code: &str,
    client_id: &str,
) -> Result<Polled, Error> {
    let Some((code, secret)) = device_code.split_once('.').filter(|(code, _)| is_hash(code)) else {
        return Ok(Polled::Over);
    };
    let found = store.load::<DeviceRecord>(&Key::Device(code)).await?;
    let Some((record, _)) = found.filter(|(it, _)| !it.is_over(store.now())) else {
        return Ok(Polled::Over);
    };
    let is_secret = bool::from(record.secret.as_bytes().ct_eq(hash(secret).as_bytes()));
    if !is_secret || record.client_id != client_id {
        return Ok(Polled::Over);
    }
    match &record.state {
        State::Waiting => Ok(Polled::Waiting),
        State::Refused => Ok(Polled::Refused),
        State::Used => Ok(Polled::Over),
        approved @ State::Approved { .. } => let_in(store, code, &record, approved).await,
    }
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|it| it.is_ascii_digit() || (b'a'..=b'f').contains(&it))
}

/// Makes the token, for the one request that finds the device approved and marks it as used.
async fn let_in<B: Bucket>(
    store: &Store<B>,
    code: &str,
    record: &DeviceRecord,
    approved: &State,
) -> Result<Polled, Error> {
    let State::Approved { user, session, at, scope, expires } = approved else {
        return Ok(Polled::Over);
    };
    if !change_state(store, code, approved, &State::Used).await? {
        return Ok(Polled::Over);
    }
    // As the person is now: one who was disabled, or has signed out everywhere, lets nobody in.
    let owner = owners::find_user(store, user).await;
    let new = NewToken {
        name: format!("{:.80}", record.client),
        scope: *scope,
        modules: None,
        expires: *expires,
    };
    let by = User {
        proof: Proof::Session(session.clone()),
        seen: Some(*at),
        ..User::unlimited(user.clone())
    };
    let made = match owner {
        Ok(_) => tokens::create_token(store, &by, user, &new).await,
        Err(error) => Err(error),
    };
    match made {
        Ok((text, token)) => Ok(Polled::LetIn(text, token)),
        Err(error @ Error::Bucket(_)) => {
            change_state(store, code, &State::Used, approved).await?;
            Err(error)
        }
        Err(Error::SignedOut | Error::BadCredentials { .. } | Error::Disabled { .. }) => {
            Ok(Polled::Refused)
        }
        Err(error) => Err(error),
    }
}

/// Changes how far a device is; `false` where it is not as far as that.
async fn change_state<B: Bucket>(
    store: &Store<B>,
    code: &str,
    from: &State,
    to: &State,
) -> Result<bool, BucketError> {
    let mut is_changed = false;
    let set = async |current: Option<&DeviceRecord>| {
        let current = current.filter(|it| it.state == *from);
        is_changed = current.is_some();
        Ok::<_, BucketError>(current.map(|it| DeviceRecord { state: to.clone(), ..it.clone() }))
    };
    store.try_update(&Key::Device(code), set, |_| BTreeMap::new()).await?;
    Ok(is_changed)
}

/// Forgets devices whose time is over: for the sweep.
///
/// # Errors
/// [`BucketError`] where the bucket fails.
pub async fn forget_devices<B: Bucket>(store: &Store<B>) -> Result<(), BucketError> {
    let now = store.now();
    let page = store.bucket.list(Key::DEVICES, None, SWEPT).await?;
    // A decision and a token are the last writes: later than that by as long, nothing comes any more.
    let is_over = |uploaded: Timestamp| now.since(uploaded) >= LASTS * 2;
    let over: Vec<String> =
        page.objects.into_iter().filter(|it| is_over(it.uploaded)).map(|it| it.key).collect();
    store.delete_all(&over).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_people_type_them() {
        for text in ["BCDF-GHJK", "bcdfghjk", " bcdf ghjk ", "B-C-D-F-G-H-J-K"] {
            assert_eq!(UserCode::parse(text).map(|it| it.shown()).as_deref(), Some("BCDF-GHJK"));
        }
        for text in ["", "BCDF-GHJ", "BCDF-GHJKL", "ABCD-EFGH", "BCDF_GHJK", "BCDFGHJ\u{212a}"] {
            assert_eq!(UserCode::parse(text), None, "{text}");
        }
    }
}
