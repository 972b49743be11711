//! Tells those whose webhooks modules have.

use crate::{context::Context, platform::Platform, reply::problem::Problem};
use futures::future::FutureExt;
use protoedge_registry::{Message, webhooks::deliveries};
use protoedge_sdk::protocol::header;
use serde_json::json;

/// How many deliveries one scheduled run makes: each may take five seconds, and six bucket operations.
const DELIVERIES: u32 = 20;

/// Delivers what was just kept, after the reply is out. What does not arrive the scheduled runs try again.
pub(crate) fn deliver_later<P: Platform>(context: &Context<P>, paths: Vec<String>) {
    if paths.is_empty() {
        return;
    }
    let later = context.clone();
    let task = async move {
        for path in paths {
            if let Err(problem) = deliver(&later, &path).await {
                complain(&later, &problem);
            }
        }
    };
    context.platform.spawn(task.boxed_local());
}

/// Delivers what is due. One that is in trouble keeps no other one waiting.
pub(crate) async fn deliver_due<P: Platform>(context: &Context<P>) -> Result<(), Problem> {
    for path in deliveries::due(&context.store, DELIVERIES).await? {
        if let Err(problem) = deliver(context, &path).await {
            complain(context, &problem);
        }
    }
    Ok(())
}

fn complain<P: Platform>(context: &Context<P>, problem: &Problem) {
    context.platform.log(&json!({ "event": "webhook", "error": problem.message }));
}

async fn deliver<P: Platform>(context: &Context<P>, path: &str) -> Result<(), Problem> {
    let store = &context.store;
    let Some(message) = deliveries::message(store, path).await? else { return Ok(()) };
    let answer = send(context, &message).await;
    let attempt = message.note(store, answer).await?;
    // No address and no module's name: the log is the operator's, and both may be private.
    context.platform.log(&json!({
        "event": "webhook", "id": attempt.id, "attempt": attempt.attempt, "status": attempt.status,
        "delivered": attempt.is_delivered(), "given_up": attempt.next.is_none() && !attempt.is_delivered(),
    }));
    Ok(())
}

/// One attempt, signed as Standard Webhooks lays down; the receiver's status, or why there is none.
async fn send<P: Platform>(context: &Context<P>, message: &Message) -> Result<u16, String> {
    let at = context.store.now().seconds();
    let signature = message.signature(at).ok_or("the webhook has no secret that can be used")?;
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("user-agent", "protoedge-webhooks".to_owned()),
        (header::WEBHOOK_ID, message.delivery.id.clone()),
        (header::WEBHOOK_TIMESTAMP, at.to_string()),
        (header::WEBHOOK_SIGNATURE, signature),
    ];
    let body = message.delivery.body.clone().into_bytes();
    context.platform.notify(&message.webhook.url, &headers, body).await
}
