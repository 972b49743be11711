use crate::{
    auth::RateLimitKey,
    context::Context,
    metrics::WebhookAnswer,
    platform::{Platform, Posted},
    reply::problem::{Kind, Problem},
};
use futures::future::FutureExt;
use protoedge_registry::{
    Credentials, GenerationState, Grant, PublishedCatalogue, Requested, Requester, accounts,
    catalogue, generation, packages,
};
use protoedge_sdk::{
    Assembly, Job, Priority, Sdk,
    protocol::{JOBS_PATH, header, timing},
};
use protoedge_storage::Timestamp;
use serde_json::json;

/// Why an SDK is wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Demand<'a> {
    /// A client waits for it. What is ordered anew counts for this budget.
    Waiting(Option<&'a RateLimitKey>),
    /// We want it before a client asks: a generator makes it when no client waits for another one.
    Ours,
}

impl Demand<'_> {
    fn priority(self) -> Priority {
        match self {
            Self::Waiting(_) => Priority::Awaited,
            Self::Ours => Priority::Background,
        }
    }
}

/// How far something wanted is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Progress {
    /// It is being generated, or ordered.
    Coming,
    /// It is stored, by all that is known.
    Stored,
    /// It will not come: the plugin's words.
    Rejected(String),
    /// Not before this.
    Resting(Timestamp),
}

/// Wants an SDK, and all that it can only be listed with: orders what is not ordered yet, sends
/// again what no generator has accepted, takes over what has died.
pub(crate) async fn ensure_generating<P: Platform>(
    context: &Context<P>,
    sdk: &Sdk,
    demand: Demand<'_>,
) -> Result<Progress, Problem> {
    let published = catalogue::catalogue(&context.store).await?;
    let mut progress = Progress::Coming;
    let mut are_all_stored = true;
    let all = if sdk.ecosystem.lists_bytes() {
        generation::closure_of(&context.store, sdk, &published.catalogue).await?
    } else {
        vec![sdk.clone()]
    };
    for wanted in all {
        if packages::is_stored(&context.store, &wanted).await? {
            // Stored, but perhaps its publisher was cut off.
            if !packages::is_listed(&context.store, &wanted).await? {
                packages::publish(&context.store, &wanted, &published.catalogue).await?;
            }
            continue;
        }
        are_all_stored = false;
        match ensure_one(context, &wanted, &published, demand).await? {
            Progress::Coming | Progress::Stored => {}
            Progress::Rejected(words) if wanted == *sdk => {
                return Ok(Progress::Rejected(words));
            }
            Progress::Rejected(words) => {
                // The words quote sources, which whoever waits may not be able to read.
                let nobody = Credentials::None;
                let dep = accounts::visible(&context.store, &nobody, &wanted.module).await?;
                let words = dep.map_or_else(|| "the plugin rejects it".into(), |_| words);
                let words = format!("it depends on {}, where {words}", wanted.module);
                progress = Progress::Rejected(words);
            }
            Progress::Resting(until) => progress = Progress::Resting(until),
        }
    }
    Ok(if are_all_stored { Progress::Stored } else { progress })
}

/// How far an SDK is that was wanted before, by one bucket operation at most. Nothing is ordered or sent.
pub(crate) async fn progress<P: Platform>(
    context: &Context<P>,
    module: &Grant,
    sdk: &Sdk,
) -> Result<Progress, Problem> {
    let published = catalogue::catalogue(&context.store).await?;
    let now = context.store.now();
    let state = generation::state_lately(&context.store, module, sdk).await?;
    if let Some(words) = state.as_ref().and_then(|state| state.rejection(&published.generator)) {
        return Ok(Progress::Rejected(words.to_owned()));
    }
    Ok(match state {
        Some(GenerationState::Done) => Progress::Stored,
        Some(GenerationState::Resting { until, .. }) if now < until => Progress::Resting(until),
        Some(
            GenerationState::Wanted { .. }
            | GenerationState::Running { .. }
            | GenerationState::Rejected { .. }
            | GenerationState::Resting { .. },
        )
        | None => Progress::Coming,
    })
}

/// Wants one SDK whose artifact is not there.
pub(crate) async fn ensure_one<P: Platform>(
    context: &Context<P>,
    sdk: &Sdk,
    published: &PublishedCatalogue,
    demand: Demand<'_>,
) -> Result<Progress, Problem> {
    if !generation::can_be_compiled(&context.store, sdk, &published.catalogue).await? {
        check_budget(context, demand, None).await?;
        // The order is kept, and the job is sent when what it needs is stored.
        generation::order(&context.store, sdk).await?;
        return Ok(Progress::Coming);
    }
    let by = Requester { generator: &published.generator, priority: demand.priority() };
    let may = async |state: Option<&GenerationState>| check_budget(context, demand, state).await;
    match generation::request_if(&context.store, sdk, by, may).await? {
        Requested::Wait => Ok(Progress::Coming),
        Requested::Rejected { words } => Ok(Progress::Rejected(words)),
        Requested::Resting { until } => Ok(Progress::Resting(until)),
        Requested::Send { job, priority } => {
            let (later, sdk) = (context.clone(), sdk.clone());
            let task = async move { dispatch(&later, &sdk, job, priority).await };
            context.platform.spawn(task.boxed_local());
            Ok(Progress::Coming)
        }
    }
}

