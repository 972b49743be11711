//! What administrators' commands are told: the registry, and that they may.

use super::{args::RegistryArgs, error::CommandError};
use clap::Args;
use reqwest::{Client, Method};
use serde::{Serialize, de::DeserializeOwned};

/// A registry, and an administrator's token.
#[derive(Args, Debug)]
pub struct AdminArgs {
    /// The registry's URL.
    #[arg(long, value_name = "URL", env = "REGISTRY_URL")]
    pub registry: String,
    /// An administrator's token: given in the environment, since other users see command lines.
    #[arg(long, env = "ADMIN_TOKEN", hide = true, hide_env_values = true)]
    admin_token: String,
    #[command(flatten)]
    reached: RegistryArgs,
}

/// An administrator who calls a registry.
pub(super) struct Admin {
    client: Client,
    url: String,
    token: String,
}

impl AdminArgs {
    pub(super) fn connect(self) -> Result<Admin, CommandError> {
        let client = crate::http::client(self.reached.authorities());
        let client = client.map_err(|source| CommandError::Http { source })?;
        let url = format!("{}/-/admin/", self.registry.trim_end_matches('/'));
        Ok(Admin { client, url, token: self.admin_token })
    }
}

impl Admin {
    /// Calls what is below `/-/admin/`; gives the answer's text.
    pub(super) async fn call(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<String, CommandError> {
        let http = |source| CommandError::Http { source };
        let url = format!("{}{path}", self.url);
        let request = self.client.request(method, url).bearer_auth(&self.token).json(body);
        let answer = request.send().await.map_err(http)?;
        let status = answer.status();
        let text = answer.text().await.map_err(http)?;
        match status.is_success() {
            true => Ok(text),
            false => Err(CommandError::Refused { status: status.as_u16(), text }),
        }
    }

    /// The same, whose answer is read as JSON.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, CommandError> {
        let text = self.call(method, path, body).await?;
        serde_json::from_str(&text)
            .map_err(|error| CommandError::Unreadable { what: error.to_string() })
    }
}
