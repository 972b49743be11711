use futures::future::{FutureExt, LocalBoxFuture};
use protoedge_registry::{Ambient, Moment};
use std::time::Duration;

/// Time, chance and waiting as Workers have them.
pub(crate) struct Machine;

impl Ambient for Machine {
    fn now(&self) -> Moment {
        let millis = worker::Date::now().as_millis();
        Moment::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
    }

    fn random(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("a Worker always has random bytes");
    }

    fn sleep(&self, time: Duration) -> LocalBoxFuture<'static, ()> {
        worker::Delay::from(time).boxed_local()
    }
}
