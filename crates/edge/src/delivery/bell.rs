use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    task::{Poll, Waker},
};

/// Wakes the request that waits for an SDK when a generator says that it is there. Both belong to one request: those of others
/// find it in the bucket.
#[derive(Debug, Default)]
pub struct Bell {
    is_rung: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Bell {
    /// Wakes who waits, or who waits next.
    pub(crate) fn ring(&self) {
        self.is_rung.set(true);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Waits until it is rung.
    pub(crate) async fn rung(&self) {
        poll_fn(|context| {
            if self.is_rung.take() {
                return Poll::Ready(());
            }
            self.waker.replace(Some(context.waker().clone()));
            Poll::Pending
        })
        .await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::{FutureExt, join};

    #[tokio::test]
    async fn wakes_who_waits_and_who_waits_next() {
        let bell = Bell::default();
        join!(bell.rung(), async { bell.ring() });
        assert!(bell.rung().now_or_never().is_none(), "once");
        bell.ring();
        assert!(bell.rung().now_or_never().is_some());
    }
}
