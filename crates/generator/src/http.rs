//! The one HTTP client.

use reqwest::{Client, redirect::Policy};
use std::time::Duration;

/// A client that follows no redirects: what it carries is meant for one registry.
///
/// # Errors
/// If there is no way to set up TLS.
pub fn client() -> reqwest::Result<Client> {
    // Another part of the process may have installed a provider before: it is the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .redirect(Policy::none())
        // A registry is near or gone.
        .connect_timeout(Duration::from_secs(5))
        // A stalled transfer ends; one that goes on may take as long as it needs.
        .read_timeout(Duration::from_secs(30))
        .build()
}
