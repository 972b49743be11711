//! What is stored and who may see it: owners, modules, commits, labels, tokens, SDKs, how far each
//! is, and what was promised. All of it lives in one [`Bucket`]; this crate decides which object is
//! written when, so that nothing accepted is lost and nothing half-made is seen.

mod access;
mod asking;
mod bounds;
mod catalogue;
mod commits;
mod error;
mod key;
mod labels;
mod listing;
mod making;
mod memo;
mod modules;
mod orders;
mod owners;
mod pinned;
mod publication;
mod publish;
mod push;
mod reserved_owners;
mod store;
mod uses;

pub use access::{TokenRecord, User, Viewer};
pub use bounds::Series;
pub use catalogue::StoredCatalogue;
pub use commits::{COMMIT_COST, Commit, FILE_COST, File, Named};
pub use error::Error;
pub use key::{CacheClass, Key};
pub use labels::{History, LabelHead, LabelRecord, Move};
pub use listing::{Listing, Published};
pub use making::{Asked, Asker, Effort, Making};
pub use memo::{Memo, Published as PublishedCatalogue};
pub use modules::{Module, NewModule, Visibility};
pub use orders::Order;
pub use owners::{Identified, Owner, OwnerKind};
pub use pinned::LockedCommit;
pub use publication::{DEPENDENTS, Publication};
pub use push::{BadPush, Content, Pushed, Upload};
pub use store::Store;
