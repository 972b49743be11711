use protoedge_sdk::{Ecosystem, Hosts, WebhookSecret};
use std::time::Duration;

/// How this registry is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where clients reach the Worker, without a slash at the end. Every absolute URL that we write is
    /// made from it, never from a request's Host.
    pub public_url: String,
    /// The names that packages get.
    pub hosts: Hosts,
    /// Makes owners, tokens and catalogues, and acts as the user `admin`.
    pub admin_token: String,
    /// Shared with the generators.
    pub webhook_secret: WebhookSecret,
    /// Where the generators are, without a slash at the end.
    pub generator_url: String,
    /// How long clients wait.
    pub patience: Patience,
}

/// What is asked for while it is being made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wanted {
    /// A zip or a tarball.
    Artifact,
    /// A packument or the document of one version.
    Metadata,
}

/// How long a request is held before its client is sent on, and how often it is sent on.
#[derive(Clone, Debug)]
pub struct Patience {
    /// The first request.
    pub first_hold: Duration,
    /// The ones that it was sent on to.
    pub hold: Duration,
    /// The same for npm metadata.
    pub metadata_hold: Duration,
    /// How often a client is sent on: go gives up at the tenth redirect.
    pub max_hops: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            first_hold: Duration::from_secs(3),
            // Yarn 1 gives up after 30 s of silence.
            hold: Duration::from_secs(25),
            // Some bots give up on a packument after 20 s.
            metadata_hold: Duration::from_secs(14),
            max_hops: 9,
        }
    }
}

impl Patience {
    /// How long the request of hop `n` is held; 0 is the one that was not sent on yet.
    pub fn of_hop(&self, hop: u32, ecosystem: Ecosystem, wanted: Wanted) -> Duration {
        if hop == 0 {
            return self.first_hold;
        }
        match (ecosystem, wanted) {
            (Ecosystem::Npm, Wanted::Metadata) => self.metadata_hold,
            (Ecosystem::Go | Ecosystem::Npm, Wanted::Artifact)
            | (Ecosystem::Go, Wanted::Metadata) => self.hold,
        }
    }
}
