//! Owners and tokens, and who may see and change what.

pub(crate) mod access;
pub(crate) mod owners;
mod reserved_owners;

pub use access::{TokenRecord, User, Viewer, create_token, may_change, see, user_of, visible};
pub use owners::{
    Identified, Owner, OwnerKind, check_name, create_organization, ensure_user, find_owner,
    identify,
};
