use super::{
    call::{Caller, form, is_sent, needed, parsed},
    reply::{html, onward},
};
use crate::{
    context::Answer,
    http::Request,
    platform::Platform,
    reply::problem::{Kind, Problem},
};
use protoedge_oauth::Form;
use protoedge_pages::{Member, Organization, Organizations, RobotRow};
use protoedge_registry::{Robot, Role, accounts};
use protoedge_sdk::OwnerName;

/// `organizations`.
pub(super) async fn organizations<P: Platform>(
    caller: &Caller<'_, P>,
    request: Request<P::Body>,
) -> Answer<P> {
    let (store, user) = (&caller.context.store, caller.user());
    if is_sent(&request) {
        let form = form(caller.context, request).await?;
        let name: OwnerName = parsed(&form, "name", "the name of an organization")?;
        accounts::create_organization(store, user, &name, "", "").await?;
        return Ok(onward(&path(&name), []));
    }
    let mut all = accounts::organizations_of(store, user).await?;
    all.sort();
    let organizations =
        all.into_iter().map(|(name, role)| (name.to_string(), role.as_str().to_owned())).collect();
    let page = Organizations { organizations };
    Ok(html(200, protoedge_pages::organizations(&caller.frame(), &page)))
}

fn path(organization: &OwnerName) -> String {
    format!("/-/organizations/{organization}")
}

/// `organizations/{organization}`.
pub(super) async fn organization<P: Platform>(
    caller: &Caller<'_, P>,
    name: &OwnerName,
) -> Answer<P> {
    let (store, user) = (&caller.context.store, caller.user());
    let by_groups = accounts::group_members(store, user, name).await?;
    let owner = accounts::require_in(store, user, name, Role::Read).await?;
    let role = accounts::role_of(user, &owner).unwrap_or(Role::Read);
    let may_change = role >= Role::Admin;
    let robots = if may_change { accounts::robots(store, user, name).await? } else { Vec::new() };
    let is_robot = |name: &OwnerName| robots.iter().any(|it| it.owner.name == *name);
    let persons = owner.members.iter().filter(|(name, _)| !is_robot(name));
    let persons = persons.map(|(name, role)| Member {
        name: name.to_string(),
        role: role.as_str().into(),
        by_group_until: None,
    });
    let by_groups = by_groups.iter().map(|it| Member {
        name: it.user.to_string(),
        role: it.role.as_str().into(),
        by_group_until: Some(super::call::time(it.until)),
    });
    let page = Organization {
        name: name.to_string(),
        description: owner.description.clone(),
        role: role.as_str().into(),
        may_change,
        members: persons.chain(by_groups).collect(),
        robots: robots.iter().map(robot_row).collect(),
    };
    Ok(html(200, protoedge_pages::organization(&caller.frame(), &page)))
}

/// A robot as lists show it.
pub(super) fn robot_row(robot: &Robot) -> RobotRow {
    RobotRow {
        name: robot.owner.name.to_string(),
        role: robot.role.map(Role::as_str).unwrap_or_default().into(),
        is_disabled: robot.owner.is_disabled,
    }
}

/// A role that was chosen.
pub(super) fn role(form: &Form) -> Result<Role, Problem> {
    let wrong = || Problem::new(Kind::Malformed, "a role is read, write, admin or owner");
    Role::parse(needed(form, "role", "the role")?).ok_or_else(wrong)
}

/// `organizations/{organization}/members`.
pub(super) async fn members<P: Platform>(
    caller: &Caller<'_, P>,
    organization: &OwnerName,
    request: Request<P::Body>,
) -> Answer<P> {
    let (store, by) = (&caller.context.store, caller.user());
    let form = form(caller.context, request).await?;
    let user: OwnerName = parsed(&form, "user", "the name of a person")?;
    match form.get("remove") {
        Some(_) => accounts::remove_member(store, by, organization, &user).await?,
        None => accounts::set_member(store, by, organization, &user, role(&form)?).await?,
    }
    Ok(onward(&path(organization), []))
}

/// `organizations/{organization}/leave`.
pub(super) async fn leave<P: Platform>(
    caller: &Caller<'_, P>,
    organization: &OwnerName,
) -> Answer<P> {
    let (store, by) = (&caller.context.store, caller.user());
    accounts::remove_member(store, by, organization, &by.name).await?;
    Ok(onward("/-/organizations", []))
}
