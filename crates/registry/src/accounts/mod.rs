//! Owners and tokens, and who may see and change what.

pub(crate) mod access;
pub(crate) mod owner;
pub(crate) mod owners;
mod reserved_owners;
pub(crate) mod role;
pub(crate) mod tokens;
pub(crate) mod user;

pub use access::{Audience, Grant, require, require_in, see, viewer, visible};
pub use owner::{Owner, OwnerKind};
pub use owners::{Identified, check_name, create_organization, ensure_user, find_owner, identify};
pub use role::Role;
pub use tokens::{TokenRecord, create_token, user_of};
pub use user::{Credentials, Scope, User, Viewer};
