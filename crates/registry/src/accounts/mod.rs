//! Owners and tokens, and who may see and change what.

pub(crate) mod access;
mod collaborators;
mod members;
mod organizations;
pub(crate) mod owner;
pub(crate) mod owners;
pub(crate) mod reserved_owners;
mod robots;
pub(crate) mod role;
mod role_change;
mod token_text;
pub(crate) mod tokens;
pub(crate) mod user;
pub(crate) mod verified;

pub use access::{
    Audience, Grant, require, require_in, see, see_nothing, viewer, viewer_now, visible,
};
pub use collaborators::{collaborators, remove_collaborator, set_collaborator};
pub use members::{members, remove_member, set_member};
pub use organizations::{
    About, change_organization, check_name, check_organization_change, create_organization,
    delete_organization,
};
pub use owner::{Owner, OwnerKind};
pub use owners::{Identified, ensure_user, find_owner, identify, recall_owner};
pub use robots::{
    Robot, RobotChange, change_robot, create_robot, delete_robot, robots, set_disabled,
};
pub use role::Role;
pub use token_text::TokenText;
pub use tokens::{ListedToken, NewToken, create_token, list_tokens, revoke_token};
pub use user::{Credentials, Scope, TokenId, User, Viewer};
pub use verified::{TokenRecord, has_token_uses, note_token_uses, user_of};
