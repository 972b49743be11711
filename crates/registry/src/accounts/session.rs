//! What a session of a browser's is.

use crate::accounts::user::{SessionId, User, is_hex};
use protoedge_sdk::OwnerName;
use protoedge_storage::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// The text of a session, which only its browser has: 64 hexadecimal digits, 256 random bits. It does not print itself by accident.
#[derive(Clone, Eq, PartialEq)]
pub struct SessionText(String);

impl SessionText {
    /// Reads a text. `None` for one that no session has: it needs no look into the bucket.
    pub fn parse(text: &str) -> Option<Self> {
        is_hex(text, 64).then(|| Self(text.into()))
    }

    /// A new one, made of a [secret of the store's](crate::Store::secret).
    pub(crate) fn of_secret(secret: String) -> Self {
        Self(secret)
    }

    /// The text, for the browser.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(crate) fn hash(&self) -> String {
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
    /// At the identity provider, by the identity's hash.
    Identity(String),
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
