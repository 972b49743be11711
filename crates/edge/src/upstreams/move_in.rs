//! Owners that leave another registry for this one, step by step: each step is one request of an administrator's, who sends the next
//! one until all is done. Cut off anywhere, the next step goes on.

use super::{
    Upstream,
    client::{Asker, Client},
};
use crate::{
    context::Context,
    platform::Platform,
    reply::problem::{Kind, Problem},
};
use protoedge_registry::{MoveIn, Place, User, upstreams};
use protoedge_sdk::OwnerName;

/// One step of an owner's move; how far it is then. `token` is the other registry's, and is kept nowhere.
///
/// # Errors
/// [`Kind::Precondition`] where this registry has an owner of that name, or the other one is in trouble.
pub(crate) async fn step<P: Platform>(
    context: &Context<P>,
    by: &User,
    upstream: &Upstream,
    owner: &OwnerName,
    token: Option<&str>,
    member: Option<&OwnerName>,
) -> Result<MoveIn, Problem> {
    let store = &context.store;
    let client = Client::new(context, upstream, Asker::Administrator(token));
    let Some(mut it) = upstreams::find_move_in(store, owner).await? else {
        return begin(&client, owner).await;
    };
    if it.from != upstream.hosts {
        let message = format!("{owner} moved in from {}", it.from.registry_host);
        return Err(Problem::new(Kind::Precondition, message));
    }
    if it.finished.is_some() {
        return Ok(it);
    }
    let Some(module) = it.modules.get(it.done) else {
        return Ok(upstreams::finish_move_in(store, by, &it, member).await?);
    };
    upstreams::check_free(store, &upstream.hosts, owner).await?;
    match std::mem::take(&mut it.at) {
        Place::Commits(page) => {
            let (count, next) = client.fetch_page(module, page, it.numbered).await?;
            it.numbered += count;
            it.commits += count;
            it.at = match next.is_empty() {
                true => Place::Labels(String::new()),
                false => Place::Commits(next),
            };
        }
        Place::Labels(page) => {
            let (labels, next) = client.labels(module, page).await?;
            for label in labels {
                upstreams::store_label(store, module, label).await?;
                it.labels += 1;
            }
            if next.is_empty() {
                it.done += 1;
                it.numbered = 0;
            } else {
                it.at = Place::Labels(next);
            }
        }
    }
    upstreams::save_move_in(store, &it).await?;
    Ok(it)
}

async fn begin<P: Platform>(client: &Client<'_, P>, owner: &OwnerName) -> Result<MoveIn, Problem> {
    let Client { context, upstream, .. } = client;
    upstreams::check_free(&context.store, &upstream.hosts, owner).await?;
    let modules = client.modules_of(owner).await?;
    if modules.is_empty() {
        return Err(client.problem(format!("shows no module of {owner}")));
    }
    let it = MoveIn {
        owner: owner.clone(),
        from: upstream.hosts.clone(),
        started: context.store.now(),
        modules,
        done: 0,
        at: Place::default(),
        numbered: 0,
        commits: 0,
        labels: 0,
        finished: None,
    };
    upstreams::save_move_in(&context.store, &it).await?;
    Ok(it)
}
