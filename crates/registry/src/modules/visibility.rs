use crate::{
    Error, Module, Store, User,
    accounts::{
        access::{self, Grant},
        role::Role,
    },
    audit::{self, Change},
    key::Key,
    modules::{
        closed, commits,
        record::Visibility,
        tips::{self, Archived},
    },
    purges::{self, PurgeReason, PurgeScope},
};
use protoedge_sdk::ModuleName;
use protoedge_storage::{Bucket, Timestamp};
use std::{collections::BTreeMap, time::Duration};

/// How often a module's visibility may be changed in [`FLIPS_COUNTED`]. Each change takes one of the few calls in which a
/// platform's cache can be told to forget something.
const MOST_FLIPS: usize = 10;
const FLIPS_COUNTED: Duration = Duration::from_secs(60 * 60);

/// Makes a module private or public, as its owners may. It takes effect within ten seconds everywhere.
///
/// Caches have to forget what they hold of one that becomes private: `purges` has the wish when this returns.
///
/// What public modules have of one that becomes private is withdrawn ([`closed`]).
///
/// # Errors
/// [`Error::Forbidden`] for others, [`Error::TooManyFlips`] where it was changed too often, [`Error::DependsOnPrivate`] where the
/// head of a label depends on a module that is private.
pub async fn set_visibility<B: Bucket>(
    store: &Store<B>,
    by: &User,
    module: &Grant,
    visibility: Visibility,
) -> Result<Module, Error> {
    access::require(store, by, module, Role::Owner).await?;
    let name = &module.name;
    let change = Change {
        owner: Some(name.owner()),
        action: "module.visibility",
        object: name.to_string(),
        details: vec![("visibility", visibility.as_str().into())],
    };
    let set = async {
        let set = async |current: Option<&Module>| {
            match current.filter(|it| it.visibility != visibility) {
                Some(current) => changed(store, current, visibility).await.map(Some),
                // Nothing is shown to fewer people than before.
                None => Ok(None),
            }
        };
        let made = store.try_update(&Key::Module(name), set, |_| BTreeMap::new()).await?;
        made.ok_or_else(|| Error::NoModule { module: name.clone() })
    };
    let made = audit::audited(store, by, change, set).await;
    store.memo.modules.forget(name);
    made
}

/// A module with another visibility, once all is noted that has to be there before it. Every attempt to write it comes here: what another
/// request changed meanwhile counts.
async fn changed<B: Bucket>(
    store: &Store<B>,
    current: &Module,
    visibility: Visibility,
) -> Result<Module, Error> {
    let (name, now) = (&current.name, store.now());
    let mut visibility_changes = lately(current, now);
    if let Some(first) = visibility_changes.first()
        && visibility_changes.len() >= MOST_FLIPS
    {
        let wait = FLIPS_COUNTED.saturating_sub(now.since(*first));
        return Err(Error::TooManyFlips { module: name.clone(), most: MOST_FLIPS, wait });
    }
    match visibility {
        Visibility::Private => {
            closed::note_closed(store, std::slice::from_ref(name)).await?;
            let scope = PurgeScope::Module(name.clone());
            purges::want(store, PurgeReason::Closed, &scope).await?;
        }
        Visibility::Public => note_private_deps(store, name).await?,
    }
    visibility_changes.push(now);
    Ok(Module { visibility, visibility_changes, ..current.clone() })
}

/// When a module's visibility was changed within the last hour.
fn lately(module: &Module, now: Timestamp) -> Vec<Timestamp> {
    let changes = module.visibility_changes.iter().copied();
    changes.filter(|at| now.since(*at) < FLIPS_COUNTED).collect()
}

/// Makes sure that no label of a module that becomes public names what depends on a private module. What older commits
/// depend on is noted: these stay withdrawn.
async fn note_private_deps<B: Bucket>(store: &Store<B>, name: &ModuleName) -> Result<(), Error> {
    let mut private = Vec::new();
    for dep in closed::deps(store, name).await? {
        if closed::is_closed(store, &dep).await? {
            private.push(dep);
        }
    }
    if private.is_empty() {
        return Ok(());
    }
    for head in tips::load_labels(store, name, Archived::No).await? {
        let commit = commits::load_commit(store, name, &head.commit.short()).await?;
        let deps = commit.into_iter().flat_map(|commit| commit.deps);
        if let Some(dep) = deps.map(|dep| dep.module).find(|dep| private.contains(dep)) {
            let (module, label, dep) = (name.clone(), head.label, Box::new(dep));
            return Err(Error::DependsOnPrivate { module, label, dep });
        }
    }
    Ok(closed::note_closed(store, &private).await?)
}
