use crate::{
    Bucket, Clock, Timestamp,
    bucket::{BucketError, Condition, ETag, Meta, Object, Page, Put, PutOptions},
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
    clock: Rc<dyn Clock>,
    objects: RefCell<BTreeMap<String, Stored>>,
    writes: Cell<u64>,
    operations: Cell<u64>,
    writing: Cell<u64>,
    is_contending: Cell<bool>,
    refused: Cell<u32>,
    puts: RefCell<BTreeMap<String, u32>>,
    faults: RefCell<Schedule>,
    is_cutting: Cell<bool>,
}

/// What goes wrong with an operation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// It fails and nothing took place.
    Before,
    /// It takes place, and its caller hears that it failed.
    After,
    /// A put is refused, since another write of the object is under way. Nothing happens to other operations.
    Contended,
    /// It takes this long.
    Slow(Duration),
    /// The body of a get breaks off while it is read; a streamed put breaks off and stores nothing.
    Cut,
}

/// Which fault meets the n-th operation from now on, counted from 1, on a key or a prefix.
type Schedule = Box<dyn FnMut(u64, &str, &str) -> Option<Fault>>;

/// All objects of a bucket at one moment.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Snapshot {
    objects: BTreeMap<String, Stored>,
    writes: u64,
}

#[derive(Clone, Eq, PartialEq)]
struct Stored {
    body: Vec<u8>,
    etag: ETag,
    uploaded: Timestamp,
    metadata: BTreeMap<String, String>,
}

/// R2 takes about one write a second on one key and answers others with an error.
const CONTENDED: Duration = Duration::from_secs(1);

/// As R2 has it ("Limits": object metadata size).
const LARGEST_METADATA: usize = 8_192;

impl MemoryBucket {
    /// An empty bucket.
    pub fn new(clock: Rc<dyn Clock>) -> Self {
        Self {
            clock,
            objects: RefCell::default(),
            writes: Cell::new(0),
            operations: Cell::new(0),
            writing: Cell::new(0),
            is_contending: Cell::new(false),
            refused: Cell::new(0),
            puts: RefCell::default(),
            faults: RefCell::new(Box::new(|_, _, _| None)),
            is_cutting: Cell::new(false),
        }
    }

    /// A bucket with these objects.
    pub fn restored(clock: Rc<dyn Clock>, from: Snapshot) -> Self {
        let bucket = Self::new(clock);
        bucket.objects.replace(from.objects);
        bucket.writes.set(from.writes);
        bucket
    }

    /// What is in it now.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { objects: self.objects.borrow().clone(), writes: self.writes.get() }
    }

    /// The body of an object, without an operation.
    pub fn peek(&self, key: &str) -> Option<Vec<u8>> {
        self.objects.borrow().get(key).map(|stored| stored.body.clone())
    }

    /// From now on, lets the n-th operation meet a fault.
    pub fn fault(&self, mut which: impl FnMut(u64) -> Option<Fault> + 'static) {
        self.fault_on(move |n, _| which(n));
    }

    /// [`Self::fault`], for operations on some keys.
    pub fn fault_on(&self, mut which: impl FnMut(u64, &str) -> Option<Fault> + 'static) {
        self.fault_where(move |n, _, key| which(n, key));
    }

    /// [`Self::fault_on`], where it also depends on what is done: `get`, `head`, `put`, `list` or `delete`.
    pub fn fault_where(&self, mut which: impl FnMut(u64, &str, &str) -> Option<Fault> + 'static) {
        let before = self.operations.get();
        *self.faults.borrow_mut() =
            Box::new(move |operation, action, key| which(operation - before, action, key));
    }

    /// Fails every operation but the next `operations`, as for a caller whose machine went away.
    pub fn fail_after(&self, operations: u64) {
        self.fault(move |n| (n > operations).then_some(Fault::Before));
    }

    /// Works again.
    pub fn heal(&self) {
        self.fault(|_| None);
        self.is_cutting.set(false);
    }

    /// From now on refuses a second write on a key within a second, as R2 does.
    pub fn contend(&self) {
        self.is_contending.set(true);
    }

    /// From now on refuses each put on a key this many times before it is let through, as if others were
    /// always writing the same.
    pub fn contend_each(&self, times: u32) {
        self.refused.set(times);
    }

    fn is_refused(&self, key: &str) -> bool {
        if self.refused.get() == 0 {
            return false;
        }
        let mut puts = self.puts.borrow_mut();
        let puts = puts.entry(key.to_owned()).or_default();
        *puts += 1;
        !puts.is_multiple_of(self.refused.get() + 1)
    }

    /// How many operations there were.
    pub fn operations(&self) -> u64 {
        self.operations.get()
    }

    /// How many of them were to write or delete something, whether they did or not.
    pub fn writing_operations(&self) -> u64 {
        self.writing.get()
    }

    /// All keys, for tests that look at what was left behind.
    pub fn keys(&self) -> Vec<String> {
        self.objects.borrow().keys().cloned().collect()
    }

    /// Counts an operation, and meets it with what was planned for it. What it gives is for
    /// [`Self::end`].
    async fn begin(&self, action: &'static str, key: &str) -> Result<Option<Fault>, BucketError> {
        let operations = self.operations.get() + 1;
        self.operations.set(operations);
        if matches!(action, "put" | "delete") {
            self.writing.set(self.writing.get() + 1);
        }
        let fault = self.faults.borrow_mut()(operations, action, key);
        match fault {
            Some(Fault::Before) => Err(broken(action, key)),
            Some(Fault::Slow(time)) => {
                self.clock.sleep(time).await;
                Ok(None)
            }
            Some(Fault::After | Fault::Contended | Fault::Cut) | None => Ok(fault),
        }
    }

    /// Loses the answer of an operation that took place.
    fn end<T>(
        fault: Option<Fault>,
        action: &'static str,
        key: &str,
        answer: T,
    ) -> Result<T, BucketError> {
        match fault {
            Some(Fault::After) => Err(broken(action, key)),
            _ => Ok(answer),
        }
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

    fn store(&self, key: &str, body: Vec<u8>, condition: &Condition, options: PutOptions) -> Put {
        let mut objects = self.objects.borrow_mut();
        let now = self.clock.now();
        let current = objects.get(key);
        let holds = match (condition, current) {
            (Condition::Absent, current) => current.is_none(),
            (Condition::Matches(etag), current) => {
                current.is_some_and(|stored| stored.etag == *etag)
            }
            (Condition::Always, _) => true,
        };
        if self.is_contending.get()
            && current.is_some_and(|stored| now.since(stored.uploaded) < CONTENDED)
        {
            return Put::Contended;
        }
        if !holds {
            return Put::PreconditionFailed;
        }
        self.writes.set(self.writes.get() + 1);
        let etag = ETag(format!("{:032x}", self.writes.get()));
        let stored = Stored { body, etag: etag.clone(), uploaded: now, metadata: options.metadata };
        objects.insert(key.into(), stored);
        Put::Stored(etag)
    }
}

