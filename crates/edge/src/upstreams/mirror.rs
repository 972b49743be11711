//! Keeping modules of other registries as they are there.

use super::{
    Upstream,
    client::{Asker, Client},
    fetch::fetch_commits,
};
use crate::{context::Context, platform::Platform, reply::problem::Problem};
use protoedge_registry::{Mirror, upstreams};
use protoedge_sdk::{CommitId, Label, ModuleName};
use serde_json::json;
use std::collections::BTreeSet;

/// How many mirrors one scheduled run looks after. A page of commits takes hundreds of operations: after one of them it ends.
const MIRRORS: usize = 20;

/// Looks after the mirrors that are due. One that is in trouble keeps no other one waiting.
pub(crate) async fn sync_due<P: Platform>(context: &Context<P>) -> Result<(), Problem> {
    if context.config.upstreams.is_empty() {
        return Ok(());
    }
    for mirror in upstreams::due_mirrors(&context.store, MIRRORS).await? {
        let Some(upstream) = context.config.upstreams.of_host(&mirror.from.registry_host) else {
            continue;
        };
        let has_page = mirror.page.is_some();
        let synced = sync(context, upstream, mirror).await?;
        if let Some(error) = &synced.error {
            let module = synced.full_name();
            context.platform.log(&json!({ "event": "mirror", "module": module, "error": error }));
        }
        if has_page {
            break;
        }
    }
    Ok(())
}

/// Makes sure that there is something to mirror.
///
/// # Errors
/// [`Kind::Precondition`](crate::reply::problem::Kind) where the other registry has no such module or label, or says nothing.
pub(crate) async fn check<P: Platform>(
    context: &Context<P>,
    upstream: &Upstream,
    module: &ModuleName,
    labels: &BTreeSet<Label>,
) -> Result<(), Problem> {
    let client = Client::new(context, upstream, Asker::mirror(upstream));
    client.heads(module, &heads_of(labels)).await.map(drop)
}

/// The default label and these.
fn heads_of(labels: &BTreeSet<Label>) -> Vec<Option<&Label>> {
    std::iter::once(None).chain(labels.iter().map(Some)).collect()
}

/// One step: a page of the commits, as long as not all of them were looked at; else a look at what the labels name, by one call if
/// nothing moved. What goes wrong changes nothing, and is kept with the mirror.
pub(crate) async fn sync<P: Platform>(
    context: &Context<P>,
    upstream: &Upstream,
    mut mirror: Mirror,
) -> Result<Mirror, Problem> {
    let client = Client::new(context, upstream, Asker::mirror(upstream));
    let done = match mirror.page.clone() {
        Some(page) => client.next_page(&mut mirror, page).await,
        None => client.follow(&mirror).await,
    };
    match done {
        Ok(()) => {
            mirror.error = None;
            if mirror.page.is_none() {
                mirror.synced = Some(context.store.now());
            }
        }
        Err(problem) => mirror.error = Some(problem.message),
    }
    upstreams::save_mirror(&context.store, &mirror).await?;
    Ok(mirror)
}

impl<P: Platform> Client<'_, P> {
    async fn next_page(&self, mirror: &mut Mirror, page: String) -> Result<(), Problem> {
        let (count, next) = self.fetch_page(&mirror.module, page, mirror.commits).await?;
        mirror.commits += count;
        mirror.page = Some(next).filter(|next| !next.is_empty());
        match mirror.page {
            Some(_) => Ok(()),
            None => self.follow(mirror).await,
        }
    }

    /// Has the labels name what they name there.
    async fn follow(&self, mirror: &Mirror) -> Result<(), Problem> {
        let (store, hosts) = (&self.context.store, &self.upstream.hosts);
        let labels = heads_of(&mirror.labels);
        let heads = self.heads(&mirror.module, &labels).await?;
        for (label, head) in labels.into_iter().zip(heads) {
            if upstreams::find_commit(store, hosts, &head).await?.is_none() {
                self.fetch_head(mirror, &head).await?;
            }
            upstreams::note_head(store, hosts, &head, label).await?;
        }
        Ok(())
    }

    /// A label's new head; where all commits are kept, those before it that are not here, too.
    async fn fetch_head(&self, mirror: &Mirror, head: &CommitId) -> Result<(), Problem> {
        if mirror.has_history {
            self.fetch_new(&mirror.module).await?;
        }
        // With all commits it is among them, unless it came between the two calls.
        let head = std::slice::from_ref(head);
        fetch_commits(self, head, &self.untimed(&mirror.module, head).await?).await
    }
}
