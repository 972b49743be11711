use crate::{
    context::Context,
    platform::Platform,
    reply::problem::{Kind, Problem},
};
use futures::future::FutureExt;
use protoedge_registry::catalogue;
use protoedge_registry::generation;
use protoedge_registry::modules;
use protoedge_registry::packages;
use protoedge_registry::{PublishedCatalogue, Requested, Requester};
use protoedge_sdk::{Job, JobPlugin, JobSdk, JobToken, Sdk, Urgency};
use protoedge_storage::Timestamp;
use serde_json::json;
use std::time::Duration;

/// How long a job's token is good: three attempts of the longest job that a generator runs, and its
/// time in the queue.
const TOKEN_LIFE: Duration = Duration::from_secs(60 * 60);

/// Why an SDK is wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Demand<'a> {
    /// Somebody waits for it. What is ordered anew counts for this budget.
    Waiting(Option<&'a str>),
    /// We want it before anybody asks: a generator makes it when nobody waits for another one.
    Ours,
}

impl Demand<'_> {
    fn urgency(self) -> Urgency {
        match self {
            Self::Waiting(_) => Urgency::Awaited,
            Self::Ours => Urgency::Background,
        }
    }
}

/// How far something wanted is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Progress {
    /// Somebody is at it.
    Coming,
    /// It will not come: the plugin's words.
    Rejected(String),
    /// Not before this.
    Resting(Timestamp),
}

/// Wants an SDK, and whatever it can only be listed with: orders what nobody has ordered, sends
/// again what nobody has accepted, takes over what has died.
pub(crate) async fn ensure_generating<P: Platform>(
    context: &Context<P>,
    sdk: &Sdk,
    wish: Demand<'_>,
) -> Result<Progress, Problem> {
    let published = catalogue::catalogue(&context.store).await?;
    let mut progress = Progress::Coming;
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
        match ensure_one(context, &wanted, &published, wish).await? {
            Progress::Coming => {}
            Progress::Rejected(words) if wanted == *sdk => {
                return Ok(Progress::Rejected(words));
            }
            Progress::Rejected(words) => {
                let words = format!("it depends on {}, where {words}", wanted.module);
                progress = Progress::Rejected(words);
            }
            Progress::Resting(until) => progress = Progress::Resting(until),
        }
    }
    Ok(progress)
}

/// Wants one SDK whose artifact is not there.
pub(crate) async fn ensure_one<P: Platform>(
    context: &Context<P>,
    sdk: &Sdk,
    published: &PublishedCatalogue,
    wish: Demand<'_>,
) -> Result<Progress, Problem> {
    if let Demand::Waiting(Some(rate_limit_key)) = wish {
        check_budget(context, sdk, rate_limit_key).await?;
    }
    let by = Requester { generator: &published.generator, urgency: wish.urgency() };
    match generation::request(&context.store, sdk, by).await? {
        Requested::Wait => Ok(Progress::Coming),
        Requested::Rejected { words } => Ok(Progress::Rejected(words)),
        Requested::Resting { until } => Ok(Progress::Resting(until)),
        Requested::Send { job, urgency } => {
            let (later, sdk) = (context.clone(), sdk.clone());
            let task = async move { dispatch(&later, &sdk, job, urgency).await };
            context.platform.spawn(task.boxed_local());
            Ok(Progress::Coming)
        }
    }
}

/// Counts an SDK that nobody has waited for before for a caller's budget.
async fn check_budget<P: Platform>(
    context: &Context<P>,
    sdk: &Sdk,
    rate_limit_key: &str,
) -> Result<(), Problem> {
    let making = generation::state(&context.store, sdk).await?;
    let is_paid_for = making.is_some_and(|making| !making.is_in_background());
    if is_paid_for || context.platform.may_order(rate_limit_key).await {
        return Ok(());
    }
    let message = "you have asked for many packages that were never generated; \
         wait a minute, then go on";
    Err(Problem::new(Kind::TooMany, message))
}

/// Keeps the wish, then sends the job. Whatever goes wrong is only logged: the next one who
/// waits, or the sweep, finds the making as it is and sends again.
pub(crate) async fn dispatch<P: Platform>(
    context: &Context<P>,
    sdk: &Sdk,
    id: String,
    urgency: Urgency,
) {
    let result = async {
        generation::order(&context.store, sdk).await?;
        let job = job_of(context, sdk, id).await?;
        send(context, &job, urgency).await
    };
    if let Err(problem) = result.await {
        context.platform.log(&json!({
            "event": "send", "package": sdk.package().name(&context.config.hosts),
            "version": sdk.version_text(), "error": problem.message,
        }));
    }
}

async fn job_of<P: Platform>(context: &Context<P>, sdk: &Sdk, id: String) -> Result<Job, Problem> {
    let trouble = |message: String| Problem::new(Kind::Trouble, message);
    let published = catalogue::catalogue(&context.store).await?;
    let version = &sdk.version;
    let entry = published.catalogue.of(sdk);
    let entry = entry.ok_or_else(|| trouble(format!("the catalogue has no {}", sdk.plugin)))?;
    let commit = modules::find_commit(&context.store, &sdk.module, &version.commit).await?;
    let commit = commit.ok_or_else(|| trouble(format!("there is no {}", version.commit)))?;
    let (closure, hosts) = (commit.closure(), &context.config.hosts);
    let expires = context.store.now() + TOKEN_LIFE;
    let manifest = Sdk::manifest(entry, &closure, &published.catalogue, hosts)
        .map_err(|error| trouble(error.to_string()))?;
    let token = JobToken { job: id.clone(), sdk: sdk.clone(), expires: expires.seconds() };
    Ok(Job {
        token: token.seal(&context.config.webhook_secret),
        expires: expires.rfc3339(),
        sdk: JobSdk {
            ecosystem: sdk.ecosystem,
            package: sdk.package().name(hosts),
            version: sdk.version_text(),
            manifest,
        },
        plugin: JobPlugin {
            name: sdk.plugin.clone(),
            version: version.plugin.clone(),
            revision: version.revision,
            digest: entry.digest(),
            options: entry.options(),
        },
        modules: Sdk::job_modules(entry, &closure, &published.catalogue, hosts),
        callback: format!("{}/-/jobs/{id}", context.config.public_url),
        id,
    })
}

async fn send<P: Platform>(
    context: &Context<P>,
    job: &Job,
    urgency: Urgency,
) -> Result<(), Problem> {
    let trouble = |message: String| Problem::new(Kind::Trouble, message);
    let body = serde_json::to_vec(job).map_err(|error| trouble(error.to_string()))?;
    let at = context.store.now().seconds();
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("webhook-id", job.id.clone()),
        ("webhook-timestamp", at.to_string()),
        ("webhook-signature", context.config.webhook_secret.sign(&job.id, at, &body)),
        (Urgency::HEADER, urgency.as_str().to_owned()),
    ];
    let url = format!("{}/v1/jobs", context.config.generator_url);
    match context.platform.post(&url, &headers, body).await {
        // 409: it has the job already.
        Ok(202 | 409) => Ok(()),
        Ok(status) => Err(trouble(format!("the generator answered {status}"))),
        Err(error) => Err(trouble(format!("the generator cannot be reached: {error}"))),
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
