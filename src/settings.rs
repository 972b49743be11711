use protoedge_edge::{Config, Patience};
use protoedge_sdk::Hosts;
use std::time::Duration;
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
    let patience = patience(env)?;
    Ok(Config {
        public_url: url("PUBLIC_URL")?,
        hosts: Hosts { registry_host: text("REGISTRY_HOST")?, npm_scope: text("NPM_SCOPE")? },
        admin_token: text("ADMIN_TOKEN")?,
        webhook_secret: secret
            .parse()
            .map_err(|error| Error::RustError(format!("WEBHOOK_SECRET: {error}")))?,
        generator_url: url("GENERATOR_URL")?,
        patience,
    })
}

/// How long clients wait; each setting may be left out.
fn patience(env: &Env) -> Result<Patience> {
    let number =
        |name: &str| match env.var(name) {
            Ok(value) => value.to_string().parse::<u32>().map(Some).map_err(|_| {
                Error::RustError(format!("the setting {name} must be a whole number"))
            }),
            Err(_) => Ok(None),
        };
    let seconds = |number: u32| Duration::from_secs(number.into());
    let mut patience = Patience::default();
    if let Some(first) = number("FIRST_HOLD_SECONDS")? {
        patience.first_hold = seconds(first);
    }
    if let Some(hold) = number("HOLD_SECONDS")? {
        patience.hold = seconds(hold);
        patience.metadata_hold = patience.metadata_hold.min(patience.hold);
    }
    if let Some(hops) = number("MAX_HOPS")? {
        patience.max_hops = hops;
    }
    Ok(patience)
}
