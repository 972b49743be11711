//! Other registries, whose modules may be had here.

pub(crate) mod client;
pub(crate) mod demand;
pub(crate) mod fetch;
pub(crate) mod settings;

pub use settings::{BadUpstreams, FetchedOwners, Upstream, Upstreams};
