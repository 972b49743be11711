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

/// Makes sure that the token or session is still good that a user showed a while ago, and for as much.
///
/// # Errors
/// [`Error::BadCredentials`] and [`Error::SignedOut`] where it is not, [`Error::RightsChanged`] where groups give something else now.
pub(crate) async fn check_again<B: Bucket>(store: &Store<B>, user: &User) -> Result<(), Error> {
    let now = user_now(store, user).await?;
    // What groups give was taken with the user, at another moment.
    if now.group_roles == user.group_roles { Ok(()) } else { Err(Error::RightsChanged) }
}

/// The user as what was shown gives it at this moment.
///
/// # Errors
/// [`Error::BadCredentials`] and [`Error::SignedOut`] where it gives nothing any more.
pub(crate) async fn user_now<B: Bucket>(store: &Store<B>, user: &User) -> Result<User, Error> {
    let bad = || Error::BadCredentials { is_readable: true };
    let listed = match &user.proof {
        Proof::Setting => return Ok(user.clone()),
        Proof::Token(id) => store.load::<Listed>(&Key::TokenOf(&user.name, id)).await?,
        Proof::Session(id) => store.load::<Listed>(&Key::SessionOf(&user.name, id)).await?,
    };
    if user.proof.session().is_some() {
        let (Listed { hash }, _) = listed.ok_or(Error::SignedOut)?;
        let signed_in = signed_in::load(store, &hash).await?;
        return signed_in.map(|it| it.user).ok_or(Error::SignedOut);
    }
    let (Listed { hash }, _) = listed.ok_or_else(bad)?;
    let known = verified::load_user(store, &hash).await?;
    known.filter(|it| store.now() < it.expires).map(|it| it.user).ok_or_else(bad)
}
