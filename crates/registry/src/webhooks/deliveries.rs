//! What is to be delivered to webhooks, and what became of it.
//!
//! Each event becomes one object for each webhook that is told of it, a delivery, whose name begins with the time at which it is due:
//! what was never delivered, because something was cut off or the receiver was away, the scheduled runs find there. A receiver may get
//! one twice, under the same id.

use super::{Webhook, WebhookEvent, check_address, find_webhook, load_webhooks};
use crate::{
    Error, Module, Store, User,
    accounts::{
        access::{self, Grant},
        owners,
        role::Role,
    },
    key::Key,
    modules::{lookup, record::Visibility},
};
use protoedge_sdk::{CommitId, Label, ModuleName, WebhookSecret};
use protoedge_storage::{Bucket, BucketError, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, time::Duration};

/// How many attempts the log of a webhook keeps.
const LOGGED: usize = 50;

/// When a delivery that failed is tried again, after each attempt: a receiver may be away for a night.
const RETRIES: [Duration; 7] = [
    Duration::from_secs(60),
    Duration::from_secs(5 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(2 * 60 * 60),
    Duration::from_secs(6 * 60 * 60),
    Duration::from_secs(12 * 60 * 60),
    Duration::from_secs(24 * 60 * 60),
];

/// For how long the scheduled runs leave a delivery to the request that made it.
const LEFT_ALONE: Duration = Duration::from_secs(60);

/// One event on its way to one webhook.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// The same in every attempt: `webhook-id`.
    pub id: String,
    /// To which webhook.
    pub webhook: CommitId,
    /// Of which module.
    pub module: ModuleName,
    /// The module's id: one of the same name that was made later has another.
    pub module_id: CommitId,
    /// Of what.
    pub event: WebhookEvent,
    /// What is sent: a JSON text.
    pub body: String,
    /// How many attempts there were.
    pub attempts: u32,
}

/// What became of one attempt.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// Of which delivery.
    pub id: String,
    /// Of what.
    pub event: WebhookEvent,
    /// When.
    pub at: Timestamp,
    /// 1, 2, 3 …
    pub attempt: u32,
    /// The receiver's status; none where it did not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When it is tried again; none for one that arrived, or that is given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Timestamp>,
}

impl Attempt {
    /// Whether the receiver has it.
    pub fn is_delivered(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

/// Keeps what is to be delivered of a label that is about to be moved by hand, and gives the deliveries' paths.
pub(crate) async fn order_of_move<B: Bucket>(
    store: &Store<B>,
    by: &User,
    module: &ModuleName,
    (label, from, to): (&Label, Option<&CommitId>, &CommitId),
) -> Result<Vec<String>, BucketError> {
    let data = json!({
        "module": module.to_string(), "label": label.as_str(), "from": from, "commit": to, "user": by.name,
    });
    order(store, module, WebhookEvent::LabelMove, &store.nonce(), store.now(), &data).await
}

/// Takes deliveries back of what did not take place.
pub(crate) async fn forget<B: Bucket>(
    store: &Store<B>,
    paths: &[String],
) -> Result<(), BucketError> {
    if paths.is_empty() { Ok(()) } else { store.bucket.delete(paths).await }
}

/// Keeps what is to be delivered of an event: to each webhook that is told of it. Gives the deliveries' paths. For the same `of` and
/// time it keeps the same once more.
pub(crate) async fn order<B: Bucket>(
    store: &Store<B>,
    name: &ModuleName,
    event: WebhookEvent,
    of: &str,
    at: Timestamp,
    data: &Value,
) -> Result<Vec<String>, BucketError> {
    let webhooks = load_webhooks(store, name).await?;
    let told: Vec<Webhook> = webhooks.into_iter().filter(|it| it.events.contains(&event)).collect();
    if told.is_empty() {
        return Ok(Vec::new());
    }
    let Some(Module { id: module_id, .. }) = lookup::find_module(store, name).await? else {
        return Ok(Vec::new());
    };
    let body = json!({ "type": event.as_str(), "timestamp": at.rfc3339(), "data": data });
    let mut paths = Vec::new();
    for webhook in told {
        let digest = Sha256::digest(format!("{of} {} {name}", webhook.id));
        let delivery = Delivery {
            id: format!("msg_{}", &hex::encode(digest)[..32]),
            webhook: webhook.id,
            module: name.clone(),
            module_id: module_id.clone(),
            event,
            body: body.to_string(),
            attempts: 0,
        };
        let key = Key::Delivery(at + LEFT_ALONE, &delivery.id);
        store.create(&key, &delivery).await?;
        paths.push(key.path());
    }
    Ok(paths)
}

/// The paths of the deliveries that are due, those that are due longest first.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn due<B: Bucket>(store: &Store<B>, most: u32) -> Result<Vec<String>, BucketError> {
    let page = store.bucket.list(Key::DELIVERIES, None, most).await?;
    let now = store.now();
    let is_due = |path: &String| Key::due_at(path).is_none_or(|at| at <= now);
    Ok(page.objects.into_iter().map(|meta| meta.key).filter(is_due).collect())
}

/// What is to be sent: a delivery and its webhook, if that may still be told.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Message {
    /// The event.
    pub delivery: Delivery,
    /// Where it goes.
    pub webhook: Webhook,
    path: String,
}

