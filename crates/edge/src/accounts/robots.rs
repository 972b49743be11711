use super::call::{body, gone, ok, reply};
use crate::{
    context::{Answer, Context},
    http::Request,
    platform::Platform,
};
use protoedge_registry::{Robot, RobotChange, Role, User, accounts};
use protoedge_sdk::OwnerName;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: OwnerName,
    role: Role,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    role: Option<Role>,
    disabled: Option<bool>,
}

/// `GET` and `POST organizations/{organization}/robots`.
pub(super) async fn robots<P: Platform>(
    context: &Context<P>,
    user: &User,
    organization: &OwnerName,
    request: Request<P::Body>,
) -> Answer<P> {
    let store = &context.store;
    if request.method == "GET" {
        let robots = accounts::robots(store, user, organization).await?;
        return Ok(ok(&json!({ "robots": robots.iter().map(shown).collect::<Vec<Value>>() })));
    }
    let wanted = r#"{"name": "acme-ci", "role": "write"}: a robot's role is read, write or admin"#;
    let New { name, role } = body(context, request, wanted).await?;
    let robot = accounts::create_robot(store, user, organization, &name, role).await?;
    Ok(reply(201, &shown(&robot)))
}

/// `PATCH` and `DELETE organizations/{organization}/robots/{robot}`.
pub(super) async fn robot<P: Platform>(
    context: &Context<P>,
    user: &User,
    organization: &OwnerName,
    name: &OwnerName,
    request: Request<P::Body>,
) -> Answer<P> {
    let store = &context.store;
    if request.method == "DELETE" {
        accounts::delete_robot(store, user, organization, name).await?;
        return Ok(gone());
    }
    let wanted = r#"{"role": "read"}, {"disabled": true} or both"#;
    let Change { role, disabled } = body(context, request, wanted).await?;
    let change = RobotChange { role, is_disabled: disabled };
    let robot = accounts::change_robot(store, user, organization, name, change).await?;
    Ok(ok(&shown(&robot)))
}

fn shown(robot: &Robot) -> Value {
    let Robot { owner, role } = robot;
    json!({
        "name": owner.name.as_str(), "role": role, "disabled": owner.is_disabled,
        "created": owner.created,
    })
}
