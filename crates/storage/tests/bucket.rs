//! The in-memory bucket passes the tests that every bucket passes, and refuses as R2 does.

use protoedge_storage::{
    Bucket, Clock, Condition, MemoryBucket, Put, PutOptions, conformance, testing::Simulated,
};
use std::{rc::Rc, time::Duration};

#[tokio::test(start_paused = true)]
async fn passes_the_suite() {
    let bucket = MemoryBucket::new(Rc::new(Simulated::new()));
    for (name, result) in conformance::run(&bucket, "suite/", |bytes| bytes).await {
        assert_eq!(result, Ok(()), "{name}");
    }
    assert_eq!(bucket.keys(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn refuses_a_second_write_within_a_second() {
    let clock = Rc::new(Simulated::new());
    let bucket = MemoryBucket::new(clock.clone());
    bucket.contend();
    let put = || bucket.put("k", b"x".to_vec(), Condition::Always, PutOptions::default());
    assert!(matches!(put().await, Ok(Put::Stored(_))));
    assert_eq!(put().await, Ok(Put::Contended));
    clock.sleep(Duration::from_secs(1)).await;
    assert!(matches!(put().await, Ok(Put::Stored(_))));
}
