//! The object store that all state is kept in, and the clock: what the registry needs of the machine it runs on.
//!
//! [`Bucket`] is the trait that R2 and the in-memory bucket implement, [`conformance`] the tests that every implementation
//! passes. [`Retrying`] asks again after trouble, [`Faulty`] makes it, [`Counting`] counts what is asked.

mod bucket;
mod clock;
pub mod conformance;
mod counting;
#[cfg(any(feature = "faulty", feature = "testing"))]
mod faulty;
#[cfg(feature = "testing")]
mod memory;
mod retrying;
#[cfg(feature = "testing")]
pub mod testing;
mod timestamp;

pub use bucket::{Bucket, BucketError, Condition, ETag, Meta, Object, Page, Put, PutOptions};
pub use clock::Clock;
pub use counting::{Counting, OperationCounts, Operations};
#[cfg(any(feature = "faulty", feature = "testing"))]
pub use faulty::Faulty;
#[cfg(feature = "testing")]
pub use memory::{Fault, MemoryBucket, Snapshot};
pub use retrying::Retrying;
pub use timestamp::Timestamp;
