use protoedge_oauth::Issuer;
use protoedge_registry::Role;
use protoedge_sdk::OwnerName;
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// How people sign in: at which provider, and what that says of them.
#[derive(Clone)]
pub struct SignIn {
    /// The provider.
    pub issuer: Issuer,
    /// What this registry is called there.
    pub client_id: String,
    secret: String,
    /// What the provider is asked for, with blanks between.
    pub scopes: String,
    /// The claim with the name that a person wishes to have.
    pub name_claim: String,
    /// The claim with a person's groups.
    pub groups_claim: String,
    groups: Vec<GroupRole>,
    /// The domains of mail addresses that may sign in, in small letters; all where there is none.
    pub mail_domains: BTreeSet<String>,
}

/// What a group gives.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupRole {
    group: String,
    organization: OwnerName,
    role: Role,
}

/// A setting of how people sign in that cannot be used. It names the setting, and never a secret.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the setting {name} cannot be used: {what}")]
pub struct BadSignIn {
    name: &'static str,
    what: String,
}

fn bad(name: &'static str, what: impl Into<String>) -> BadSignIn {
    BadSignIn { name, what: what.into() }
}

impl SignIn {
    /// The setting with the provider's address. Without it people sign in with tokens.
    pub const ISSUER: &str = "OIDC_ISSUER";
    /// The setting with the name of this registry there.
    pub const CLIENT_ID: &str = "OIDC_CLIENT_ID";
    /// The secret that goes with it.
    pub const CLIENT_SECRET: &str = "OIDC_CLIENT_SECRET";
    /// The setting with what the provider is asked for.
    pub const SCOPES: &str = "OIDC_SCOPES";
    /// The setting with the claim that holds the wished name.
    pub const NAME_CLAIM: &str = "OIDC_NAME_CLAIM";
    /// The setting with the claim that holds groups.
    pub const GROUPS_CLAIM: &str = "OIDC_GROUPS_CLAIM";
    /// The setting with what groups give: a JSON list of `{"group", "organization", "role"}`.
    pub const GROUPS: &str = "OIDC_GROUPS";
    /// The setting with the domains of mail addresses that may sign in, with commas between.
    pub const MAIL_DOMAINS: &str = "OIDC_MAIL_DOMAINS";

    /// Reads the settings. `None` where no provider is set.
    ///
    /// # Errors
    /// [`BadSignIn`] names the setting that is missing or cannot be used.
    pub fn read(setting: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, BadSignIn> {
        let text =
            |name: &str| setting(name).map(|it| it.trim().to_owned()).filter(|it| !it.is_empty());
        let Some(issuer) = text(Self::ISSUER) else {
            let all = [Self::CLIENT_ID, Self::CLIENT_SECRET, Self::GROUPS, Self::MAIL_DOMAINS];
            return match all.into_iter().find(|name| text(name).is_some()) {
                // Nobody should believe that it has an effect.
                Some(name) => Err(bad(name, format!("without {} it means nothing", Self::ISSUER))),
                None => Ok(None),
            };
        };
        let issuer =
            Issuer::parse(&issuer).map_err(|error| bad(Self::ISSUER, error.to_string()))?;
        let needed = |name: &'static str| {
            text(name).ok_or_else(|| bad(name, format!("{} needs it", Self::ISSUER)))
        };
        let or = |name: &str, default: &str| text(name).unwrap_or_else(|| default.to_owned());
        let scopes = or(Self::SCOPES, "openid profile email");
        if !scopes.split(' ').any(|scope| scope == "openid") {
            return Err(bad(Self::SCOPES, "`openid` is one of them"));
        }
        Ok(Some(Self {
            issuer,
            client_id: needed(Self::CLIENT_ID)?,
            secret: needed(Self::CLIENT_SECRET)?,
            scopes,
            name_claim: or(Self::NAME_CLAIM, "preferred_username"),
            groups_claim: or(Self::GROUPS_CLAIM, "groups"),
            groups: text(Self::GROUPS).map_or_else(|| Ok(Vec::new()), |it| read_groups(&it))?,
            mail_domains: text(Self::MAIL_DOMAINS)
                .map_or_else(|| Ok(BTreeSet::new()), |it| domains(&it))?,
        }))
    }

    /// The secret, for the provider alone.
    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }

    /// Whether groups give anything.
    pub(crate) fn heeds_groups(&self) -> bool {
        !self.groups.is_empty()
    }

    /// The role that these groups give in each organization: the greatest where several do.
    pub(crate) fn roles(&self, groups: &[&str]) -> BTreeMap<OwnerName, Role> {
        let mut roles: BTreeMap<OwnerName, Role> = BTreeMap::new();
        for rule in self.groups.iter().filter(|rule| groups.contains(&rule.group.as_str())) {
            let role = roles.entry(rule.organization.clone()).or_insert(rule.role);
            *role = rule.role.max(*role);
        }
        roles
    }
}

