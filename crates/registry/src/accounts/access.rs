use crate::{
    Error, Module, Store,
    accounts::{
        owner::{Owner, OwnerKind},
        owners,
        role::Role,
        user::{Credentials, User, Viewer},
        verified,
    },
    key::Key,
    modules::record::{Visibility, Withheld},
};
use protoedge_sdk::{Hosts, ModuleName, OwnerName, ShortCommit};
use protoedge_storage::{Bucket, BucketError};
use std::{ops::Deref, rc::Rc};

/// A module together with the permission to read what is in it. Every function that reads something of a module for a
/// viewer takes one, and only [`see`] and [`visible`] make one: what forgets to ask does not compile.
///
/// ```compile_fail,E0451
/// # use protoedge_registry::{Audience, Grant, Module};
/// fn forge(module: std::rc::Rc<Module>) -> Grant {
///     Grant { module, audience: Audience::Everyone }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Grant {
    module: Rc<Module>,
    audience: Audience,
}

/// Whom a grant lets read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Audience {
    /// Every viewer, known or not: replies are the same for all and may be shared by caches.
    Everyone,
    /// This viewer, who showed credentials: replies are for no other.
    Viewer,
}

impl Grant {
    /// Whom it lets read.
    pub fn audience(&self) -> Audience {
        self.audience
    }

    /// Makes sure that the grant is for this module.
    ///
    /// # Errors
    /// [`BucketError::Trouble`] for another module: a mistake of the caller's, after which nothing is read.
    pub(crate) fn check(&self, module: &ModuleName) -> Result<(), BucketError> {
        if self.module.name == *module {
            return Ok(());
        }
        Err(BucketError::Trouble {
            action: "read",
            key: Key::Module(module).path(),
            message: format!("the permission is for {}", self.module.name),
        })
    }

    /// Makes sure that a commit of the module is not withheld.
    ///
    /// # Errors
    /// [`Error::Withheld`] says why it is.
    pub fn check_commit(&self, commit: &ShortCommit) -> Result<(), Error> {
        let what = || format!("commit {commit} of module {}", self.module.name);
        check_withheld(self.module.withheld_commits.get(commit), what)
    }
}

/// Makes sure that a module is not withheld.
///
/// # Errors
/// [`Error::Withheld`] says why it is.
pub(crate) fn check_module(module: &Module) -> Result<(), Error> {
    check_withheld(module.withheld.as_ref(), || format!("module {}", module.name))
}

fn check_withheld(withheld: Option<&Withheld>, what: impl FnOnce() -> String) -> Result<(), Error> {
    match withheld {
        None => Ok(()),
        Some(Withheld { reason, .. }) => {
            Err(Error::Withheld { what: what(), reason: reason.clone() })
        }
    }
}

impl Deref for Grant {
    type Target = Module;

    fn deref(&self) -> &Module {
        &self.module
    }
}

/// Who is asking, by credentials that are looked at now.
///
/// # Errors
/// [`Error::BadCredentials`] for what is no token of this registry, or no longer.
pub async fn viewer<B: Bucket>(
    store: &Store<B>,
    credentials: &Credentials,
) -> Result<Viewer, Error> {
    match credentials {
        Credentials::None => Ok(Viewer::Anonymous),
        Credentials::Unreadable => Err(Error::BadCredentials { is_readable: false }),
        Credentials::Verified(user) => Ok(Viewer::User(user.clone())),
        Credentials::Token(token) => known(verified::user_of(store, token).await?),
    }
}

/// Who is asking for a change: nothing that is remembered of a token counts, since a change may take as long as that.
///
/// # Errors
/// [`Error::BadCredentials`] as [`viewer`].
pub async fn viewer_now<B: Bucket>(
    store: &Store<B>,
    credentials: &Credentials,
) -> Result<Viewer, Error> {
    match credentials {
        Credentials::Token(token) => known(verified::user_now(store, token).await?),
        Credentials::None | Credentials::Unreadable | Credentials::Verified(_) => {
            viewer(store, credentials).await
        }
    }
}

