use protoedge_sdk::{Hosts, OwnerName, Package, Rules};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Another registry, whose modules may be had here.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// The names that its packages have.
    pub hosts: Hosts,
    /// Where it is, without a slash at the end: nothing is asked for anywhere else.
    pub url: String,
    /// The owners whose modules are fetched when a push or somebody who is signed in asks for them.
    pub owners: FetchedOwners,
    /// What administrators' mirrors show it; none where they see what is public there.
    pub token: Option<UpstreamToken>,
}

/// A token of another registry's. No text that is printed holds it.
#[derive(Clone)]
pub struct UpstreamToken(String);

impl UpstreamToken {
    /// The token.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for UpstreamToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UpstreamToken")
    }
}

/// Whose modules are fetched on demand.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum FetchedOwners {
    /// Everybody's that are public there.
    All,
    /// These.
    Listed(BTreeSet<OwnerName>),
}

impl FetchedOwners {
    /// Whether modules of this owner are fetched.
    pub fn has(&self, owner: &OwnerName) -> bool {
        match self {
            Self::All => true,
            Self::Listed(owners) => owners.contains(owner),
        }
    }

    /// Whether this owner is named.
    pub fn names(&self, owner: &OwnerName) -> bool {
        matches!(self, Self::Listed(owners) if owners.contains(owner))
    }
}

/// All other registries, by their hosts.
#[derive(Clone, Debug, Default)]
pub struct Upstreams(BTreeMap<String, Upstream>);

/// Why the setting cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the setting {} cannot be used: {what}", Upstreams::SETTING)]
pub struct BadUpstreams {
    what: String,
}

impl From<String> for BadUpstreams {
    fn from(what: String) -> Self {
        Self { what }
    }
}

/// One element of the setting.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Setting {
    host: String,
    npm_scope: String,
    url: String,
    #[serde(default)]
    owners: Vec<String>,
}

impl Upstreams {
    /// The setting's name. It is a JSON list of `{"host", "npm_scope", "url", "owners": […]}`; `*` among the owners stands for all.
    pub const SETTING: &str = "UPSTREAMS";

    /// The name of the secret that holds their tokens: a JSON object of each by its registry's host.
    pub const TOKENS: &str = "UPSTREAM_TOKENS";

    /// With tokens: what the secret holds.
    ///
    /// # Errors
    /// [`BadUpstreams`] says what is wrong, and nothing of what the secret holds.
    pub fn with_tokens(mut self, secret: Option<&str>) -> Result<Self, BadUpstreams> {
        let text = secret.unwrap_or_default().trim();
        if text.is_empty() {
            return Ok(self);
        }
        let wanted = || format!("{} must be a JSON object of texts by hosts", Self::TOKENS);
        let tokens: BTreeMap<String, String> = serde_json::from_str(text).map_err(|_| wanted())?;
        for (host, token) in tokens {
            let upstream = self.0.get_mut(&host);
            let upstream =
                upstream.ok_or_else(|| format!("{} names another host", Self::TOKENS))?;
            upstream.token = Some(UpstreamToken(token));
        }
        Ok(self)
    }

    /// Reads the setting of a registry with these names.
    ///
    /// # Errors
    /// [`BadUpstreams`] says what is wrong.
    pub fn read(setting: Option<&str>, own: &Hosts) -> Result<Self, BadUpstreams> {
        let text = setting.unwrap_or_default().trim();
        if text.is_empty() {
            return Ok(Self::default());
        }
        let wanted = r#"it must be a JSON list like [{"host": "buf.build", "npm_scope": "@buf", "url": "https://buf.build", "owners": ["googleapis"]}]"#;
        let settings: Vec<Setting> =
            serde_json::from_str(text).map_err(|error| format!("{wanted}: {error}"))?;
        let mut all: BTreeMap<String, Upstream> = BTreeMap::new();
        for setting in settings {
            let upstream = Upstream::read(setting, own)?;
            let scope = &upstream.hosts.npm_scope;
            if all.values().any(|it| it.hosts.npm_scope == *scope) {
                return Err(format!("two registries have the npm scope {scope}").into());
            }
            let host = upstream.hosts.registry_host.clone();
            if all.insert(host.clone(), upstream).is_some() {
                return Err(format!("{host} is named twice").into());
            }
        }
        Ok(Self(all))
    }

    /// The registry that is known by a host.
    pub fn of_host(&self, host: &str) -> Option<&Upstream> {
        self.0.get(host)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, by their hosts.
    pub fn iter(&self) -> impl Iterator<Item = &Upstream> {
        self.0.values()
    }

    /// The package of that name with the names of the registry that it is of: `own`, or one of these.
    pub fn parse_package<'a>(
        &'a self,
        rules: &dyn Rules,
        name: &str,
        own: &'a Hosts,
    ) -> Option<(Package, &'a Hosts)> {
        let mut all = std::iter::once(own).chain(self.iter().map(|upstream| &upstream.hosts));
        all.find_map(|hosts| Some((rules.parse_package(name, hosts)?, hosts)))
    }
}