/// Counts an SDK that no client has waited for before for the budget of the caller who pays, if one does; `state` is how far it
/// is.
async fn check_budget<P: Platform>(
    context: &Context<P>,
    demand: Demand<'_>,
    state: Option<&GenerationState>,
) -> Result<(), Problem> {
    let Demand::Waiting(Some(rate_limit_key)) = demand else { return Ok(()) };
    if state.is_some_and(|state| !state.is_in_background()) {
        return Ok(());
    }
    let Some(key) = rate_limit_key.text(context).await? else { return Ok(()) };
    if context.platform.may_order(&key).await {
        return Ok(());
    }
    let message = "you have asked for many packages that were never generated; \
         wait a minute, then go on";
    Err(Problem::new(Kind::TooMany, message))
}

/// Keeps the order, then sends the job. What goes wrong is only logged: the next client that
/// waits, or the sweep, finds the state as it is and sends again.
pub(crate) async fn dispatch<P: Platform>(
    context: &Context<P>,
    sdk: &Sdk,
    id: String,
    priority: Priority,
) {
    let result = async {
        generation::order(&context.store, sdk).await?;
        let job = job_of(context, sdk, id).await?;
        send(context, &job, priority).await
    };
    match result.await {
        Ok(Sent::Accepted) => {}
        Ok(Sent::Over) => {
            generation::forget_state(&context.store, sdk);
            context.bell.ring();
        }
        Err(problem) => context.platform.log(&json!({
            "event": "send", "package": sdk.package().name(&context.config.hosts),
            "version": sdk.version_text(), "error": problem.message,
        })),
    }
}

/// What a generator says of a job that it was sent.
enum Sent {
    /// It has it.
    Accepted,
    /// It has done it.
    Over,
}

async fn job_of<P: Platform>(context: &Context<P>, sdk: &Sdk, id: String) -> Result<Job, Problem> {
    let trouble = |message: String| Problem::new(Kind::Trouble, message);
    let published = catalogue::catalogue(&context.store).await?;
    let entry = published.catalogue.of(sdk);
    let entry = entry.ok_or_else(|| trouble(format!("the catalogue has no {}", sdk.plugin)))?;
    let closure = generation::closure(&context.store, sdk).await?;
    let closure = closure.ok_or_else(|| trouble(format!("there is no {}", sdk.version.commit)))?;
    let expires = context.store.now() + timing::TOKEN_LIFE;
    let job = Job::assemble(Assembly {
        id,
        entry,
        closure: &closure,
        catalogue: &published.catalogue,
        hosts: &context.config.hosts,
        public_url: &context.config.public_url,
        secrets: &context.config.webhook_secrets,
        expires: (expires.seconds(), expires.rfc3339()),
    });
    job.map_err(|error| trouble(error.to_string()))
}

async fn send<P: Platform>(
    context: &Context<P>,
    job: &Job,
    priority: Priority,
) -> Result<Sent, Problem> {
    let trouble = |message: String| Problem::new(Kind::Trouble, message);
    let body = serde_json::to_vec(job).map_err(|error| trouble(error.to_string()))?;
    // Who waits for nothing hears at once that the job was taken.
    let listening = (priority == Priority::Awaited).then(|| context.bell.listen()).flatten();
    let wait = listening.as_ref().map_or(0, |_| timing::ANSWER_WAIT.as_secs());
    let at = context.store.now().seconds();
    let signature = context.config.webhook_secrets.sign(&job.id, at, &body);
    let headers = [
        ("content-type", "application/json".to_owned()),
        (header::WEBHOOK_ID, job.id.clone()),
        (header::WEBHOOK_TIMESTAMP, at.to_string()),
        (header::WEBHOOK_SIGNATURE, signature),
        (header::PRIORITY, priority.as_str().to_owned()),
        (header::PREFER, format!("wait={wait}")),
    ];
    let url = format!("{}{JOBS_PATH}", context.config.generator_url);
    let posted = match context.platform.post(&url, &headers, body.clone()).await {
        // A connection that was kept open may have been closed just then. It has the job once, however often it comes.
        Err(_) => context.platform.post(&url, &headers, body).await,
        posted => posted,
    };
    drop(listening);
    match posted {
        // 409: it has the job already.
        Ok(Posted { status: status @ (200 | 202 | 409), .. }) => {
            context.metrics.count_webhook(WebhookAnswer::Taken);
            Ok(if status == 200 { Sent::Over } else { Sent::Accepted })
        }
        Ok(Posted { status, words }) => {
            context.metrics.count_webhook(WebhookAnswer::Refused);
            Err(trouble(format!("the generator answered {status}: {words}")))
        }
        Err(error) => {
            context.metrics.count_webhook(WebhookAnswer::None);
            Err(trouble(format!("the generator cannot be reached: {error}")))
        }
    }
}

/// Starts on what a push or a new plugin ordered, after the reply is out.
pub(crate) fn dispatch_later<P: Platform>(context: &Context<P>, orders: Vec<Sdk>) {
    if orders.is_empty() {
        return;
    }
    let later = context.clone();
    let task = async move {
        for sdk in orders {
            if let Err(problem) = ensure_generating(&later, &sdk, Demand::Ours).await {
                // The order is kept: the sweep goes on with it.
                let line = json!({ "event": "order", "error": problem.message });
                later.platform.log(&line);
            }
        }
    };
    context.platform.spawn(task.boxed_local());
}
