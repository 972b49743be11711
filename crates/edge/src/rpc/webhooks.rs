use super::{
    call::{Call, known},
    modules::module_by_name,
    upload::commit_id,
};
use crate::{
    context::Context,
    platform::Platform,
    reply::problem::{Kind, Problem},
};
use protoedge_bufapi::proto::buf::alpha::registry::v1alpha1::{
    self as alpha, SubscribedWebhook, WebhookEvent as Wire,
};
use protoedge_registry::{Credentials, Error, Identified, WebhookEvent, accounts, webhooks};
use std::collections::BTreeSet;

pub(super) async fn create_webhook<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    request: alpha::CreateWebhookRequest,
) -> Call<alpha::CreateWebhookResponse> {
    let user = &known(context, caller).await?;
    let mut events = BTreeSet::new();
    for event in request.event() {
        events.insert(match event {
            Wire::RepositoryPush => WebhookEvent::Push,
            Wire::Unspecified => {
                let message = "the event of a webhook is WEBHOOK_EVENT_REPOSITORY_PUSH";
                return Err(Problem::new(Kind::Malformed, message));
            }
        });
    }
    let alpha::CreateWebhookRequest { owner_name, repository_name, callback_url, .. } = request;
    let module = module_by_name(context, caller, &owner_name, &repository_name).await?;
    let store = &context.store;
    let webhook = webhooks::create_webhook(store, user, &module, &callback_url, events).await?;
    Ok(alpha::CreateWebhookResponse { webhook_id: webhook.id.to_string() })
}

pub(super) async fn delete_webhook<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    request: alpha::DeleteWebhookRequest,
) -> Call<alpha::DeleteWebhookResponse> {
    let (store, user) = (&context.store, &known(context, caller).await?);
    let id = commit_id(&request.webhook_subscription_id)?;
    let missing = || Error::NoWebhook { id: id.clone() };
    let Some(Identified::Webhook(name)) = accounts::identify(store, &id).await? else {
        accounts::see_nothing(store, caller).await?;
        return Err(missing().into());
    };
    let module = accounts::visible(store, caller, &name).await?.ok_or_else(missing)?;
    webhooks::delete_webhook(store, user, &module, &id).await?;
    Ok(alpha::DeleteWebhookResponse {})
}

/// All webhooks of a module, each once for each of its events that the buf CLI knows.
pub(super) async fn list_webhooks<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    request: alpha::ListWebhooksRequest,
) -> Call<alpha::ListWebhooksResponse> {
    let user = &known(context, caller).await?;
    let alpha::ListWebhooksRequest { owner_name, repository_name, .. } = request;
    let module = module_by_name(context, caller, &owner_name, &repository_name).await?;
    let all = webhooks::webhooks(&context.store, user, &module).await?;
    let subscribed_webhooks = all.into_iter().map(|webhook| SubscribedWebhook {
        event: match webhook.events.contains(&WebhookEvent::Push) {
            true => Wire::RepositoryPush.into(),
            false => Wire::Unspecified.into(),
        },
        webhook_subscription_id: webhook.id.to_string(),
        callback_url: webhook.url,
    });
    let subscribed_webhooks = subscribed_webhooks.collect();
    Ok(alpha::ListWebhooksResponse { subscribed_webhooks, next_page_token: String::new() })
}
