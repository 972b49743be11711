use crate::http::Request;
use protoedge_bufapi::proto::buf::alpha::registry::v1alpha1::PluginRegistryType;
use protoedge_sdk::Ecosystem;
use std::time::Duration;

/// The longest that a caching proxy waits for one reply. Artifactory gives up after 15 s of silence, Nexus after 20, and either
/// then asks the whole registry nothing for minutes, whoever wants something of it: docs/proxies.md.
const PROXY_WAIT: Duration = Duration::from_secs(12);

/// What programs call themselves that go's packages are installed with, by how the header `User-Agent` begins.
const GO: &[&str] = &[
    // go from 1.27 on. It waits for ever.
    "GoCommand/",
    // go before. Every program written in Go says the same that gives itself no name, and nothing else in go's requests tells it
    // apart. Such a program waits for ever, too, unless it was told otherwise: goproxy gives up after 10 minutes, and Athens
    // runs go itself.
    "Go-http-client/",
];

/// The same for npm's packages. How long each waits for the first byte was measured; `tests/clients/unscaled.test.mjs` runs all of
/// them at the lengths that are set by default.
const NPM: &[&str] = &[
    "npm/",  // npm 10 to 12: 300 s. Verdaccio calls itself `npm (verdaccio/…)`.
    "pnpm/", // pnpm 9 to 12: 60 s.
    "yarn/", // yarn 1: 30 s.
    "got (", // yarn 4, which has the library speak by which it asks: 60 s.
    "Bun/",  // bun: 360 s.
    "Deno/", // deno: at least the 25 s of one request.
];

/// The same for Python's packages. Their requests wait as long as a proxy's, whoever asks: pip and Poetry give up on a reply
/// after 15 s of silence.
const PYTHON: &[&str] = &["pip/", "uv/", "poetry/", "pdm/"];

/// What programs call themselves that fetch archives: none gives up while nothing comes.
const ARCHIVE: &[&str] = &["curl/", "Wget/"];

/// What the header `Location` of a redirect may be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Location {
    /// The path alone, which is right behind every proxy.
    Path,
    /// A whole URL: some clients take no other.
    #[cfg_attr(not(feature = "test-ecosystem"), expect(dead_code, reason = "go and npm need none"))]
    Url,
}

/// What differs between the clients of ecosystems besides what they ask.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clients {
    /// What the buf CLI calls the ecosystem.
    pub(crate) registry_type: PluginRegistryType,
    /// What a redirect of theirs may say.
    pub(crate) location: Location,
    /// How long one of their requests may wait, where it is less than the registry's settings say.
    longest_wait: Option<Duration>,
    /// How the `User-Agent` of a package manager begins. Whoever else asks is taken for a caching proxy.
    package_managers: &'static [&'static str],
    /// Whether they send credentials only after a `401`: then that is the answer to a caller without credentials who asks for
    /// what is missing or not there for everyone, two things that are never told apart.
    pub(crate) wait_for_challenge: bool,
}

impl Clients {
    const fn usual(
        registry_type: PluginRegistryType,
        package_managers: &'static [&'static str],
    ) -> Self {
        let location = Location::Path;
        let (longest_wait, wait_for_challenge) = (None, false);
        Self { registry_type, location, longest_wait, package_managers, wait_for_challenge }
    }

    /// Whether a package manager asks, and not a caching proxy.
    pub(crate) fn is_package_manager<B>(&self, request: &Request<B>) -> bool {
        let agent = request.header("user-agent").unwrap_or_default();
        self.package_managers.iter().any(|known| agent.starts_with(known))
    }

    /// How long a request may wait of which the registry's settings say this.
    pub(crate) fn bound_wait<B>(&self, wait: Duration, request: &Request<B>) -> Duration {
        let wait = self.longest_wait.map_or(wait, |longest| wait.min(longest));
        if self.is_package_manager(request) { wait } else { wait.min(PROXY_WAIT) }
    }
}

