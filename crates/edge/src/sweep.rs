use crate::{
    context::Context,
    delivery::dispatch::{self, Demand, Progress},
    platform::Platform,
    purge,
    reply::problem::Problem,
    upstreams::mirror,
    webhooks,
};
use protoedge_registry::{accounts, generation, modules, packages, push, search};
use protoedge_sdk::Sdk;
use serde_json::json;

/// How many pushes and orders one run looks at: a Worker may do 1,000 bucket operations in a run,
/// an order takes about five, an npm order five for each SDK in its closure.
const PUSHES: usize = 20;
const ORDERS: usize = 40;

/// How many uses of a new plugin one request or run looks at: each takes 25 bucket operations until it is ordered with what
/// its dependents pin, and as many as any order from there on.
pub(crate) const USES: u32 = 20;

/// The scheduled handler: finishes what was promised and not delivered, the oldest first.
pub async fn sweep<P: Platform>(context: &Context<P>) {
    context.metrics.begin(context.store.now());
    match sweep_once(context).await {
        Ok(0) => {}
        Ok(orders) => context.platform.log(&json!({ "event": "sweep", "orders": orders })),
        Err(problem) => complain(context, &problem.message),
    }
    context.log_metrics();
}

async fn sweep_once<P: Platform>(context: &Context<P>) -> Result<usize, Problem> {
    // First, and apart from the rest: what is not to be shown any more is shown meanwhile.
    if let Err(error) = purge::follow_up(context).await {
        complain(context, &error.to_string());
    }
    // One that cannot be finished now must not keep the others waiting.
    if let Err(error) = push::finish_pushes(&context.store, PUSHES).await {
        complain(context, &error.to_string());
    }
    if let Err(problem) = webhooks::deliver_due(context).await {
        complain(context, &problem.message);
    }
    if let Err(error) = accounts::forget_devices(&context.store).await {
        complain(context, &error.to_string());
    }
    if let Err(problem) = mirror::sync_due(context).await {
        complain(context, &problem.message);
    }
    if let Err(error) = modules::finish_deletions(&context.store).await {
        complain(context, &error.to_string());
    }
    if let Err(error) = generation::finish_publications(&context.store, USES).await {
        complain(context, &error.to_string());
    }
    if let Err(error) = search::keep_index(&context.store).await {
        complain(context, &error.to_string());
    }
    let orders = generation::oldest_orders(&context.store, ORDERS).await?;
    for order in &orders {
        if let Err(problem) = look_after(context, &order.sdk).await {
            complain(context, &problem.message);
            generation::postpone_order(&context.store, &order.sdk).await?;
        }
    }
    Ok(orders.len())
}

/// Erases what is left of deleted modules after the reply is out. What is not erased then, the scheduled runs erase.
pub(crate) fn erase_later<P: Platform>(context: &Context<P>) {
    let store = context.store.clone();
    context.in_background(async move { modules::finish_deletions(&store).await });
}

fn complain<P: Platform>(context: &Context<P>, error: &str) {
    context.platform.log(&json!({ "event": "sweep", "error": error }));
}

/// Goes on with one order, or forgets it: it is listed, or it is rejected.
async fn look_after<P: Platform>(context: &Context<P>, sdk: &Sdk) -> Result<(), Problem> {
    if packages::is_listed(&context.store, sdk).await? {
        return Ok(generation::forget_order(&context.store, sdk).await?);
    }
    match dispatch::ensure_generating(context, sdk, Demand::Ours).await? {
        Progress::Rejected(_) => Ok(generation::forget_order(&context.store, sdk).await?),
        Progress::Coming | Progress::Stored => Ok(()),
        // Behind the others, which would else never be the oldest.
        Progress::Resting(_) => Ok(generation::postpone_order(&context.store, sdk).await?),
    }
}
