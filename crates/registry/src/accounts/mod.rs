//! Owners and tokens, and who may see and change what.

pub(crate) mod access;
pub(crate) mod owners;
mod reserved_owners;
pub(crate) mod tokens;
pub(crate) mod user;

pub use access::{Audience, Grant, may_change, see, visible};
pub use owners::{
    Identified, Owner, OwnerKind, check_name, create_organization, ensure_user, find_owner,
    identify,
};
pub use tokens::{TokenRecord, create_token, user_of};
pub use user::{User, Viewer};
