use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{AcquireError, Notify, Semaphore, SemaphorePermit};

/// Whether somebody waits for a job's SDK.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Urgency {
    /// A client is held meanwhile.
    Awaited,
    /// It is made before anybody asks.
    Background,
}

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

    /// A slot, when it is this job's turn.
    ///
    /// # Errors
    /// Never: slots are not closed.
    pub(super) async fn take(&self, urgency: Urgency) -> Result<SemaphorePermit<'_>, AcquireError> {
        match urgency {
            Urgency::Awaited => {
                let _queued = Queued::new(self);
                self.free.acquire().await
            }
            Urgency::Background => loop {
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
            },
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

    #[tokio::test]
    async fn awaited_jobs_go_before_background_ones() {
        let slots = Arc::new(Slots::new(1));
        let order: Arc<Mutex<Vec<String>>> = Arc::default();
        let held = slots.take(Urgency::Background).await.unwrap();
        let mut jobs = Vec::new();
        for (name, urgency) in [
            ("b1", Urgency::Background),
            ("b2", Urgency::Background),
            ("a1", Urgency::Awaited),
            ("b3", Urgency::Background),
            ("a2", Urgency::Awaited),
        ] {
            let (slots, order) = (slots.clone(), order.clone());
            jobs.push(tokio::spawn(async move {
                let _slot = slots.take(urgency).await.unwrap();
                order.lock().unwrap().push(name.to_owned());
                tokio::time::sleep(Duration::from_millis(5)).await;
            }));
            tokio::task::yield_now().await;
        }
        drop(held);
        for job in jobs {
            job.await.unwrap();
        }
        let order = order.lock().unwrap();
        assert_eq!(order[..2], ["a1", "a2"], "{order:?}");
        assert_eq!(order.len(), 5);
        assert_eq!(slots.available(), 1);
    }

    #[tokio::test]
    async fn an_awaited_job_that_is_given_up_holds_nobody_back() {
        let slots = Slots::new(1);
        let held = slots.take(Urgency::Awaited).await.unwrap();
        let awaited = slots.take(Urgency::Awaited);
        assert!(tokio::time::timeout(Duration::from_millis(10), awaited).await.is_err());
        drop(held);
        assert!(slots.take(Urgency::Background).await.is_ok());
    }
}
