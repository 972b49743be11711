//! HTTP in, HTTP out: routing, access, cache policy and the miss contract, over any bucket and any
//! [`Platform`] that carries requests.
//!
//! A request comes in at [`handle`], whose [`Route`] says which handler answers it; handlers are functions of a
//! [`Context`].

mod accounts;
mod admin;
mod admin_tokens;
mod auth;
mod body;
mod config;
mod context;
mod delivery;
mod ecosystem;
mod http;
mod jobs;
mod metrics;
mod oauth2;
mod pages;
mod places;
mod platform;
mod purge;
mod renovate;
mod reply;
mod route;
mod router;
mod rpc;
mod sign_in;
mod sweep;
mod upstreams;
mod webhooks;

pub use accounts::endpoint::Endpoint;
pub use admin_tokens::{AdminTokens, BadAdminToken};
pub use config::Config;
pub use context::{Context, NotedUsage, PlatformReply};
pub use delivery::bell::Bell;
pub use delivery::wait_policy::{Awaited, BadWaitPolicy, WaitPolicy};
pub use http::{Body, BodyError, Draft, READ_HEADERS, Reply, Request};
pub use metrics::Metrics;
pub use oauth2::OAuthCall;
pub use pages::{ModulePage, Page, RegistryPage};
pub use platform::{Asked, Fetched, Platform, Posted, Purged, PurgedReplies};
pub use reply::{
    Cache, Lifetime, Reader, Source,
    problem::{Kind, Problem},
};
pub use route::{JobCall, Redirect, Route};
pub use router::{handle, not_set_up};
pub use sign_in::{BadSignIn, Issuers, SignIn, TrustedIssuers};
pub use sweep::sweep;
pub use upstreams::{BadUpstreams, FetchedOwners, Upstream, UpstreamToken, Upstreams};
