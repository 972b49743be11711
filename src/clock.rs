use futures::future::{FutureExt, LocalBoxFuture};
use protoedge_storage::{Clock, Timestamp};
use std::time::Duration;

/// Time, chance and waiting as Workers have them.
pub(crate) struct Machine;

impl Clock for Machine {
    fn now(&self) -> Timestamp {
        let millis = worker::Date::now().as_millis();
        Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
    }

    fn random(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("a Worker always has random bytes");
    }

    fn sleep(&self, time: Duration) -> LocalBoxFuture<'static, ()> {
        worker::Delay::from(time).boxed_local()
    }
}
