use super::{
    call::{body, gone, ok},
    members::{self, Wanted},
};
use crate::{
    context::{Answer, Context},
    http::Request,
    platform::Platform,
    purge,
};
use protoedge_registry::{Credentials, Error, Grant, Module, User, Visibility, accounts, modules};
use protoedge_sdk::{ModuleName, OwnerName};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    visibility: Visibility,
}

/// `GET` and `PATCH modules/{owner}/{module}`.
pub(super) async fn module<P: Platform>(
    context: &Context<P>,
    user: &User,
    name: &ModuleName,
    request: Request<P::Body>,
) -> Answer<P> {
    let grant = see(context, user, name).await?;
    if request.method == "GET" {
        return Ok(ok(&shown(&grant)));
    }
    let Change { visibility } = body(context, request, r#"{"visibility": "private"}"#).await?;
    let made = modules::set_visibility(&context.store, user, &grant, visibility).await?;
    if visibility == Visibility::Private {
        purge::purge_later(context);
    }
    Ok(ok(&shown(&made)))
}

/// `GET modules/{owner}/{module}/collaborators`.
pub(super) async fn collaborators<P: Platform>(
    context: &Context<P>,
    user: &User,
    name: &ModuleName,
) -> Answer<P> {
    let grant = see(context, user, name).await?;
    let roles = accounts::collaborators(&context.store, user, &grant).await?;
    Ok(ok(&json!({ "collaborators": members::shown(&roles) })))
}

/// `PUT` and `DELETE modules/{owner}/{module}/collaborators/{user}`.
pub(super) async fn collaborator<P: Platform>(
    context: &Context<P>,
    user: &User,
    module: &ModuleName,
    name: &OwnerName,
    request: Request<P::Body>,
) -> Answer<P> {
    let (store, grant) = (&context.store, see(context, user, module).await?);
    if request.method == "DELETE" {
        accounts::remove_collaborator(store, user, &grant, name).await?;
        return Ok(gone());
    }
    let wanted = r#"{"role": "write"}: a collaborator's role is read or write"#;
    let Wanted { role } = body(context, request, wanted).await?;
    accounts::set_collaborator(store, user, &grant, name, role).await?;
    Ok(ok(&json!({ "user": name.as_str(), "role": role })))
}

async fn see<P: Platform>(
    context: &Context<P>,
    user: &User,
    name: &ModuleName,
) -> Result<Grant, Error> {
    accounts::see(&context.store, &Credentials::Verified(user.clone()), name).await
}

fn shown(module: &Module) -> Value {
    json!({
        "name": module.name.to_string(), "visibility": module.visibility,
        "default_label": module.default_label.as_str(), "description": module.description,
        "url": module.url, "created": module.created,
    })
}
