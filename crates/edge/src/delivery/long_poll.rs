use crate::{
    auth::{RateLimitKey, credentials},
    context::{Answer, Context},
    delivery::{
        dispatch::{self, Demand, Progress},
        resolve,
        wait_policy::Awaited,
    },
    ecosystem::clients::{Location, clients},
    http::{Draft, Request},
    platform::Platform,
    reply::{
        Cache, Source,
        problem::{Kind, Problem},
    },
    route::Redirect,
};
use futures::future::{Either, select};
use protoedge_registry::{Grant, catalogue, generation};
use protoedge_sdk::{Ecosystem, Sdk, protocol::timing};
use protoedge_storage::Timestamp;
use std::{pin::pin, time::Duration};

/// How long a waiting request pauses between two looks at the bucket, further apart the longer its client waits: what takes long
/// is not much later for it.
const PAUSES: [Duration; 8] = [
    Duration::from_millis(150),
    Duration::from_millis(300),
    Duration::from_millis(500),
    Duration::from_millis(750),
    Duration::from_millis(1000),
    Duration::from_millis(1300),
    Duration::from_millis(1600),
    Duration::from_millis(2000),
];

/// Which pause comes first in a request that a redirect led to: the one that follows those of the first request.
const REDIRECTED: usize = 5;

/// A waiting client looks every 5 s whether the job has to be sent again: that is how long a
/// generator has to accept it.
const ENSURE_EVERY: Duration = timing::RESEND;

/// One request that waits, on its own timer.
pub(crate) struct LongPoll {
    redirect: Redirect,
    pub(crate) until: Timestamp,
    location: Location,
    ensured: Option<Timestamp>,
    polls: usize,
    /// When it began to look.
    looks_since: Timestamp,
    /// The longest that one of its looks took.
    longest_look: Duration,
    /// Who pays for what this request has generated, until the first look takes it: all that is wanted is
    /// wanted then. Also of a redirected request, since any client can write `?w=1` itself: what its first
    /// look ordered is paid for.
    pub(crate) rate_limit_key: Option<RateLimitKey>,
}

/// What a waiting request does next.
pub(crate) enum Next {
    /// Look again.
    Look,
    /// Look for what this request sent a generator, which has said that it is over.
    Heard,
    /// The time is over: redirect the client, or refuse it.
    Over,
}

/// Starts to wait for a request. A redirect that is in no reply of ours is refused.
pub(crate) fn start<P: Platform>(
    context: &Context<P>,
    request: &Request<P::Body>,
    awaited: Awaited,
    ecosystem: Ecosystem,
) -> Result<LongPoll, Problem> {
    let policy = &context.config.wait_policy;
    let redirect = redirect_of(context, request)?;
    let clients = clients(ecosystem);
    let wait = clients.bound_wait(policy.wait_after(redirect.number, awaited), request);
    Ok(LongPoll {
        polls: if redirect.number == 0 { 0 } else { REDIRECTED },
        redirect,
        until: context.store.now() + wait,
        location: clients.location,
        ensured: None,
        looks_since: context.store.now(),
        longest_look: Duration::ZERO,
        rate_limit_key: Some(RateLimitKey::of(credentials(context, request)?, request)),
    })
}

/// The redirect that led to a request. One that is in no reply of ours is refused.
pub(crate) fn redirect_of<P: Platform>(
    context: &Context<P>,
    request: &Request<P::Body>,
) -> Result<Redirect, Problem> {
    // Not a foreign path: a cache that leaves queries out of its keys would keep the refusal.
    Redirect::parse(request.query.as_deref(), context.config.wait_policy.max_redirects)
        .ok_or_else(|| Problem::new(Kind::Absent, "no reply of this registry leads to this `?w=`"))
}

impl LongPoll {
    /// Wants the SDK, at most every 5 s of this request, and refuses what will not come. Says whether it is stored, by all that
    /// is known. The caller looked at the first time: then it is not there. One that is beyond the caller's budget is not in use
    /// for it.
    pub(crate) async fn poll<P: Platform>(
        &mut self,
        context: &Context<P>,
        module: &Grant,
        sdk: &Sdk,
    ) -> Result<bool, Problem> {
        let progress = self.progress(context, module, sdk).await?;
        resolve::note_use(context, sdk);
        match progress {
            Progress::Coming => Ok(false),
            Progress::Stored => Ok(true),
            other => Err(not_coming(context, module, sdk, other)),
        }
    }