fn known(user: Option<User>) -> Result<Viewer, Error> {
    user.map(Viewer::User).ok_or(Error::BadCredentials { is_readable: true })
}

/// The grant to read a module for a caller with these credentials; `None` where there is no module, or none for this caller,
/// which are never told apart: the bucket is asked the same. This is the one place where it is decided who may read what.
///
/// What is public needs no look at credentials, unless the registry requires that callers sign in. A cache could not tell
/// right ones from wrong ones, and an old netrc must not close it.
///
/// # Errors
/// [`Error::BadCredentials`] where credentials decide and are none; [`Error::Withheld`] for a module that this caller might read if
/// it were not withheld; [`BucketError`] where the bucket does not say.
pub async fn visible<B: Bucket>(
    store: &Store<B>,
    credentials: &Credentials,
    name: &ModuleName,
) -> Result<Option<Grant>, Error> {
    if store.requires_sign_in && *credentials == Credentials::None {
        return Ok(None);
    }
    let module = recall_module(store, name).await?;
    let there = module.filter(|module| module.is_there());
    let is_public = |module: &&Rc<Module>| module.visibility == Visibility::Public;
    if !store.requires_sign_in
        && let Some(module) = there.as_ref().filter(is_public)
    {
        check_module(module)?;
        return Ok(Some(Grant { module: module.clone(), audience: Audience::Everyone }));
    }
    let viewer = viewer(store, credentials).await?;
    let Some(user) = viewer.user() else { return Ok(None) };
    let owner = owners::recall_owner(store, name.owner()).await?;
    let may_read = |it: &Rc<Module>| is_public(&it) || role(user, owner.as_deref(), it).is_some();
    let Some(module) = there.filter(may_read) else { return Ok(None) };
    check_module(&module)?;
    Ok(Some(Grant { module, audience: Audience::Viewer }))
}

/// What [`visible`] does of a module that is missing: for an id that nothing has, so that those of private modules and of their
/// commits look like it.
///
/// # Errors
/// As [`visible`].
pub async fn see_nothing<B: Bucket>(
    store: &Store<B>,
    credentials: &Credentials,
) -> Result<(), Error> {
    if store.requires_sign_in && *credentials == Credentials::None {
        return Ok(());
    }
    // Nobody has a module of this name.
    recall_module(store, &"admin/nothing".parse()?).await?;
    if let Some(user) = viewer(store, credentials).await?.user() {
        owners::recall_owner(store, &user.name).await?;
    }
    Ok(())
}

/// A module as it was within the last ten seconds if it is public, else as it is: of those that may be hidden nothing is
/// remembered, so that they take as long as one that is missing.
async fn recall_module<B: Bucket>(
    store: &Store<B>,
    name: &ModuleName,
) -> Result<Option<Rc<Module>>, BucketError> {
    let now = store.now();
    if let Some(module) = store.memo.modules.get(name, now) {
        return Ok(Some(module));
    }
    let found = store.load::<Module>(&Key::Module(name)).await?;
    let module = found.map(|(module, _)| Rc::new(module));
    let is_shared = |it: &&Rc<Module>| it.visibility == Visibility::Public && it.is_there();
    if let Some(module) = module.as_ref().filter(is_shared) {
        store.memo.modules.keep(name.clone(), module.clone(), now);
    }
    Ok(module)
}

/// [`visible`], where absence is an error.
///
/// # Errors
/// [`Error::NoModule`] where the caller may read no such module; [`Error::SignIn`] for a caller without a token where one is
/// required.
pub async fn see<B: Bucket>(
    store: &Store<B>,
    credentials: &Credentials,
    name: &ModuleName,
) -> Result<Grant, Error> {
    let grant = visible(store, credentials, name).await?;
    grant.ok_or_else(|| match credentials {
        Credentials::None if store.requires_sign_in => Error::SignIn { module: name.clone() },
        _ => Error::NoModule { module: name.clone() },
    })
}

