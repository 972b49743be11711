use crate::{
    admin_tokens::AdminTokens,
    delivery::wait_policy::WaitPolicy,
    sign_in::{SignIn, TrustedIssuers},
    upstreams::Upstreams,
};
use protoedge_oauth::origin;
use protoedge_sdk::{Hosts, WebhookSecrets};

/// How this registry is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where clients reach the Worker, without a slash at the end. Every absolute URL that we write is
    /// made from it, never from a request's Host.
    pub public_url: String,
    /// The names that packages get.
    pub hosts: Hosts,
    /// Make owners, tokens and catalogues, and act as the user `admin`.
    pub admin_tokens: AdminTokens,
    /// Shared with the generators.
    pub webhook_secrets: WebhookSecrets,
    /// Where the generators are, without a slash at the end.
    pub generator_url: String,
    /// Whether public modules are shown only to callers with a token.
    pub requires_sign_in: bool,
    /// Whether webhooks may be told at addresses that are not public, without TLS: for development.
    pub tells_private_addresses: bool,
    /// Other registries, whose modules may be had here.
    pub upstreams: Upstreams,
    /// Where people sign in; with tokens alone where it is none.
    pub sign_in: Option<SignIn>,
    /// Whose tokens robots may be given tokens for.
    pub trusted_issuers: TrustedIssuers,
    /// How long clients wait.
    pub wait_policy: WaitPolicy,
}

impl Config {
    /// The host of [`Self::public_url`], with its port where it has one: what buf and a netrc call the registry.
    pub(crate) fn host(&self) -> &str {
        let rest =
            self.public_url.split_once("://").map_or(self.public_url.as_str(), |(_, rest)| rest);
        rest.split('/').next().unwrap_or(rest)
    }

    /// Whom a token of continuous integration must be for: the registry's origin, always by its name over TLS, as buf's action asks for it.
    pub(crate) fn audience(&self) -> String {
        origin(&self.public_url).unwrap_or_default().replacen("http://", "https://", 1)
    }
}
