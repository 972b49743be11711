//! What packages pin of each other, known before a client asks for it.
//!
//! A package manager that installs two packages reads the packument of one, then that of the other, whose newest version may
//! pin a version of the first that was made only now: then it finds none. So that version is ordered when it becomes
//! known that it will be pinned, and a packument waits for what is ordered of it.

use crate::{
    Store,
    accounts::access::Grant,
    catalogue,
    key::Key,
    packages::{publishing, usage},
    push::{Dependency, PushRecord},
};
use protoedge_sdk::{CommitId, Ecosystem, Entry, Locked, ModuleName, Sdk, Stamp};
use protoedge_storage::{Bucket, BucketError, Condition, Meta, PutOptions};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

/// How many dependencies of a push are looked at: each takes a bucket operation, and more for what is ordered.
const MOST_DEPS: usize = 100;

/// A commit as its dependents lock it.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct LockedCommit {
    /// The commit.
    pub commit: CommitId,
    /// Its time in versions.
    pub stamp: Stamp,
}

impl LockedCommit {
    /// The SDK that a catalogue entry makes of it.
    pub fn sdk(&self, entry: &Entry, module: &ModuleName) -> Sdk {
        Sdk::at(entry, module, &self.commit, &self.stamp)
    }

    fn metadata(&self) -> BTreeMap<String, String> {
        [("commit", self.commit.to_string()), ("stamp", self.stamp.to_string())]
            .map(|(name, value)| (name.to_owned(), value))
            .into()
    }

    fn read(meta: &Meta) -> Option<Self> {
        Some(Self {
            commit: meta.metadata.get("commit")?.parse().ok()?,
            stamp: meta.metadata.get("stamp")?.parse().ok()?,
        })
    }
}

/// The commits of a module that the default heads of other modules lock: of at most `most` modules, those that were
/// pushed last.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn locked_by_dependents<B: Bucket>(
    store: &Store<B>,
    module: &Grant,
    most: usize,
) -> Result<Vec<LockedCommit>, BucketError> {
    load_locked_by_dependents(store, &module.name, most).await
}

/// [`locked_by_dependents`], for the registry itself.
pub(crate) async fn load_locked_by_dependents<B: Bucket>(
    store: &Store<B>,
    module: &ModuleName,
    most: usize,
) -> Result<Vec<LockedCommit>, BucketError> {
    let mut found = store.list_all(&Key::dependents(module)).await?;
    found.sort_by_key(|meta| Reverse(meta.uploaded));
    let locked: BTreeSet<LockedCommit> =
        found.iter().take(most).filter_map(LockedCommit::read).collect();
    Ok(locked.into_iter().collect())
}

/// Remembers what the default heads that a push made lock of others.
pub(crate) async fn note_dependents<B: Bucket>(
    store: &Store<B>,
    push: &PushRecord,
) -> Result<(), BucketError> {
    let is_head = |id: &CommitId| push.moves.iter().any(|it| it.is_default && it.to == *id);
    let heads = push.commits.iter().filter(|commit| is_head(&commit.id));
    let locked = heads.flat_map(|head| head.deps.iter().map(|dep| (&head.module, dep)));
    for (dependent, Locked { module, commit, stamp, .. }) in locked.take(MOST_DEPS) {
        let key = Key::Dependent(module, dependent);
        let locked = LockedCommit { commit: commit.clone(), stamp: stamp.clone() };
        let options = PutOptions { media_type: key.media_type(), metadata: locked.metadata() };
        // Contended: another push says the same, or what will count next.
        store.bucket.put(&key.path(), b"{}".to_vec(), Condition::Always, options).await?;
    }
    Ok(())
}

/// The SDKs that packages will pin that depend on these commits, where lists show only what has bytes, the modules'
/// packages are in use and the SDKs are not listed yet.
pub(crate) async fn pinned<B: Bucket>(
    store: &Store<B>,
    deps: &[Dependency],
) -> Result<Vec<Sdk>, BucketError> {
    let published = catalogue::catalogue(store).await?;
    let mut pinned = Vec::new();
    let commits = deps.iter().take(MOST_DEPS).map(|dep| &dep.commit);
    for (commit, ecosystem) in
        commits.flat_map(|commit| Ecosystem::listing_bytes().map(move |it| (commit, it)))
    {
        let in_use = usage::plugins_in_use(store, &commit.module, ecosystem).await?;
        for plugin in &in_use {
            for entry in published.catalogue.pinned(plugin, |plugin| in_use.contains(plugin)) {
                let sdk = Sdk::new(entry, &commit.locked());
                if !publishing::is_listed(store, &sdk).await? {
                    pinned.push(sdk);
                }
            }
        }
    }
    Ok(pinned)
}
