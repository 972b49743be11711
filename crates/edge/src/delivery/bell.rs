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
    /// How many generators are listened to.
    listening: Cell<usize>,
}

/// How many generators a request listens to at once. A Worker has six requests open for one that it answers, those to the bucket
/// among them, and others wait for their turn (Cloudflare, "Workers", limits): jobs are to be sent, and the bucket to be read, while
/// generators are listened to.
const MOST_HEARD: usize = 3;

/// As long as it is kept, a generator is listened to.
#[derive(Debug)]
pub(crate) struct Listening<'a>(&'a Bell);

impl Drop for Listening<'_> {
    fn drop(&mut self) {
        self.0.listening.set(self.0.listening.get() - 1);
    }
}

impl Bell {
    /// Listens to one more generator, if it is not one too many: what that one makes is found in the bucket.
    pub(crate) fn listen(&self) -> Option<Listening<'_>> {
        let listening = self.listening.get();
        if listening >= MOST_HEARD {
            return None;
        }
        self.listening.set(listening + 1);
        Some(Listening(self))
    }

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

    #[test]
    fn listens_to_a_few_at_once() {
        let bell = Bell::default();
        let mut heard: Vec<_> = (0..MOST_HEARD).map(|_| bell.listen()).collect();
        assert!(heard.iter().all(Option::is_some));
        assert!(bell.listen().is_none());
        heard.pop();
        assert!(bell.listen().is_some());
        assert!(bell.listen().is_some(), "who is not listened to any more does not count");
    }
}
