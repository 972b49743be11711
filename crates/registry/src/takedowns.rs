//! What administrators of the registry withhold, and why.
//!
//! A module's own record says what of it is withheld: who reads the module has read that, too. Beside it there is a record of each
//! takedown, and one of each commit's files: the same files are not pushed again, to no module.

use crate::{
    Commit, Error, Module, Store, User,
    audit::{self, Change},
    key::Key,
    modules::{closed, commits, lookup, record::Withheld},
    purges::{self, PurgeReason, PurgeScope},
    search,
};
use protoedge_sdk::{CommitId, ModuleName, OwnerName, ShortCommit};
use protoedge_storage::{Bucket, BucketError, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many commits of one module can be withheld: they are in the record that every request for the module reads.
const MOST_COMMITS: usize = 200;

/// One takedown.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Takedown {
    /// Of which module.
    pub module: ModuleName,
    /// Of which commit; all of them where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<CommitId>,
    /// Why: everybody is told who asks for what is withheld.
    pub reason: String,
    /// Since when.
    pub at: Timestamp,
    /// Who did it.
    pub by: OwnerName,
}

/// Withholds a module, or a commit with those of the same files in the module: within ten seconds nobody gets its sources or its
/// packages any more, and caches in front of the registry forget them.
///
/// # Errors
/// [`Error::NoModule`], [`Error::NoCommit`], and [`Error::Full`] where more commits are withheld than can be.
pub async fn withhold<B: Bucket>(
    store: &Store<B>,
    by: &User,
    name: &ModuleName,
    commit: Option<&CommitId>,
    reason: &str,
) -> Result<Takedown, Error> {
    find(store, name).await?;
    let commits = match commit {
        Some(id) => same_content(store, name, id).await?,
        None => Vec::new(),
    };
    let at = store.now();
    let takedown = Takedown {
        module: name.clone(),
        commit: commit.cloned(),
        reason: reason.into(),
        at,
        by: by.name.clone(),
    };
    let withheld = Withheld { reason: reason.into(), at };
    let withhold = async {
        match commit {
            None => closed::note_closing(store, name).await?,
            Some(_) => closed::note_closed(store, std::slice::from_ref(name)).await?,
        }
        purges::want(store, PurgeReason::Withheld, &PurgeScope::Module(name.clone())).await?;
        for commit in &commits {
            let files = WithheldFiles { module: name.clone(), reason: reason.into() };
            store.put(&Key::WithheldFiles(digest(commit)), &files, BTreeMap::new()).await?;
        }
        let short = commit.map(CommitId::short);
        let key = Key::Takedown(name, short.as_ref());
        store.put(&key, &takedown, BTreeMap::new()).await?;
        let set = async |current: Option<&Module>| {
            let mut module = current.cloned().ok_or_else(|| no_module(name))?;
            if commit.is_none() {
                module.withheld = Some(withheld.clone());
            }
            let shorts = commits.iter().map(|commit| (commit.id.short(), withheld.clone()));
            module.withheld_commits.extend(shorts);
            if module.withheld_commits.len() > MOST_COMMITS {
                let (whose, what) = (format!("module {name}"), "withheld commits");
                return Err(Error::Full { whose, what, most: MOST_COMMITS as u32 });
            }
            Ok::<_, Error>(Some(module))
        };
        store.try_update(&Key::Module(name), set, |_| BTreeMap::new()).await?;
        // What else looked at the module before that may have told of it since.
        Ok(search::tell_changed(store, name).await?)
    };
    let change = change(name, "takedown", commit);
    let done = audit::audited(store, by, change, withhold).await;
    store.memo.modules.forget(name);
    done.map(|()| takedown)
}

/// Ends a takedown: what was withheld is as it was.
///
/// # Errors
/// [`Error::NoTakedown`] where nothing is withheld so.
pub async fn release<B: Bucket>(
    store: &Store<B>,
    by: &User,
    name: &ModuleName,
    commit: Option<&CommitId>,
) -> Result<(), Error> {
    find(store, name).await?;
    let short = commit.map(CommitId::short);
    let key = Key::Takedown(name, short.as_ref());
    let what = || match commit {
        Some(id) => format!("commit {id} of module {name}"),
        None => format!("module {name}"),
    };
    if store.load::<Takedown>(&key).await?.is_none() {
        return Err(Error::NoTakedown { what: what() });
    }
    let commits = match commit {
        Some(id) => same_content(store, name, id).await?,
        None => Vec::new(),
    };
    let release = async {
        let set = |current: Option<&Module>| {
            let mut module = current.cloned()?;
            if commit.is_none() {
                module.withheld = None;
            }
            for commit in &commits {
                module.withheld_commits.remove(&commit.id.short());
            }
            Some(module).filter(|module| Some(module) != current)
        };
        store.update(&Key::Module(name), set).await?;
        let files: Vec<String> =
            commits.iter().map(|it| Key::WithheldFiles(digest(it)).path()).collect();
        store.delete_all(&files).await?;
        search::tell_changed(store, name).await?;
        Ok(store.remove(&key).await?)
    };
    let change = change(name, "takedown.end", commit);
    let done = audit::audited(store, by, change, release).await;
    store.memo.modules.forget(name);
    done
}

