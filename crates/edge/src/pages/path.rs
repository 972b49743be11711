use crate::places::{owner, places};
use protoedge_pages::Asset;
use protoedge_sdk::OwnerName;

/// A page, or what a form of one is sent to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Page {
    /// A file that all pages use.
    Asset(Asset),
    /// Where people sign in.
    SignIn,
    /// On the way to the identity provider.
    SignInStart,
    /// On the way back from it.
    SignInCallback,
    /// Where a person takes a name.
    ChooseName,
    /// Signing out.
    SignOut,
    /// The own account.
    Account,
    /// The owners whose modules one sees.
    My,
    /// The modules of one of them, with the private ones.
    MyOwner(OwnerName),
    /// A device that is to be let in.
    Device,
    /// What was decided on it.
    DeviceDecision,
    /// The own tokens.
    Tokens,
    /// Revoking one, by its id.
    RevokeToken(String),
    /// The own organizations.
    Organizations,
    /// One of them.
    Organization(OwnerName),
    /// A change of its members.
    Members(OwnerName),
    /// Leaving it.
    Leave(OwnerName),
    /// A new robot of its.
    Robots(OwnerName),
    /// A robot of its.
    Robot(OwnerName, OwnerName),
    /// A new token of a robot's.
    RobotTokens(OwnerName, OwnerName),
    /// Revoking one, by its id.
    RevokeRobotToken(OwnerName, OwnerName, String),
    /// A new trust of a robot's.
    Trusts(OwnerName, OwnerName),
    /// Ending one, by its id.
    EndTrust(OwnerName, OwnerName, String),
}

/// One row of the table of pages.
struct Row {
    path: &'static str,
    methods: &'static [&'static str],
    /// Takes what stands in the path's places; `None` for what can stand in none.
    make: fn(&[&str]) -> Option<Page>,
}

const READ: &[&str] = &["GET", "HEAD"];
const READ_AND_SEND: &[&str] = &["GET", "HEAD", "POST"];
const SEND: &[&str] = &["POST"];

/// Every page but the files that all use, whose paths say what is in them.
const TABLE: [Row; 22] = [
    Row { path: "login", methods: READ_AND_SEND, make: |_| Some(Page::SignIn) },
    Row { path: "login/start", methods: READ, make: |_| Some(Page::SignInStart) },
    Row { path: "login/callback", methods: &["GET"], make: |_| Some(Page::SignInCallback) },
    Row { path: "login/name", methods: READ_AND_SEND, make: |_| Some(Page::ChooseName) },
    Row { path: "logout", methods: SEND, make: |_| Some(Page::SignOut) },
    Row { path: "account", methods: READ, make: |_| Some(Page::Account) },
    Row { path: "my", methods: READ, make: |_| Some(Page::My) },
    Row { path: "my/{owner}", methods: READ, make: |names| Some(Page::MyOwner(owner(names, 0)?)) },
    Row { path: "device", methods: READ_AND_SEND, make: |_| Some(Page::Device) },
    Row { path: "device/decision", methods: SEND, make: |_| Some(Page::DeviceDecision) },
    Row { path: "tokens", methods: READ_AND_SEND, make: |_| Some(Page::Tokens) },
    Row {
        path: "tokens/{id}/revoke",
        methods: SEND,
        make: |names| Some(Page::RevokeToken((*names.first()?).into())),
    },
    Row { path: "organizations", methods: READ_AND_SEND, make: |_| Some(Page::Organizations) },
    Row {
        path: "organizations/{organization}",
        methods: READ,
        make: |names| Some(Page::Organization(owner(names, 0)?)),
    },
    Row {
        path: "organizations/{organization}/members",
        methods: SEND,
        make: |names| Some(Page::Members(owner(names, 0)?)),
    },
    Row {
        path: "organizations/{organization}/leave",
        methods: SEND,
        make: |names| Some(Page::Leave(owner(names, 0)?)),
    },
    Row {
        path: "organizations/{organization}/robots",
        methods: SEND,
        make: |names| Some(Page::Robots(owner(names, 0)?)),
    },
    Row {
        path: "organizations/{organization}/robots/{robot}",
        methods: READ_AND_SEND,
        make: |names| Some(Page::Robot(owner(names, 0)?, owner(names, 1)?)),
    },
    Row {
        path: "organizations/{organization}/robots/{robot}/tokens",
        methods: SEND,
        make: |names| Some(Page::RobotTokens(owner(names, 0)?, owner(names, 1)?)),
    },
    Row {
        path: "organizations/{organization}/robots/{robot}/tokens/{id}/revoke",
        methods: SEND,
        make: |names| {
            let id = (*names.get(2)?).into();
            Some(Page::RevokeRobotToken(owner(names, 0)?, owner(names, 1)?, id))
        },
    },
    Row {
        path: "organizations/{organization}/robots/{robot}/trusts",
        methods: SEND,
        make: |names| Some(Page::Trusts(owner(names, 0)?, owner(names, 1)?)),
    },
    Row {
        path: "organizations/{organization}/robots/{robot}/trusts/{id}/delete",
        methods: SEND,
        make: |names| {
            let id = (*names.get(2)?).into();
            Some(Page::EndTrust(owner(names, 0)?, owner(names, 1)?, id))
        },
    },
];

