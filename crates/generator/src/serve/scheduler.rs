//! Which jobs run.

use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{AcquireError, Notify, Semaphore, SemaphorePermit, SetOnce};

/// How many jobs run at once, and which goes first: those that a client waits for.
#[derive(Debug)]
pub(super) struct Scheduler {
    free: Semaphore,
    /// Awaited jobs without a slot.
    queue: AtomicUsize,
    emptied: Notify,
}

impl Scheduler {
    pub(super) fn new(count: usize) -> Self {
        Self { free: Semaphore::new(count), queue: AtomicUsize::new(0), emptied: Notify::new() }
    }

    /// How many are free.
    pub(super) fn available(&self) -> usize {
        self.free.available_permits()
    }

    /// A slot, when it is this job's turn. `awaited` is set as soon as a client waits for the job.
    ///
    /// # Errors
    /// Never: the scheduler is not closed.
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

/// A place in the queue of awaited jobs, given up when the job has its slot or is given up.
struct Queued<'a>(&'a Scheduler);

impl<'a> Queued<'a> {
    fn new(scheduler: &'a Scheduler) -> Self {
        scheduler.queue.fetch_add(1, Ordering::SeqCst);
        Self(scheduler)
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
        scheduler: Arc<Scheduler>,
        order: Arc<Mutex<Vec<String>>>,
        jobs: Vec<tokio::task::JoinHandle<()>>,
    }

    impl Queue {
        /// Each job with whether it is awaited; gives what says that it is, in the same order.
        async fn new(
            scheduler: &Arc<Scheduler>,
            jobs: &[(&str, bool)],
        ) -> (Self, Vec<Arc<SetOnce<()>>>) {
            let mut queue =
                Self { scheduler: scheduler.clone(), order: Arc::default(), jobs: Vec::new() };
            let mut flags = Vec::new();
            for (name, is_awaited) in jobs {
                let (scheduler, order) = (queue.scheduler.clone(), queue.order.clone());
                let (name, flag) = ((*name).to_owned(), Arc::new(awaited(*is_awaited)));
                flags.push(flag.clone());
                queue.jobs.push(tokio::spawn(async move {
                    let _slot = scheduler.take(&flag).await.unwrap();
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
            assert_eq!(self.scheduler.available(), 1);
            self.order.lock().unwrap().clone()
        }
    }

    #[tokio::test]
    async fn awaited_jobs_go_before_background_ones() {
        let scheduler = Arc::new(Scheduler::new(1));
        let held = scheduler.take(&awaited(false)).await.unwrap();
        let jobs = [("b1", false), ("b2", false), ("a1", true), ("b3", false), ("a2", true)];
        let (queue, _) = Queue::new(&scheduler, &jobs).await;
        drop(held);
        let order = queue.order().await;
        assert_eq!(order[..2], ["a1", "a2"], "{order:?}");
        assert_eq!(order.len(), 5);
    }

    #[tokio::test]
    async fn a_background_job_moves_up_when_a_client_waits_for_it() {
        let scheduler = Arc::new(Scheduler::new(1));
        let held = scheduler.take(&awaited(true)).await.unwrap();
        let jobs = [("b1", false), ("b2", false), ("b3", false), ("a1", true)];
        let (queue, flags) = Queue::new(&scheduler, &jobs).await;
        flags[2].set(()).unwrap();
        tokio::task::yield_now().await;
        drop(held);
        let order = queue.order().await;
        assert_eq!(order[..2], ["a1", "b3"], "{order:?}");
        assert_eq!(order.len(), 4);
    }

    #[tokio::test]
    async fn an_awaited_job_that_is_given_up_holds_no_other_back() {
        let scheduler = Scheduler::new(1);
        let (yes, no) = (awaited(true), awaited(false));
        let held = scheduler.take(&yes).await.unwrap();
        assert!(
            tokio::time::timeout(Duration::from_millis(10), scheduler.take(&yes)).await.is_err()
        );
        drop(held);
        assert!(scheduler.take(&no).await.is_ok());
    }
}
