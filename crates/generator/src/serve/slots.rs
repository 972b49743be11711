use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{AcquireError, Notify, Semaphore, SemaphorePermit, SetOnce};

/// How many jobs run at once, and which goes first: those that somebody waits for.
#[derive(Debug)]
pub(super) struct Slots {
    free: Semaphore,
    /// Awaited jobs without a slot.
    queue: AtomicUsize,
    emptied: Notify,
}

impl Slots {
    pub(super) fn new(count: usize) -> Self {
        Self { free: Semaphore::new(count), queue: AtomicUsize::new(0), emptied: Notify::new() }
    }

    /// How many are free.
    pub(super) fn available(&self) -> usize {
        self.free.available_permits()
    }

    /// A slot, when it is this job's turn. `awaited` is set as soon as somebody waits for the job.
    ///
    /// # Errors
    /// Never: slots are not closed.
    pub(super) async fn take(
        &self,
        awaited: &SetOnce<()>,
    ) -> Result<SemaphorePermit<'_>, AcquireError> {
        tokio::select! {
            slot = self.take_in_background(), if !awaited.initialized() => slot,
            slot = async {
                awaited.wait().await;
                let _queued = Queued::new(self);
                self.free.acquire().await
            } => slot,
        }
    }

    async fn take_in_background(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        loop {
            // Listening before looking: what is emptied in between is not missed.
            let emptied = self.emptied.notified();
            if self.queue.load(Ordering::SeqCst) > 0 {
                emptied.await;
                continue;
            }
            let slot = self.free.acquire().await?;
            if self.queue.load(Ordering::SeqCst) == 0 {
                return Ok(slot);
            }
            // An awaited job came while this one was before it.
            drop(slot);
            tokio::task::yield_now().await;
        }
    }
}

/// A place in the queue of awaited jobs, given up when the job has its slot or nobody wants it any more.
struct Queued<'a>(&'a Slots);

impl<'a> Queued<'a> {
    fn new(slots: &'a Slots) -> Self {
        slots.queue.fetch_add(1, Ordering::SeqCst);
        Self(slots)
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        if self.0.queue.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.emptied.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        sync::{Arc, Mutex},
        time::Duration,
    };

    fn awaited(is_awaited: bool) -> SetOnce<()> {
        SetOnce::new_with(is_awaited.then_some(()))
    }

    /// Jobs by name that wait for the one slot of all.
    struct Queue {
        slots: Arc<Slots>,
        order: Arc<Mutex<Vec<String>>>,
        jobs: Vec<tokio::task::JoinHandle<()>>,
    }

    impl Queue {
        /// Each job with whether it is awaited; gives what says that it is, in the same order.
        async fn new(slots: &Arc<Slots>, jobs: &[(&str, bool)]) -> (Self, Vec<Arc<SetOnce<()>>>) {
            let mut queue = Self { slots: slots.clone(), order: Arc::default(), jobs: Vec::new() };
            let mut flags = Vec::new();
            for (name, is_awaited) in jobs {
                let (slots, order) = (queue.slots.clone(), queue.order.clone());
                let (name, flag) = ((*name).to_owned(), Arc::new(awaited(*is_awaited)));
                flags.push(flag.clone());
                queue.jobs.push(tokio::spawn(async move {
                    let _slot = slots.take(&flag).await.unwrap();
                    order.lock().unwrap().push(name);
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }));
                tokio::task::yield_now().await;
            }
            (queue, flags)
        }

        async fn order(self) -> Vec<String> {
            for job in self.jobs {
                job.await.unwrap();
            }
            assert_eq!(self.slots.available(), 1);
            self.order.lock().unwrap().clone()
        }
    }

    #[tokio::test]
    async fn awaited_jobs_go_before_background_ones() {
        let slots = Arc::new(Slots::new(1));
        let held = slots.take(&awaited(false)).await.unwrap();
        let jobs = [("b1", false), ("b2", false), ("a1", true), ("b3", false), ("a2", true)];
        let (queue, _) = Queue::new(&slots, &jobs).await;
        drop(held);
        let order = queue.order().await;
        assert_eq!(order[..2], ["a1", "a2"], "{order:?}");
        assert_eq!(order.len(), 5);
    }

    #[tokio::test]
    async fn a_background_job_moves_up_when_somebody_waits_for_it() {
        let slots = Arc::new(Slots::new(1));
        let held = slots.take(&awaited(true)).await.unwrap();
        let jobs = [("b1", false), ("b2", false), ("b3", false), ("a1", true)];
        let (queue, flags) = Queue::new(&slots, &jobs).await;
        flags[2].set(()).unwrap();
        tokio::task::yield_now().await;
        drop(held);
        let order = queue.order().await;
        assert_eq!(order[..2], ["a1", "b3"], "{order:?}");
        assert_eq!(order.len(), 4);
    }

    #[tokio::test]
    async fn an_awaited_job_that_is_given_up_holds_nobody_back() {
        let slots = Slots::new(1);
        let (yes, no) = (awaited(true), awaited(false));
        let held = slots.take(&yes).await.unwrap();
        assert!(tokio::time::timeout(Duration::from_millis(10), slots.take(&yes)).await.is_err());
        drop(held);
        assert!(slots.take(&no).await.is_ok());
    }
}
