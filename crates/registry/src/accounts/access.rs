use crate::{
    Error, Module, Store,
    accounts::{
        owners,
        user::{User, Viewer},
    },
    key::Key,
    memo::KnownUser,
};
use protoedge_sdk::{ModuleName, OwnerName};
use protoedge_storage::{Bucket, BucketError, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::rc::Rc;

/// What is stored of a token: never its text.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct TokenRecord {
    /// Whose it is.
    pub user: OwnerName,
    /// When it was made.
    pub created: Timestamp,
    /// Until when it is good.
    pub expires: Timestamp,
}

fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// Makes a token for a user, who becomes an owner if there was none of that name. The text is
/// shown once; what is stored is its hash.
pub async fn create_token<B: Bucket>(
    store: &Store<B>,
    user: &OwnerName,
    expires: Timestamp,
) -> Result<String, Error> {
    owners::ensure_user(store, user).await?;
    let token = store.secret();
    let record = TokenRecord { user: user.clone(), created: store.now(), expires };
    store.create(&Key::Token(&hash(&token)), &record).await?;
    Ok(token)
}

/// Whose token this is; `None` for one that nobody made or that has expired.
pub async fn user_of<B: Bucket>(
    store: &Store<B>,
    token: &str,
) -> Result<Option<User>, BucketError> {
    let (hash, now) = (hash(token), store.now());
    let known = match store.memo.users.get(&hash, now) {
        Some(known) => Some(known),
        None => store.load::<TokenRecord>(&Key::Token(&hash)).await?.map(|(record, _)| {
            let user = User { name: record.user, is_admin: false };
            let known = KnownUser { user, expires: record.expires };
            store.memo.users.keep(hash, known.clone(), now);
            known
        }),
    };
    Ok(known.filter(|known| now < known.expires).map(|known| known.user))
}

/// The module, if it exists and the viewer may see it. Every read of anything in a module goes
/// through here: this is where it is decided who may see what. All modules are public.
pub async fn visible<B: Bucket>(
    store: &Store<B>,
    viewer: &Viewer,
    name: &ModuleName,
) -> Result<Option<Rc<Module>>, BucketError> {
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
    Ok(module.filter(|module| module.may_be_seen_by(viewer)))
}

/// [`visible`], where absence is an error.
pub async fn see<B: Bucket>(
    store: &Store<B>,
    viewer: &Viewer,
    name: &ModuleName,
) -> Result<Rc<Module>, Error> {
    let module = visible(store, viewer, name).await?;
    module.ok_or_else(|| Error::NoModule { module: name.clone() })
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
