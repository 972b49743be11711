//! Whether it still counts what a caller showed a while ago.

use crate::{
    Error, Store,
    accounts::{
        signed_in,
        user::{Proof, User},
        verified::{self, Listed},
    },
    key::Key,
    memo::ACCESS_SECONDS,
};
use protoedge_storage::Bucket;
use std::time::Duration;

/// How long it counts that a token was good when it was looked at: as long as it is remembered elsewhere.
pub(crate) const REMEMBERED: Duration = Duration::from_secs(ACCESS_SECONDS);

/// Makes sure of it where a token was looked at longer ago than it counts: a body may take as long to come in as its sender
/// likes, and a call may change much.
///
/// # Errors
/// [`Error::BadCredentials`] where it is not good any more.
pub(crate) async fn check_seen<B: Bucket>(store: &Store<B>, user: &User) -> Result<(), Error> {
    match user.seen {
        Some(at) if store.now().since(at) >= REMEMBERED => check_again(store, user).await,
        Some(_) | None => Ok(()),
    }
}

/// Makes sure that the token or session is still good that a user showed a while ago.
///
/// # Errors
/// [`Error::BadCredentials`] where it is not.
pub(crate) async fn check_again<B: Bucket>(store: &Store<B>, user: &User) -> Result<(), Error> {
    let bad = || Error::BadCredentials { is_readable: true };
    let listed = match &user.proof {
        Proof::Setting => return Ok(()),
        Proof::Token(id) => store.load::<Listed>(&Key::TokenOf(&user.name, id)).await?,
        Proof::Session(id) => store.load::<Listed>(&Key::SessionOf(&user.name, id)).await?,
    };
    let (Listed { hash }, _) = listed.ok_or_else(bad)?;
    if user.proof.session().is_some() {
        return signed_in::load(store, &hash).await?.map(drop).ok_or(Error::SignedOut);
    }
    let known =
        verified::load_user(store, &hash).await?.filter(|known| store.now() < known.expires);
    known.map(drop).ok_or_else(bad)
}