/// Reads a delivery. One whose webhook is gone, whose module is another one, or whose maker may not read the module any more, is
/// forgotten: none.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn message<B: Bucket>(store: &Store<B>, path: &str) -> Result<Option<Message>, Error> {
    let Some((delivery, _)) = store.load_path::<Delivery>(path).await? else { return Ok(None) };
    let Delivery { module: name, module_id, webhook, .. } = &delivery;
    let module = lookup::find_module(store, name).await?.filter(|it| it.id == *module_id);
    let webhook = store.load::<Webhook>(&Key::Webhook(name, webhook)).await?.map(|(it, _)| it);
    let told = match (module, webhook) {
        (Some(module), Some(webhook)) => {
            may_be_told(store, &module, &webhook).await?.then_some(webhook)
        }
        _ => None,
    };
    match told {
        Some(webhook) => Ok(Some(Message { delivery, webhook, path: path.to_owned() })),
        None => {
            store.bucket.delete(&[path.to_owned()]).await?;
            Ok(None)
        }
    }
}

/// Of a private module whoever made a webhook hears as long as that user may read it.
async fn may_be_told<B: Bucket>(
    store: &Store<B>,
    module: &Module,
    webhook: &Webhook,
) -> Result<bool, Error> {
    if check_address(store, &webhook.url).is_err() || module.withheld.is_some() {
        return Ok(false);
    }
    if module.visibility == Visibility::Public || webhook.is_administrators {
        return Ok(true);
    }
    let maker = owners::find_owner(store, &webhook.created_by).await?;
    if maker.is_none_or(|maker| maker.is_disabled) {
        return Ok(false);
    }
    let maker = User::unlimited(webhook.created_by.clone());
    match access::require(store, &maker, module, Role::Read).await {
        Ok(()) => Ok(true),
        Err(Error::Bucket(error)) => Err(error.into()),
        Err(_) => Ok(false),
    }
}

impl Message {
    /// The header `webhook-signature` at a time in seconds since 1970. None for a secret that is none.
    pub fn signature(&self, at: i64) -> Option<String> {
        let secret: WebhookSecret = self.webhook.secret.parse().ok()?;
        Some(secret.sign(&self.delivery.id, at, self.delivery.body.as_bytes()))
    }

    /// Keeps what became of an attempt: what failed is due again later, until it is given up.
    ///
    /// # Errors
    /// [`BucketError`] where it is not kept: then it is delivered once more.
    pub async fn note<B: Bucket>(
        self,
        store: &Store<B>,
        answer: Result<u16, String>,
    ) -> Result<Attempt, BucketError> {
        let Self { mut delivery, path, .. } = self;
        let now = store.now();
        delivery.attempts += 1;
        let mut attempt = Attempt {
            id: delivery.id.clone(),
            event: delivery.event,
            at: now,
            attempt: delivery.attempts,
            status: answer.as_ref().ok().copied(),
            error: answer.err(),
            next: None,
        };
        if !attempt.is_delivered() {
            let wait = RETRIES.get(delivery.attempts as usize - 1);
            attempt.next = wait.map(|wait| now + *wait);
        }
        let next = attempt.next.map(|next| Key::Delivery(next, &delivery.id));
        if let Some(next) = &next {
            store.put(next, &delivery, BTreeMap::new()).await?;
        }
        let log = Key::Attempts(&delivery.module, &delivery.webhook);
        let add = |current: Option<&Vec<Attempt>>| {
            let mut all = current.cloned().unwrap_or_default();
            all.push(attempt.clone());
            all.drain(..all.len().saturating_sub(LOGGED));
            Some(all)
        };
        store.update(&log, add).await?;
        if next.is_none_or(|next| next.path() != path) {
            store.bucket.delete(&[path]).await?;
        }
        Ok(attempt)
    }
}

/// The latest attempts to deliver something to a webhook, the newest first.
///
/// # Errors
/// Those of [`super::delete_webhook`].
pub async fn attempts<B: Bucket>(
    store: &Store<B>,
    by: &User,
    module: &Grant,
    id: &CommitId,
) -> Result<Vec<Attempt>, Error> {
    find_webhook(store, by, module, id).await?;
    let found = store.load::<Vec<Attempt>>(&Key::Attempts(&module.name, id)).await?;
    let mut attempts = found.map(|(attempts, _)| attempts).unwrap_or_default();
    attempts.reverse();
    Ok(attempts)
}
