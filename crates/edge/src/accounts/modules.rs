use super::{
    call::{body, gone, ok},
    members::{self, Wanted},
};
use crate::{
    context::{Answer, Context},
    http::Request,
    platform::Platform,
    purge,
    reply::problem::{Kind, Problem},
    sweep::erase_later,
};
use protoedge_registry::{
    Credentials, Error, Grant, Module, ModuleChange, User, Visibility, accounts, modules,
};
use protoedge_sdk::{Label, ModuleName, OwnerName};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    visibility: Option<Visibility>,
    deprecated: Option<bool>,
    successor: Option<String>,
    description: Option<String>,
    url: Option<String>,
    default_label: Option<Label>,
}

/// What a change of a module may be.
const CHANGE: &str = r#"{"visibility": "private", "deprecated": true, "successor": "acme/weather", "description": "…", "url": "…", "default_label": "…"} or some of it"#;

/// `GET`, `PATCH` and `DELETE modules/{owner}/{module}`, the last one with `?force=true` for one that is in use.
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
    if request.method == "DELETE" {
        let is_forced = is_forced(request.query.as_deref())?;
        let deleted = modules::delete_module(&context.store, user, &grant, is_forced).await;
        purge::purge_later(context);
        erase_later(context);
        return deleted.map(|()| gone()).map_err(Problem::from);
    }
    let Change { visibility, deprecated, successor, description, url, default_label } =
        body(context, request, CHANGE).await?;
    // An empty one ends it.
    let successor = successor.map(|it| match it.as_str() {
        "" => Ok(None),
        name => name.parse::<ModuleName>().map(Some),
    });
    let change = ModuleChange {
        visibility,
        is_deprecated: deprecated,
        successor: successor.transpose()?,
        description,
        url,
        default_label,
    };
    if change == ModuleChange::default() {
        return Err(Problem::new(Kind::Malformed, format!("wanted {CHANGE}")));
    }
    let made = modules::change_module(&context.store, user, &grant, &change).await?;
    if visibility == Some(Visibility::Private) {
        purge::purge_later(context);
    }
    Ok(ok(&shown(&made)))
}

fn is_forced(query: Option<&str>) -> Result<bool, Problem> {
    match query {
        None | Some("" | "force=false") => Ok(false),
        Some("force=true") => Ok(true),
        Some(_) => Err(Problem::new(Kind::Malformed, "wanted ?force=true or nothing")),
    }
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

pub(super) async fn see<P: Platform>(
    context: &Context<P>,
    user: &User,
    name: &ModuleName,
) -> Result<Grant, Error> {
    accounts::see(&context.store, &Credentials::Verified(user.clone()), name).await
}

fn shown(module: &Module) -> Value {
    let mut shown = json!({
        "name": module.name.to_string(), "visibility": module.visibility,
        "default_label": module.default_label.as_str(), "description": module.description,
        "url": module.url, "deprecated": module.is_deprecated, "created": module.created,
    });
    if let Some(successor) = &module.successor {
        shown["successor"] = successor.to_string().into();
    }
    shown
}