    async fn progress<P: Platform>(
        &mut self,
        context: &Context<P>,
        module: &Grant,
        sdk: &Sdk,
    ) -> Result<Progress, Problem> {
        let is_first = self.ensured.is_none();
        if !self.is_due(context) {
            return dispatch::progress(context, module, sdk).await;
        }
        let rate_limit_key = self.rate_limit_key.take();
        let demand = Demand::Waiting(rate_limit_key.as_ref());
        if sdk.ecosystem.lists_bytes() {
            return dispatch::ensure_generating(context, sdk, demand).await;
        }
        if is_first {
            let published = catalogue::catalogue(&context.store).await?;
            return dispatch::ensure_one(context, sdk, &published, demand).await;
        }
        // Nothing is ordered with it: while a generator is at it, there is nothing to do.
        let state = generation::state_lately(&context.store, module, sdk).await?;
        match state.is_some_and(|state| state.is_under_way(context.store.now())) {
            true => Ok(Progress::Coming),
            false => dispatch::ensure_generating(context, sdk, demand).await,
        }
    }

    /// Whether the next look is one that wants everything once more.
    pub(crate) fn will_be_due<P: Platform>(&self, context: &Context<P>) -> bool {
        self.ensured.is_none_or(|at| context.store.now().since(at) >= ENSURE_EVERY)
    }

    /// Whether it is time to want everything that is waited for once more.
    pub(crate) fn is_due<P: Platform>(&mut self, context: &Context<P>) -> bool {
        let is_due = self.will_be_due(context);
        if is_due {
            self.ensured = Some(context.store.now());
        }
        is_due
    }

    /// How long there is to wait before the last look begins, for which the client waits, too: where the bucket is slow, it takes
    /// long.
    fn left<P: Platform>(&self, context: &Context<P>) -> Duration {
        self.until.since(context.store.now()).saturating_sub(self.longest_look)
    }

    /// Whether the next pause would find the time over.
    pub(crate) fn is_over<P: Platform>(&self, context: &Context<P>) -> bool {
        self.left(context).is_zero()
    }

    /// Waits for the next look: at most until a generator says that what this request sent it is done. Each pause is a little
    /// longer or shorter than the last client's, so that of many who came at once not all look at once: what one of them has
    /// read, the others need not.
    pub(crate) async fn pause<P: Platform>(&mut self, context: &Context<P>) -> Next {
        self.longest_look = self.longest_look.max(context.store.now().since(self.looks_since));
        let left = self.left(context);
        if left.is_zero() {
            return Next::Over;
        }
        let pause = PAUSES[self.polls.min(PAUSES.len() - 1)];
        let pause = pause * 3 / 4 + context.store.chance(pause / 2);
        // The last look is at the end, and none shortly before.
        let pause = if left < pause * 3 / 2 { left } else { pause };
        self.polls += 1;
        let (sleep, rung) = (pin!(context.store.sleep(pause)), pin!(context.bell.rung()));
        let next = match select(sleep, rung).await {
            Either::Left(_) => Next::Look,
            Either::Right(_) => Next::Heard,
        };
        self.looks_since = context.store.now();
        next
    }

    /// Redirects the client to wait more, or refuses it after the last redirect.
    pub(crate) fn redirect<P: Platform>(
        &self,
        context: &Context<P>,
        request: &Request<P::Body>,
    ) -> Answer<P> {
        let Redirect { number, nonce } = &self.redirect;
        if *number >= context.config.wait_policy.max_redirects {
            return Err(Problem::new(
                Kind::Trouble,
                "this is being generated and takes longer than clients wait; try again in a minute",
            ));
        }
        let nonce = nonce.clone().unwrap_or_else(|| context.store.nonce());
        let path = format!("{}?w={}.{nonce}", request.path, number + 1);
        let location = match self.location {
            Location::Path => path,
            Location::Url => format!("{}{path}", context.config.public_url),
        };
        let reply = Draft::empty(307).with("location", location);
        Ok(reply.cached(&Cache::NO_STORE, Source::Waiting))
    }
}

/// Why something that was waited for does not come.
pub(crate) fn not_coming<P: Platform>(
    context: &Context<P>,
    module: &Grant,
    sdk: &Sdk,
    progress: Progress,
) -> Problem {
    match progress {
        Progress::Rejected(words) => rejected(module, sdk, &words),
        Progress::Coming | Progress::Stored => {
            Problem::new(Kind::Trouble, "this is being generated")
        }
        Progress::Resting(until) => {
            let wait = until.since(context.store.now());
            let wait = (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1);
            let mut problem = Problem::new(
                Kind::Trouble,
                format!("generating this failed several times; it is tried again in {wait} s"),
            );
            problem.retry_after = Some(wait);
            problem
        }
    }
}

/// A rejection as a viewer reads it who may read the module: a plugin's words quote its sources. Of another registry's module it is
/// that there is none here, so that a client asks where it goes next.
pub(crate) fn rejected(module: &Grant, sdk: &Sdk, words: &str) -> Problem {
    let plugin = format!("{}:{}", sdk.plugin, sdk.version.plugin);
    let kind = if module.upstream.is_some() { Kind::Absent } else { Kind::Rejected };
    Problem::new(kind, format!("{plugin} rejects {}: {words}", module.name))
}
