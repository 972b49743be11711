//! Lists that hold hashes: what has bytes is in them, and whoever reads one waits for what they are read for.

use crate::{
    context::{Context, PlatformReply},
    delivery::{
        dispatch::{self, Demand, Progress},
        long_poll::{self, LongPoll, Next},
        resolve::{self, Found, NamedPackage},
        wait_policy::Awaited,
    },
    http::Request,
    platform::Platform,
    reply::problem::{Kind, Problem},
};
use protoedge_registry::{DEPENDENTS, Error, Grant, LabelHead, Listing, LockedCommit, packages};
use protoedge_sdk::{Package, Sdk};
use std::{cmp::Reverse, time::Duration};

/// How long a list waits for the heads of its labels before it shows what is there.
const HEADS_WAIT: Duration = Duration::from_secs(10);

/// How many label heads one list orders: the default label's and the latest moved. A module
/// with more living branches than this is installed by commit or version.
pub(crate) const HEADS: usize = 20;

/// Of how many labels, the same first, the SDKs are made that packages by other plugins pin.
const PINNED_HEADS: usize = 4;

/// How many orders of one package its list waits for.
const ORDERS: usize = 20;

/// What comes of waiting for what a list shows.
pub(crate) enum Waited<P: Platform> {
    /// There are versions.
    Versions {
        /// The package.
        found: Box<Found>,
        /// What has bytes.
        listing: Listing,
        /// What was ordered and may be had in a while.
        coming: Vec<Sdk>,
    },
    /// There is no version, and none is to be expected.
    Nothing(Box<Nothing>),
    /// The time is over.
    Over(PlatformReply<P>),
}

/// A package without a version.
pub(crate) struct Nothing {
    pub(crate) found: Found,
    /// What is known of it.
    pub(crate) listing: Listing,
    /// The head that will not come, if it is for that.
    pub(crate) head: Option<Sdk>,
    /// Why there is none.
    pub(crate) problem: Problem,
}

/// Waits for the heads of a package's labels, and for what else is expected of it, until they are listed, or for a while where
/// there are versions; orders what is missing.
pub(crate) async fn wait_for_versions<P: Platform>(
    context: &Context<P>,
    package: NamedPackage,
    request: &Request<P::Body>,
) -> Result<Waited<P>, Problem> {
    let ecosystem = package.package.ecosystem;
    let mut long_poll = long_poll::start(context, request, Awaited::Metadata, ecosystem)?;
    let started = context.store.now();
    let mut found = resolve::find(context, package, request).await?;
    let mut expected: Option<Vec<Sdk>> = None;
    loop {
        let listing = resolve::listing(context, &found).await?;
        resolve::compact_pending(context, &found, &listing);
        let heads = heads(&found, &listing)?;
        let missing: Vec<&Sdk> =
            heads.iter().filter(|(_, listed)| !listed).map(|(sdk, _)| sdk).collect();
        if expected.is_none() {
            expected = Some(expected_besides(context, &found, &listing).await?);
        }
        let is_missing = |sdk: &&Sdk| listing.get(&sdk.version).is_none() && !missing.contains(sdk);
        let pinned: Vec<&Sdk> = expected.iter().flatten().filter(is_missing).collect();
        let has_versions = listing.versions().next().is_some();
        let state = match ensure_heads(context, &found.module, &missing, &pinned, &mut long_poll)
            .await
        {
            // What is there costs nothing.
            Err(problem) if problem.kind == Kind::TooMany && has_versions => {
                return Ok(Waited::Versions { found: found.into(), listing, coming: Vec::new() });
            }
            other => other?,
        };
        if let Some((head, _)) = heads.first() {
            resolve::note_use(context, head);
        }
        if has_versions {
            long_poll.until = started + HEADS_WAIT;
        }
        let is_settled = state.coming.is_empty() || long_poll.is_over(context);
        if is_settled && has_versions {
            return Ok(Waited::Versions { found: found.into(), listing, coming: state.coming });
        }
        if let (false, false, Some((head, problem))) =
            (has_versions, state.is_head_coming, state.problem)
        {
            return Ok(Waited::Nothing(Box::new(Nothing {
                found,
                listing,
                head: Some(head),
                problem,
            })));
        }
        if missing.is_empty() && !has_versions {
            let problem = nothing(context, &found, &listing).await?;
            return Ok(Waited::Nothing(Box::new(Nothing { found, listing, head: None, problem })));
        }
        let coming = state.coming.first();
        let next = wait_for_one(context, &mut found, coming, &mut long_poll, request);
        if let Next::Over = next.await?
            && !has_versions
        {
            return long_poll.redirect(context, request).map(Waited::Over);
        }
    }
}

/// Why a package has no version and none is made.
async fn nothing<P: Platform>(
    context: &Context<P>,
    found: &Found,
    listing: &Listing,
) -> Result<Problem, Problem> {
    if let Some(LabelHead { commit, .. }) = by_need(found, listing).first() {
        found.module.check_commit(&commit.short())?;
        resolve::check_name(context, &found.module, &found.named(), &commit.short()).await?;
        let (module, commit) = (found.module.name.clone(), commit.clone());
        return Ok(Error::Withdrawn { module, commit }.into());
    }
    let message = format!("{} has no version yet: nothing was pushed", found.label());
    Ok(Problem::new(Kind::Absent, message))
}