impl Upstream {
    fn read(setting: Setting, own: &Hosts) -> Result<Self, String> {
        let Setting { host, npm_scope, url, owners } = setting;
        let is_host =
            |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
        if !host.contains('.') || !host.chars().all(is_host) || host == own.registry_host {
            return Err(format!(
                "the host {host:?} must be another registry's, with a dot and without a port"
            ));
        }
        let scope = npm_scope.strip_prefix('@').unwrap_or_default();
        let is_scope = |c: char| is_host(c) || c == '_';
        if scope.is_empty() || !scope.chars().all(is_scope) || npm_scope == own.npm_scope {
            return Err(format!(
                "the npm scope {npm_scope:?} must be another registry's, like \"@buf\""
            ));
        }
        let url = url.trim_end_matches('/').to_owned();
        if !is_confidential(&url) {
            return Err(format!("the URL {url:?} must begin with https:// and name a host alone"));
        }
        let owners = if owners.iter().any(|owner| owner == "*") {
            FetchedOwners::All
        } else {
            let read =
                |owner: String| owner.parse::<OwnerName>().map_err(|error| error.to_string());
            FetchedOwners::Listed(owners.into_iter().map(read).collect::<Result<_, _>>()?)
        };
        let hosts = Hosts { registry_host: host, npm_scope };
        Ok(Self { hosts, url, owners, token: None })
    }
}

/// Whether nobody on the way reads what is sent there: https, or this machine itself.
fn is_confidential(url: &str) -> bool {
    let is_plain = |host: &str| !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']);
    let is_local = |host: &str| {
        let name = host.split_once(':').map_or(host, |(name, _)| name);
        matches!(name, "127.0.0.1" | "localhost")
    };
    match url.split_once("://") {
        Some(("https", host)) => is_plain(host),
        Some(("http", host)) => is_plain(host) && is_local(host),
        Some(_) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protoedge_sdk::{Go, Npm};

    fn own() -> Hosts {
        Hosts { registry_host: "reg.example.com".into(), npm_scope: "@protoedge".into() }
    }

    fn setting(changes: &[(&str, serde_json::Value)]) -> String {
        let mut one = serde_json::json!({
            "host": "buf.build", "npm_scope": "@buf", "url": "https://buf.build/", "owners": ["googleapis"],
        });
        for (name, value) in changes {
            one[name] = value.clone();
        }
        serde_json::json!([one]).to_string()
    }

    #[test]
    fn names_other_registries() {
        let upstreams = Upstreams::read(Some(&setting(&[])), &own()).unwrap();
        let upstream = upstreams.of_host("buf.build").unwrap();
        assert_eq!(upstream.url, "https://buf.build");
        assert!(upstream.owners.has(&"googleapis".parse().unwrap()));
        assert!(!upstream.owners.has(&"acme".parse().unwrap()));
        assert!(upstreams.of_host("reg.example.com").is_none());
        let own = &own();
        for (rules, name, host) in [
            (&Go as &dyn Rules, "buf.build/gen/go/acme/weather/bufbuild/es", "buf.build"),
            (&Go, "reg.example.com/gen/go/acme/weather/bufbuild/es", "reg.example.com"),
            (&Npm, "@buf/acme_weather.bufbuild_es", "buf.build"),
            (&Npm, "@protoedge/acme_weather.bufbuild_es", "reg.example.com"),
        ] {
            let (package, hosts) = upstreams.parse_package(rules, name, own).unwrap();
            assert_eq!(package.name(hosts), name);
            assert_eq!(hosts.registry_host, host);
        }
        assert!(
            upstreams
                .parse_package(&Go, "buf.example/gen/go/acme/weather/bufbuild/es", own)
                .is_none()
        );
        for nothing in [None, Some(""), Some("[]")] {
            assert_eq!(Upstreams::read(nothing, own).unwrap().iter().count(), 0);
        }
        let tokens = |text: &str| {
            let upstreams = Upstreams::read(Some(&setting(&[])), own).unwrap();
            upstreams.with_tokens(Some(text)).map_err(|error| error.to_string())
        };
        let with = tokens(r#"{"buf.build": "secret"}"#).unwrap();
        let upstream = with.of_host("buf.build").unwrap();
        assert_eq!(upstream.token.as_ref().map(UpstreamToken::expose), Some("secret"));
        assert!(!format!("{with:?}").contains("secret"));
        for bad in [r#"{"example.com": "secret"}"#, "secret"] {
            let error = tokens(bad).unwrap_err();
            assert!(error.contains("UPSTREAM_TOKENS") && !error.contains("secret"), "{error}");
        }
        let all = Upstreams::read(Some(&setting(&[("owners", serde_json::json!(["*"]))])), own);
        assert!(all.unwrap().of_host("buf.build").unwrap().owners.has(&"acme".parse().unwrap()));
    }

    #[test]
    fn says_what_is_wrong() {
        let one = |name, value: &str| setting(&[(name, value.into())]);
        for (text, said) in [
            ("{}".to_owned(), "JSON list"),
            (one("host", "reg.example.com"), "must be another registry's"),
            (one("host", "localhost"), "with a dot"),
            (one("host", "buf.build:443"), "without a port"),
            (one("npm_scope", "buf"), "npm scope"),
            (one("npm_scope", "@protoedge"), "another registry's"),
            (one("url", "http://buf.build"), "https://"),
            (one("url", "http://127.0.0.1@evil.example"), "https://"),
            (one("url", "http://localhost.evil.example"), "https://"),
            (one("url", "https://buf.build/path"), "a host alone"),
            (one("token", "secret"), "unknown field"),
            (setting(&[("owners", serde_json::json!(["Not A Name"]))]), "Not A Name"),
            (setting(&[]).replace("}]", "},") + &setting(&[])[1..], "two registries"),
        ] {
            let error = Upstreams::read(Some(&text), &own()).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