fn read_groups(text: &str) -> Result<Vec<GroupRole>, BadSignIn> {
    serde_json::from_str(text).map_err(|error| {
        let wanted = r#"it must be a JSON list like [{"group": "engineering", "organization": "acme", "role": "write"}]"#;
        bad(SignIn::GROUPS, format!("{wanted}: {error}"))
    })
}

fn domains(text: &str) -> Result<BTreeSet<String>, BadSignIn> {
    let all: BTreeSet<String> = text.split(',').map(|it| it.trim().to_ascii_lowercase()).collect();
    let is_domain = |it: &String| {
        it.contains('.') && it.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
    };
    match all.iter().find(|it| !is_domain(it)) {
        Some(other) => Err(bad(SignIn::MAIL_DOMAINS, format!("{other:?} is no domain"))),
        None => Ok(all),
    }
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignIn({})", self.issuer)
    }
}

/// The systems of continuous integration whose tokens organizations may trust.
#[derive(Clone, Debug, Default)]
pub struct TrustedIssuers(BTreeSet<Issuer>);

impl TrustedIssuers {
    /// The setting: addresses of issuers with commas between.
    pub const SETTING: &str = "TRUSTED_ISSUERS";

    /// Reads the setting.
    ///
    /// # Errors
    /// [`BadSignIn`] says which address is none.
    pub fn read(setting: Option<&str>) -> Result<Self, BadSignIn> {
        let all = setting.unwrap_or_default().split(',').map(str::trim).filter(|it| !it.is_empty());
        let issuers = all.map(|text| {
            Issuer::parse(text).map_err(|error| bad(Self::SETTING, format!("{text:?}: {error}")))
        });
        Ok(Self(issuers.collect::<Result<_, _>>()?))
    }

    /// The issuer of this address, if it is one of them.
    pub fn get(&self, address: &str) -> Option<&Issuer> {
        self.0.iter().find(|issuer| issuer.as_str() == address)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Issuer> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(settings: &[(&str, &str)]) -> Result<Option<SignIn>, String> {
        let find = |name: &str| {
            let found = settings.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        SignIn::read(find).map_err(|error| error.to_string())
    }

    const GOOD: [(&str, &str); 3] = [
        (SignIn::ISSUER, "https://id.example.com"),
        (SignIn::CLIENT_ID, "registry"),
        (SignIn::CLIENT_SECRET, "a secret"),
    ];

    #[test]
    fn settings_are_read() {
        assert!(read(&[]).unwrap().is_none());
        assert!(read(&[(SignIn::ISSUER, " ")]).unwrap().is_none());
        let groups = r#"[{"group": "eng", "organization": "acme", "role": "write"},
            {"group": "leads", "organization": "acme", "role": "admin"}]"#;
        let more = [(SignIn::GROUPS, groups), (SignIn::MAIL_DOMAINS, "Example.com, example.org")];
        let settings = read(&[&GOOD[..], &more].concat()).unwrap().unwrap();
        assert_eq!(format!("{settings:?}"), "SignIn(https://id.example.com)");
        let acme: OwnerName = "acme".parse().unwrap();
        assert_eq!(settings.roles(&["leads", "eng"]), [(acme.clone(), Role::Admin)].into());
        assert_eq!(settings.roles(&["eng", "x"]), [(acme, Role::Write)].into());
        assert_eq!(settings.roles(&["x"]), BTreeMap::new());
        assert!(settings.mail_domains.contains("example.com"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (change, words) in [
            (&[(SignIn::ISSUER, "http://id.example.com")][..], "OIDC_ISSUER cannot be used"),
            (
                &[(SignIn::CLIENT_SECRET, "")],
                "OIDC_CLIENT_SECRET cannot be used: OIDC_ISSUER needs",
            ),
            (&[(SignIn::ISSUER, "")], "without OIDC_ISSUER it means nothing"),
            (&[(SignIn::SCOPES, "profile")], "`openid` is one"),
            (&[(SignIn::GROUPS, "{}")], "OIDC_GROUPS cannot be used: it must be a JSON list"),
            (
                &[(SignIn::GROUPS, r#"[{"group": "x", "organization": "A!", "role": "read"}]"#)],
                "OIDC_GROUPS",
            ),
            (&[(SignIn::MAIL_DOMAINS, "@example.com")], "is no domain"),
        ] {
            let error = read(&[change, &GOOD].concat()).unwrap_err();
            assert!(error.contains(words) && !error.contains("a secret"), "{error}");
        }
    }

    #[test]
    fn trusted_issuers_are_read() {
        let text = " https://token.example.com , http://127.0.0.1:1,";
        let issuers = TrustedIssuers::read(Some(text)).unwrap();
        assert_eq!(issuers.iter().count(), 2);
        assert!(issuers.get("https://token.example.com").is_some());
        assert!(issuers.get("https://token.example.com/").is_none());
        assert_eq!(TrustedIssuers::read(None).unwrap().iter().count(), 0);
        let error = TrustedIssuers::read(Some("ftp://x")).unwrap_err().to_string();
        assert!(error.contains("TRUSTED_ISSUERS") && error.contains("ftp://x"), "{error}");
    }
}
