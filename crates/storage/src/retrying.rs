use crate::{
    Bucket, Clock,
    bucket::{BucketError, Condition, ETag, Meta, Object, Page, Put, PutOptions},
};
use std::{cell::Cell, ops::Range, rc::Rc, time::Duration};

/// A bucket that is asked again where it failed: package managers are not patient, and object stores
/// fail now and then for a moment.
///
/// A put whose answer was lost may have taken place. If the next one finds its condition broken, or is refused
/// since the object was written just now, the object that is there tells whose it is: bodies that matter
/// hold a nonce.
pub struct Retrying<B> {
    bucket: Rc<B>,
    clock: Rc<dyn Clock>,
}

/// How long to wait after each failure. What fails for longer than a second is in trouble.
const PAUSES: [Duration; 3] =
    [Duration::from_millis(50), Duration::from_millis(200), Duration::from_millis(800)];

impl<B> Retrying<B> {
    /// The same bucket, steadier.
    pub fn new(bucket: Rc<B>, clock: Rc<dyn Clock>) -> Self {
        Self { bucket, clock }
    }
}

impl<B: Bucket> Retrying<B> {
    async fn again<T>(
        &self,
        operation: impl AsyncFn() -> Result<T, BucketError>,
    ) -> Result<T, BucketError> {
        for pause in PAUSES {
            match operation().await {
                Err(BucketError::Trouble { .. }) => self.clock.sleep(pause).await,
                other => return other,
            }
        }
        operation().await
    }

    /// What became of a put that failed once and then was not stored, as `second` says.
    async fn landed(&self, key: &str, body: &[u8], second: Put) -> Result<Put, BucketError> {
        Ok(match self.whole(key).await? {
            Some((stored, etag)) if stored == body => Put::Stored(etag),
            Some(_) | None => second,
        })
    }
}

impl<B: Bucket> Bucket for Retrying<B> {
    type Download = B::Download;
    type Upload = B::Upload;

    async fn get(
        &self,
        key: &str,
        range: Option<Range<u64>>,
        unless: Option<&ETag>,
    ) -> Result<Option<Object<B::Download>>, BucketError> {
        self.again(async || self.bucket.get(key, range.clone(), unless).await).await
    }

    /// Tried once: the body is gone.
    async fn read(&self, body: B::Download) -> Result<Vec<u8>, BucketError> {
        self.bucket.read(body).await
    }

    async fn whole(&self, key: &str) -> Result<Option<(Vec<u8>, ETag)>, BucketError> {
        self.again(async || self.bucket.whole(key).await).await
    }

    async fn head(&self, key: &str) -> Result<Option<Meta>, BucketError> {
        self.again(async || self.bucket.head(key).await).await
    }

    async fn put(
        &self,
        key: &str,
        body: Vec<u8>,
        condition: Condition,
        options: PutOptions,
    ) -> Result<Put, BucketError> {
        let is_unsure = Cell::new(false);
        let put = self
            .again(async || {
                let put =
                    self.bucket.put(key, body.clone(), condition.clone(), options.clone()).await;
                is_unsure.set(is_unsure.get() || put.is_err());
                put
            })
            .await?;
        match put {
            Put::PreconditionFailed | Put::Contended if is_unsure.get() => {
                self.landed(key, &body, put).await
            }
            Put::Stored(_) | Put::PreconditionFailed | Put::Contended => Ok(put),
        }
    }

    /// Tried once: the body is gone. The sender sends it again.
    async fn put_stream(
        &self,
        key: &str,
        body: B::Upload,
        sha512: [u8; 64],
        condition: Condition,
        options: PutOptions,
    ) -> Result<Put, BucketError> {
        self.bucket.put_stream(key, body, sha512, condition, options).await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page, BucketError> {
        self.again(async || self.bucket.list(prefix, after, limit).await).await
    }

    async fn delete(&self, keys: &[String]) -> Result<(), BucketError> {
        self.again(async || self.bucket.delete(keys).await).await
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use super::*;
    use crate::{Fault, MemoryBucket, testing::Simulated};

    async fn put(fault: impl FnMut(u64) -> Option<Fault> + 'static, other: bool) -> Put {
        let clock: Rc<dyn Clock> = Rc::new(Simulated::new());
        let bucket = Rc::new(MemoryBucket::new(clock.clone()));
        let steady = Retrying::new(bucket.clone(), clock);
        if other {
            let body = b"other".to_vec();
            bucket.put("k", body, Condition::Absent, PutOptions::default()).await.unwrap();
        }
        bucket.fault(fault);
        let put = steady
            .put("k", b"own".to_vec(), Condition::Absent, PutOptions::default())
            .await
            .unwrap();
        bucket.heal();
        let stored = bucket.peek("k").unwrap();
        assert_eq!(stored, if other { b"other".to_vec() } else { b"own".to_vec() });
        put
    }

    #[tokio::test(start_paused = true)]
    async fn a_put_whose_answer_was_lost_is_known_by_its_body() {
        let contended = Some(Fault::Contended);
        for (why, fault, first, then) in [
            ("not taken place", Fault::Before, 1, None),
            ("taken place", Fault::After, 1, None),
            ("taken place, and refused so soon after", Fault::After, 1, contended),
            ("three times", Fault::Before, 3, None),
            ("three times, once taken place", Fault::After, 3, None),
            ("three times, and refused so soon after", Fault::After, 3, contended),
        ] {
            let faults = move |n| if n <= first { Some(fault) } else { then };
            let own = put(faults, false).await;
            assert!(matches!(own, Put::Stored(_)), "{why}: {own:?}");
            let other = put(faults, true).await;
            let refused = if then == contended { Put::Contended } else { Put::PreconditionFailed };
            assert_eq!(other, refused, "{why}: somebody else's");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn trouble_that_lasts_is_told() {
        let clock: Rc<dyn Clock> = Rc::new(Simulated::new());
        let bucket = Rc::new(MemoryBucket::new(clock.clone()));
        bucket.fail_after(0);
        let steady = Retrying::new(bucket.clone(), clock);
        assert!(matches!(steady.head("k").await, Err(BucketError::Trouble { .. })));
        assert_eq!(bucket.operations(), 4);
    }
}
