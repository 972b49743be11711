//! HTTP in, HTTP out: routing, access, cache policy and the miss contract, over any bucket and any
//! [`Platform`] that carries requests.

mod admin;
mod app;
mod artifact;
mod auth;
mod config;
mod goproxy;
mod hold;
mod http;
mod jobs;
mod npm;
mod patience;
mod platform;
mod problem;
mod pursue;
mod reply;
mod resolve;
mod route;
mod rpc;
mod sweep;

pub use app::{App, AppReply, Noted};
pub use config::Config;
pub use http::{Body, BodyError, Reply, Request};
pub use patience::{BadPatience, Patience, Wanted};
pub use platform::Platform;
pub use problem::{Kind, Problem};
pub use reply::{Cache, NO_SNIFF, Reader, Source};
pub use route::{Hop, JobCall, Route};
