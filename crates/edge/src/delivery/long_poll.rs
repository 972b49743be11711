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
use protoedge_registry::{Grant, catalogue};
use protoedge_sdk::{Ecosystem, Sdk, protocol::timing};
use protoedge_storage::Timestamp;
use std::time::Duration;

/// How often the bucket is asked whether it is there: quickly at first, since many SDKs take less
/// than a second, then twice a second.
const POLLS: [Duration; 4] = [
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(300),
    Duration::from_millis(500),
];

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
    /// Who pays for what this request has generated, until the first look takes it: all that is wanted is
    /// wanted then. Also of a redirected request, since any client can write `?w=1` itself: what its first
    /// look ordered is paid for.
    pub(crate) rate_limit_key: Option<RateLimitKey>,
}

/// What a waiting request does next.
pub(crate) enum Next {
    /// Look again.
    Look,
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
        redirect,
        until: context.store.now() + wait,
        location: clients.location,
        ensured: None,
        polls: 0,
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
    /// Wants the SDK, at most every 5 s of this request, and refuses what will not come. One that is beyond
    /// the caller's budget is not in use for it.
    pub(crate) async fn poll<P: Platform>(
        &mut self,
        context: &Context<P>,
        module: &Grant,
        sdk: &Sdk,
    ) -> Result<(), Problem> {
        let progress = if self.is_due(context) {
            let rate_limit_key = self.rate_limit_key.take();
            let demand = Demand::Waiting(rate_limit_key.as_ref());
            dispatch::ensure_generating(context, sdk, demand).await?
        } else {
            let published = catalogue::catalogue(&context.store).await?;
            dispatch::ensure_one(context, sdk, &published, Demand::Waiting(None)).await?
        };
        resolve::note_use(context, sdk);
        match progress {
            Progress::Coming => Ok(()),
            other => Err(not_coming(context, module, sdk, other)),
        }
    }

    /// Whether it is time to want everything that is waited for once more.
    pub(crate) fn is_due<P: Platform>(&mut self, context: &Context<P>) -> bool {
        let now = context.store.now();
        let is_due = self.ensured.is_none_or(|at| now.since(at) >= ENSURE_EVERY);
        if is_due {
            self.ensured = Some(now);
        }
        is_due
    }

    /// Whether time has gone by since the request came in.
    pub(crate) fn has_waited(&self) -> bool {
        self.polls > 0
    }

    /// Waits for the next look.
    pub(crate) async fn pause<P: Platform>(&mut self, context: &Context<P>) -> Next {
        let left = self.until.since(context.store.now());
        if left.is_zero() {
            return Next::Over;
        }
        let pause = POLLS[self.polls.min(POLLS.len() - 1)];
        self.polls += 1;
        context.store.sleep(pause.min(left)).await;
        Next::Look
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
        Progress::Coming => Problem::new(Kind::Trouble, "this is being generated"),
        Progress::Resting(until) => {
            let wait = until.since(context.store.now()).as_secs() + 1;
            let mut problem = Problem::new(
                Kind::Trouble,
                format!("generating this failed several times; it is tried again in {wait} s"),
            );
            problem.retry_after = Some(wait);
            problem
        }
    }
}

/// A rejection as a viewer reads it who may read the module: a plugin's words quote its sources.
pub(crate) fn rejected(module: &Grant, sdk: &Sdk, words: &str) -> Problem {
    let plugin = format!("{}:{}", sdk.plugin, sdk.version.plugin);
    Problem::new(Kind::Rejected, format!("{plugin} rejects {}: {words}", module.name))
}
