use crate::places::{owner, places};
use protoedge_sdk::{CommitId, ModuleName, OwnerName};

/// A path below `/-/api/`, with the names in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Endpoint {
    /// The caller.
    CurrentUser,
    /// A person or robot.
    User(OwnerName),
    /// The tokens of a person or robot.
    Tokens(OwnerName),
    /// One of them, by its id.
    Token(OwnerName, String),
    /// The members of an organization.
    Members(OwnerName),
    /// One of them.
    Member(OwnerName, OwnerName),
    /// The robots of an organization.
    Robots(OwnerName),
    /// One of them.
    Robot(OwnerName, OwnerName),
    /// What a robot trusts.
    Trusts(OwnerName, OwnerName),
    /// One of these, by its id.
    Trust(OwnerName, OwnerName, String),
    /// Who a person is at the identity provider.
    Identity(OwnerName),
    /// The sessions of a person.
    Sessions(OwnerName),
    /// A module.
    Module(ModuleName),
    /// The collaborators of a module.
    Collaborators(ModuleName),
    /// One of them.
    Collaborator(ModuleName, OwnerName),
    /// The webhooks of a module.
    Webhooks(ModuleName),
    /// One of them.
    Webhook(ModuleName, CommitId),
    /// Its secret.
    WebhookSecret(ModuleName, CommitId),
    /// The latest attempts to deliver something to it.
    WebhookAttempts(ModuleName, CommitId),
    /// What was changed of an owner's.
    AuditOf(OwnerName),
    /// Everything that was changed.
    Audit,
}

/// One row of the table of endpoints.
struct Row {
    path: &'static str,
    methods: &'static [&'static str],
    /// Takes what stands in the path's places; `None` for what can stand in none.
    make: fn(&[&str]) -> Option<Endpoint>,
}

/// Every endpoint.
const TABLE: [Row; 21] = [
    Row { path: "user", methods: &["GET"], make: |_| Some(Endpoint::CurrentUser) },
    Row {
        path: "users/{user}",
        methods: &["PATCH"],
        make: |names| Some(Endpoint::User(owner(names, 0)?)),
    },
    Row {
        path: "users/{user}/tokens",
        methods: &["GET", "POST"],
        make: |names| Some(Endpoint::Tokens(owner(names, 0)?)),
    },
    Row {
        path: "users/{user}/tokens/{id}",
        methods: &["DELETE"],
        make: |names| Some(Endpoint::Token(owner(names, 0)?, (*names.get(1)?).into())),
    },
    Row {
        path: "organizations/{organization}/members",
        methods: &["GET"],
        make: |names| Some(Endpoint::Members(owner(names, 0)?)),
    },
    Row {
        path: "organizations/{organization}/members/{user}",
        methods: &["PUT", "DELETE"],
        make: |names| Some(Endpoint::Member(owner(names, 0)?, owner(names, 1)?)),
    },
    Row {
        path: "organizations/{organization}/robots",
        methods: &["GET", "POST"],
        make: |names| Some(Endpoint::Robots(owner(names, 0)?)),
    },
    Row {
        path: "organizations/{organization}/robots/{robot}",
        methods: &["PATCH", "DELETE"],
        make: |names| Some(Endpoint::Robot(owner(names, 0)?, owner(names, 1)?)),
    },
    Row {
        path: "organizations/{organization}/robots/{robot}/trusts",
        methods: &["GET", "POST"],
        make: |names| Some(Endpoint::Trusts(owner(names, 0)?, owner(names, 1)?)),
    },
    Row {
        path: "organizations/{organization}/robots/{robot}/trusts/{id}",
        methods: &["DELETE"],
        make: |names| {
            Some(Endpoint::Trust(owner(names, 0)?, owner(names, 1)?, (*names.get(2)?).into()))
        },
    },
    Row {
        path: "users/{user}/identity",
        methods: &["PUT"],
        make: |names| Some(Endpoint::Identity(owner(names, 0)?)),
    },
    Row {
        path: "users/{user}/sessions",
        methods: &["DELETE"],
        make: |names| Some(Endpoint::Sessions(owner(names, 0)?)),
    },
    Row {
        path: "modules/{owner}/{module}",
        methods: &["GET", "PATCH", "DELETE"],
        make: |names| Some(Endpoint::Module(module(names)?)),
    },
    Row {
        path: "modules/{owner}/{module}/collaborators",
        methods: &["GET"],
        make: |names| Some(Endpoint::Collaborators(module(names)?)),
    },
    Row {
        path: "modules/{owner}/{module}/collaborators/{user}",
        methods: &["PUT", "DELETE"],
        make: |names| Some(Endpoint::Collaborator(module(names)?, owner(names, 2)?)),
    },
    Row {
        path: "modules/{owner}/{module}/webhooks",
        methods: &["GET", "POST"],
        make: |names| Some(Endpoint::Webhooks(module(names)?)),
    },
    Row {
        path: "modules/{owner}/{module}/webhooks/{webhook}",
        methods: &["DELETE"],
        make: |names| Some(Endpoint::Webhook(module(names)?, id(names, 2)?)),
    },
    Row {
        path: "modules/{owner}/{module}/webhooks/{webhook}/secret",
        methods: &["POST"],
        make: |names| Some(Endpoint::WebhookSecret(module(names)?, id(names, 2)?)),
    },
    Row {
        path: "modules/{owner}/{module}/webhooks/{webhook}/attempts",
        methods: &["GET"],
        make: |names| Some(Endpoint::WebhookAttempts(module(names)?, id(names, 2)?)),
    },
    Row {
        path: "owners/{owner}/audit",
        methods: &["GET"],
        make: |names| Some(Endpoint::AuditOf(owner(names, 0)?)),
    },
    Row { path: "audit", methods: &["GET"], make: |_| Some(Endpoint::Audit) },
];

