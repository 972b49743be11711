//! The one HTTP client.

use reqwest::{Certificate, Client, redirect::Policy};
use std::{fs, time::Duration};

/// Authorities that a registry's certificate may come from, besides those that the system trusts.
#[derive(Clone, Debug, Default)]
pub struct Authorities(Vec<Certificate>);

impl Authorities {
    /// Reads a file of certificates (PEM).
    ///
    /// # Errors
    /// Says why none of them can be trusted.
    pub fn read(file: &str) -> Result<Self, String> {
        let text = fs::read(file).map_err(|error| error.to_string())?;
        let certificates =
            Certificate::from_pem_bundle(&text).map_err(|error| error.to_string())?;
        if certificates.is_empty() {
            Err("no certificate in it".into())
        } else {
            Ok(Self(certificates))
        }
    }
}

/// A client that follows no redirects: what it carries is meant for one registry.
///
/// # Errors
/// If there is no way to set up TLS.
pub fn client(authorities: Authorities) -> reqwest::Result<Client> {
    // Another part of the process may have installed a provider before: it is the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .tls_certs_merge(authorities.0)
        .redirect(Policy::none())
        // A registry is near or gone.
        .connect_timeout(Duration::from_secs(5))
        // A stalled transfer ends; one that goes on may take as long as it needs.
        .read_timeout(Duration::from_secs(30))
        .build()
}
