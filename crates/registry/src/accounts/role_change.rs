//! What changes of members and of collaborators have in common.

use crate::accounts::role::Role;
use protoedge_sdk::OwnerName;
use std::collections::BTreeMap;

/// Gives a user this role among others, or none.
pub(crate) fn apply(roles: &mut BTreeMap<OwnerName, Role>, user: &OwnerName, role: Option<Role>) {
    match role {
        Some(role) => drop(roles.insert(user.clone(), role)),
        None => drop(roles.remove(user)),
    }
}

/// What the audit says of it.
pub(crate) fn details(user: &OwnerName, role: Option<Role>) -> Vec<(&'static str, String)> {
    let role = role.map(|role| ("role", role.as_str().to_owned()));
    role.into_iter().chain([("user", user.to_string())]).collect()
}
