use crate::{
    Bucket, Clock,
    bucket::{BucketError, Condition, ETag, Meta, Object, Page, Put, PutOptions},
};
use std::{ops::Range, rc::Rc};

/// A bucket that fails one of so many operations, as object stores on bad days: half of those that fail
/// have taken place all the same.
pub struct Faulty<B> {
    bucket: B,
    clock: Rc<dyn Clock>,
    one_in: u16,
    told: fn(&BucketError),
}

/// What becomes of an operation.
enum Luck {
    Good,
    /// It fails and nothing takes place.
    Before,
    /// It takes place, and its answer is lost.
    After,
}

impl<B> Faulty<B> {
    /// The same bucket, less reliable. `told` hears of everything that fails.
    pub fn new(bucket: B, clock: Rc<dyn Clock>, one_in: u16, told: fn(&BucketError)) -> Self {
        Self { bucket, clock, one_in, told }
    }

    async fn meet<T>(
        &self,
        action: &'static str,
        key: &str,
        operation: impl Future<Output = Result<T, BucketError>>,
    ) -> Result<T, BucketError> {
        let fail = || {
            let message = "it fails now and then".into();
            let error = BucketError::Trouble { action, key: key.into(), message };
            (self.told)(&error);
            Err(error)
        };
        match self.draw() {
            Luck::Good => operation.await,
            Luck::Before => fail(),
            Luck::After => {
                operation.await?;
                fail()
            }
        }
    }

    fn draw(&self) -> Luck {
        let mut bytes = [0; 3];
        self.clock.random(&mut bytes);
        let [low, high, coin] = bytes;
        match (u16::from_le_bytes([low, high]).is_multiple_of(self.one_in), coin & 1) {
            (false, _) => Luck::Good,
            (true, 0) => Luck::Before,
            (true, _) => Luck::After,
        }
    }
}

impl<B: Bucket> Bucket for Faulty<B> {
    type Download = B::Download;
    type Upload = B::Upload;

    async fn get(
        &self,
        key: &str,
        range: Option<Range<u64>>,
        unless: Option<&ETag>,
    ) -> Result<Option<Object<B::Download>>, BucketError> {
        self.meet("get", key, self.bucket.get(key, range, unless)).await
    }

    async fn read(&self, body: B::Download) -> Result<Vec<u8>, BucketError> {
        self.meet("read", "a body", self.bucket.read(body)).await
    }

    async fn head(&self, key: &str) -> Result<Option<Meta>, BucketError> {
        self.meet("head", key, self.bucket.head(key)).await
    }

    async fn put(
        &self,
        key: &str,
        body: Vec<u8>,
        condition: Condition,
        options: PutOptions,
    ) -> Result<Put, BucketError> {
        self.meet("put", key, self.bucket.put(key, body, condition, options)).await
    }

    async fn put_stream(
        &self,
        key: &str,
        body: B::Upload,
        sha512: [u8; 64],
        condition: Condition,
        options: PutOptions,
    ) -> Result<Put, BucketError> {
        self.meet("put", key, self.bucket.put_stream(key, body, sha512, condition, options)).await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page, BucketError> {
        self.meet("list", prefix, self.bucket.list(prefix, after, limit)).await
    }

    async fn delete(&self, keys: &[String]) -> Result<(), BucketError> {
        let first = keys.first().map_or("", String::as_str);
        self.meet("delete", first, self.bucket.delete(keys)).await
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use super::*;
    use crate::{MemoryBucket, testing::Simulated};
    use std::sync::atomic::{AtomicU32, Ordering};

    static TOLD: AtomicU32 = AtomicU32::new(0);

    #[tokio::test]
    async fn one_put_in_twenty_fails_and_half_of_those_take_place() {
        let clock: Rc<dyn Clock> = Rc::new(Simulated::new());
        let memory = MemoryBucket::new(clock.clone());
        let told = |_: &BucketError| {
            TOLD.fetch_add(1, Ordering::Relaxed);
        };
        let faulty = Faulty::new(memory, clock, 20, told);
        let mut failed = 0;
        for n in 0..4000 {
            let put = faulty
                .put(&n.to_string(), Vec::new(), Condition::Absent, PutOptions::default())
                .await;
            failed += usize::from(put.is_err());
        }
        let stored = faulty.bucket.keys().len();
        assert_eq!(TOLD.load(Ordering::Relaxed) as usize, failed);
        assert!((120..280).contains(&failed), "{failed} of 4000");
        let lost = 4000 - stored;
        assert!((failed / 4..failed * 3 / 4).contains(&lost), "{lost} of {failed}");
    }
}
