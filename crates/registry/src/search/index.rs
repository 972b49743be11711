use protoedge_sdk::{ModuleName, OwnerName, ShortCommit};
use protoedge_storage::{ETag, Timestamp};
use serde::{Deserialize, Serialize};
use std::{cmp::Reverse, collections::BTreeMap, rc::Rc};

/// A module as lists show it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct IndexedModule {
    /// `owner/name`.
    pub name: ModuleName,
    /// The beginning of what it says of itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Whether its owner advises against it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_deprecated: bool,
    /// What its default label names; none for a module that nothing was pushed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<ShortCommit>,
    /// When its default label moved last, or when it was made.
    pub updated: Timestamp,
}

/// The modules that everybody may see.
#[derive(Clone, Debug, Default)]
pub struct ModuleIndex {
    modules: BTreeMap<ModuleName, IndexedModule>,
}

impl ModuleIndex {
    /// All of them, by name.
    pub fn all(&self) -> impl Iterator<Item = &IndexedModule> {
        self.modules.values()
    }

    /// Those whose default label moved last, the last one first.
    pub fn newest(&self, most: usize) -> Vec<&IndexedModule> {
        let mut all: Vec<&IndexedModule> = self.modules.values().collect();
        all.sort_by_key(|it| Reverse(it.updated));
        all.truncate(most);
        all
    }

    /// Those of an owner, by name.
    pub fn of_owner<'a>(&'a self, owner: &'a OwnerName) -> impl Iterator<Item = &'a IndexedModule> {
        self.modules.values().filter(move |it| it.name.owner() == owner)
    }

    /// A module, if everybody may see it.
    pub fn get(&self, name: &ModuleName) -> Option<&IndexedModule> {
        self.modules.get(name)
    }

    pub(super) fn new(modules: Vec<IndexedModule>) -> Self {
        Self { modules: modules.into_iter().map(|it| (it.name.clone(), it)).collect() }
    }

    pub(super) fn set(&mut self, name: ModuleName, now: Option<IndexedModule>) {
        match now {
            Some(module) => self.modules.insert(name, module),
            None => self.modules.remove(&name),
        };
    }
}

/// The stored index that this machine read last, with its ETag.
pub(crate) type ReadIndex = (Rc<ModuleIndex>, ETag);