fn broken(action: &'static str, key: &str) -> BucketError {
    BucketError::Trouble { action, key: key.into(), message: "it was told to fail".into() }
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
        let fault = self.begin("get", key).await?;
        self.is_cutting.set(fault == Some(Fault::Cut));
        Self::end(fault, "get", key, ())?;
        let objects = self.objects.borrow();
        let Some(stored) = objects.get(key) else { return Ok(None) };
        let meta = Self::meta(key, stored);
        if unless == Some(&stored.etag) {
            return Ok(Some(Object { etag: meta.etag, size: meta.size, body: None }));
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
        Ok(Some(Object { etag: meta.etag, size: meta.size, body: Some(body) }))
    }

    async fn read(&self, body: Vec<u8>) -> Result<Vec<u8>, BucketError> {
        if self.is_cutting.take() { Err(broken("read", "a body")) } else { Ok(body) }
    }

    async fn head(&self, key: &str) -> Result<Option<Meta>, BucketError> {
        let fault = self.begin("head", key).await?;
        let meta = self.objects.borrow().get(key).map(|stored| Self::meta(key, stored));
        Self::end(fault, "head", key, meta)
    }

    async fn put(
        &self,
        key: &str,
        body: Vec<u8>,
        condition: Condition,
        options: PutOptions,
    ) -> Result<Put, BucketError> {
        let fault = self.begin("put", key).await?;
        if fault == Some(Fault::Contended) || self.is_refused(key) {
            return Ok(Put::Contended);
        }
        let metadata = options.metadata.iter().map(|(name, value)| name.len() + value.len());
        if metadata.sum::<usize>() > LARGEST_METADATA {
            let message = format!("R2 takes {LARGEST_METADATA} bytes of metadata");
            return Err(BucketError::Trouble { action: "put", key: key.into(), message });
        }
        Self::end(fault, "put", key, self.store(key, body, &condition, options))
    }

    async fn put_stream(
        &self,
        key: &str,
        body: Vec<u8>,
        sha512: [u8; 64],
        condition: Condition,
        options: PutOptions,
    ) -> Result<Put, BucketError> {
        let fault = self.begin("put", key).await?;
        match fault {
            Some(Fault::Contended) => return Ok(Put::Contended),
            Some(Fault::Cut) => return Err(broken("put", key)),
            _ if self.is_refused(key) => return Ok(Put::Contended),
            _ => {}
        }
        if Sha512::digest(&body).as_slice() != sha512 {
            return Err(BucketError::Mismatch { key: key.into() });
        }
        Self::end(fault, "put", key, self.store(key, body, &condition, options))
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page, BucketError> {
        let fault = self.begin("list", prefix).await?;
        Self::end(fault, "list", prefix, ())?;
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
        let first = keys.first().map_or("", String::as_str);
        let fault = self.begin("delete", first).await?;
        for key in keys {
            self.objects.borrow_mut().remove(key);
        }
        Self::end(fault, "delete", first, ())
    }
}
