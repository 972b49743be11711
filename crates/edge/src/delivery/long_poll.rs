use crate::{
    app::{Answer, App},
    auth::payer,
    http::{Reply, Request},
    patience::Wanted,
    platform::Platform,
    problem::{Kind, Problem},
    pursue::{Progress, Wish},
    reply::{Cache, Source},
    route::Hop,
};
use protoedge_sdk::{ArtifactFile, Sdk};
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
const PURSUED: Duration = Duration::from_secs(5);

/// One request that waits, on its own timer.
pub(crate) struct Hold {
    pub(crate) hop: Hop,
    pub(crate) until: Timestamp,
    pursued: Option<Timestamp>,
    polls: usize,
    /// Who pays for what this request has generated, until the first look takes it: whatever is wanted is
    /// wanted then. Also of a request that was sent on, since anybody can write `?w=1` himself: what its
    /// first look ordered is paid for.
    pub(crate) payer: Option<String>,
}

/// What a waiting request does next.
pub(crate) enum Next {
    /// Look again.
    Look,
    /// The time is over: send the client on, or away.
    Over,
}

impl<P: Platform> App<P> {
    /// Starts holding a request. A hop that no reply of ours leads to is refused.
    pub(crate) fn hold(&self, request: &Request<P::Body>, wanted: Wanted) -> Result<Hold, Problem> {
        let patience = &self.config.patience;
        let hop = self.hop(request)?;
        let until = self.store.now() + patience.of_hop(hop.number, wanted);
        Ok(Hold { hop, until, pursued: None, polls: 0, payer: payer(request) })
    }

    /// Where a client was sent on to. What no reply of ours leads to is refused.
    pub(crate) fn hop(&self, request: &Request<P::Body>) -> Result<Hop, Problem> {
        // Not a foreign path: a cache that leaves queries out of its keys would keep the refusal.
        Hop::parse(request.query.as_deref(), self.config.patience.max_hops).ok_or_else(|| {
            Problem::new(Kind::Absent, "no reply of this registry leads to this `?w=`")
        })
    }

    /// Wants the SDK, at most every 5 s of this request, and refuses what will not come. One that is beyond
    /// the caller's budget is not in use for it.
    pub(crate) async fn keep_at(&self, hold: &mut Hold, sdk: &Sdk) -> Result<(), Problem> {
        let progress = if self.is_due(hold) {
            self.pursue(sdk, Wish::Waiting(hold.payer.take().as_deref())).await?
        } else {
            let published = self.store.catalogue().await?;
            self.pursue_one(sdk, &published, Wish::Waiting(None)).await?
        };
        self.note_use(sdk);
        match progress {
            Progress::Coming => Ok(()),
            other => Err(self.not_coming(sdk, other)),
        }
    }

    /// Whether it is time to want everything that is waited for once more.
    pub(crate) fn is_due(&self, hold: &mut Hold) -> bool {
        let now = self.store.now();
        let is_due = hold.pursued.is_none_or(|at| now.since(at) >= PURSUED);
        if is_due {
            hold.pursued = Some(now);
        }
        is_due
    }

    /// Why something that was waited for does not come.
    pub(crate) fn not_coming(&self, sdk: &Sdk, progress: Progress) -> Problem {
        match progress {
            Progress::Rejected(words) => rejected(sdk, &words),
            Progress::Coming => Problem::new(Kind::Trouble, "this is being generated"),
            Progress::Resting(until) => {
                let wait = until.since(self.store.now()).as_secs() + 1;
                let mut problem = Problem::new(
                    Kind::Trouble,
                    format!("generating this failed several times; it is tried again in {wait} s"),
                );
                problem.retry_after = Some(wait);
                problem
            }
        }
    }

    /// Waits for an artifact as long as this hop allows, then sends the client on.
    pub(crate) async fn wait_for(
        &self,
        sdk: &Sdk,
        file: &'static ArtifactFile,
        hold: &mut Hold,
        request: &Request<P::Body>,
    ) -> Answer<P> {
        loop {
            self.keep_at(hold, sdk).await?;
            if let Next::Over = self.pause(hold).await {
                return self.send_on(hold, request);
            }
            if let Some(answer) = self.stored(sdk, file, request, Source::Generated).await? {
                return answer;
            }
        }
    }

    /// Waits for the next look.
    pub(crate) async fn pause(&self, hold: &mut Hold) -> Next {
        let left = hold.until.since(self.store.now());
        if left.is_zero() {
            return Next::Over;
        }
        let poll = POLLS[hold.polls.min(POLLS.len() - 1)];
        hold.polls += 1;
        self.store.sleep(poll.min(left)).await;
        Next::Look
    }

    /// Sends the client on to wait more, or away after the last hop.
    pub(crate) fn send_on(&self, hold: &Hold, request: &Request<P::Body>) -> Answer<P> {
        if hold.hop.number >= self.config.patience.max_hops {
            return Err(Problem::new(
                Kind::Trouble,
                "this is being generated and takes longer than clients wait; try again in a minute",
            ));
        }
        let nonce = hold.hop.nonce.clone().unwrap_or_else(|| self.store.nonce());
        let location = format!("{}?w={}.{nonce}", request.path, hold.hop.number + 1);
        let reply = Reply::empty(307).with("location", location);
        Ok(reply.cached(Cache::NoStore, Source::Waiting))
    }
}

/// A rejection as the one who asked for the package reads it.
pub(crate) fn rejected(sdk: &Sdk, words: &str) -> Problem {
    let plugin = format!("{}:{}", sdk.plugin, sdk.version.plugin);
    Problem::new(Kind::Rejected, format!("{plugin} rejects {}: {words}", sdk.module))
}
