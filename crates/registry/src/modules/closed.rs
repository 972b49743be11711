//! Modules that others depend on and that are not to be had any more: by not everybody, or by nobody.
//!
//! A module can be made private, deleted or withheld while others depend on it; a commit of it can be withheld. Versions that
//! depend on it are withdrawn: no list shows them, and nothing is generated of them. Members of a private module may depend on
//! private ones. One small object names every module that was closed so, and each module names in what its lists read anyway the
//! modules that it depends on. So a list asks for more only where both have a name in common, and then the module itself says how
//! far it is closed.

use crate::{
    Error, Store,
    accounts::access::Grant,
    key::Key,
    modules::{
        commit::Commit,
        commits, lookup,
        record::{Module, Visibility},
    },
    search,
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

/// Makes sure that lists of packages find a module before it is closed, and that nobody finds it by its name.
pub(crate) async fn note_closing<B: Bucket>(
    store: &Store<B>,
    module: &ModuleName,
) -> Result<(), BucketError> {
    note_closed(store, std::slice::from_ref(module)).await?;
    search::tell_hidden(store, module).await
}

/// Makes sure that lists find modules that are closed.
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

/// Makes sure that all that a module's commit depends on can be had by those who read the module.
///
/// # Errors
/// [`Error::Withdrawn`] where it cannot. It names nothing that not everybody may read.
pub async fn check_deps<B: Bucket>(
    store: &Store<B>,
    module: &Grant,
    commit: &Commit,
) -> Result<(), Error> {
    let deps = commit.deps.iter().map(|dep| &dep.module);
    let closed = closed_among(store, module, deps).await?;
    match closes(store, &closed, &commit.deps).await? {
        false => Ok(()),
        true => Err(Error::Withdrawn { module: commit.module.clone(), commit: commit.id.clone() }),
    }
}

/// Which of the commits of a module depend on what is closed, of those that a list is about to show.
pub(crate) async fn withdrawn<B: Bucket>(
    store: &Store<B>,
    module: &Module,
    deps: &BTreeSet<ModuleName>,
    shown: impl Iterator<Item = &CommitId>,
) -> Result<BTreeSet<CommitId>, BucketError> {
    let mut withdrawn = BTreeSet::new();
    let closed = closed_among(store, module, deps.iter()).await?;
    let (mut looked_at, mut seen) = (0, BTreeSet::new());
    for id in shown {
        if !seen.insert(id) {
            continue;
        }
        let mut is_open = !module.withheld_commits.contains_key(&id.short());
        if is_open && !closed.is_empty() {
            looked_at += 1;
            let commit = match looked_at <= MOST_LOOKED_AT {
                true => commits::load_commit(store, &module.name, &id.short()).await?,
                false => None,
            };
            is_open = match commit {
                Some(commit) => !closes(store, &closed, &commit.deps).await?,
                None => false,
            };
        }
        if !is_open {
            withdrawn.insert(id.clone());
        }
    }
    Ok(withdrawn)
}

/// How far a module is closed to those who depend on it.
enum Closing {
    /// Nothing of it is to be had.
    All,
    /// What it withholds is not, and what a module of the same name had before it was made.
    Some(Box<Module>),
}

/// Which of these modules are closed to the readers of a module, as it was within the last ten seconds: one operation in ten seconds
/// where none was ever closed.
async fn closed_among<'a, B: Bucket>(
    store: &Store<B>,
    to: &Module,
    modules: impl Iterator<Item = &'a ModuleName>,
) -> Result<BTreeMap<ModuleName, Closing>, BucketError> {
    let (mut modules, mut closed) = (modules.peekable(), BTreeMap::new());
    if modules.peek().is_none() {
        return Ok(closed);
    }
    let noted = noted(store).await?;
    for name in modules.filter(|name| noted.contains(name)) {
        let module = lookup::find_module(store, name).await?;
        let is_public = to.visibility == Visibility::Public;
        let is_gone = |it: &Module| {
            it.withheld.is_some() || (is_public && it.visibility == Visibility::Private)
        };
        let closing = match module {
            None => Closing::All,
            Some(module) if is_gone(&module) => Closing::All,
            Some(module) if module.is_remade || !module.withheld_commits.is_empty() => {
                Closing::Some(module.into())
            }
            Some(_) => continue,
        };
        closed.insert(name.clone(), closing);
    }
    Ok(closed)
}

/// Whether one of these dependencies is closed.
async fn closes<B: Bucket>(
    store: &Store<B>,
    closed: &BTreeMap<ModuleName, Closing>,
    deps: &[Locked],
) -> Result<bool, BucketError> {
    for dep in deps {
        let short = dep.commit.short();
        let is_closed = match closed.get(&dep.module) {
            None => false,
            Some(Closing::All) => true,
            Some(Closing::Some(module)) => {
                module.withheld_commits.contains_key(&short)
                    || (module.is_remade
                        && commits::load_commit(store, &dep.module, &short).await?.is_none())
            }
        };
        if is_closed {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether not everybody may read a module now.
pub(crate) async fn is_closed<B: Bucket>(
    store: &Store<B>,
    name: &ModuleName,
) -> Result<bool, BucketError> {
    let module = lookup::find_module(store, name).await?;
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
