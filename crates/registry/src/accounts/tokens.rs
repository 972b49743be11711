use crate::{
    Error, Store,
    accounts::{
        owners,
        user::{Scope, User},
    },
    key::Key,
    memo::KnownUser,
};
use protoedge_sdk::{ModuleName, OwnerName};
use protoedge_storage::{Bucket, BucketError, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{collections::BTreeSet, rc::Rc};

/// What is stored of a token: never its text.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct TokenRecord {
    /// Whose it is.
    pub user: OwnerName,
    /// When it was made.
    pub created: Timestamp,
    /// Until when it is good.
    pub expires: Timestamp,
    /// What it is good for.
    pub scope: Scope,
    /// The modules that it is good for; all where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modules: Option<BTreeSet<ModuleName>>,
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
    let record = TokenRecord {
        user: user.clone(),
        created: store.now(),
        expires,
        scope: Scope::Admin,
        modules: None,
    };
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
            let TokenRecord { user, scope, modules, expires, .. } = record;
            let modules = modules.map(Rc::new);
            let user = User { scope, modules, ..User::unlimited(user) };
            let known = KnownUser { user, expires };
            store.memo.users.keep(hash, known.clone(), now);
            known
        }),
    };
    Ok(known.filter(|known| now < known.expires).map(|known| known.user))
}
