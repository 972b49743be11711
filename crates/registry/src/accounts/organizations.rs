use crate::{
    Error, Series, Store, User, about,
    accounts::{
        members,
        owner::{Owner, OwnerKind},
        owners::{self, load_owner, new_owner},
        reserved_owners,
        role::Role,
    },
    audit::{self, Change},
    bounds,
    key::Key,
    modules::lookup,
};
use protoedge_sdk::{ModuleName, OwnerName};
use protoedge_storage::{Bucket, BucketError};

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
    let known = load_owner(store, name).await?;
    // Whoever knew it under a deleted organization would take another one's modules for those.
    if known.as_ref().is_some_and(|it| it.deleted.is_none() || !is_owner(user, it)) {
        return Err(exists());
    }
    // Looked at before the bounds and claimed after them: a name that is refused uses none of them up, and one that they refuse is left to
    // others.
    if !user.is_admin {
        owners::check_looks(store, name).await?;
    }
    bounds::admit(store, user, Series::Organizations(&user.name), name.as_str()).await?;
    if !user.is_admin {
        owners::claim_looks(store, name).await?;
    }
    // The administrators' token is nobody's.
    let members = Some((user.name.clone(), Role::Owner)).filter(|_| !user.is_admin);
    let members = members.into_iter().collect();
    let mut owner = new_owner(store, name, OwnerKind::Organization, members).await?;
    owner.description = description.into();
    owner.url = url.into();
    let create = async {
        if !user.is_admin {
            members::note_membership(store, &user.name, name).await?;
        }
        let is_made = match known {
            None => store.create(&Key::Owner(name), &owner).await?,
            Some(_) => remake(store, &owner).await?,
        };
        is_made.then_some(()).ok_or_else(exists)
    };
    let (action, object) = ("organization.create", name.to_string());
    let change = Change { owner: Some(name), action, object, details: Vec::new() };
    audit::audited(store, user, change, create).await?;
    Ok(owner)
}

fn is_owner(user: &User, organization: &Owner) -> bool {
    user.is_admin || organization.members.get(&user.name) == Some(&Role::Owner)
}

/// Puts an organization in the place of a deleted one; `false` where another one has.
async fn remake<B: Bucket>(store: &Store<B>, owner: &Owner) -> Result<bool, BucketError> {
    let change = |current: Option<&Owner>| {
        current.is_none_or(|current| current.deleted.is_some()).then(|| owner.clone())
    };
    let made = store.update(&Key::Owner(&owner.name), change).await?;
    store.memo.owners.forget(&owner.name);
    Ok(made.is_some_and(|made| made.id == owner.id))
}

/// What an organization is to say of itself. What is none stays.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct About {
    /// A sentence.
    pub description: Option<String>,
    /// A home page.
    pub url: Option<String>,
}

/// Makes sure that a user may change an organization so.
///
/// # Errors
/// [`Error::About`] and those of [`members::require`].
pub async fn check_organization_change<B: Bucket>(
    store: &Store<B>,
    by: &User,
    name: &OwnerName,
    change: &About,
) -> Result<(), Error> {
    let About { description, url } = change;
    about::check_about(
        description.as_deref().unwrap_or_default(),
        url.as_deref().unwrap_or_default(),
    )?;
    members::require(store, by, name, Role::Admin).await.map(drop)
}

/// Changes what an organization says of itself.
///
/// # Errors
/// Those of [`check_organization_change`].
pub async fn change_organization<B: Bucket>(
    store: &Store<B>,
    by: &User,
    name: &OwnerName,
    change: &About,
) -> Result<Owner, Error> {
    check_organization_change(store, by, name, change).await?;
    let missing = || Error::NoOwner { owner: name.clone() };
    let now = store.now();
    let set = |current: Option<&Owner>| {
        let current = current.filter(|it| it.deleted.is_none())?;
        let description = change.description.as_ref().unwrap_or(&current.description).clone();
        let url = change.url.as_ref().unwrap_or(&current.url).clone();
        let wanted = Owner { description, url, ..current.clone() };
        (wanted != *current).then_some(Owner { updated: Some(now), ..wanted })
    };
    let update = async { Ok(store.update(&Key::Owner(name), set).await?) };
    let (action, object) = ("organization.update", name.to_string());
    let noted = Change { owner: Some(name), action, object, details: Vec::new() };
    let made = audit::audited(store, by, noted, update).await;
    store.memo.owners.forget(name);
    made?.ok_or_else(missing)
}

/// Deletes an organization that has neither modules nor robots any more. Its name stays taken: only its owners, and administrators of
/// the registry, make it again.
///
/// # Errors
/// [`Error::Forbidden`] for others than its owners, [`Error::NotEmpty`] where it still has something.
pub async fn delete_organization<B: Bucket>(
    store: &Store<B>,
    by: &User,
    name: &OwnerName,
) -> Result<(), Error> {
    members::require(store, by, name, Role::Owner).await?;
    check_empty(store, name).await?;
    let now = store.now();
    let set_deleted = async |deleted: bool| {
        let set = |current: Option<&Owner>| {
            let current = current.filter(|it| it.deleted.is_some() != deleted)?;
            Some(Owner { deleted: deleted.then_some(now), ..current.clone() })
        };
        store.update(&Key::Owner(name), set).await
    };
    let delete = async {
        set_deleted(true).await?;
        // Of a module that is made at the same time: either it is seen here, or its maker sees that there is no owner.
        let is_empty = check_empty(store, name).await;
        if is_empty.is_err() {
            set_deleted(false).await?;
        }
        is_empty
    };
    let (action, object) = ("organization.delete", name.to_string());
    let change = Change { owner: Some(name), action, object, details: Vec::new() };
    let deleted = audit::audited(store, by, change, delete).await;
    store.memo.owners.forget(name);
    deleted
}

/// How many deleted modules an organization may have had that is deleted: each is two operations of the bucket.
const MOST_DELETED: usize = 300;

/// Makes sure that an organization has nothing.
///
/// # Errors
/// [`Error::NotEmpty`] names something that it has.
async fn check_empty<B: Bucket>(store: &Store<B>, name: &OwnerName) -> Result<(), Error> {
    let not_empty = |what| Error::NotEmpty { organization: name.clone(), what };
    let prefix = Key::robots(name);
    let robots = store.bucket.list(&prefix, None, 1).await?;
    if let Some(meta) = robots.objects.first() {
        let robot = meta.key.strip_prefix(&prefix).unwrap_or_default();
        return Err(not_empty(format!("the robot {robot}")));
    }
    let mut after: Option<ModuleName> = None;
    for _ in 0..MOST_DELETED {
        let next = lookup::next_module(store, name, after.as_ref()).await?;
        let Some(module) = next else { return Ok(()) };
        if lookup::find_module(store, &module).await?.is_some() {
            return Err(not_empty(format!("the module {module}")));
        }
        after = Some(module);
    }
    Err(not_empty("too many deleted modules to be looked at".into()))
}
