use super::{
    call::{body, gone, ok, reply},
    modules::see,
};
use crate::{
    context::{Answer, Context},
    http::Request,
    platform::Platform,
};
use protoedge_registry::{User, Webhook, WebhookEvent, webhooks as registry};
use protoedge_sdk::{CommitId, ModuleName};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    url: String,
    #[serde(default = "all")]
    events: BTreeSet<WebhookEvent>,
}

fn all() -> BTreeSet<WebhookEvent> {
    WebhookEvent::ALL.into()
}

/// `GET` and `POST modules/{owner}/{module}/webhooks`.
pub(super) async fn webhooks<P: Platform>(
    context: &Context<P>,
    user: &User,
    name: &ModuleName,
    request: Request<P::Body>,
) -> Answer<P> {
    let (store, module) = (&context.store, see(context, user, name).await?);
    if request.method == "GET" {
        let all = registry::webhooks(store, user, &module).await?;
        return Ok(ok(&json!({ "webhooks": all.iter().map(shown).collect::<Vec<Value>>() })));
    }
    let wanted = r#"{"url": "https://…", "events": ["push", "label.move"]}"#;
    let New { url, events } = body(context, request, wanted).await?;
    let webhook = registry::create_webhook(store, user, &module, &url, events).await?;
    Ok(reply(201, &with_secret(&webhook)))
}

/// `DELETE modules/{owner}/{module}/webhooks/{webhook}`.
pub(super) async fn delete<P: Platform>(
    context: &Context<P>,
    user: &User,
    name: &ModuleName,
    id: &CommitId,
) -> Answer<P> {
    let module = see(context, user, name).await?;
    registry::delete_webhook(&context.store, user, &module, id).await?;
    Ok(gone())
}

/// `POST modules/{owner}/{module}/webhooks/{webhook}/secret`.
pub(super) async fn renew_secret<P: Platform>(
    context: &Context<P>,
    user: &User,
    name: &ModuleName,
    id: &CommitId,
) -> Answer<P> {
    let module = see(context, user, name).await?;
    let webhook = registry::renew_secret(&context.store, user, &module, id).await?;
    Ok(ok(&with_secret(&webhook)))
}

/// `GET modules/{owner}/{module}/webhooks/{webhook}/attempts`.
pub(super) async fn attempts<P: Platform>(
    context: &Context<P>,
    user: &User,
    name: &ModuleName,
    id: &CommitId,
) -> Answer<P> {
    let module = see(context, user, name).await?;
    let attempts = registry::deliveries::attempts(&context.store, user, &module, id).await?;
    Ok(ok(&json!({ "attempts": attempts })))
}

fn shown(webhook: &Webhook) -> Value {
    json!({
        "id": webhook.id, "url": webhook.url, "events": webhook.events,
        "created": webhook.created, "created_by": webhook.created_by,
    })
}

/// The secret is shown when it is made, and never again.
fn with_secret(webhook: &Webhook) -> Value {
    let mut shown = shown(webhook);
    shown["secret"] = webhook.secret.as_str().into();
    shown
}
