use super::call::{body, gone, ok, reply};
use crate::{
    context::{Answer, Context},
    http::Request,
    platform::Platform,
    reply::problem::Problem,
};
use protoedge_registry::{Error, NewToken, Scope, TokenId, TokenRecord, User, accounts};
use protoedge_sdk::{ModuleName, OwnerName};
use protoedge_storage::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    name: String,
    scope: Scope,
    modules: Option<BTreeSet<ModuleName>>,
    expires: Timestamp,
}

/// What a body must look like.
const WANTED: &str = r#"{"name": "laptop", "scope": "read", "expires": "2026-12-31T00:00:00Z"}, and "modules": ["owner/name"] for a token that is good for these alone"#;

/// `GET` and `POST users/{user}/tokens`.
pub(super) async fn tokens<P: Platform>(
    context: &Context<P>,
    user: &User,
    of: &OwnerName,
    request: Request<P::Body>,
) -> Answer<P> {
    let store = &context.store;
    if request.method == "GET" {
        let tokens = accounts::list_tokens(store, user, of).await?;
        let shown = tokens.iter().map(|it| {
            let mut token = shown(&it.record);
            token["last_used"] = it.last_used.as_deref().into();
            token
        });
        return Ok(ok(&json!({ "tokens": shown.collect::<Vec<Value>>() })));
    }
    let Wanted { name, scope, modules, expires } = body(context, request, WANTED).await?;
    let new = NewToken { name, scope, modules, expires };
    let (text, record) = accounts::create_token(store, user, of, &new).await?;
    let mut token = shown(&record);
    token["token"] = text.expose().into();
    Ok(reply(201, &token))
}

/// `DELETE users/{user}/tokens/{id}`.
pub(super) async fn revoke<P: Platform>(
    context: &Context<P>,
    user: &User,
    of: &OwnerName,
    id: &str,
) -> Answer<P> {
    let missing = || Problem::from(Error::NoToken { user: of.clone(), id: id.into() });
    let id = TokenId::parse(id).ok_or_else(missing)?;
    accounts::revoke_token(&context.store, user, of, &id).await?;
    Ok(gone())
}

fn shown(record: &TokenRecord) -> Value {
    json!({
        "id": record.id, "user": record.user.as_str(), "name": record.name, "scope": record.scope,
        "modules": record.modules, "created": record.created, "expires": record.expires,
    })
}
