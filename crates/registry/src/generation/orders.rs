use crate::{GenerationState, Store, key::Key, modules::commits};
use protoedge_sdk::{Catalogue, Sdk};
use protoedge_storage::{Bucket, BucketError, Condition, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The wish for an SDK, kept until it is done or rejected.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// What is wished for.
    pub sdk: Sdk,
    /// Since when.
    pub since: Timestamp,
}

/// How many orders one sweep looks through to find the oldest: five pages of a listing.
const LOOKED_THROUGH: usize = 5000;

/// Keeps the wish for an SDK. A packument has to see it, too: before the order itself, with which it goes.
pub async fn order<B: Bucket>(store: &Store<B>, sdk: &Sdk) -> Result<(), BucketError> {
    let order = Order { sdk: sdk.clone(), since: store.now() };
    if sdk.ecosystem.lists_bytes() {
        store.create(&Key::Ordered(sdk), &()).await?;
    }
    store.create(&Key::Order(sdk), &order).await.map(drop)
}

/// Puts an order behind all others: the oldest are those that were written longest ago.
pub async fn postpone_order<B: Bucket>(store: &Store<B>, sdk: &Sdk) -> Result<(), BucketError> {
    let key = Key::Order(sdk);
    let Some((order, etag)) = store.load::<Order>(&key).await? else { return Ok(()) };
    // Lost: another Worker has fulfilled it or put it behind, too.
    store.save(&key, &order, Condition::Matches(etag)).await.map(drop)
}

/// Forgets the wish: it is done or rejected.
pub async fn forget_order<B: Bucket>(store: &Store<B>, sdk: &Sdk) -> Result<(), BucketError> {
    let ordered = sdk.ecosystem.lists_bytes().then_some(Key::Ordered(sdk));
    let keys = std::iter::once(Key::Order(sdk)).chain(ordered);
    let paths: Vec<String> = keys.map(|key| key.path()).collect();
    store.bucket.delete(&paths).await
}

/// The oldest orders, at most `most`.
pub async fn oldest_orders<B: Bucket>(
    store: &Store<B>,
    most: usize,
) -> Result<Vec<Order>, BucketError> {
    let mut found = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = store.bucket.list(Key::ORDERS, after.as_deref(), 1000).await?;
        after = page.objects.last().map(|meta| meta.key.clone());
        found.extend(page.objects.into_iter().map(|meta| (meta.uploaded, meta.key)));
        if !page.more || found.len() >= LOOKED_THROUGH {
            break;
        }
    }
    found.sort();
    let mut orders = Vec::new();
    for (_, key) in found.into_iter().take(most) {
        // Absent: done meanwhile.
        orders.extend(store.load_path::<Order>(&key).await?.map(|(order, _)| order));
    }
    Ok(orders)
}

/// An SDK with all that its manifest pins, directly and through others, those that others pin
/// first: the SDKs that may be listed only together.
pub async fn closure_of<B: Bucket>(
    store: &Store<B>,
    sdk: &Sdk,
    catalogue: &Catalogue,
) -> Result<Vec<Sdk>, BucketError> {
    let mut found = BTreeSet::new();
    let mut order = Vec::new();
    let mut next = vec![sdk.clone()];
    while let Some(sdk) = next.pop() {
        if found.insert(sdk.clone()) {
            next.extend(pins(store, &sdk, catalogue).await?);
            order.push(sdk);
        }
    }
    order.reverse();
    Ok(order)
}

/// What an SDK's manifest pins. Nothing for an SDK that cannot be made.
pub(crate) async fn pins<B: Bucket>(
    store: &Store<B>,
    sdk: &Sdk,
    catalogue: &Catalogue,
) -> Result<Vec<Sdk>, BucketError> {
    let entry = catalogue.of(sdk);
    let commit = commits::load_commit(store, &sdk.module, &sdk.version.commit).await?;
    let (Some(entry), Some(commit)) = (entry, commit) else { return Ok(Vec::new()) };
    Ok(Sdk::pins(entry, &commit.closure(), catalogue).unwrap_or_default())
}

/// The first of what an SDK pins, directly or through others, that the plugin rejects, where `generator` has nothing to add: then it is
/// never listed.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn rejected_pin<B: Bucket>(
    store: &Store<B>,
    sdk: &Sdk,
    catalogue: &Catalogue,
    generator: &str,
) -> Result<Option<Sdk>, BucketError> {
    for pin in closure_of(store, sdk, catalogue).await?.into_iter().filter(|it| it != sdk) {
        let state = store.load::<GenerationState>(&Key::GenerationState(&pin)).await?;
        if state.is_some_and(|(state, _)| state.rejection(generator).is_some()) {
            return Ok(Some(pin));
        }
    }
    Ok(None)
}
