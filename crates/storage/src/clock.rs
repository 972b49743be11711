use crate::Timestamp;
use futures::future::LocalBoxFuture;
use std::time::Duration;

/// What the machine around the registry gives: time, chance and waiting.
pub trait Clock {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Fills a buffer with bytes that cannot be guessed.
    fn random(&self, buffer: &mut [u8]);

    /// Waits, on this caller's own timer.
    fn sleep(&self, time: Duration) -> LocalBoxFuture<'static, ()>;
}
