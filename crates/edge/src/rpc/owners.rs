use super::{
    call::{Call, field, known},
    convert,
};
use crate::{
    context::Context,
    platform::Platform,
    reply::problem::{Kind, Problem},
};
use protoedge_bufapi::proto::buf::{
    alpha::registry::v1alpha1 as alpha,
    registry::owner::v1::{self as owner, organization_ref, owner_ref},
};
use protoedge_registry::{About, Credentials, Error, Identified, Owner, OwnerKind, accounts};
use protoedge_sdk::OwnerName;

pub(super) async fn current_user<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    _: owner::GetCurrentUserRequest,
) -> Call<owner::GetCurrentUserResponse> {
    let record = accounts::ensure_user(&context.store, &known(context, caller).await?.name).await?;
    Ok(owner::GetCurrentUserResponse { user: Some(convert::user(&record)) })
}

pub(super) async fn alpha_current_user<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    _: alpha::GetCurrentUserRequest,
) -> Call<alpha::GetCurrentUserResponse> {
    let record = accounts::ensure_user(&context.store, &known(context, caller).await?.name).await?;
    Ok(alpha::GetCurrentUserResponse { user: Some(convert::alpha_user(&record)) })
}

pub(super) async fn get_owners<P: Platform>(
    context: &Context<P>,
    _: &Credentials,
    request: owner::GetOwnersRequest,
) -> Call<owner::GetOwnersResponse> {
    let mut owners = Vec::new();
    for reference in request.owner_refs {
        let record = match field(reference.value, "owner")? {
            owner_ref::Value::Id(id) => owner_by_id(context, &id).await?,
            owner_ref::Value::Name(name) => owner_by_name(context, &name).await?,
        };
        owners.push(convert::any_owner(&record));
    }
    Ok(owner::GetOwnersResponse { owners })
}

pub(super) async fn get_organizations<P: Platform>(
    context: &Context<P>,
    _: &Credentials,
    request: owner::GetOrganizationsRequest,
) -> Call<owner::GetOrganizationsResponse> {
    let mut organizations = Vec::new();
    for reference in request.organization_refs {
        let record = organization_of(context, Some(reference)).await?;
        organizations.push(convert::organization(&record));
    }
    Ok(owner::GetOrganizationsResponse { organizations })
}

pub(super) async fn create_organizations<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    request: owner::CreateOrganizationsRequest,
) -> Call<owner::CreateOrganizationsResponse> {
    let user = &known(context, caller).await?;
    // All names are looked at before the first organization is made.
    let mut names: Vec<OwnerName> = Vec::new();
    for value in &request.values {
        let name: OwnerName = value.name.parse()?;
        accounts::check_name(user, &name)?;
        names.push(name);
    }
    let mut organizations = Vec::new();
    for (value, name) in request.values.iter().zip(&names) {
        let (description, url) = (&value.description, &value.url);
        let made =
            accounts::create_organization(&context.store, user, name, description, url).await?;
        organizations.push(convert::organization(&made));
    }
    Ok(owner::CreateOrganizationsResponse { organizations })
}

/// Changes what organizations say of themselves.
pub(super) async fn update_organizations<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    request: owner::UpdateOrganizationsRequest,
) -> Call<owner::UpdateOrganizationsResponse> {
    let user = &known(context, caller).await?;
    // All are looked at before the first one is changed.
    let mut changes = Vec::new();
    for value in request.values {
        let name = organization_of(context, value.organization_ref).await?.name;
        if value.verification_status.is_some() || value.visibility.is_some() {
            let message = "of an organization its description and its URL can be changed";
            return Err(Problem::new(Kind::Malformed, message));
        }
        let change = About { description: value.description, url: value.url };
        accounts::check_organization_change(&context.store, user, &name, &change).await?;
        changes.push((name, change));
    }
    let mut organizations = Vec::new();
    for (name, change) in changes {
        let made = accounts::change_organization(&context.store, user, &name, &change).await?;
        organizations.push(convert::organization(&made));
    }
    Ok(owner::UpdateOrganizationsResponse { organizations })
}

/// Deletes organizations that have nothing any more.
pub(super) async fn delete_organizations<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    request: owner::DeleteOrganizationsRequest,
) -> Call<owner::DeleteOrganizationsResponse> {
    let user = &known(context, caller).await?;
    let mut doomed = Vec::new();
    for reference in request.organization_refs {
        doomed.push(organization_of(context, Some(reference)).await?.name);
    }
    for name in doomed {
        accounts::delete_organization(&context.store, user, &name).await?;
    }
    Ok(owner::DeleteOrganizationsResponse {})
}

async fn organization_of<P: Platform>(
    context: &Context<P>,
    reference: Option<owner::OrganizationRef>,
) -> Result<Owner, Problem> {
    let record = match field(reference.and_then(|it| it.value), "organization")? {
        organization_ref::Value::Id(id) => owner_by_id(context, &id).await?,
        organization_ref::Value::Name(name) => owner_by_name(context, &name).await?,
    };
    match record.kind {
        OwnerKind::Organization => Ok(record),
        OwnerKind::User | OwnerKind::Robot => {
            let message = format!("{} is a user, not an organization", record.name);
            Err(Problem::new(Kind::Absent, message))
        }
    }
}

pub(super) async fn owner_by_name<P: Platform>(
    context: &Context<P>,
    name: &str,
) -> Result<Owner, Problem> {
    let name: OwnerName = name.parse()?;
    let record = accounts::find_owner(&context.store, &name).await?;
    Ok(record.ok_or(Error::NoOwner { owner: name })?)
}

pub(super) async fn owner_by_id<P: Platform>(
    context: &Context<P>,
    id: &str,
) -> Result<Owner, Problem> {
    let missing = || Error::NoId { id: id.into() };
    let parsed = id.parse().map_err(|_| missing())?;
    match accounts::identify(&context.store, &parsed).await? {
        Some(Identified::Owner(name)) => {
            Ok(accounts::find_owner(&context.store, &name).await?.ok_or_else(missing)?)
        }
        Some(Identified::Module(_) | Identified::Commit(_) | Identified::Webhook(_)) | None => {
            Err(missing().into())
        }
    }
}
