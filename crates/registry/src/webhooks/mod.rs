//! Who is told of pushes and label moves. A module's webhooks are below the module.

pub mod deliveries;

use crate::{
    Error, Store, User,
    accounts::{
        access::{self, Grant},
        owners::{self, Identified},
        role::Role,
    },
    audit::{self, Change},
    key::Key,
    web_address,
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use protoedge_sdk::{CommitId, ModuleName, OwnerName};
use protoedge_storage::{Bucket, BucketError, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// How many webhooks a module may have: each is a request for each push.
const MOST: usize = 10;

/// What somebody can be told of.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
pub enum WebhookEvent {
    /// Something was pushed to the module.
    #[serde(rename = "push")]
    Push,
    /// A label was moved by hand.
    #[serde(rename = "label.move")]
    LabelMove,
}

impl WebhookEvent {
    /// Every event.
    pub const ALL: [Self; 2] = [Self::Push, Self::LabelMove];

    /// The `type` in what is delivered.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::LabelMove => "label.move",
        }
    }
}

/// A webhook of a module.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Webhook {
    /// 32 hexadecimal digits.
    pub id: CommitId,
    /// Whose events.
    pub module: ModuleName,
    /// Where they are told.
    pub url: String,
    /// Which of them.
    pub events: BTreeSet<WebhookEvent>,
    /// What deliveries are signed with: `whsec_…`.
    pub secret: String,
    /// When it was made.
    pub created: Timestamp,
    /// Who made it.
    pub created_by: OwnerName,
    /// Whether an administrator of the registry did.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_administrators: bool,
}

/// Makes a webhook.
///
/// # Errors
/// [`Error::Forbidden`] for those who do not administer the module, [`Error::BadWebhook`] for an address that is told nothing,
/// [`Error::Full`] where the module has as many as it may have.
pub async fn create_webhook<B: Bucket>(
    store: &Store<B>,
    by: &User,
    module: &Grant,
    url: &str,
    events: BTreeSet<WebhookEvent>,
) -> Result<Webhook, Error> {
    access::require(store, by, module, Role::Admin).await?;
    check_address(store, url)?;
    if events.is_empty() {
        return Err(Error::BadWebhook { what: "it is told of no event" });
    }
    let name = &module.name;
    if load_webhooks(store, name).await?.len() >= MOST {
        let (whose, what) = (format!("module {name}"), "webhooks");
        return Err(Error::Full { whose, what, most: MOST as u32 });
    }
    let webhook = Webhook {
        id: owners::mint(store, Identified::Webhook(name.clone())).await?,
        module: name.clone(),
        url: url.into(),
        events,
        secret: new_secret(store),
        created: store.now(),
        created_by: by.name.clone(),
        is_administrators: by.is_admin,
    };
    let put =
        async { Ok(store.put(&Key::Webhook(name, &webhook.id), &webhook, BTreeMap::new()).await?) };
    audit::audited(store, by, change(name, "webhook.create", &webhook.id), put).await?;
    Ok(webhook)
}

/// The webhooks of a module, for those who administer it.
///
/// # Errors
/// [`Error::Forbidden`] for others.
pub async fn webhooks<B: Bucket>(
    store: &Store<B>,
    by: &User,
    module: &Grant,
) -> Result<Vec<Webhook>, Error> {
    access::require(store, by, module, Role::Admin).await?;
    Ok(load_webhooks(store, &module.name).await?)
}

/// Ends a webhook. What is on its way to it is not delivered any more.
///
/// # Errors
/// [`Error::Forbidden`] for those who do not administer the module, [`Error::NoWebhook`] where there is none.
pub async fn delete_webhook<B: Bucket>(
    store: &Store<B>,
    by: &User,
    module: &Grant,
    id: &CommitId,
) -> Result<(), Error> {
    let webhook = find_webhook(store, by, module, id).await?;
    let name = &module.name;
    let keys = [Key::Webhook(name, &webhook.id).path(), Key::Attempts(name, &webhook.id).path()];
    let delete = async { Ok(store.bucket.delete(&keys).await?) };
    audit::audited(store, by, change(name, "webhook.delete", id), delete).await
}

/// Gives a webhook another secret.
///
/// # Errors
/// Those of [`delete_webhook`].
pub async fn renew_secret<B: Bucket>(
    store: &Store<B>,
    by: &User,
    module: &Grant,
    id: &CommitId,
) -> Result<Webhook, Error> {
    let name = &module.name;
    let webhook =
        Webhook { secret: new_secret(store), ..find_webhook(store, by, module, id).await? };
    let put = async { Ok(store.put(&Key::Webhook(name, id), &webhook, BTreeMap::new()).await?) };
    audit::audited(store, by, change(name, "webhook.secret", id), put).await?;
    Ok(webhook)
}

async fn find_webhook<B: Bucket>(
    store: &Store<B>,
    by: &User,
    module: &Grant,
    id: &CommitId,
) -> Result<Webhook, Error> {
    access::require(store, by, module, Role::Admin).await?;
    let found = store.load(&Key::Webhook(&module.name, id)).await?;
    found.map(|(webhook, _)| webhook).ok_or_else(|| Error::NoWebhook { id: id.clone() })
}

async fn load_webhooks<B: Bucket>(
    store: &Store<B>,
    module: &ModuleName,
) -> Result<Vec<Webhook>, BucketError> {
    let mut all: Vec<Webhook> = Vec::new();
    for meta in store.list_all(&Key::webhooks(module)).await? {
        all.extend(store.load_path::<Webhook>(&meta.key).await?.map(|(webhook, _)| webhook));
    }
    all.sort_by_key(|webhook| webhook.created);
    Ok(all)
}

fn check_address<B: Bucket>(store: &Store<B>, url: &str) -> Result<(), Error> {
    if store.tells_private_addresses || web_address::is_public_https(url) {
        return Ok(());
    }
    Err(Error::BadWebhook {
        what: "its address must be https://, a public host name and not an IP address, without user and password",
    })
}

fn new_secret<B: Bucket>(store: &Store<B>) -> String {
    // 32 random bytes: what Standard Webhooks suggests is 24 to 64.
    let bytes = Sha256::digest(format!("{}{}", store.nonce(), store.nonce()));
    format!("whsec_{}", BASE64.encode(bytes))
}

fn change<'a>(module: &'a ModuleName, action: &'static str, id: &CommitId) -> Change<'a> {
    let details = vec![("webhook", id.to_string())];
    Change { owner: Some(module.owner()), action, object: module.to_string(), details }
}
