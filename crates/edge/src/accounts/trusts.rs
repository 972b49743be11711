use super::call::{body, gone, ok, reply};
use crate::{
    context::{Answer, Context},
    http::Request,
    platform::Platform,
    reply::problem::{Kind, Problem},
};
use protoedge_registry::{
    Error, TrustId, User,
    accounts::{self, Trust},
};
use protoedge_sdk::OwnerName;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    issuer: String,
    claims: BTreeMap<String, String>,
}

/// `GET` and `POST organizations/{organization}/robots/{robot}/trusts`.
pub(super) async fn trusts<P: Platform>(
    context: &Context<P>,
    user: &User,
    organization: &OwnerName,
    robot: &OwnerName,
    request: Request<P::Body>,
) -> Answer<P> {
    if request.method == "GET" {
        let trusts = accounts::trusts(&context.store, user, organization, robot).await?;
        return Ok(ok(&json!({ "trusts": trusts.iter().map(shown).collect::<Vec<Value>>() })));
    }
    let wanted = r#"{"issuer": "https://token.example.com", "claims": {"repository_id": "1234", "ref": "refs/heads/main"}}"#;
    let New { issuer, claims } = body(context, request, wanted).await?;
    let trust = add(context, user, organization, robot, &issuer, claims).await?;
    Ok(reply(201, &shown(&trust)))
}

/// `DELETE organizations/{organization}/robots/{robot}/trusts/{trust}`.
pub(super) async fn delete<P: Platform>(
    context: &Context<P>,
    user: &User,
    organization: &OwnerName,
    robot: &OwnerName,
    id: &str,
) -> Answer<P> {
    end(context, user, organization, robot, id).await?;
    Ok(gone())
}

/// Has a robot trust tokens of an issuer that an administrator of the registry allows.
///
/// # Errors
/// [`Kind::Precondition`] for another issuer.
pub(crate) async fn add<P: Platform>(
    context: &Context<P>,
    user: &User,
    organization: &OwnerName,
    robot: &OwnerName,
    issuer: &str,
    claims: BTreeMap<String, String>,
) -> Result<Trust, Problem> {
    // Who may not change the robot does not learn which issuers are allowed.
    accounts::robot(&context.store, user, organization, robot).await?;
    let allowed = &context.config.trusted_issuers;
    if allowed.get(issuer).is_none() {
        let all: Vec<&str> = allowed.iter().map(|it| it.as_str()).collect();
        let words = match all.is_empty() {
            true => "an administrator of this registry allows no issuer yet: the setting is TRUSTED_ISSUERS".to_owned(),
            false => format!("the issuers that administrators of this registry allow are {}", all.join(", ")),
        };
        return Err(Problem::new(Kind::Precondition, words));
    }
    Ok(accounts::add_trust(&context.store, user, organization, robot, issuer, claims).await?)
}

/// Ends a trust.
///
/// # Errors
/// [`Kind::Absent`] for one that is not there.
pub(crate) async fn end<P: Platform>(
    context: &Context<P>,
    user: &User,
    organization: &OwnerName,
    robot: &OwnerName,
    id: &str,
) -> Result<(), Problem> {
    let missing = || Error::NoTrust { robot: robot.clone(), id: id.into() };
    let id = TrustId::parse(id).ok_or_else(missing)?;
    Ok(accounts::remove_trust(&context.store, user, organization, robot, &id).await?)
}

fn shown(trust: &Trust) -> Value {
    json!({
        "id": trust.id, "issuer": trust.issuer, "claims": trust.claims, "created": trust.created,
    })
}
