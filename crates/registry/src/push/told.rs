use super::{LabelMove, PushRecord};
use crate::{Store, WebhookEvent, webhooks::deliveries};
use protoedge_sdk::ModuleName;
use protoedge_storage::{Bucket, BucketError};
use serde_json::json;
use std::collections::BTreeMap;

/// Keeps what is to be delivered of a push: for each of its modules, and each webhook of that. Gives the deliveries' paths. Called
/// again after a cut, it keeps the same once more.
pub(super) async fn order_deliveries<B: Bucket>(
    store: &Store<B>,
    push: &str,
    record: &PushRecord,
) -> Result<Vec<String>, BucketError> {
    let mut modules: BTreeMap<&ModuleName, Vec<&LabelMove>> = BTreeMap::new();
    for it in record.moves.iter().filter(|it| it.from.as_ref() != Some(&it.to)) {
        modules.entry(&it.module).or_default().push(it);
    }
    let mut paths = Vec::new();
    for (module, moves) in modules {
        let Some(first) = moves.first() else { continue };
        let commit = record.commits.iter().find(|commit| commit.id == first.to);
        let data = json!({
            "module": module.to_string(), "commit": first.to, "user": record.by,
            "is_new": commit.is_some(), "digest": commit.map(|commit| &commit.digest),
            "source_control_url": commit.map(|commit| &commit.source_control_url),
            "labels": moves.iter().map(|it| it.label.as_str()).collect::<Vec<_>>(),
            "is_default": moves.iter().any(|it| it.is_default),
        });
        let event = WebhookEvent::Push;
        paths.extend(deliveries::order(store, module, event, push, record.at, &data).await?);
    }
    Ok(paths)
}
