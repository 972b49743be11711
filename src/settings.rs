use protoedge_edge::{AdminTokens, Config, SignIn, TrustedIssuers, Upstreams, WaitPolicy};
use protoedge_sdk::{Hosts, WebhookSecrets};
use worker::{Env, Error, Result};

/// Reads the variables and secrets of the Worker.
///
/// # Errors
/// Names the setting that is missing or cannot be read, never a secret's value.
pub(crate) fn read(env: &Env) -> Result<Config> {
    let optional = |name: &str| env.var(name).ok().map(|value| value.to_string());
    let text = |name: &str| {
        let value = optional(name).unwrap_or_default();
        if value.is_empty() {
            return Err(Error::RustError(format!("the setting {name} is missing")));
        }
        Ok(value)
    };
    let url = |name: &str| text(name).map(|value| value.trim_end_matches('/').to_owned());
    let is_true = |name: &str| match optional(name).as_deref() {
        None | Some("" | "false") => Ok(false),
        Some("true") => Ok(true),
        // Nothing is taken for "open to everybody" that might mean the opposite.
        Some(_) => Err(Error::RustError(format!("the setting {name} is neither true nor false"))),
    };
    let admin_tokens =
        AdminTokens::read(text(AdminTokens::SETTING)?, optional(AdminTokens::FALLBACK_SETTING));
    let webhook_secrets = WebhookSecrets::read(
        &text(WebhookSecrets::SETTING)?,
        optional(WebhookSecrets::FALLBACK_SETTING).as_deref(),
    );
    let hosts = Hosts { registry_host: text("REGISTRY_HOST")?, npm_scope: text("NPM_SCOPE")? };
    let upstreams = Upstreams::read(optional(Upstreams::SETTING).as_deref(), &hosts)
        .and_then(|it| it.with_tokens(optional(Upstreams::TOKENS).as_deref()));
    Ok(Config {
        public_url: url("PUBLIC_URL")?,
        upstreams: upstreams.map_err(unusable)?,
        hosts,
        admin_tokens: admin_tokens.map_err(unusable)?,
        webhook_secrets: webhook_secrets.map_err(unusable)?,
        generator_url: url("GENERATOR_URL")?,
        requires_sign_in: is_true("SIGN_IN_REQUIRED")?,
        tells_private_addresses: is_true("WEBHOOKS_TO_PRIVATE_ADDRESSES")?,
        sign_in: SignIn::read(optional).map_err(unusable)?,
        trusted_issuers: TrustedIssuers::read(optional(TrustedIssuers::SETTING).as_deref())
            .map_err(unusable)?,
        wait_policy: WaitPolicy::read(optional).map_err(unusable)?,
    })
}

fn unusable(error: impl std::error::Error) -> Error {
    Error::RustError(error.to_string())
}
