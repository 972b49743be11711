//! Owners and tokens, and who may see and change what.

pub(crate) mod access;
mod collaborators;
mod devices;
pub(crate) mod group_roles;
mod identities;
pub(crate) mod members;
mod organizations;
pub(crate) mod owner;
pub(crate) mod owners;
pub(crate) mod recheck;
pub(crate) mod reserved_owners;
mod robots;
pub(crate) mod role;
mod role_change;
mod sealed;
pub(crate) mod session;
mod sessions;
mod signed_in;
mod token_text;
pub(crate) mod tokens;
pub(crate) mod trusts;
pub(crate) mod user;
pub(crate) mod verified;

pub use access::{
    Audience, Grant, require, require_in, role_of, see, see_nothing, viewer, viewer_now, visible,
};
pub use collaborators::{collaborators, remove_collaborator, set_collaborator};
pub use devices::{
    Decision, LASTS as DEVICE_LASTS, NewDevice, Polled, UserCode, WaitingDevice, add_device,
    decide, forget_devices, poll_device, waiting_device,
};
pub use group_roles::GroupMember;
pub use identities::{Identity, link_identity, note_groups, person_of, register};
pub use members::{group_members, members, organizations_of, remove_member, set_member};
pub use organizations::{
    About, change_organization, check_name, check_organization_change, create_organization,
    delete_organization,
};
pub use owner::{GroupRoles, Owner, OwnerKind};
pub use owners::{Identified, ensure_user, find_owner, identify, owner_named_by, recall_owner};
pub use robots::{
    Robot, RobotChange, change_robot, create_robot, delete_robot, robot, robots, set_disabled,
};
pub use role::Role;
pub use sealed::{seal, unseal};
pub use session::{SessionRecord, SessionText, SignedIn, SignedInBy};
pub use sessions::{begin_session, check_token, draw_session, end_session, end_sessions};
pub use signed_in::{signed_in, signed_in_now};
pub use token_text::TokenText;
pub use tokens::{ListedToken, NewToken, create_token, list_tokens, revoke_token};
pub use trusts::{Trust, add_trust, exchange, remove_trust, trusts, trusts_of};
pub use user::{Credentials, Proof, Scope, SessionId, TokenId, TrustId, User, Viewer};
pub use verified::{TokenRecord, has_token_uses, note_token_uses, user_of};
