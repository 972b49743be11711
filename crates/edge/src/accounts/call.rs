//! What all calls have in common.

use crate::{
    body::read_json,
    context::Context,
    http::{Draft, Reply, Request},
    platform::Platform,
    reply::{Cache, Source, problem::Problem},
};
use serde::de::DeserializeOwned;

/// A hundred module names and a title.
const LARGEST_BODY: usize = 32 * 1024;

/// Reads a body; `wanted` shows one that is good.
pub(super) async fn body<P: Platform, T: DeserializeOwned>(
    context: &Context<P>,
    request: Request<P::Body>,
    wanted: &str,
) -> Result<T, Problem> {
    read_json(context, request, LARGEST_BODY, &format!("wanted {wanted}")).await
}

/// A reply with a value.
pub(super) fn ok<D>(value: &serde_json::Value) -> Reply<D> {
    reply(200, value)
}

/// [`ok`] with another status.
pub(super) fn reply<D>(status: u16, value: &serde_json::Value) -> Reply<D> {
    Draft::json(status, value).cached(&Cache::NO_STORE, Source::Computed)
}

/// What is answered when something was taken away.
pub(super) fn gone<D>() -> Reply<D> {
    Draft::empty(204).cached(&Cache::NO_STORE, Source::Computed)
}