fn id(names: &[&str], place: usize) -> Option<CommitId> {
    names.get(place)?.parse().ok()
}

fn module(names: &[&str]) -> Option<ModuleName> {
    ModuleName::new(names.first()?, names.get(1)?).ok()
}

impl Endpoint {
    /// Reads what stands behind `/-/api/`.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        TABLE.iter().find_map(|row| (row.make)(&places(row.path, path)?))
    }

    /// The endpoints as `docs/api.md` names them, each with its methods.
    pub fn all() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
        TABLE.iter().map(|row| (row.path, row.methods))
    }

    /// What can be done there.
    pub(crate) fn methods(&self) -> &'static [&'static str] {
        let path = self.path();
        TABLE.iter().find(|row| row.path == path).map_or(&[], |row| row.methods)
    }

    fn path(&self) -> &'static str {
        match self {
            Self::CurrentUser => "user",
            Self::User(_) => "users/{user}",
            Self::Tokens(_) => "users/{user}/tokens",
            Self::Token(..) => "users/{user}/tokens/{id}",
            Self::Members(_) => "organizations/{organization}/members",
            Self::Member(..) => "organizations/{organization}/members/{user}",
            Self::Robots(_) => "organizations/{organization}/robots",
            Self::Robot(..) => "organizations/{organization}/robots/{robot}",
            Self::Trusts(..) => "organizations/{organization}/robots/{robot}/trusts",
            Self::Trust(..) => "organizations/{organization}/robots/{robot}/trusts/{id}",
            Self::Identity(_) => "users/{user}/identity",
            Self::Sessions(_) => "users/{user}/sessions",
            Self::Module(_) => "modules/{owner}/{module}",
            Self::Collaborators(_) => "modules/{owner}/{module}/collaborators",
            Self::Collaborator(..) => "modules/{owner}/{module}/collaborators/{user}",
            Self::Webhooks(_) => "modules/{owner}/{module}/webhooks",
            Self::Webhook(..) => "modules/{owner}/{module}/webhooks/{webhook}",
            Self::WebhookSecret(..) => "modules/{owner}/{module}/webhooks/{webhook}/secret",
            Self::WebhookAttempts(..) => "modules/{owner}/{module}/webhooks/{webhook}/attempts",
            Self::AuditOf(_) => "owners/{owner}/audit",
            Self::Audit => "audit",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_and_has_methods() {
        for row in &TABLE {
            let id = "0123456789abcdef0123456789abcdef";
            let path = row.path.replace("{webhook}", id).replace(['{', '}'], "");
            let endpoint = Endpoint::parse(&path).unwrap_or_else(|| panic!("{path}"));
            assert_eq!(endpoint.path(), row.path);
            assert_eq!(endpoint.methods(), row.methods);
        }
    }

    #[test]
    fn other_paths_are_none() {
        for path in ["", "user/", "users", "users/A!", "users/a/tokens", "audit/x", "modules/acme"]
        {
            assert_eq!(Endpoint::parse(path), None, "{path}");
        }
    }
}
