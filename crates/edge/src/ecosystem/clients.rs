use protoedge_bufapi::proto::buf::alpha::registry::v1alpha1::PluginRegistryType;
use protoedge_sdk::Ecosystem;
use std::time::Duration;

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
    pub(crate) longest_wait: Option<Duration>,
    /// Whether they send credentials only after a `401`: then that is the answer to a caller without credentials who asks for
    /// what is missing or not there for everyone, two things that are never told apart.
    pub(crate) wait_for_challenge: bool,
}

impl Clients {
    const fn usual(registry_type: PluginRegistryType) -> Self {
        let location = Location::Path;
        Self { registry_type, location, longest_wait: None, wait_for_challenge: false }
    }
}

/// The clients of an ecosystem.
pub(crate) const fn clients(ecosystem: Ecosystem) -> Clients {
    match ecosystem {
        Ecosystem::Go => Clients::usual(PluginRegistryType::Go),
        Ecosystem::Npm => Clients::usual(PluginRegistryType::Npm),
        #[cfg(feature = "test-ecosystem")]
        Ecosystem::Test => Clients {
            registry_type: PluginRegistryType::Unspecified,
            location: Location::Url,
            longest_wait: Some(Duration::from_secs(2)),
            wait_for_challenge: true,
        },
    }
}
