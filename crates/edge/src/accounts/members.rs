use super::call::{body, gone, ok};
use crate::{
    context::{Answer, Context},
    http::Request,
    platform::Platform,
};
use protoedge_registry::{Role, User, accounts};
use protoedge_sdk::OwnerName;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a role is asked for with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    pub(super) role: Role,
}

/// `GET organizations/{organization}/members`.
pub(super) async fn list<P: Platform>(
    context: &Context<P>,
    user: &User,
    organization: &OwnerName,
) -> Answer<P> {
    let members = accounts::members(&context.store, user, organization).await?;
    Ok(ok(&json!({ "members": shown(&members) })))
}

/// `PUT` and `DELETE organizations/{organization}/members/{user}`.
pub(super) async fn member<P: Platform>(
    context: &Context<P>,
    user: &User,
    organization: &OwnerName,
    name: &OwnerName,
    request: Request<P::Body>,
) -> Answer<P> {
    let store = &context.store;
    if request.method == "DELETE" {
        accounts::remove_member(store, user, organization, name).await?;
        return Ok(gone());
    }
    let wanted = r#"{"role": "write"}: a role is read, write, admin or owner"#;
    let Wanted { role } = body(context, request, wanted).await?;
    accounts::set_member(store, user, organization, name, role).await?;
    Ok(ok(&json!({ "user": name.as_str(), "role": role })))
}

/// Names with their roles.
pub(super) fn shown(roles: &BTreeMap<OwnerName, Role>) -> Vec<Value> {
    roles.iter().map(|(name, role)| json!({ "user": name.as_str(), "role": role })).collect()
}