/// All that is withheld. A takedown that was cut off before it took effect is in the list once it was done again.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn takedowns<B: Bucket>(store: &Store<B>) -> Result<Vec<Takedown>, BucketError> {
    let mut all = Vec::new();
    for meta in store.list_all(Key::TAKEDOWNS).await? {
        let Some((takedown, _)) = store.load_path::<Takedown>(&meta.key).await? else { continue };
        let module = lookup::find_module(store, &takedown.module).await?;
        let is_in_effect = module.is_some_and(|module| match &takedown.commit {
            Some(commit) => module.withheld_commits.contains_key(&commit.short()),
            None => module.withheld.is_some(),
        });
        all.extend(is_in_effect.then_some(takedown));
    }
    Ok(all)
}

/// Makes sure that the files of commits that are about to be pushed are not withheld.
///
/// # Errors
/// [`Error::Withheld`] says why they are.
pub(crate) async fn check_files<B: Bucket>(
    store: &Store<B>,
    commits: &[Commit],
) -> Result<(), Error> {
    for commit in commits {
        let found = store.load::<WithheldFiles>(&Key::WithheldFiles(digest(commit))).await?;
        if let Some((WithheldFiles { reason, .. }, _)) = found {
            let what = format!("what is pushed to module {}", commit.module);
            return Err(Error::Withheld { what, reason });
        }
    }
    Ok(())
}

/// That files are withheld.
#[derive(Serialize, Deserialize)]
struct WithheldFiles {
    module: ModuleName,
    reason: String,
}

/// The digest of a commit's files, in hexadecimal.
fn digest(commit: &Commit) -> &str {
    commit.files_digest.rsplit(':').next().unwrap_or_default()
}

/// A commit, and those of the module that have the same content.
async fn same_content<B: Bucket>(
    store: &Store<B>,
    name: &ModuleName,
    id: &CommitId,
) -> Result<Vec<Commit>, Error> {
    let commit = commits::load_commit(store, name, &id.short()).await?;
    let missing = || Error::NoCommit { id: id.clone() };
    let commit = commit.filter(|commit| commit.id == *id).ok_or_else(missing)?;
    let mut all = vec![commit.clone()];
    for short in commits::of_content(store, &commit).await? {
        let other = commits::load_commit(store, name, &short).await?;
        all.extend(other.filter(|other| other.id != commit.id));
    }
    Ok(all)
}

async fn find<B: Bucket>(store: &Store<B>, name: &ModuleName) -> Result<Module, Error> {
    lookup::find_module(store, name).await?.ok_or_else(|| no_module(name))
}

fn no_module(name: &ModuleName) -> Error {
    Error::NoModule { module: name.clone() }
}

fn change<'a>(name: &'a ModuleName, action: &'static str, commit: Option<&CommitId>) -> Change<'a> {
    let details = commit.map(|id| ("commit", id.to_string())).into_iter().collect();
    Change { owner: Some(name.owner()), action, object: name.to_string(), details }
}

/// A commit by the first digits of its id, as administrators may spell it.
///
/// # Errors
/// [`Error::NoReference`] where the module has none.
pub async fn commit_of<B: Bucket>(
    store: &Store<B>,
    name: &ModuleName,
    spelled: &str,
) -> Result<CommitId, Error> {
    let missing = || Error::NoReference { module: name.clone(), reference: spelled.into() };
    let short: ShortCommit = match spelled.parse::<CommitId>() {
        Ok(id) => id.short(),
        Err(_) => spelled.parse().map_err(|_| missing())?,
    };
    let commit = commits::load_commit(store, name, &short).await?.ok_or_else(missing)?;
    Some(commit.id).filter(|id| id.as_str().starts_with(spelled)).ok_or_else(missing)
}
