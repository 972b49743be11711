use super::{
    call::{Caller, form, is_sent, needed, new_token, parsed, shown, time},
    organizations::{robot_row, role},
    reply::{html, onward},
    tokens::{revoke_of, secret},
};
use crate::{
    accounts::trusts::{add, end},
    context::Answer,
    http::Request,
    platform::Platform,
    reply::problem::{Kind, Problem},
};
use protoedge_pages::{Robot as RobotPage, Trust as ShownTrust};
use protoedge_registry::{RobotChange, accounts};
use protoedge_sdk::OwnerName;
use std::collections::BTreeMap;

fn path(organization: &OwnerName, robot: &OwnerName) -> String {
    format!("/-/organizations/{organization}/robots/{robot}")
}

/// `organizations/{organization}/robots`.
pub(super) async fn robots<P: Platform>(
    caller: &Caller<'_, P>,
    organization: &OwnerName,
    request: Request<P::Body>,
) -> Answer<P> {
    let form = form(caller.context, request).await?;
    let name: OwnerName = parsed(&form, "name", "the name of a robot")?;
    let (store, by) = (&caller.context.store, caller.user());
    accounts::create_robot(store, by, organization, &name, role(&form)?).await?;
    Ok(onward(&path(organization, &name), []))
}

/// `organizations/{organization}/robots/{robot}`.
pub(super) async fn robot<P: Platform>(
    caller: &Caller<'_, P>,
    organization: &OwnerName,
    name: &OwnerName,
    request: Request<P::Body>,
) -> Answer<P> {
    if is_sent(&request) {
        return change(caller, organization, name, request).await;
    }
    let (store, by) = (&caller.context.store, caller.user());
    let robot = accounts::robot(store, by, organization, name).await?;
    let tokens = accounts::list_tokens(store, by, name).await?;
    let trusts = accounts::trusts(store, by, organization, name).await?;
    let config = &caller.context.config;
    let page = RobotPage {
        organization: organization.to_string(),
        robot: robot_row(&robot),
        tokens: tokens.iter().map(shown).collect(),
        trusts: trusts.into_iter().map(shown_trust).collect(),
        issuers: config.trusted_issuers.iter().map(ToString::to_string).collect(),
        audience: config.audience(),
    };
    Ok(html(200, protoedge_pages::robot(&caller.frame(), &page)))
}

fn shown_trust(trust: accounts::Trust) -> ShownTrust {
    ShownTrust {
        id: trust.id.as_str().to_owned(),
        issuer: trust.issuer,
        claims: trust.claims.into_iter().collect(),
        created: time(trust.created),
    }
}

async fn change<P: Platform>(
    caller: &Caller<'_, P>,
    organization: &OwnerName,
    name: &OwnerName,
    request: Request<P::Body>,
) -> Answer<P> {
    let (store, by) = (&caller.context.store, caller.user());
    let form = form(caller.context, request).await?;
    let disabled = |is_disabled| RobotChange { role: None, is_disabled: Some(is_disabled) };
    let change = match form.get("change") {
        None => RobotChange { role: Some(role(&form)?), is_disabled: None },
        Some("disable") => disabled(true),
        Some("enable") => disabled(false),
        Some("delete") => {
            accounts::delete_robot(store, by, organization, name).await?;
            return Ok(onward(&format!("/-/organizations/{organization}"), []));
        }
        Some(_) => {
            let words = "a robot is enabled, disabled or deleted, or gets another role";
            return Err(Problem::new(Kind::Malformed, words));
        }
    };
    accounts::change_robot(store, by, organization, name, change).await?;
    Ok(onward(&path(organization, name), []))
}

/// `organizations/{organization}/robots/{robot}/tokens`.
pub(super) async fn make_token<P: Platform>(
    caller: &Caller<'_, P>,
    organization: &OwnerName,
    robot: &OwnerName,
    request: Request<P::Body>,
) -> Answer<P> {
    let (store, by) = (&caller.context.store, caller.user());
    let new = new_token(&form(caller.context, request).await?, store.now())?;
    let (text, record) = accounts::create_token(store, by, robot, &new).await?;
    let page = secret(&caller.context.config, &text, &record, &path(organization, robot));
    Ok(html(200, protoedge_pages::new_secret(&caller.frame(), &page)))
}

/// `organizations/{organization}/robots/{robot}/tokens/{id}/revoke`.
pub(super) async fn revoke_token<P: Platform>(
    caller: &Caller<'_, P>,
    organization: &OwnerName,
    robot: &OwnerName,
    id: &str,
) -> Answer<P> {
    revoke_of(caller, robot, id).await?;
    Ok(onward(&path(organization, robot), []))
}

/// `organizations/{organization}/robots/{robot}/trusts`.
pub(super) async fn add_trust<P: Platform>(
    caller: &Caller<'_, P>,
    organization: &OwnerName,
    robot: &OwnerName,
    request: Request<P::Body>,
) -> Answer<P> {
    let form = form(caller.context, request).await?;
    let issuer = needed(&form, "issuer", "the issuer")?;
    let claims = claims(needed(&form, "claims", "what the tokens say")?)?;
    add(caller.context, caller.user(), organization, robot, issuer, claims).await?;
    Ok(onward(&path(organization, robot), []))
}

/// Reads claims as people write them: `name=value`, one a line.
fn claims(text: &str) -> Result<BTreeMap<String, String>, Problem> {
    let mut claims = BTreeMap::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let wrong = || {
            let shown: String = line.chars().filter(|c| !c.is_control()).take(60).collect();
            Problem::new(
                Kind::Malformed,
                format!("{shown:?} is no claim like repository_id=1234, or is there twice"),
            )
        };
        let (name, value) = line.split_once('=').ok_or_else(wrong)?;
        if claims.insert(name.trim().to_owned(), value.trim().to_owned()).is_some() {
            return Err(wrong());
        }
    }
    Ok(claims)
}

/// `organizations/{organization}/robots/{robot}/trusts/{id}/delete`.
pub(super) async fn end_trust<P: Platform>(
    caller: &Caller<'_, P>,
    organization: &OwnerName,
    robot: &OwnerName,
    id: &str,
) -> Answer<P> {
    end(caller.context, caller.user(), organization, robot, id).await?;
    Ok(onward(&path(organization, robot), []))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_read_as_people_write_them() {
        let read = claims("repository_id = 1234\r\n\nref=refs/heads/a=b\n").unwrap();
        let wanted = [("ref", "refs/heads/a=b"), ("repository_id", "1234")];
        let read: Vec<_> = read.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(read, wanted);
        assert!(claims("repository_id").is_err());
        assert!(claims("a=1\na=2").is_err());
    }
}
