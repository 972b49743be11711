use crate::accounts::role::Role;
use protoedge_sdk::{ModuleName, OwnerName};
use protoedge_storage::Timestamp;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

/// The person or robot that a verified token or session acts for, as far as it goes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct User {
    /// The name, an owner of this registry.
    pub name: OwnerName,
    /// Whether this is an administrator, who may change everything.
    pub is_admin: bool,
    /// Whether it is a robot, which owns nothing and makes no organization.
    pub is_robot: bool,
    /// What was shown.
    pub proof: Proof,
    /// When it was looked at; none for the administrators' own token.
    pub seen: Option<Timestamp>,
    /// What it is good for.
    pub scope: Scope,
    /// The modules that it is good for; all where there are none.
    pub modules: Option<Rc<BTreeSet<ModuleName>>>,
    /// What groups of the identity provider give in organizations, for now.
    pub group_roles: Option<Rc<BTreeMap<OwnerName, Role>>>,
}

/// What a caller is known by.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Proof {
    /// The administrators' token, which is a setting.
    Setting,
    /// A token.
    Token(TokenId),
    /// A session of a browser's, which opens pages alone.
    Session(SessionId),
}

impl Proof {
    /// The token, if it was one.
    pub fn token(&self) -> Option<&TokenId> {
        match self {
            Self::Token(id) => Some(id),
            Self::Setting | Self::Session(_) => None,
        }
    }

    /// The session, if it was one.
    pub fn session(&self) -> Option<&SessionId> {
        match self {
            Self::Session(id) => Some(id),
            Self::Setting | Self::Token(_) => None,
        }
    }
}

/// What a token is good for: the lesser of this and its user's role counts.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// To read.
    Read,
    /// And to push and move labels.
    Write,
    /// For all that its user may do.
    #[default]
    Admin,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Admin];

    /// Reads the word for one.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

/// Whether a text is so many hexadecimal digits, as the registry writes them: in lower case.
pub(crate) fn is_hex(text: &str, digits: usize) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == digits && text.bytes().all(is_digit)
}

/// A name of something that is secret or kept in lists: 12 hexadecimal digits that say nothing of its text.
macro_rules! short_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the first 12 digits of 32 random ones.
            pub(crate) fn of_nonce(nonce: &str) -> Self {
                Self(nonce[..12].into())
            }

            /// Reads one. `None` for a text of another form.
            pub fn parse(text: &str) -> Option<Self> {
                is_hex(text, 12).then(|| Self(text.into()))
            }

            /// The digits.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

short_id! {
    /// What names a token where it is listed, revoked and written down.
    TokenId
}

short_id! {
    /// What names a session where it is listed, ended and written down.
    SessionId
}

short_id! {
    /// What names a robot's trust in tokens of continuous integration.
    TrustId
}

impl Scope {
    /// The greatest role that a token of this scope gives.
    pub const fn most(self) -> Role {
        match self {
            Self::Read => Role::Read,
            Self::Write => Role::Write,
            Self::Admin => Role::Owner,
        }
    }
}

impl User {
    /// A user whose proof is good for all that the user may do.
    pub fn unlimited(name: OwnerName) -> Self {
        Self {
            name,
            is_admin: false,
            is_robot: false,
            proof: Proof::Setting,
            seen: None,
            scope: Scope::Admin,
            modules: None,
            group_roles: None,
        }
    }

    /// The administrator, under the name that administrators act by.
    pub fn administrator(name: OwnerName) -> Self {
        Self { is_admin: true, ..Self::unlimited(name) }
    }

    /// Whether the token is good for all that its user may do, in every module.
    pub(crate) fn is_unlimited(&self) -> bool {
        self.scope == Scope::Admin && self.modules.is_none()
    }

    /// As much of a role in a module as the token is good for.
    pub(crate) fn limit(&self, role: Role, module: &ModuleName) -> Option<Role> {
        let is_for = self.modules.as_ref().is_none_or(|modules| modules.contains(module));
        is_for.then_some(role.min(self.scope.most()))
    }
}

/// What a caller showed, not looked at yet: what is public needs no look.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Credentials {
    /// Nothing.
    None,
    /// Something in a form that is no token.
    Unreadable,
    /// A token.
    Token(String),
    /// What was looked at already.
    Verified(User),
}

/// Who is asking.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Viewer {
    /// A caller without credentials.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_gives_the_lesser_of_its_scope_and_its_users_role() {
        let module: ModuleName = "acme/units".parse().unwrap();
        let user = |scope, only: Option<&str>| User {
            scope,
            modules: only.map(|name| Rc::new([name.parse().unwrap()].into())),
            ..User::unlimited("alice".parse().unwrap())
        };
        for (scope, only, role, wanted) in [
            (Scope::Admin, None, Role::Owner, Some(Role::Owner)),
            (Scope::Admin, None, Role::Read, Some(Role::Read)),
            (Scope::Write, None, Role::Owner, Some(Role::Write)),
            (Scope::Write, None, Role::Read, Some(Role::Read)),
            (Scope::Read, None, Role::Owner, Some(Role::Read)),
            (Scope::Admin, Some("acme/units"), Role::Owner, Some(Role::Owner)),
            (Scope::Admin, Some("acme/other"), Role::Owner, None),
        ] {
            assert_eq!(
                user(scope, only).limit(role, &module),
                wanted,
                "{scope:?} {only:?} {role:?}"
            );
        }
    }
}
