use crate::{
    Error, Module, Store,
    accounts::{
        owners,
        user::{User, Viewer},
    },
    key::Key,
    modules::record::Visibility,
};
use protoedge_sdk::{ModuleName, OwnerName};
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
}

impl Deref for Grant {
    type Target = Module;

    fn deref(&self) -> &Module {
        &self.module
    }
}

/// The grant for a viewer to read a module; `None` where there is no module, or none for this viewer, which are never told
/// apart. This is the one place where it is decided who may read what. All modules are public.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn visible<B: Bucket>(
    store: &Store<B>,
    _viewer: &Viewer,
    name: &ModuleName,
) -> Result<Option<Grant>, BucketError> {
    let now = store.now();
    let module = match store.memo.modules.get(name, now) {
        Some(module) => Some(module),
        None => {
            let found = store.load::<Module>(&Key::Module(name)).await?;
            let module = found.map(|(module, _)| Rc::new(module));
            // One that awaits a push is there as soon as that has taken place.
            if let Some(module) = module.as_ref().filter(|module| !module.awaits_push) {
                store.memo.modules.keep(name.clone(), module.clone(), now);
            }
            module
        }
    };
    let there = module.filter(|module| !module.awaits_push);
    Ok(there.map(|module| {
        let audience = match module.visibility {
            Visibility::Public => Audience::Everyone,
        };
        Grant { module, audience }
    }))
}

/// [`visible`], where absence is an error.
///
/// # Errors
/// [`Error::NoModule`] where the viewer may read no such module.
pub async fn see<B: Bucket>(
    store: &Store<B>,
    viewer: &Viewer,
    name: &ModuleName,
) -> Result<Grant, Error> {
    let grant = visible(store, viewer, name).await?;
    grant.ok_or_else(|| Error::NoModule { module: name.clone() })
}

/// Whether a user may change what an owner has.
pub async fn may_change<B: Bucket>(
    store: &Store<B>,
    user: &User,
    owner: &OwnerName,
) -> Result<bool, BucketError> {
    if user.is_admin || user.name == *owner {
        return Ok(true);
    }
    let owner = owners::find_owner(store, owner).await?;
    Ok(owner.is_some_and(|owner| owner.members.contains(&user.name)))
}

pub(crate) fn forbidden(user: &User, what: &str) -> Error {
    Error::Forbidden { user: user.name.to_string(), what: what.into() }
}
