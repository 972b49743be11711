//! A machine whose time tests move: pair it with tokio's paused clock.

use crate::{Clock, Timestamp};
use futures::future::{FutureExt, LocalBoxFuture};
use std::{cell::Cell, time::Duration};
use tokio::time::Instant;

/// Time is tokio's, starting in 2026; chance is a counter.
pub struct Simulated {
    start: Instant,
    drawn: Cell<u64>,
}

impl Simulated {
    /// 2026-01-01.
    const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);

    /// Starts the clock. Must be called within a tokio runtime.
    pub fn new() -> Self {
        Self { start: Instant::now(), drawn: Cell::new(0) }
    }
}

impl Default for Simulated {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for Simulated {
    fn now(&self) -> Timestamp {
        Self::START + self.start.elapsed()
    }

    /// A xorshift of the number of calls: every draw is another, every run is the same.
    fn random(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            let drawn = self.drawn.get() + 1;
            self.drawn.set(drawn);
            let mut x = drawn.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            x ^= x >> 30;
            x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
            x ^= x >> 27;
            chunk.copy_from_slice(&x.to_be_bytes()[..chunk.len()]);
        }
    }

    fn sleep(&self, time: Duration) -> LocalBoxFuture<'static, ()> {
        tokio::time::sleep(time).boxed_local()
    }
}

/// Numbers that look random (xorshift) and are the same in every run of a seed from 1.
pub fn random(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    }
}
