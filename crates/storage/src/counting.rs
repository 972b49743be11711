use crate::{
    Bucket,
    bucket::{BucketError, Condition, ETag, Meta, Object, Page, Put, PutOptions},
};
use std::{cell::Cell, ops::Range, rc::Rc};

/// What was asked of a bucket.
#[derive(Debug, Default)]
pub struct OperationCounts {
    operations: Cell<u64>,
    failures: Cell<u64>,
}

/// What [`OperationCounts`] counted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Operations {
    /// How many operations there were: what object stores ask money for.
    pub operations: u64,
    /// How often the bucket was in trouble, reading a body to its end included.
    pub failures: u64,
}

impl OperationCounts {
    /// What was counted since the last call.
    pub fn take(&self) -> Operations {
        Operations { operations: self.operations.take(), failures: self.failures.take() }
    }

    fn count(&self) {
        self.operations.set(self.operations.get() + 1);
    }

    fn note<T>(&self, answer: Result<T, BucketError>) -> Result<T, BucketError> {
        match answer {
            Err(BucketError::Trouble { .. }) => self.failures.set(self.failures.get() + 1),
            Ok(_) | Err(BucketError::Mismatch { .. } | BucketError::Unreadable { .. }) => {}
        }
        answer
    }
}

/// A bucket whose operations are counted. Below a [`crate::Retrying`] each attempt counts.
pub struct Counting<B> {
    bucket: Rc<B>,
    counts: Rc<OperationCounts>,
}

impl<B> Counting<B> {
    /// The same bucket; its operations are added to `counts`.
    pub fn new(bucket: Rc<B>, counts: Rc<OperationCounts>) -> Self {
        Self { bucket, counts }
    }

    async fn counted<T>(
        &self,
        operation: impl Future<Output = Result<T, BucketError>>,
    ) -> Result<T, BucketError> {
        self.counts.count();
        self.counts.note(operation.await)
    }
}

impl<B: Bucket> Bucket for Counting<B> {
    type Download = B::Download;
    type Upload = B::Upload;

    async fn get(
        &self,
        key: &str,
        range: Option<Range<u64>>,
        unless: Option<&ETag>,
    ) -> Result<Option<Object<B::Download>>, BucketError> {
        self.counted(self.bucket.get(key, range, unless)).await
    }

    /// No operation of its own: the rest of a get.
    async fn read(&self, body: B::Download) -> Result<Vec<u8>, BucketError> {
        self.counts.note(self.bucket.read(body).await)
    }

    async fn whole(&self, key: &str) -> Result<Option<(Vec<u8>, ETag)>, BucketError> {
        self.counted(self.bucket.whole(key)).await
    }

    async fn head(&self, key: &str) -> Result<Option<Meta>, BucketError> {
        self.counted(self.bucket.head(key)).await
    }

    async fn put(
        &self,
        key: &str,
        body: Vec<u8>,
        condition: Condition,
        options: PutOptions,
    ) -> Result<Put, BucketError> {
        self.counted(self.bucket.put(key, body, condition, options)).await
    }

    async fn put_stream(
        &self,
        key: &str,
        body: B::Upload,
        sha512: [u8; 64],
        condition: Condition,
        options: PutOptions,
    ) -> Result<Put, BucketError> {
        self.counted(self.bucket.put_stream(key, body, sha512, condition, options)).await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page, BucketError> {
        self.counted(self.bucket.list(prefix, after, limit)).await
    }

    async fn delete(&self, keys: &[String]) -> Result<(), BucketError> {
        self.counted(self.bucket.delete(keys)).await
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use super::*;
    use crate::{Fault, MemoryBucket, Retrying, conformance, testing::Simulated};

    #[tokio::test(start_paused = true)]
    async fn counts_every_attempt_and_changes_nothing() {
        let clock = Rc::new(Simulated::new());
        let memory = Rc::new(MemoryBucket::new(clock.clone()));
        let counts = Rc::<OperationCounts>::default();
        let counting = Counting::new(memory.clone(), counts.clone());
        for (name, result) in conformance::run(&counting, "suite/", |bytes| bytes).await {
            assert_eq!(result, Ok(()), "{name}");
        }
        assert_eq!(counts.take(), Operations { operations: memory.operations(), failures: 0 });

        let steady = Retrying::new(Rc::new(counting), clock);
        memory.fault(|n| (n <= 2).then_some(Fault::Before));
        assert_eq!(steady.whole("absent").await, Ok(None));
        assert_eq!(counts.take(), Operations { operations: 3, failures: 2 });
        assert_eq!(counts.take(), Operations { operations: 0, failures: 0 });
    }
}
