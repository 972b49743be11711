use serde::{Deserialize, Serialize};

/// What a member may do in an organization, and a collaborator in a module. Each role may do what those before it may.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads private modules.
    Read,
    /// Pushes, and moves labels.
    Write,
    /// Makes and changes modules; adds and removes members below this role.
    Admin,
    /// Does everything.
    Owner,
}

impl Role {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }
}