/// The SDKs of the label heads by the newest plugin, the default label's first; and whether each
/// is listed.
fn heads(found: &Found, listing: &Listing) -> Result<Vec<(Sdk, bool)>, Problem> {
    let mut heads: Vec<(Sdk, bool)> = Vec::new();
    for head in shown_heads(found, listing).take(HEADS) {
        let sdk = found.newest_at(head)?;
        if heads.iter().all(|(known, _)| *known != sdk) {
            let is_listed = listing.get(&sdk.version).is_some();
            heads.push((sdk, is_listed));
        }
    }
    Ok(heads)
}

/// What is not at the head of a label, and what the next list that a package manager reads may pin: what is
/// ordered already, what packages by other plugins pin at the heads of the first labels, and, at the first use of
/// the package, what its latest dependents pin. Later ones say what they pin when they are pushed.
async fn expected_besides<P: Platform>(
    context: &Context<P>,
    found: &Found,
    listing: &Listing,
) -> Result<Vec<Sdk>, Problem> {
    let Package { module, plugin, .. } = &found.package;
    let in_use = &listing.plugins_in_use;
    let entries = found.published.catalogue.pinned(plugin, |plugin| in_use.contains(plugin));
    let mut commits: Vec<LockedCommit> = Vec::new();
    for head in shown_heads(found, listing).take(PINNED_HEADS) {
        let LabelHead { commit, stamp, .. } = head.clone();
        commits.push(LockedCommit { commit, stamp });
    }
    if !in_use.contains(plugin) {
        commits.extend(
            packages::locked_by_dependents(&context.store, &found.module, DEPENDENTS).await?,
        );
    }
    let pinned = commits.iter().flat_map(|it| entries.iter().map(|entry| it.sdk(entry, module)));
    let ordered = listing.ordered.iter().rev().take(ORDERS);
    let ordered = ordered.map(|version| found.package.sdk(version.clone()));
    let mut expected: Vec<Sdk> = ordered.chain(pinned).collect();
    expected.sort();
    expected.dedup();
    Ok(expected)
}

/// Wants the heads that are missing, and what else is expected; with all that they pin at most every 5 s. What is
/// expected costs the caller nothing, and is no problem of his if it does not come.
async fn ensure_heads<P: Platform>(
    context: &Context<P>,
    module: &Grant,
    missing: &[&Sdk],
    pinned: &[&Sdk],
    long_poll: &mut LongPoll,
) -> Result<Heads, Problem> {
    let mut heads = Heads::default();
    let is_due = !(missing.is_empty() && pinned.is_empty()) && long_poll.is_due(context);
    let rate_limit_key = long_poll.rate_limit_key.take();
    let missing = missing.iter().map(|sdk| (sdk, true));
    for (sdk, is_head) in missing.chain(pinned.iter().map(|sdk| (sdk, false))) {
        let progress = match is_due {
            true => {
                let rate_limit_key = rate_limit_key.as_ref().filter(|_| is_head);
                dispatch::ensure_generating(context, sdk, Demand::Waiting(rate_limit_key)).await?
            }
            false => dispatch::progress(context, module, sdk).await?,
        };
        match progress {
            // What is stored and not listed waits for what it pins.
            Progress::Coming | Progress::Stored => {
                heads.coming.push((*sdk).clone());
                heads.is_head_coming |= is_head;
            }
            _ if !is_head => {}
            other => {
                let problem = long_poll::not_coming(context, module, sdk, other);
                heads.problem.get_or_insert_with(|| ((*sdk).clone(), problem));
            }
        }
    }
    Ok(heads)
}

/// Waits until the first SDK that is expected is there or will not come, or until it is time to want everything once more: one
/// bucket operation a look. Who may see the package is looked at each time.
pub(crate) async fn wait_for_one<P: Platform>(
    context: &Context<P>,
    found: &mut Found,
    expected: Option<&Sdk>,
    long_poll: &mut LongPoll,
    request: &Request<P::Body>,
) -> Result<Next, Problem> {
    loop {
        let next = long_poll.pause(context).await;
        if let Next::Over = next {
            return Ok(next);
        }
        resolve::look_again(context, found, request).await?;
        // What was heard of is listed, and its state may not say so yet.
        if let Next::Heard = next {
            return Ok(next);
        }
        let Some(sdk) = expected.filter(|_| !long_poll.will_be_due(context)) else {
            return Ok(Next::Look);
        };
        if dispatch::progress(context, &found.module, sdk).await? != Progress::Coming {
            return Ok(Next::Look);
        }
    }
}

/// [`by_need`], without those that name what is withdrawn.
fn shown_heads<'a>(found: &Found, listing: &'a Listing) -> impl Iterator<Item = &'a LabelHead> {
    let is_shown = |head: &&LabelHead| !listing.withdrawn.contains(&head.commit);
    by_need(found, listing).into_iter().filter(is_shown)
}

/// The default label, then the others, the latest moved first.
pub(crate) fn by_need<'a>(found: &Found, listing: &'a Listing) -> Vec<&'a LabelHead> {
    let mut labels: Vec<&LabelHead> = listing.labels.iter().collect();
    let default = &found.module.default_label;
    labels.sort_by_key(|head| (head.label != *default, Reverse(head.updated)));
    labels
}

/// How far the heads of a package's labels are, and what else is expected.
#[derive(Default)]
struct Heads {
    /// Those that are expected, in the order of need.
    coming: Vec<Sdk>,
    is_head_coming: bool,
    /// The first head that will not come, and why.
    problem: Option<(Sdk, Problem)>,
}
