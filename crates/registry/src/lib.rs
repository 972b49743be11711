//! What is stored and who may see it: owners, modules, commits, labels, tokens, SDKs, how far each
//! is, and what was promised. All of it lives in one [`Bucket`]; this crate decides which object is
//! written when, so that nothing accepted is lost and nothing half-made is seen.

mod access;
mod ambient;
mod asking;
mod bounds;
mod bucket;
mod catalogue;
mod commits;
mod error;
#[cfg(any(feature = "flaky", feature = "testing"))]
mod flaky;
mod key;
mod labels;
mod listing;
mod making;
mod memo;
#[cfg(feature = "testing")]
mod memory;
mod modules;
mod moment;
mod orders;
mod owners;
mod pinned;
mod publication;
mod publish;
mod push;
mod reserved_owners;
mod steady;
mod store;
pub mod suite;
#[cfg(feature = "testing")]
pub mod testing;
mod uses;

pub use access::{TokenRecord, User, Viewer};
pub use ambient::Ambient;
pub use bounds::Series;
pub use bucket::{Bucket, BucketError, ETag, Info, Meta, Object, Page, Put, When};
pub use catalogue::StoredCatalogue;
pub use commits::{COMMIT_COST, Commit, FILE_COST, File, Named};
pub use error::Error;
#[cfg(any(feature = "flaky", feature = "testing"))]
pub use flaky::Flaky;
pub use key::{CacheClass, Key};
pub use labels::{History, LabelHead, LabelRecord, Move};
pub use listing::{Listing, NpmFacts, Published};
pub use making::{Asked, Asker, Effort, Making};
pub use memo::{Memo, Published as PublishedCatalogue};
#[cfg(feature = "testing")]
pub use memory::{Fault, MemoryBucket, Snapshot};
pub use modules::{Module, NewModule, Visibility};
pub use moment::Moment;
pub use orders::Order;
pub use owners::{Identified, Owner, OwnerKind};
pub use pinned::LockedCommit;
pub use publication::{DEPENDENTS, Publication};
pub use publish::Hashes;
pub use push::{BadPush, Content, Pushed, Upload};
pub use steady::Steady;
pub use store::Store;
