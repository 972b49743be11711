//! What is stored and who may see it: owners, modules, commits, labels, tokens, SDKs, how far each
//! is, and what was promised. All of it lives in one [`protoedge_storage::Bucket`]; this crate decides which object is
//! written when, so that nothing accepted is lost and nothing half-made is seen.
//!
//! Each room has functions of a [`Store`], which is the bucket with the clock and what this machine remembers.

mod about;
pub mod accounts;
pub mod audit;
mod bounds;
pub mod catalogue;
mod error;
pub mod generation;
mod key;
mod memo;
pub mod modules;
pub mod packages;
pub mod purges;
pub mod push;
pub mod search;
mod series;
mod store;
mod stored_json;
pub mod takedowns;
pub mod upstreams;
mod web_address;
pub mod webhooks;

pub use accounts::{
    About, Audience, Credentials, Grant, Identified, ListedToken, NewToken, Owner, OwnerKind,
    Proof, Robot, RobotChange, Role, Scope, SessionId, TokenId, TokenRecord, TokenText, TrustId,
    User, Viewer,
};
pub use audit::AuditEntry;
pub use catalogue::StoredCatalogue;
pub use error::Error;
pub use generation::{
    DEPENDENTS, Effort, GenerationState, Order, Publication, Requested, Requester,
};
pub use key::Key;
pub use memo::{Memo, PublishedCatalogue};
pub use modules::{
    Archived, COMMIT_COST, Commit, FILE_COST, File, History, LabelHead, LabelPage, LabelRecord,
    Module, ModuleChange, Move, Named, NewModule, SourceControl, SourceEntry, Sources, Visibility,
};
pub use packages::{Listing, LockedCommit, Outcome, Published};
pub use purges::{Purge, PurgeReason, PurgeScope};
pub use push::{BadPush, Content, Pushed, Upload};
pub use search::{IndexedModule, ModuleIndex};
pub use series::Series;
pub use store::Store;
pub use takedowns::Takedown;
pub use upstreams::{Mirror, MoveIn, Place, UpstreamCommit, UpstreamLabel, UpstreamModule};
pub use webhooks::{
    Webhook, WebhookEvent,
    deliveries::{Attempt, Delivery, Message},
};
