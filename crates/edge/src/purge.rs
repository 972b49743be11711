//! Has the cache in front of the registry forget what is not to be shown any more.

use crate::{
    context::Context,
    platform::{Platform, Purged, PurgedReplies},
    reply::cache::tag_of_module,
};
use protoedge_registry::{Purge, PurgeScope, purges};
use protoedge_storage::BucketError;
use serde_json::json;

/// How many tags one call may name (Cloudflare, "Workers Cache", limits).
pub(crate) const TAGS: usize = 100;

/// How many calls one run makes: Cloudflare allows five a minute, and the others are for what cannot wait for the next run.
const CALLS: usize = 3;

/// What one run did.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The tags that the cache has forgotten, `all` for everything.
    pub(crate) purged: Vec<String>,
    /// Whether there is a cache; `None` where nothing was due.
    pub(crate) has_cache: Option<bool>,
    /// Why a call failed: what it was to purge is due still.
    pub(crate) error: Option<String>,
}

/// What every scheduled run does: looks whether callers must sign in, which they did not have to before, and purges what is due.
pub(crate) async fn follow_up<P: Platform>(context: &Context<P>) -> Result<(), BucketError> {
    let followed = purges::follow_sign_in(&context.store).await;
    // What is due does not wait for it.
    purge_due(context).await?;
    followed
}

/// Purges what is due after the reply is out. What fails is tried again by the scheduled runs.
pub(crate) fn purge_later<P: Platform>(context: &Context<P>) {
    let later = context.clone();
    context.in_background(async move { purge_due(&later).await.map(drop) });
}

/// Purges what is due, the most urgent first, in as few calls as it takes.
pub(crate) async fn purge_due<P: Platform>(context: &Context<P>) -> Result<Outcome, BucketError> {
    let due = purges::due(&context.store).await?;
    let mut outcome = Outcome::default();
    if due.is_empty() {
        return Ok(outcome);
    }
    // All is forgotten by one call. So is what is more than a run's calls can name: it would wait for those that come before it,
    // as long as these keep coming.
    let is_everything =
        due.len() > TAGS * CALLS || due.iter().any(|purge| purge.scope == PurgeScope::Everything);
    let size = if is_everything { due.len() } else { TAGS };
    for purges in due.chunks(size) {
        let replies = match is_everything {
            true => PurgedReplies::All,
            false => PurgedReplies::Tagged(tags(purges)),
        };
        match context.platform.purge(&replies).await {
            Ok(purged) => {
                outcome.has_cache = Some(purged == Purged::Done);
                outcome.purged.extend(shown(replies));
                match is_everything {
                    true => purges::note_all_purged(&context.store, purges).await?,
                    false => purges::note_purged(&context.store, purges).await?,
                }
            }
            Err(error) => {
                outcome.error = Some(error);
                break;
            }
        }
    }
    log(context, &outcome);
    Ok(outcome)
}

fn tags(purges: &[Purge]) -> Vec<String> {
    let mut tags: Vec<String> = purges
        .iter()
        .filter_map(|purge| match &purge.scope {
            PurgeScope::Module(module) => Some(tag_of_module(module)),
            PurgeScope::Everything => None,
        })
        .collect();
    tags.sort();
    tags.dedup();
    tags
}

fn shown(replies: PurgedReplies) -> Vec<String> {
    match replies {
        PurgedReplies::All => vec!["all".into()],
        PurgedReplies::Tagged(tags) => tags,
    }
}

/// Says what was purged; that there was nothing to purge it from, too, so that no operator believes that it was.
fn log<P: Platform>(context: &Context<P>, outcome: &Outcome) {
    let Outcome { purged, has_cache, error } = outcome;
    let mut line = json!({ "event": "purge", "tags": purged.len() });
    if *has_cache == Some(false) {
        line["cache"] = "none: nothing in front of this registry keeps replies".into();
    }
    if let Some(error) = error {
        line["error"] = error.as_str().into();
    }
    context.platform.log(&line);
}
