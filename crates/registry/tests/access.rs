//! Who has which token, and for how long.

use protoedge_registry::accounts;
mod common;

use common::{World, token};
use std::time::Duration;

/// A token that was used just before its end is remembered no longer than it is good.
#[tokio::test(start_paused = true)]
async fn a_token_ends_when_it_expires() {
    let world = World::new().await;
    let token = token(&world.store, "bob", Duration::from_millis(12_500)).await;
    let is_good = async || accounts::user_of(&world.store, &token).await.unwrap().is_some();
    for (wait, good) in [(0, true), (9_000, true), (3_499, true), (1, false), (1, false)] {
        world.store.sleep(Duration::from_millis(wait)).await;
        assert_eq!(is_good().await, good, "{:?}", world.store.now());
    }
}

/// A burst of requests asks the bucket once.
#[tokio::test(start_paused = true)]
async fn a_token_is_remembered_for_ten_seconds() {
    let world = World::new().await;
    let token = token(&world.store, "bob", Duration::from_secs(3600)).await;
    let before = world.bucket.operations();
    // The token, and whether its user is disabled.
    for (wait, asked) in [(0, 2), (9, 2), (1, 4)] {
        world.store.sleep(Duration::from_secs(wait)).await;
        assert!(accounts::user_of(&world.store, &token).await.unwrap().is_some());
        assert_eq!(world.bucket.operations() - before, asked);
    }
}
