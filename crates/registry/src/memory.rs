use crate::{
    Ambient, Bucket, Moment,
    bucket::{BucketError, ETag, Info, Meta, Object, Page, Put, When},
};
use sha2::{Digest, Sha512};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    ops::{Bound, Range},
    rc::Rc,
    time::Duration,
};

/// A bucket in memory, for tests: as strict as R2, and as refusing.
pub struct MemoryBucket {
    ambient: Rc<dyn Ambient>,
    objects: RefCell<BTreeMap<String, Stored>>,
    writes: Cell<u64>,
    operations: Cell<u64>,
    is_contending: Cell<bool>,
    fails_from: Cell<u64>,
}

struct Stored {
    body: Vec<u8>,
    etag: ETag,
    uploaded: Moment,
    metadata: BTreeMap<String, String>,
}

/// R2 takes about one write a second on one key and answers others with an error.
const CONTENDED: Duration = Duration::from_secs(1);

impl MemoryBucket {
    /// An empty bucket.
    pub fn new(ambient: Rc<dyn Ambient>) -> Self {
        Self {
            ambient,
            objects: RefCell::default(),
            writes: Cell::new(0),
            operations: Cell::new(0),
            is_contending: Cell::new(false),
            fails_from: Cell::new(u64::MAX),
        }
    }

    /// Fails every operation but the next `operations`, as for somebody whose machine went away.
    pub fn fail_after(&self, operations: u64) {
        self.fails_from.set(self.operations.get().saturating_add(operations));
    }

    /// Works again.
    pub fn heal(&self) {
        self.fails_from.set(u64::MAX);
    }

    /// From now on refuses a second write on a key within a second, as R2 does.
    pub fn contend(&self) {
        self.is_contending.set(true);
    }

    /// How many operations there were.
    pub fn operations(&self) -> u64 {
        self.operations.get()
    }

    /// All keys, for tests that look at what was left behind.
    pub fn keys(&self) -> Vec<String> {
        self.objects.borrow().keys().cloned().collect()
    }

    fn count(&self, action: &'static str, key: &str) -> Result<(), BucketError> {
        let operations = self.operations.get() + 1;
        self.operations.set(operations);
        if operations > self.fails_from.get() {
            let message = "it was told to fail".into();
            return Err(BucketError::Trouble { action, key: key.into(), message });
        }
        Ok(())
    }

    fn meta(key: &str, stored: &Stored) -> Meta {
        Meta {
            key: key.into(),
            etag: stored.etag.clone(),
            size: stored.body.len() as u64,
            uploaded: stored.uploaded,
            metadata: stored.metadata.clone(),
        }
    }

    fn store(&self, key: &str, body: Vec<u8>, when: &When, info: Info) -> Put {
        let mut objects = self.objects.borrow_mut();
        let now = self.ambient.now();
        let current = objects.get(key);
        let holds = match (when, current) {
            (When::Absent, current) => current.is_none(),
            (When::Matches(etag), current) => current.is_some_and(|stored| stored.etag == *etag),
            (When::Always, _) => true,
        };
        if self.is_contending.get()
            && current.is_some_and(|stored| now.since(stored.uploaded) < CONTENDED)
        {
            return Put::Contended;
        }
        if !holds {
            return Put::Failed;
        }
        self.writes.set(self.writes.get() + 1);
        let etag = ETag(format!("{:032x}", self.writes.get()));
        let stored = Stored { body, etag: etag.clone(), uploaded: now, metadata: info.metadata };
        objects.insert(key.into(), stored);
        Put::Stored(etag)
    }
}

impl Bucket for MemoryBucket {
    type Download = Vec<u8>;
    type Upload = Vec<u8>;

    async fn get(
        &self,
        key: &str,
        range: Option<Range<u64>>,
        unless: Option<&ETag>,
    ) -> Result<Option<Object<Vec<u8>>>, BucketError> {
        self.count("get", key)?;
        let objects = self.objects.borrow();
        let Some(stored) = objects.get(key) else { return Ok(None) };
        let meta = Self::meta(key, stored);
        if unless == Some(&stored.etag) {
            return Ok(Some(Object { meta, body: None }));
        }
        let body = match range {
            None => stored.body.clone(),
            Some(range) => {
                let bounds = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok());
                let part = bounds.and_then(|(start, end)| stored.body.get(start..end));
                let part = part.ok_or_else(|| BucketError::Trouble {
                    action: "get",
                    key: key.into(),
                    message: "the range lies outside".into(),
                })?;
                part.to_vec()
            }
        };
        Ok(Some(Object { meta, body: Some(body) }))
    }

    async fn read(&self, body: Vec<u8>) -> Result<Vec<u8>, BucketError> {
        Ok(body)
    }

    async fn head(&self, key: &str) -> Result<Option<Meta>, BucketError> {
        self.count("head", key)?;
        Ok(self.objects.borrow().get(key).map(|stored| Self::meta(key, stored)))
    }

    async fn put(
        &self,
        key: &str,
        body: Vec<u8>,
        when: When,
        info: Info,
    ) -> Result<Put, BucketError> {
        self.count("put", key)?;
        Ok(self.store(key, body, &when, info))
    }

    async fn put_stream(
        &self,
        key: &str,
        body: Vec<u8>,
        sha512: [u8; 64],
        when: When,
        info: Info,
    ) -> Result<Put, BucketError> {
        self.count("put", key)?;
        if Sha512::digest(&body).as_slice() != sha512 {
            return Err(BucketError::Mismatch { key: key.into() });
        }
        Ok(self.store(key, body, &when, info))
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page, BucketError> {
        self.count("list", prefix)?;
        let objects = self.objects.borrow();
        let from = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            Some(_) | None => Bound::Included(prefix),
        };
        let mut found = objects
            .range::<str, _>((from, Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(prefix));
        let metas =
            found.by_ref().take(limit as usize).map(|(key, stored)| Self::meta(key, stored));
        Ok(Page { objects: metas.collect(), more: found.next().is_some() })
    }

    async fn delete(&self, keys: &[String]) -> Result<(), BucketError> {
        self.count("delete", keys.first().map_or("", String::as_str))?;
        let mut objects = self.objects.borrow_mut();
        for key in keys {
            objects.remove(key);
        }
        Ok(())
    }
}