/// What a user may do in a module, whose owner is given: the greater of both roles, as far as the token goes.
fn role(user: &User, owner: Option<&Owner>, module: &Module) -> Option<Role> {
    let of_owner = role_in(user, module.name.owner(), owner);
    let of_module = module.collaborators.get(&user.name).copied();
    of_owner.max(of_module).and_then(|role| user.limit(role, &module.name))
}

/// What a user may do with all that an owner has, however far the token goes.
fn role_in(user: &User, name: &OwnerName, owner: Option<&Owner>) -> Option<Role> {
    if user.is_admin || (user.name == *name && !user.is_robot) {
        return Some(Role::Owner);
    }
    let owner = owner?;
    let of_groups = user.group_roles.as_ref().and_then(|roles| roles.get(name));
    let of_groups = of_groups.filter(|_| owner.kind == OwnerKind::Organization);
    owner.members.get(&user.name).max(of_groups).copied()
}

/// Makes sure that a user has a role in a module now.
///
/// # Errors
/// [`Error::NoModule`] where the user may not even read it, [`Error::Forbidden`] where the role is less.
pub async fn require<B: Bucket>(
    store: &Store<B>,
    user: &User,
    module: &Module,
    least: Role,
) -> Result<(), Error> {
    let owner = owners::find_owner(store, module.name.owner()).await?;
    check(user, owner.as_ref(), module, least)
}

/// [`require`], where the module's owner was read already.
pub(crate) fn check(
    user: &User,
    owner: Option<&Owner>,
    module: &Module,
    least: Role,
) -> Result<(), Error> {
    match (role(user, owner, module), &module.upstream) {
        (None, _) if module.visibility == Visibility::Private => {
            Err(Error::NoModule { module: module.name.clone() })
        }
        (_, Some(upstream)) if least > Role::Read => Err(of_upstream(upstream, &module.name)),
        (Some(role), _) if role >= least => Ok(()),
        (Some(_) | None, _) => Err(forbidden(user, &module.name.to_string())),
    }
}

/// Makes sure that a user has a role in an organization, or is the owner.
///
/// # Errors
/// [`Error::NoOwner`] for an owner that is not there, [`Error::Forbidden`] where the role is less.
pub async fn require_in<B: Bucket>(
    store: &Store<B>,
    user: &User,
    name: &OwnerName,
    least: Role,
) -> Result<Owner, Error> {
    let owner = owners::find_owner(store, name).await?;
    let owner = owner.ok_or_else(|| Error::NoOwner { owner: name.clone() })?;
    match (role_of(user, &owner), &owner.upstream) {
        (_, Some(upstream)) if least > Role::Read => Err(of_upstream(upstream, name)),
        (Some(role), _) if role >= least => Ok(owner),
        (Some(_) | None, _) => Err(forbidden(user, name.as_str())),
    }
}

/// What a user may do in an organization, or with what is the user's own, as far as the token goes: one that is limited to
/// modules goes nowhere here.
pub fn role_of(user: &User, owner: &Owner) -> Option<Role> {
    let role = role_in(user, &owner.name, Some(owner)).filter(|_| user.modules.is_none());
    role.map(|role| role.min(user.scope.most()))
}

/// Whether a user may do more in an organization than a role may.
pub(crate) fn outranks(user: &User, organization: &Owner, role: Role) -> bool {
    role_of(user, organization).is_some_and(|own| role < own)
}

/// Nobody changes what is fetched from another registry.
fn of_upstream(upstream: &Hosts, what: &impl ToString) -> Error {
    Error::OfUpstream { what: what.to_string(), host: upstream.registry_host.clone() }
}

pub(crate) fn forbidden(user: &User, what: &str) -> Error {
    Error::Forbidden { user: user.name.to_string(), what: what.into() }
}
