//! What a cache in front of the registry has to forget.
//!
//! Such a cache answers without asking the registry, for as long as a reply of a public module said. What is not to be shown
//! any more is taken out of it by its tag. Platforms allow few such calls, so that one may fail: each wish is an object, kept
//! until a call has succeeded, and once more a minute later. The second one takes out what a machine that remembered the
//! former state put in meanwhile.

use crate::{Store, key::Key, memo::ACCESS_SECONDS};
use protoedge_sdk::ModuleName;
use protoedge_storage::{Bucket, BucketError, Meta, Timestamp};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

/// What is to be forgotten.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PurgeScope {
    /// All replies.
    Everything,
    /// The replies about a module.
    Module(ModuleName),
}

/// How urgent it is: the calls that a platform allows go to the first ones first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PurgeReason {
    /// Content must not be shown to anybody.
    Withheld,
    /// Content is for fewer people than before.
    Closed,
    /// An administrator wants it.
    Wanted,
}

impl PurgeReason {
    /// The beginning of the object's name: the most urgent sort first.
    pub(crate) const fn prefix(self) -> &'static str {
        match self {
            Self::Withheld => "1-withheld",
            Self::Closed => "2-closed",
            Self::Wanted => "3-wanted",
        }
    }
}

/// A wish that is due.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Purge {
    /// What is to be forgotten.
    pub scope: PurgeScope,
    path: String,
    /// Whether a call has succeeded before.
    was_purged: bool,
}

/// How long after a purge the second one takes place: longer than any machine remembers who may read what, with room for
/// requests that were under way.
const AGAIN_AFTER: Duration = Duration::from_secs(60);
const _: () = assert!(AGAIN_AFTER.as_secs() > ACCESS_SECONDS);

/// The names of what stands in a wish's metadata, so that one listing shows all wishes.
mod name {
    pub(super) const SCOPE: &str = "scope";
    pub(super) const PURGED: &str = "purged";
}

/// What the metadata says of all replies: no tag of a module's.
const EVERYTHING: &str = "*";

impl PurgeScope {
    fn text(&self) -> String {
        match self {
            Self::Everything => EVERYTHING.into(),
            Self::Module(module) => module.to_string(),
        }
    }

    fn read(text: &str) -> Option<Self> {
        match text {
            EVERYTHING => Some(Self::Everything),
            module => module.parse().ok().map(Self::Module),
        }
    }
}

/// Wants that caches forget something. Called before the change that makes it necessary: a caller who is cut off between the
/// two has something forgotten in vain, and never something shown that should not be.
///
/// # Errors
/// [`BucketError`] where the wish could not be kept.
pub async fn want<B: Bucket>(
    store: &Store<B>,
    reason: PurgeReason,
    scope: &PurgeScope,
) -> Result<(), BucketError> {
    let id = store.nonce();
    let metadata = [(name::SCOPE.to_owned(), scope.text())].into();
    store.put(&Key::Purge(reason.prefix(), &id), scope, metadata).await
}

/// The wishes that are due now, the most urgent first: those that no call has fulfilled, and those whose second call is due.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn due<B: Bucket>(store: &Store<B>) -> Result<Vec<Purge>, BucketError> {
    let now = store.now();
    let wishes = store.list_all(Key::PURGES).await?;
    Ok(wishes.into_iter().filter_map(|meta| read(meta, now)).collect())
}

fn read(meta: Meta, now: Timestamp) -> Option<Purge> {
    // What cannot be read, another version's for instance, may be anything: with all replies, what it names is forgotten.
    let scope = meta.metadata.get(name::SCOPE).and_then(|text| PurgeScope::read(text));
    let scope = scope.unwrap_or(PurgeScope::Everything);
    let was_purged = meta.metadata.contains_key(name::PURGED);
    // It is written anew when the first call has succeeded.
    let is_due = !was_purged || now.since(meta.uploaded) >= AGAIN_AFTER;
    is_due.then_some(Purge { scope, path: meta.key, was_purged })
}

/// Notes that a call has succeeded: what was purged for the second time is forgotten.
///
/// # Errors
/// [`BucketError`] where that could not be written: then it is purged once more.
pub async fn note_purged<B: Bucket>(store: &Store<B>, purges: &[Purge]) -> Result<(), BucketError> {
    let fulfilled: Vec<String> =
        purges.iter().filter(|it| it.was_purged).map(|it| it.path.clone()).collect();
    store.delete_all(&fulfilled).await?;
    for purge in purges.iter().filter(|it| !it.was_purged) {
        store.put_path(&purge.path, &purge.scope, purged_once(&purge.scope)).await?;
    }
    Ok(())
}

/// [`note_purged`] where all replies were purged: one second call stands for those of all wishes, however many they are.
///
/// # Errors
/// [`BucketError`] where that could not be written: then all is purged once more.
pub async fn note_all_purged<B: Bucket>(
    store: &Store<B>,
    purges: &[Purge],
) -> Result<(), BucketError> {
    if purges.iter().any(|it| !it.was_purged) {
        let (id, scope) = (store.nonce(), PurgeScope::Everything);
        // As urgent as any of them may have been.
        let key = Key::Purge(PurgeReason::Withheld.prefix(), &id);
        store.put(&key, &scope, purged_once(&scope)).await?;
    }
    let paths: Vec<String> = purges.iter().map(|it| it.path.clone()).collect();
    store.delete_all(&paths).await
}

/// What the metadata of a wish says that one call has fulfilled.
fn purged_once(scope: &PurgeScope) -> BTreeMap<String, String> {
    let purged = (name::PURGED.to_owned(), "once".to_owned());
    [(name::SCOPE.to_owned(), scope.text()), purged].into()
}

/// Sees whether callers without a token, who were served before, are not any more: then all that caches hold has to be
/// forgotten.
///
/// # Errors
/// [`BucketError`] where the bucket does not say, or the wish could not be kept.
pub async fn follow_sign_in<B: Bucket>(store: &Store<B>) -> Result<(), BucketError> {
    let key = Key::SignInRequired;
    let was_required = store.bucket.head(&key.path()).await?.is_some();
    match (store.requires_sign_in, was_required) {
        (true, false) => {
            want(store, PurgeReason::Closed, &PurgeScope::Everything).await?;
            store.put(&key, &(), BTreeMap::new()).await
        }
        (false, true) => store.remove(&key).await,
        (true, true) | (false, false) => Ok(()),
    }
}
