//! Devices that wait for a person to let them in (RFC 8628): `buf registry login`.

use crate::{
    Error, Store,
    about::is_title,
    accounts::{
        recheck,
        session::SignedIn,
        token_text::TokenText,
        tokens::{self, NewToken},
        user::{Proof, Scope, SessionId, User, is_hex},
        verified::TokenRecord,
    },
    audit::{self, Change},
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

/// How many codes a person may look up in an hour, right ones among them: letting a device in takes three.
const MOST_CODES: u32 = 30;

const HOUR_MILLIS: i64 = 60 * 60 * 1000;

/// How many devices one run of the sweep looks at at once, and how often.
const SWEPT: u32 = 1000;
const SWEEPS: u32 = 10;

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
    /// By the poll that this nonce is of: of several at once, each knows whether it was the one.
    Used {
        nonce: String,
    },
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
    let secret = store.secret();
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

/// The device that waits with a code. Codes are counted: who guesses gets thirty an hour.
///
/// # Errors
/// [`Error::BadDevice`] for a code that is none or no longer, [`Error::TooManyCodes`] after too many of them.
pub async fn waiting_device<B: Bucket>(
    store: &Store<B>,
    by: &User,
    code: &UserCode,
) -> Result<WaitingDevice, Error> {
    count_code(store, by).await?;
    let found = store.load::<DeviceRecord>(&Key::Device(&code.hash())).await?;
    let found = found.map(|(record, _)| record).filter(|it| !it.is_over(store.now()));
    let Some(DeviceRecord { client, address, asked, state, .. }) = found else {
        return Err(Error::BadDevice { what: UNKNOWN });
    };
    match state {
        State::Waiting => Ok(WaitingDevice { client, address, asked }),
        State::Approved { .. } | State::Used { .. } | State::Refused => Err(decided()),
    }
}

/// What is said of a code that no device has.
const UNKNOWN: &str = "there is no such code, or its ten minutes are over: run `buf registry login` again and compare the code";

fn decided() -> Error {
    Error::BadDevice { what: "this code was used already: run `buf registry login` again" }
}

/// How many codes a person has looked up in an hour. The nonce keeps what two requests write apart.
#[derive(Clone, Serialize, Deserialize)]
struct LookedUp {
    hour: i64,
    count: u32,
    nonce: String,
}

/// Counts a code before it is looked up: however many are tried at once, no more are than may be.
async fn count_code<B: Bucket>(store: &Store<B>, by: &User) -> Result<(), Error> {
    let hour = store.now().millis() / HOUR_MILLIS;
    let count = async |current: Option<&LookedUp>| {
        let count = current.filter(|it| it.hour == hour).map_or(0, |it| it.count);
        if count >= MOST_CODES {
            return Err(Error::TooManyCodes { most: MOST_CODES });
        }
        Ok(Some(LookedUp { hour, count: count + 1, nonce: store.nonce() }))
    };
    let key = Key::LookedUpCodes(&by.name);
    store.try_update(&key, count, |_| BTreeMap::new()).await.map(drop)
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
    count_code(store, &by.user).await?;
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
    let decide =
        async { store.try_update(&Key::Device(&key), set, |_| BTreeMap::new()).await.map(drop) };
    let action = match decision {
        Decision::LetIn { .. } => "device.let-in",
        Decision::Refuse => "device.refuse",
    };
    let name = &by.user.name;
    let change =
        Change { owner: Some(name), action, object: name.to_string(), details: Vec::new() };
    audit::audited(store, &by.user, change, decide).await
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
    let Some((code, secret)) = device_code.split_once('.').filter(|(code, _)| is_hex(code, 64))
    else {
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
        State::Used { .. } => Ok(Polled::Over),
        approved @ State::Approved { .. } => let_in(store, code, &record, approved).await,
    }
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
    let used = State::Used { nonce: store.nonce() };
    if !change_state(store, code, approved, &used).await? {
        return Ok(Polled::Over);
    }
    let new =
        NewToken { name: record.client.clone(), scope: *scope, modules: None, expires: *expires };
    let proof = Proof::Session(session.clone());
    let by = User { proof, seen: Some(*at), ..User::unlimited(user.clone()) };
    let make = async {
        // As the person is now: one who was disabled, or has signed out, lets nobody in.
        let by = recheck::user_now(store, &by).await?;
        tokens::create_token(store, &by, user, &new).await
    };
    match make.await {
        Ok((text, token)) => Ok(Polled::LetIn(text, token)),
        Err(Error::SignedOut | Error::BadCredentials { .. } | Error::Disabled { .. }) => {
            Ok(Polled::Refused)
        }
        Err(error) => {
            change_state(store, code, &used, approved).await?;
            Err(error)
        }
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
    // A decision and a token are the last writes: later than that by as long, nothing comes any more.
    let is_over = |uploaded: Timestamp| now.since(uploaded) >= LASTS * 2;
    // From anywhere on, since young ones may be many.
    let mut after = Some(format!("{}{}", Key::DEVICES, store.nonce()));
    for _ in 0..SWEEPS {
        let page = store.bucket.list(Key::DEVICES, after.as_deref(), SWEPT).await?;
        let next = page.objects.last().map(|meta| meta.key.clone()).filter(|_| page.more);
        let over = page.objects.into_iter().filter(|it| is_over(it.uploaded)).map(|it| it.key);
        store.delete_all(&over.collect::<Vec<_>>()).await?;
        match (next, after) {
            (Some(next), _) => after = Some(next),
            // At the end: once more, from the beginning.
            (None, Some(_)) => after = None,
            (None, None) => break,
        }
    }
    Ok(())
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