/// The clients of an ecosystem.
pub(crate) const fn clients(ecosystem: Ecosystem) -> Clients {
    match ecosystem {
        Ecosystem::Go => Clients::usual(PluginRegistryType::Go, GO),
        Ecosystem::Npm => Clients::usual(PluginRegistryType::Npm, NPM),
        Ecosystem::Python => Clients {
            longest_wait: Some(PROXY_WAIT),
            ..Clients::usual(PluginRegistryType::Python, PYTHON)
        },
        // buf's CLI has no call for archives.
        Ecosystem::Archive => Clients::usual(PluginRegistryType::Unspecified, ARCHIVE),
        #[cfg(feature = "test-ecosystem")]
        Ecosystem::Test => Clients {
            registry_type: PluginRegistryType::Unspecified,
            location: Location::Url,
            longest_wait: Some(Duration::from_secs(2)),
            package_managers: &["test/"],
            wait_for_challenge: true,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn request(agent: Option<&str>) -> Request<()> {
        let headers: BTreeMap<String, String> =
            agent.map(|agent| ("user-agent".into(), agent.into())).into_iter().collect();
        Request { method: "GET".into(), path: "/".into(), query: None, headers, body: () }
    }

    /// What a program says of itself, and how many of 25 seconds it then waits for a package of Go's and of npm's.
    #[rustfmt::skip]
    const WAITS: [(&str, Option<&str>, u64, u64); 23] = [
        ("go 1.27", Some("GoCommand/1 (+https://go.dev/cmd/go)"), 25, 12),
        ("go 1.22 to 1.26, goproxy, Athens", Some("Go-http-client/1.1"), 25, 12),
        ("the same over HTTP/2", Some("Go-http-client/2.0"), 25, 12),
        ("npm 12", Some("npm/12.2.0 node/v24.21.0 linux x64 workspaces/false"), 12, 25),
        ("pnpm 11", Some("pnpm/11.28.11 npm/? node/v24.21.0 linux x64"), 12, 25),
        ("pnpm 12", Some("pnpm/12.21.0 npm/? node/? linux x64"), 12, 25),
        ("yarn 1", Some("yarn/1.22.22 npm/? node/v24.21.0 linux x64"), 12, 25),
        ("yarn 4", Some("got (https://github.com/sindresorhus/got)"), 12, 25),
        ("bun", Some("Bun/1.4.5"), 12, 25),
        ("deno", Some("Deno/2.9.6"), 12, 25),
        ("Nexus", Some("Nexus/3.84.0-03 (OSS; Linux; 5.15.0; amd64; 17.0.16)"), 12, 12),
        ("Artifactory, perhaps", Some("Artifactory/7.111.4 81104900"), 12, 12),
        ("Verdaccio", Some("npm (verdaccio/6.10.4)"), 12, 12),
        ("Verdaccio that hides", Some("npm (hidden)"), 12, 12),
        ("a bot", Some("RenovateBot/44.0.0 (https://github.com/renovatebot/renovate)"), 12, 12),
        ("node's own fetch", Some("node"), 12, 12),
        ("curl", Some("curl/8.5.0"), 12, 12),
        ("a browser", Some("Mozilla/5.0 (X11; Linux x86_64)"), 12, 12),
        ("a proxy in Java", Some("Apache-HttpClient/4.5.14 (Java/17.0.16)"), 12, 12),
        ("one that names a package manager behind itself", Some("proxy/1.0 npm/12.2.0"), 12, 12),
        ("one that is called alike", Some("npm-proxy/1.0"), 12, 12),
        ("one that says nothing", Some(""), 12, 12),
        ("one without the header", None, 12, 12),
    ];

    #[test]
    fn who_is_not_known_waits_no_longer_than_a_proxy_does() {
        let long = Duration::from_secs(25);
        for (program, agent, go, npm) in WAITS {
            let request = request(agent);
            for (ecosystem, seconds) in [(Ecosystem::Go, go), (Ecosystem::Npm, npm)] {
                let clients = clients(ecosystem);
                let waits = clients.bound_wait(long, &request);
                assert_eq!(waits.as_secs(), seconds, "{program}, {ecosystem:?}");
                let short = Duration::from_secs(3);
                assert_eq!(clients.bound_wait(short, &request), short, "{program}, {ecosystem:?}");
            }
        }
    }
}