impl Page {
    /// Reads a path that begins with `/-/`.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        if let Some(asset) = Asset::parse(path) {
            return Some(Self::Asset(asset));
        }
        let path = path.strip_prefix("/-/")?;
        TABLE.iter().find_map(|row| (row.make)(&places(row.path, path)?))
    }

    /// The pages, each with its methods.
    pub fn all() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
        TABLE.iter().map(|row| (row.path, row.methods))
    }

    /// What can be done there.
    pub(crate) fn methods(&self) -> &'static [&'static str] {
        let path = self.path();
        TABLE.iter().find(|row| row.path == path).map_or(READ, |row| row.methods)
    }

    fn path(&self) -> &'static str {
        match self {
            Self::Asset(_) => "assets/{hash}",
            Self::SignIn => "login",
            Self::SignInStart => "login/start",
            Self::SignInCallback => "login/callback",
            Self::ChooseName => "login/name",
            Self::SignOut => "logout",
            Self::Account => "account",
            Self::My => "my",
            Self::MyOwner(_) => "my/{owner}",
            Self::Device => "device",
            Self::DeviceDecision => "device/decision",
            Self::Tokens => "tokens",
            Self::RevokeToken(_) => "tokens/{id}/revoke",
            Self::Organizations => "organizations",
            Self::Organization(_) => "organizations/{organization}",
            Self::Members(_) => "organizations/{organization}/members",
            Self::Leave(_) => "organizations/{organization}/leave",
            Self::Robots(_) => "organizations/{organization}/robots",
            Self::Robot(..) => "organizations/{organization}/robots/{robot}",
            Self::RobotTokens(..) => "organizations/{organization}/robots/{robot}/tokens",
            Self::RevokeRobotToken(..) => {
                "organizations/{organization}/robots/{robot}/tokens/{id}/revoke"
            }
            Self::Trusts(..) => "organizations/{organization}/robots/{robot}/trusts",
            Self::EndTrust(..) => "organizations/{organization}/robots/{robot}/trusts/{id}/delete",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_and_has_methods() {
        for row in &TABLE {
            let path = row.path.replace(['{', '}'], "");
            let page = Page::parse(&format!("/-/{path}")).unwrap_or_else(|| panic!("{path}"));
            assert_eq!(page.path(), row.path);
            assert_eq!(page.methods(), row.methods);
        }
        assert_eq!(Page::parse(Asset::Icon.path()), Some(Page::Asset(Asset::Icon)));
    }

    #[test]
    fn other_paths_are_none() {
        for path in ["", "/-/", "/login", "/-/login/", "/-/assets/x.css", "/-/organizations/A!"] {
            assert_eq!(Page::parse(path), None, "{path}");
        }
    }
}
