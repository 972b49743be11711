//! Every order of the bucket operations of several who act at once.

use super::World;
use futures::future::{FutureExt, LocalBoxFuture};
use protoedge_registry::{Memo, Store};
use protoedge_sdk::Hosts;
use protoedge_storage::{Clock, Fault, MemoryBucket, Snapshot, Timestamp};
use shuttle::scheduler::{DfsScheduler, RandomScheduler, Scheduler};
use std::{cell::Cell, rc::Rc, time::Duration};

/// A task's stack, in bytes. Where nothing is optimized, a poll of what everything else is in needs more
/// than shuttle's own 60 KiB, and an overflow is a bare SIGSEGV.
const STACK: usize = 1 << 20;

/// Time goes on only where somebody sleeps; chance is a counter. Every sleep lets others go first.
pub struct Shuttled {
    now: Rc<Cell<Timestamp>>,
    drawn: Cell<u8>,
}

impl Shuttled {
    pub fn new(now: Timestamp) -> Self {
        Self { now: Rc::new(Cell::new(now)), drawn: Cell::new(0) }
    }
}

impl Clock for Shuttled {
    fn now(&self) -> Timestamp {
        self.now.get()
    }

    fn random(&self, buffer: &mut [u8]) {
        self.drawn.set(self.drawn.get() + 1);
        buffer.fill(self.drawn.get());
    }

    fn sleep(&self, time: Duration) -> LocalBoxFuture<'static, ()> {
        let now = self.now.clone();
        async move {
            now.set(now.get() + time);
            shuttle::future::yield_now().await;
        }
        .boxed_local()
    }
}

/// Runs what races in every order, with a choice wherever somebody sleeps.
pub fn in_every_order(run: impl Fn() -> LocalBoxFuture<'static, ()> + Send + Sync + 'static) {
    let count = in_orders(DfsScheduler::new(None, false), run);
    assert!(count > 5, "only {count} orders: they do not race");
}

/// Runs what races in so many orders, other ones each time. It is for what has hundreds of thousands of them. Of a failure,
/// shuttle prints the order.
pub fn in_random_orders(
    count: usize,
    run: impl Fn() -> LocalBoxFuture<'static, ()> + Send + Sync + 'static,
) {
    in_orders(RandomScheduler::new(count), run);
}

/// Gives in how many.
fn in_orders(
    scheduler: impl Scheduler + 'static,
    run: impl Fn() -> LocalBoxFuture<'static, ()> + Send + Sync + 'static,
) -> usize {
    let mut config = shuttle::Config::new();
    config.stack_size = STACK;
    shuttle::Runner::new(scheduler, config).run(move || shuttle::future::block_on(run()))
}

/// Prepares a bucket outside of a race.
pub fn prepared<T>(prepare: impl AsyncFnOnce(&World) -> T) -> (Snapshot, Timestamp, T) {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let world = World::with_catalogue().await;
        let made = prepare(&world).await;
        (world.bucket.snapshot(), world.store.now(), made)
    })
}

/// A machine with a memo of its own, as Workers in different places have.
pub fn machine(bucket: &Rc<MemoryBucket>, clock: &Rc<dyn Clock>) -> Store<MemoryBucket> {
    let hosts = Hosts { registry_host: "reg.example.com".into(), npm_scope: "@protoedge".into() };
    Store::new(bucket.clone(), clock.clone(), hosts, Rc::new(Memo::default()))
}

/// A prepared bucket, and the time for all who race in it.
pub struct Race {
    pub bucket: Rc<MemoryBucket>,
    clock: Rc<dyn Clock>,
}

impl Race {
    /// At each operation on an object whose key is shared, others may go first.
    pub fn of(
        bucket: Snapshot,
        now: Timestamp,
        is_shared: impl Fn(&str) -> bool + 'static,
    ) -> Self {
        Self::at(bucket, now, move |_, key| is_shared(key))
    }

    /// [`Race::of`], where it also depends on what is done.
    pub fn at(
        bucket: Snapshot,
        now: Timestamp,
        is_shared: impl Fn(&str, &str) -> bool + 'static,
    ) -> Self {
        let clock: Rc<dyn Clock> = Rc::new(Shuttled::new(now));
        let bucket = Rc::new(MemoryBucket::restored(clock.clone(), bucket));
        bucket.fault_where(move |_, action, key| {
            is_shared(action, key).then_some(Fault::Slow(Duration::ZERO))
        });
        Self { bucket, clock }
    }

    /// See [`machine`].
    pub fn machine(&self) -> Store<MemoryBucket> {
        machine(&self.bucket, &self.clock)
    }
}
