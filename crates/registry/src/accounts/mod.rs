//! Owners and tokens, and who may see and change what.

pub(crate) mod access;
pub(crate) mod owners;
mod reserved_owners;
pub(crate) mod user;

pub use access::{TokenRecord, create_token, may_change, see, user_of, visible};
pub use owners::{
    Identified, Owner, OwnerKind, check_name, create_organization, ensure_user, find_owner,
    identify,
};
pub use user::{User, Viewer};
