use protoedge_sdk::OwnerName;

/// Somebody who showed a token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct User {
    /// The user's name, an owner of this registry.
    pub name: OwnerName,
    /// Whether this is an administrator, who may change everything.
    pub is_admin: bool,
}

/// Who is asking.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Viewer {
    /// Nobody showed a token.
    Anonymous,
    /// A known user.
    User(User),
}

impl Viewer {
    /// The user, if there is one.
    pub fn user(&self) -> Option<&User> {
        match self {
            Self::Anonymous => None,
            Self::User(user) => Some(user),
        }
    }
}
