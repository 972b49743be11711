//! What all calls have in common.

use crate::{
    context::Context,
    platform::Platform,
    reply::problem::{Kind, Problem},
};
use protoedge_registry::{Credentials, User, Viewer, accounts};

pub(super) type Call<M> = Result<M, Problem>;

/// The user who calls; one who has shown no token may not.
pub(super) async fn known<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
) -> Result<User, Problem> {
    user_of(accounts::viewer(&context.store, caller).await?)
}

/// The credentials of the user who asks for a change, as they are now.
pub(super) async fn known_now<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
) -> Result<Credentials, Problem> {
    user_of(accounts::viewer_now(&context.store, caller).await?).map(Credentials::Verified)
}

fn user_of(viewer: Viewer) -> Result<User, Problem> {
    match viewer {
        Viewer::User(user) => Ok(user),
        Viewer::Anonymous => Err(Problem::new(Kind::Anonymous, "this needs a token: log in first")),
    }
}

/// A field that must be set.
pub(super) fn field<T>(value: Option<T>, name: &str) -> Result<T, Problem> {
    value.ok_or_else(|| Problem::new(Kind::Malformed, format!("the call has no {name}")))
}

/// A push is read once and decoded as slices of that buffer; with its zip beside it, it stays well
/// below a Worker's 128 MB.
pub(super) const LARGEST_PUSH: usize = 32 * 1024 * 1024;

/// The parts of a push: its modules with their files and labels. A part takes a hundred times more
/// memory than the two bytes that it may have on the wire.
pub(super) const MOST_PARTS: usize = 100_000;

/// The host that callers know this registry by.
pub(super) fn host<P: Platform>(context: &Context<P>) -> &str {
    let url = &context.config.public_url;
    url.split_once("://").map_or(url.as_str(), |(_, host)| host)
}

/// The items of a page where the caller names no number.
const PAGE: usize = 10;

/// How many items a page has.
pub(super) fn page_size(asked: u32) -> usize {
    match asked {
        0 => PAGE,
        asked => (asked as usize).min(MOST_ITEMS),
    }
}

/// The wire's limit for the items of one call.
pub(super) const MOST_ITEMS: usize = 250;
