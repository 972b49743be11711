use futures::future::{FutureExt, LocalBoxFuture};
use protoedge_storage::{Clock, Timestamp};
use std::time::Duration;

/// Time, chance and waiting as Workers have them.
pub(crate) struct Machine;

impl Clock for Machine {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(millis(js_sys::Date::now()))
    }

    fn random(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("a Worker always has random bytes");
    }

    fn sleep(&self, time: Duration) -> LocalBoxFuture<'static, ()> {
        worker::Delay::from(time).boxed_local()
    }
}

/// A time as JavaScript has it: a whole number of milliseconds.
#[expect(clippy::cast_possible_truncation, reason = "it is whole, and far from the greatest")]
fn millis(time: f64) -> i64 {
    time as i64
}
