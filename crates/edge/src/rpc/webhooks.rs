use super::{
    call::{Call, known},
    convert,
    modules::module_by_name,
    upload::commit_id,
};
use crate::{
    context::Context,
    platform::Platform,
    reply::problem::{Kind, Problem},
};
use protoedge_bufapi::proto::buf::alpha::registry::v1alpha1::{
    self as alpha, WebhookEvent as Wire,
};
use protoedge_registry::{
    Credentials, Error, Identified, Webhook, WebhookEvent, accounts, webhooks,
};

pub(super) async fn create_webhook<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    request: alpha::CreateWebhookRequest,
) -> Call<alpha::CreateWebhookResponse> {
    let user = &known(context, caller).await?;
    let event = match request.webhook_event() {
        Wire::RepositoryPush => WebhookEvent::Push,
        Wire::Unspecified => {
            let message = "the event of a webhook is WEBHOOK_EVENT_REPOSITORY_PUSH";
            return Err(Problem::new(Kind::Malformed, message));
        }
    };
    let alpha::CreateWebhookRequest { owner_name, repository_name, callback_url, .. } = request;
    let module = module_by_name(context, caller, &owner_name, &repository_name).await?;
    let store = &context.store;
    let events = [event].into();
    let webhook = webhooks::create_webhook(store, user, &module, &callback_url, events).await?;
    Ok(alpha::CreateWebhookResponse { webhook: Some(shown(&webhook)) })
}

pub(super) async fn delete_webhook<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    request: alpha::DeleteWebhookRequest,
) -> Call<alpha::DeleteWebhookResponse> {
    let (store, user) = (&context.store, &known(context, caller).await?);
    let id = commit_id(&request.webhook_id)?;
    let missing = || Error::NoWebhook { id: id.clone() };
    let Some(Identified::Webhook(name)) = accounts::identify(store, &id).await? else {
        accounts::see_nothing(store, caller).await?;
        return Err(missing().into());
    };
    let module = accounts::visible(store, caller, &name).await?.ok_or_else(missing)?;
    webhooks::delete_webhook(store, user, &module, &id).await?;
    Ok(alpha::DeleteWebhookResponse {})
}

/// All webhooks of a module. Of those that are not told of pushes the buf CLI knows no event.
pub(super) async fn list_webhooks<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    request: alpha::ListWebhooksRequest,
) -> Call<alpha::ListWebhooksResponse> {
    let user = &known(context, caller).await?;
    let alpha::ListWebhooksRequest { owner_name, repository_name, .. } = request;
    let module = module_by_name(context, caller, &owner_name, &repository_name).await?;
    let all = webhooks::webhooks(&context.store, user, &module).await?;
    let webhooks = all.iter().map(shown).collect();
    Ok(alpha::ListWebhooksResponse { webhooks, next_page_token: String::new() })
}

fn shown(webhook: &Webhook) -> alpha::Webhook {
    alpha::Webhook {
        event: match webhook.events.contains(&WebhookEvent::Push) {
            true => Wire::RepositoryPush.into(),
            false => Wire::Unspecified.into(),
        },
        webhook_id: webhook.id.to_string(),
        create_time: Some(convert::timestamp(webhook.created)),
        update_time: Some(convert::timestamp(webhook.created)),
        repository_name: webhook.module.name().into(),
        owner_name: webhook.module.owner().to_string(),
        callback_url: webhook.url.clone(),
    }
}
