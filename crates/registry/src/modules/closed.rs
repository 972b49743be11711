//! Modules that public ones depend on and that not everybody may read any more.
//!
//! A module can be made private while public ones depend on it. Their versions that do are withdrawn: no list shows them,
//! and nothing is generated of them. One small object names every module that was closed so, and each module names in what
//! its lists read anyway the modules that it depends on. So a list asks for more only where both have a name in common,
//! and then the module itself says whether it is closed.

use crate::{
    Error, Store,
    accounts::access::Grant,
    key::Key,
    modules::{
        commit::Commit,
        commits, module,
        record::{Module, Visibility},
    },
};
use protoedge_sdk::{CommitId, Locked, ModuleName};
use protoedge_storage::{Bucket, BucketError};
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

/// How many commits of one module a list looks at, the newest first, while the module depends on a closed one. Those behind
/// are in no list meanwhile.
const MOST_LOOKED_AT: usize = 200;

/// Makes sure that lists find a module before it is made private.
pub(crate) async fn note_closed<B: Bucket>(
    store: &Store<B>,
    modules: &[ModuleName],
) -> Result<(), BucketError> {
    let add = |current: Option<&BTreeSet<ModuleName>>| {
        let mut all = current.cloned().unwrap_or_default();
        let before = all.len();
        all.extend(modules.iter().cloned());
        (all.len() > before).then_some(all)
    };
    store.update(&Key::Closed, add).await?;
    store.memo.closed.forget(&());
    Ok(())
}

/// Makes sure that lists find what a module depends on, before a commit is there that does: what of it is private, too, since
/// the module itself may be made public meanwhile.
pub(crate) async fn note_deps<B: Bucket>(
    store: &Store<B>,
    commits: &[Commit],
    private: &BTreeSet<ModuleName>,
) -> Result<(), BucketError> {
    let all = commits.iter().flat_map(|commit| &commit.deps).map(|dep| &dep.module);
    let closed: Vec<ModuleName> = all.filter(|dep| private.contains(dep)).cloned().collect();
    if !closed.is_empty() {
        let noted = noted(store).await?;
        if closed.iter().any(|module| !noted.contains(module)) {
            note_closed(store, &closed).await?;
        }
    }
    for commit in commits.iter().filter(|commit| !commit.deps.is_empty()) {
        let known = deps(store, &commit.module).await?;
        for dep in commit.deps.iter().filter(|dep| !known.contains(&dep.module)) {
            store.put(&Key::Dep(&commit.module, &dep.module), &(), BTreeMap::new()).await?;
        }
    }
    Ok(())
}

/// The modules that commits of a module depend on.
pub(crate) async fn deps<B: Bucket>(
    store: &Store<B>,
    module: &ModuleName,
) -> Result<BTreeSet<ModuleName>, BucketError> {
    let found = store.list_all(&Key::deps(module)).await?;
    Ok(found.iter().filter_map(|meta| Key::dep_in(&meta.key, module)).collect())
}

/// Makes sure that all that a public module's commit depends on is public.
///
/// # Errors
/// [`Error::Withdrawn`] where it is not. It names nothing that not everybody may read.
pub async fn check_deps<B: Bucket>(
    store: &Store<B>,
    module: &Grant,
    commit: &Commit,
) -> Result<(), Error> {
    if module.visibility == Visibility::Private || commit.deps.is_empty() {
        return Ok(());
    }
    let deps = commit.deps.iter().map(|dep| &dep.module);
    if closed_among(store, deps).await?.is_empty() {
        return Ok(());
    }
    Err(Error::Withdrawn { module: commit.module.clone(), commit: commit.id.clone() })
}

/// Which of the commits of a public module depend on a closed one, of those that a list is about to show.
pub(crate) async fn withdrawn<B: Bucket>(
    store: &Store<B>,
    module: &Module,
    deps: &BTreeSet<ModuleName>,
    shown: impl Iterator<Item = &CommitId>,
) -> Result<BTreeSet<CommitId>, BucketError> {
    let mut withdrawn = BTreeSet::new();
    if module.visibility == Visibility::Private || deps.is_empty() {
        return Ok(withdrawn);
    }
    let closed = closed_among(store, deps.iter()).await?;
    if closed.is_empty() {
        return Ok(withdrawn);
    }
    let mut looked_at = BTreeSet::new();
    for id in shown {
        if !looked_at.insert(id) {
            continue;
        }
        let mut is_open = false;
        if looked_at.len() <= MOST_LOOKED_AT {
            let commit = commits::load_commit(store, &module.name, &id.short()).await?;
            let is_closed = |dep: &Locked| closed.contains(&dep.module);
            is_open = commit.is_some_and(|commit| !commit.deps.iter().any(is_closed));
        }
        if !is_open {
            withdrawn.insert(id.clone());
        }
    }
    Ok(withdrawn)
}

/// Which of these modules are closed, as it was within the last ten seconds: one operation in ten seconds where none was ever closed.
async fn closed_among<'a, B: Bucket>(
    store: &Store<B>,
    modules: impl Iterator<Item = &'a ModuleName>,
) -> Result<BTreeSet<ModuleName>, BucketError> {
    let noted = noted(store).await?;
    let mut closed = BTreeSet::new();
    for name in modules.filter(|name| noted.contains(name)) {
        if is_closed(store, name).await? {
            closed.insert(name.clone());
        }
    }
    Ok(closed)
}

/// Whether not everybody may read a module now.
pub(crate) async fn is_closed<B: Bucket>(
    store: &Store<B>,
    name: &ModuleName,
) -> Result<bool, BucketError> {
    let module = module::find_module(store, name).await?;
    Ok(module.is_none_or(|module| module.visibility == Visibility::Private))
}

async fn noted<B: Bucket>(store: &Store<B>) -> Result<Rc<BTreeSet<ModuleName>>, BucketError> {
    let now = store.now();
    if let Some(noted) = store.memo.closed.get(&(), now) {
        return Ok(noted);
    }
    let found = store.load::<BTreeSet<ModuleName>>(&Key::Closed).await?;
    let noted = Rc::new(found.map(|(modules, _)| modules).unwrap_or_default());
    store.memo.closed.keep((), noted.clone(), now);
    Ok(noted)
}
