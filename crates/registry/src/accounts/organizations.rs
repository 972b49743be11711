use crate::{
    Error, Series, Store, User, about,
    accounts::{
        owner::{Owner, OwnerKind},
        owners::{find_owner, new_owner},
        reserved_owners,
        role::Role,
    },
    audit::{self, Change},
    bounds,
    key::Key,
};
use protoedge_sdk::OwnerName;
use protoedge_storage::Bucket;

/// Whether a user may make an organization of this name, if nobody has it.
///
/// # Errors
/// [`Error::ReservedOwner`] where only an administrator may.
pub fn check_name(user: &User, name: &OwnerName) -> Result<(), Error> {
    reserved_owners::check(user, name)
}

/// Makes an organization, whose first member is the user.
///
/// # Errors
/// [`Error::ReservedOwner`] and [`Error::Full`] say what only an administrator may.
pub async fn create_organization<B: Bucket>(
    store: &Store<B>,
    user: &User,
    name: &OwnerName,
    description: &str,
    url: &str,
) -> Result<Owner, Error> {
    about::check_about(description, url)?;
    check_name(user, name)?;
    if user.is_robot || !user.is_unlimited() {
        let what = format!("organizations, as {name} would be one");
        return Err(Error::Forbidden { user: user.name.to_string(), what });
    }
    let exists = || Error::Exists { what: "owner", name: name.to_string() };
    if find_owner(store, name).await?.is_some() {
        return Err(exists());
    }
    bounds::admit(store, user, Series::Organizations(&user.name), name.as_str()).await?;
    // The administrators' token is nobody's.
    let members = Some((user.name.clone(), Role::Owner)).filter(|_| !user.is_admin);
    let members = members.into_iter().collect();
    let mut owner = new_owner(store, name, OwnerKind::Organization, members).await?;
    owner.description = description.into();
    owner.url = url.into();
    let create =
        async { store.create(&Key::Owner(name), &owner).await?.then_some(()).ok_or_else(exists) };
    let (action, object) = ("organization.create", name.to_string());
    let change = Change { owner: Some(name), action, object, details: Vec::new() };
    audit::audited(store, user, change, create).await?;
    Ok(owner)
}
