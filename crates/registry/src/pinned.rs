//! What packages pin of each other, known before anybody asks for it.
//!
//! A package manager that installs two packages reads the packument of one, then that of the other, whose newest version may
//! pin a version of the first that was made only now: then it finds none. So that version is ordered when it becomes
//! known that it will be pinned, and a packument waits for what is ordered of it.

use crate::{
    Bucket, BucketError, Commit, Store,
    bucket::{Info, Meta, When},
    key::Key,
    uses::IN_USE,
};
use protoedge_sdk::{
    Catalogue, CommitId, Ecosystem, Entry, Locked, ModuleName, PluginName, Sdk, SdkVersion, Stamp,
};
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
        Sdk {
            ecosystem: entry.ecosystem(),
            module: module.clone(),
            plugin: entry.name.clone(),
            version: SdkVersion {
                plugin: entry.plugin_version.clone(),
                stamp: self.stamp.clone(),
                commit: self.commit.short(),
                revision: entry.revision,
            },
        }
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

impl<B: Bucket> Store<B> {
    /// The plugins whose npm packages of a module are in use.
    async fn npm_plugins_in_use(
        &self,
        module: &ModuleName,
    ) -> Result<BTreeSet<PluginName>, BucketError> {
        let found = self.list_all(&Key::uses_in(module, Ecosystem::Npm)).await?;
        Ok(found.iter().filter_map(|meta| self.npm_plugin_in_use(module, meta)).collect())
    }

    /// Whose package is in use, if an object says so.
    pub(crate) fn npm_plugin_in_use(&self, module: &ModuleName, meta: &Meta) -> Option<PluginName> {
        let use_of = meta.key.strip_prefix(&Key::uses_in(module, Ecosystem::Npm))?;
        let is_in_use = self.now().since(meta.uploaded) < IN_USE;
        use_of.rsplit_once('/').filter(|_| is_in_use)?.0.parse().ok()
    }

    /// The commits of a module that the default heads of other modules lock: of at most `most` modules, those that were
    /// pushed last.
    pub async fn locked_by_dependents(
        &self,
        module: &ModuleName,
        most: usize,
    ) -> Result<Vec<LockedCommit>, BucketError> {
        let mut found = self.list_all(&Key::dependents(module)).await?;
        found.sort_by_key(|meta| Reverse(meta.uploaded));
        let locked: BTreeSet<LockedCommit> =
            found.iter().take(most).filter_map(LockedCommit::read).collect();
        Ok(locked.into_iter().collect())
    }

    /// Remembers what a module's new default head locks of others. Of a push that does not take place, it names
    /// commits that are there.
    pub(crate) async fn note_dependents(&self, head: &Commit) -> Result<(), BucketError> {
        for Locked { module, commit, stamp, .. } in head.deps.iter().take(MOST_DEPS) {
            let key = Key::Dependent(module, &head.module);
            let locked = LockedCommit { commit: commit.clone(), stamp: stamp.clone() };
            let info = Info { media_type: key.media_type(), metadata: locked.metadata() };
            // Contended: another push says the same, or what will count next.
            self.bucket.put(&key.path(), b"{}".to_vec(), When::Always, info).await?;
        }
        Ok(())
    }

    /// The npm SDKs that packages of these commits will pin of the commits' dependencies, where those are in use and
    /// the SDKs are not listed yet.
    pub(crate) async fn pinned(
        &self,
        commits: &[Commit],
        catalogue: &Catalogue,
    ) -> Result<Vec<Sdk>, BucketError> {
        let deps = commits.iter().flat_map(|commit| &commit.deps);
        let deps: BTreeMap<(&ModuleName, &CommitId), &Locked> =
            deps.map(|dep| ((&dep.module, &dep.commit), dep)).collect();
        let mut pinned = Vec::new();
        for dep in deps.into_values().take(MOST_DEPS) {
            let in_use = self.npm_plugins_in_use(&dep.module).await?;
            for plugin in &in_use {
                for entry in catalogue.pinned(plugin, |plugin| in_use.contains(plugin)) {
                    let sdk = Sdk::new(entry, dep);
                    if !self.is_listed(&sdk).await? {
                        pinned.push(sdk);
                    }
                }
            }
        }
        Ok(pinned)
    }
}
