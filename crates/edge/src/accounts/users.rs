use super::call::{body, gone, ok};
use crate::{
    context::{Answer, Context},
    http::Request,
    platform::Platform,
};
use protoedge_registry::{
    OwnerKind, User,
    accounts::{self, Identity},
};
use protoedge_sdk::OwnerName;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    disabled: bool,
}

/// `PUT users/{user}/identity {issuer, subject}`.
pub(super) async fn link<P: Platform>(
    context: &Context<P>,
    user: &User,
    name: &OwnerName,
    request: Request<P::Body>,
) -> Answer<P> {
    let wanted = r#"{"issuer": "https://id.example.com", "subject": "248289761001"}"#;
    let identity: Identity = body(context, request, wanted).await?;
    accounts::link_identity(&context.store, user, name, &identity).await?;
    let Identity { issuer, subject } = identity;
    Ok(ok(&json!({ "name": name.as_str(), "issuer": issuer, "subject": subject })))
}

/// `DELETE users/{user}/sessions`.
pub(super) async fn sign_out<P: Platform>(
    context: &Context<P>,
    user: &User,
    name: &OwnerName,
) -> Answer<P> {
    accounts::end_sessions(&context.store, user, name).await?;
    Ok(gone())
}

/// A caller, with what the token that was shown is good for.
pub(super) fn shown(user: &User) -> Value {
    let kind = match (user.is_admin, user.is_robot) {
        (true, _) => "administrator",
        (false, true) => "robot",
        (false, false) => "user",
    };
    json!({
        "name": user.name.as_str(), "kind": kind, "token": user.proof.token(), "scope": user.scope,
        "modules": user.modules.as_deref(),
    })
}

/// `PATCH users/{user} {disabled}`.
pub(super) async fn change<P: Platform>(
    context: &Context<P>,
    user: &User,
    name: &OwnerName,
    request: Request<P::Body>,
) -> Answer<P> {
    let Change { disabled } = body(context, request, r#"{"disabled": true}"#).await?;
    let owner = accounts::set_disabled(&context.store, user, name, disabled).await?;
    let kind = match owner.kind {
        OwnerKind::Robot => "robot",
        OwnerKind::User | OwnerKind::Organization => "user",
    };
    Ok(ok(&json!({ "name": owner.name.as_str(), "kind": kind, "disabled": owner.is_disabled })))
}
