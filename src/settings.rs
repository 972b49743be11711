use protoedge_edge::{Config, WaitPolicy};
use protoedge_sdk::Hosts;
use worker::{Env, Error, Result};

/// Reads the variables and secrets of the Worker.
///
/// # Errors
/// Names the setting that is missing or cannot be read, never a secret's value.
pub(crate) fn read(env: &Env) -> Result<Config> {
    let text = |name: &str| {
        let value = env.var(name).map(|value| value.to_string()).unwrap_or_default();
        if value.is_empty() {
            return Err(Error::RustError(format!("the setting {name} is missing")));
        }
        Ok(value)
    };
    let url = |name: &str| text(name).map(|value| value.trim_end_matches('/').to_owned());
    let secret = text("WEBHOOK_SECRET")?;
    let optional = |name: &str| env.var(name).ok().map(|value| value.to_string());
    let wait_policy =
        WaitPolicy::read(optional).map_err(|error| Error::RustError(error.to_string()))?;
    Ok(Config {
        public_url: url("PUBLIC_URL")?,
        hosts: Hosts { registry_host: text("REGISTRY_HOST")?, npm_scope: text("NPM_SCOPE")? },
        admin_token: text("ADMIN_TOKEN")?,
        webhook_secret: secret
            .parse()
            .map_err(|error| Error::RustError(format!("WEBHOOK_SECRET: {error}")))?,
        generator_url: url("GENERATOR_URL")?,
        wait_policy,
    })
}
