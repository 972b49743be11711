//! `buf registry login HOST`: the program says what it is called, shows a code, and asks again and again until a person has let it
//! in on a page.

use super::request::{Refusal, check_grant, form, needed};
use crate::{
    auth::RateLimitKey,
    body::read_json,
    context::Context,
    http::{CALLER_ADDRESS, Request},
    platform::Platform,
    sign_in::budget,
};
use protoedge_oauth::{DEVICE_GRANT, ErrorCode};
use protoedge_registry::{
    Credentials,
    accounts::{self, DEVICE_LASTS, Polled},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

/// How often a device asks, in seconds. The buf CLI takes at most 30.
const INTERVAL: u64 = 2;

/// How long a client may ask to be let in after it has said what it is called.
const CLIENT_LASTS: Duration = Duration::from_secs(60 * 60);

/// What the names of clients are sealed for, and what their secrets.
const CLIENT: &str = "client";
const CLIENT_SECRET: &str = "client-secret";

/// A name, twice as long as one that is taken.
const LARGEST: usize = 4 * 1024;

#[derive(Deserialize)]
struct Registration {
    #[serde(default)]
    client_name: String,
}

/// What a client says of itself, in the id that it keeps: nothing is stored of it.
#[derive(Debug, Deserialize, Serialize)]
struct Client {
    name: String,
    nonce: String,
}

/// `device/registration`.
pub(super) async fn registration<P: Platform>(
    context: &Context<P>,
    request: Request<P::Body>,
) -> Result<Value, Refusal> {
    let wanted = r#"wanted {"client_name": "…"}"#;
    let Registration { client_name } = read_json(context, request, LARGEST, wanted).await?;
    let store = &context.store;
    let name: String = client_name.chars().take(100).collect();
    let client = Client { name, nonce: store.nonce() };
    let id = accounts::seal(store, CLIENT, &client, CLIENT_LASTS).await?;
    let secret = accounts::seal(store, CLIENT_SECRET, &client.nonce, CLIENT_LASTS).await?;
    let now = store.now().millis() / 1000;
    let lasts = i64::try_from(CLIENT_LASTS.as_secs()).unwrap_or(i64::MAX);
    Ok(json!({
        "client_id": id, "client_secret": secret, "client_id_issued_at": now,
        "client_secret_expires_at": now + lasts,
    }))
}

/// The client that shows its id and its secret.
async fn client<P: Platform>(
    context: &Context<P>,
    form: &protoedge_oauth::Form,
) -> Result<Client, Refusal> {
    let store = &context.store;
    let (id, secret) = (needed(form, "client_id")?, needed(form, "client_secret")?);
    let client: Option<Client> = accounts::unseal(store, CLIENT, id).await?;
    let nonce: Option<String> = accounts::unseal(store, CLIENT_SECRET, secret).await?;
    client.filter(|it| nonce.as_ref() == Some(&it.nonce)).ok_or_else(|| {
        let words = "this client is not registered, or no longer: run it again";
        Refusal::new(ErrorCode::InvalidClient, words)
    })
}

/// `device/authorization`.
pub(super) async fn authorization<P: Platform>(
    context: &Context<P>,
    request: Request<P::Body>,
) -> Result<Value, Refusal> {
    let address = request.header(CALLER_ADDRESS).map(str::to_owned);
    let key = RateLimitKey::of(Credentials::None, &request);
    let form = form(context, request).await?;
    let client = client(context, &form).await?;
    budget::count(context, &key).await?;
    let device =
        accounts::add_device(&context.store, &client.name, &client.nonce, address.as_deref());
    let device = device.await?;
    let page = format!("{}/-/device", context.config.public_url);
    let code = device.user_code.shown();
    Ok(json!({
        "device_code": device.device_code, "user_code": code,
        "verification_uri": page, "verification_uri_complete": format!("{page}?user_code={code}"),
        "expires_in": DEVICE_LASTS.as_secs(), "interval": INTERVAL,
    }))
}

/// `device/token`. The CLI shows the description of an error, and no more.
pub(super) async fn token<P: Platform>(
    context: &Context<P>,
    request: Request<P::Body>,
) -> Result<Value, Refusal> {
    let form = form(context, request).await?;
    check_grant(&form, DEVICE_GRANT)?;
    let client = client(context, &form).await?;
    let code = needed(&form, "device_code")?;
    match accounts::poll_device(&context.store, code, &client.nonce).await? {
        Polled::Waiting => {
            Err(Refusal::new(ErrorCode::AuthorizationPending, "nobody has let this device in yet"))
        }
        Polled::Refused => {
            let words = "the person who was asked let nobody in, or is signed out";
            Err(Refusal::new(ErrorCode::AccessDenied, words))
        }
        Polled::Over => {
            let words =
                "the code was used, or its ten minutes are over: run `buf registry login` again";
            Err(Refusal::new(ErrorCode::ExpiredToken, words))
        }
        Polled::LetIn(text, record) => Ok(json!({
            "access_token": text.expose(), "token_type": "Bearer", "scope": record.scope,
            "expires_in": record.expires.since(context.store.now()).as_secs(),
        })),
    }
}
