//! Other registries, whose modules may be had here.

pub(crate) mod admin;
pub(crate) mod client;
pub(crate) mod demand;
pub(crate) mod fetch;
pub(crate) mod mirror;
pub(crate) mod move_in;
mod pages;
pub(crate) mod settings;

pub use settings::{BadUpstreams, FetchedOwners, Upstream, UpstreamToken, Upstreams};
