//! How many connections are open at once, and which one makes room for another.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio_util::sync::CancellationToken;

/// The connections that are open. There is always room for one more: the one that has been here longest
/// without asking for anything is closed for it, so that no crowd of silent ones keeps a job out.
#[derive(Clone, Debug)]
pub(super) struct ConnectionLimit {
    /// By their number: the oldest come first.
    open: Arc<Mutex<BTreeMap<u64, OpenConnection>>>,
    /// The number of the next one: none is given twice.
    next: Arc<AtomicU64>,
    most: usize,
}

#[derive(Debug)]
struct OpenConnection {
    is_answered: bool,
    closed: CancellationToken,
}

/// The right to be open, which ends when this is dropped.
#[derive(Debug)]
pub(super) struct Permit {
    limit: ConnectionLimit,
    number: u64,
    closed: CancellationToken,
}

/// A request of a connection is being answered, until this is dropped.
pub(super) struct Answering(Arc<Permit>);

impl ConnectionLimit {
    /// Room for this many connections.
    pub(super) fn new(most: usize) -> Self {
        Self { open: Arc::default(), next: Arc::default(), most }
    }

    /// Lets a new connection in.
    pub(super) fn enter(&self) -> Arc<Permit> {
        let mut open = self.lock();
        if open.len() >= self.most {
            let silent = open.iter().find(|(_, it)| !it.is_answered);
            let first = silent.or_else(|| open.first_key_value()).map(|(number, _)| *number);
            if let Some(leaving) = first.and_then(|number| open.remove(&number)) {
                leaving.closed.cancel();
            }
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let closed = CancellationToken::new();
        open.insert(number, OpenConnection { is_answered: false, closed: closed.clone() });
        Arc::new(Permit { limit: self.clone(), number, closed })
    }

    /// How many are open.
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Closes the connections that ask for nothing.
    pub(super) fn close_silent(&self) {
        for silent in self.lock().values().filter(|it| !it.is_answered) {
            silent.closed.cancel();
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, OpenConnection>> {
        // Every change is one call: a panic leaves no half of it.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// Over when the connection has to go.
    pub(super) async fn closed(&self) {
        self.closed.cancelled().await;
    }

    /// Says that a request is being answered.
    pub(super) fn answering(self: &Arc<Self>) -> Answering {
        self.set_answered(true);
        Answering(self.clone())
    }

    fn set_answered(&self, is_answered: bool) {
        if let Some(open) = self.limit.lock().get_mut(&self.number) {
            open.is_answered = is_answered;
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.limit.lock().remove(&self.number);
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.set_answered(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(permits: &[&Arc<Permit>]) -> Vec<bool> {
        permits.iter().map(|permit| permit.closed.is_cancelled()).collect()
    }

    #[test]
    fn the_oldest_silent_connection_makes_room() {
        let limit = ConnectionLimit::new(2);
        let (first, second) = (limit.enter(), limit.enter());
        let answering = first.answering();
        let third = limit.enter();
        assert_eq!(closed(&[&first, &second, &third]), [false, true, false]);
        assert_eq!(limit.len(), 2);
        let others = third.answering();
        let fourth = limit.enter();
        assert_eq!(closed(&[&first, &third, &fourth]), [true, false, false], "all are answered");
        drop((answering, others, first, second));
        let fifth = limit.enter();
        assert_eq!(closed(&[&third, &fourth, &fifth]), [true, false, false], "answered before");
    }

    #[test]
    fn a_connection_that_ends_makes_room() {
        let limit = ConnectionLimit::new(1);
        drop(limit.enter());
        let next = limit.enter();
        assert_eq!(closed(&[&next]), [false]);
        limit.close_silent();
        assert_eq!(closed(&[&next]), [true]);
    }
}
