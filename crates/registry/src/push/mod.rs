//! A push: one or several modules, all of them or none.
//!
//! What the new commits consist of is written first. Then the push waits until it is its turn to move the default
//! labels that it names ([`turn`]). One create-only `pushes/{id}` holds the commits themselves, every label move
//! and every order: that is the moment from which the push has taken place. The commits' own records and the
//! moves follow. What a crash leaves undone, the next one whose turn it is or the sweep does.

mod bad;
mod plan;
mod record;
mod told;
mod turn;
mod upload;
mod visibility;
mod write;

pub use bad::BadPush;
pub(crate) use plan::Dependency;
pub(crate) use record::{LabelMove, PushRecord};
pub use upload::{Content, Pushed, Upload};
pub(crate) use write::CUT_OFF;

use crate::{
    Commit, Credentials, Error, Module, Store, User, Visibility,
    accounts::{access, owners, recheck, role::Role},
    audit::{self, AuditEntry, Change},
    generation::orders,
    modules::{
        closed, commits, contents,
        labels::{self, MoveIf},
        lookup, module,
    },
    packages::pinned,
    search, takedowns,
};
use plan::Plan;
use protoedge_sdk::{CommitId, ModuleName, OwnerName, Sdk};
use protoedge_storage::{Bucket, BucketError, Meta};
use std::collections::BTreeSet;
use turn::Turns;
use write::{Draft, Pusher};

/// How often a push looks anew at what it is about to move. Each time it has waited for its turn, or found that
/// another push has moved a label meanwhile whose turn it did not need before.
const ATTEMPTS: u32 = 20;

/// Pushes. Nothing is visible until everything was checked and written.
///
/// # Errors
/// [`Error::Full`] where it names new labels and the module has as many as it may have.
pub async fn push<B: Bucket>(
    store: &Store<B>,
    user: &User,
    upload: &Upload,
) -> Result<Pushed, Error> {
    recheck::check_seen(store, user).await?;
    let since = user.seen.unwrap_or(store.now());
    let mut modules = Vec::new();
    for content in &upload.contents {
        modules.push(module_to_change(store, user, &content.module).await?);
    }
    let deps = dependencies(store, user, &upload.deps).await?;
    let (visibilities, deps): (Vec<Visibility>, Vec<Dependency>) = deps.into_iter().unzip();
    let plan = Plan::new(&upload.contents, &deps)?;
    visibility::check(&plan, &modules, &visibilities, &deps)?;
    let private = &visibility::private(&modules, &visibilities, &deps);
    let (modules, deps, plan) = (&modules, &deps, &plan);
    let pusher = Pusher { user, since, upload, modules, deps, private, plan };
    let mut turns = turn::no_turns(store);
    let pushed = push_in_turn(store, &pusher, &mut turns).await;
    if pushed.is_err() {
        // Pushes that wait for them need not wait for long either way.
        turn::end_turns(store, &turns, &user.name).await.ok();
    }
    pushed
}

async fn push_in_turn<B: Bucket>(
    store: &Store<B>,
    pusher: &Pusher<'_>,
    turns: &mut Turns,
) -> Result<Pushed, Error> {
    let Pusher { user, upload, modules, .. } = pusher;
    let pinned = pinned::pinned(store, pusher.deps).await?;
    let mut admitted = BTreeSet::new();
    let mut drafts: Vec<Option<Draft>> = upload.contents.iter().map(|_| None).collect();
    for _ in 0..ATTEMPTS {
        let aims = write::aims(store, upload, modules).await?;
        write::admit_labels(store, user, &aims, &mut admitted).await?;
        let mut commits = write::commit_all(store, pusher, &aims, &mut drafts).await?;
        takedowns::check_files(store, &commits.all).await?;
        // A push that has had every turn that it needs since before it looked moves what it saw.
        if !turn::take_turns(store, turns, commits.default_label_moves(modules, &aims)).await? {
            continue;
        }
        write::number(store, &mut commits, &mut drafts).await?;
        let mut record = write::record(store, user, aims, &commits, &pinned).await?;
        closed::note_deps(store, &record.commits, pusher.private).await?;
        let entries = note_push(store, user, &record, &commits.all).await?;
        let awaiting = modules.iter().filter(|module| module.awaits_push);
        record.modules = awaiting.map(|module| module.name.clone()).collect();
        record.ids = modules.iter().map(|it| (it.name.clone(), it.id.clone())).collect();
        if let Err(error) = check_again(store, pusher).await {
            audit::withdraw_all(store, &entries).await?;
            return Err(error);
        }
        if !turn::may_take_place(store, turns)
            || !write::save_push(store, &turns.push, &record).await?
        {
            audit::withdraw_all(store, &entries).await?;
            turn::lose_turns(store, turns);
            continue;
        }
        // Whoever makes a module again waits for pushes that have taken place, and finds this one from here on.
        let gone = gone(store, &record).await?;
        let record = record.without(&gone);
        write::save_commits(store, &record.commits).await?;
        carry_out(store, &record, &commits.all).await?;
        pinned::note_dependents(store, &record).await?;
        for commit in commits.all.iter().filter(|it| !gone.contains(&it.module)) {
            commits::note_content(store, commit).await?;
        }
        for sdk in &record.orders {
            orders::order(store, sdk).await?;
        }
        for module in &record.modules {
            module::settle(store, module).await?;
        }
        tell_moved(store, &record).await?;
        let deliveries = told::order_deliveries(store, &turns.push, &record).await?;
        turn::hand_back(store, turns, &record).await?;
        write::forget_push(store, &turns.push).await?;
        if let Some(module) = gone.into_iter().next() {
            return Err(Error::NoModule { module });
        }
        return Ok(Pushed { commits: commits.all, orders: record.orders, deliveries });
    }
    Err(BadPush::TooMany.into())
}

/// The modules of a push that are not those any more that it began with.
async fn gone<B: Bucket>(
    store: &Store<B>,
    record: &PushRecord,
) -> Result<BTreeSet<ModuleName>, Error> {
    let mut gone = BTreeSet::new();
    let named: BTreeSet<&ModuleName> = record.moves.iter().map(|it| &it.module).collect();
    for name in named {
        let now = lookup::find_module(store, name).await?;
        let is_same = |now: &Module| record.ids.get(name).is_none_or(|id| now.id == *id);
        if !now.as_ref().is_some_and(is_same) {
            gone.insert(name.clone());
        }
    }
    Ok(gone)
}

async fn module_to_change<B: Bucket>(
    store: &Store<B>,
    user: &User,
    name: &ModuleName,
) -> Result<Module, Error> {
    let owner = owners::find_owner(store, name.owner()).await?;
    let owner = owner.ok_or_else(|| Error::NoOwner { owner: name.owner().clone() })?;
    let module = lookup::find_module(store, name).await?;
    let module = module.ok_or_else(|| Error::NoModule { module: name.clone() })?;
    access::check(user, Some(&owner), &module, Role::Write)?;
    access::check_module(&module)?;
    Ok(module)
}

/// A push may wait for its turn for long. A user who may not push any more by then does not; and nothing is pushed to a module that
/// was deleted meanwhile, nor to one that was made in its place.
async fn check_again<B: Bucket>(store: &Store<B>, pusher: &Pusher<'_>) -> Result<(), Error> {
    for Module { name, id, .. } in pusher.modules {
        let now = lookup::find_module(store, name).await?.filter(|now| now.id == *id);
        access::check_module(&now.ok_or_else(|| Error::NoModule { module: name.clone() })?)?;
    }
    if store.now().since(pusher.since) < recheck::REMEMBERED {
        return Ok(());
    }
    recheck::check_again(store, pusher.user).await?;
    for module in pusher.modules {
        module_to_change(store, pusher.user, &module.name).await?;
    }
    Ok(())
}

/// Keeps who pushed what to which labels.
async fn note_push<B: Bucket>(
    store: &Store<B>,
    user: &User,
    record: &PushRecord,
    commits: &[Commit],
) -> Result<Vec<(OwnerName, AuditEntry)>, Error> {
    let mut entries = Vec::new();
    for commit in commits {
        let moves = record.moves.iter().filter(|it| it.to == commit.id);
        let moved: Vec<&str> = moves
            .filter(|it| it.from.as_ref() != Some(&commit.id))
            .map(|it| it.label.as_str())
            .collect();
        if moved.is_empty() && !record.commits.contains(commit) {
            continue;
        }
        let owner = commit.module.owner();
        let change = Change {
            owner: Some(owner),
            action: "push",
            object: commit.module.to_string(),
            details: vec![("commit", commit.id.to_string()), ("labels", moved.join(","))],
        };
        entries.push((owner.clone(), audit::write(store, user, change).await?));
    }
    Ok(entries)
}

async fn dependencies<B: Bucket>(
    store: &Store<B>,
    user: &User,
    ids: &[CommitId],
) -> Result<Vec<(Visibility, Dependency)>, Error> {
    plan::check_deps(ids)?;
    let credentials = Credentials::Verified(user.clone());
    let mut deps = Vec::new();
    for id in ids {
        let (module, commit) = commits::commit_by_id(store, &credentials, id).await?;
        closed::check_deps(store, &module, &commit).await?;
        let paths = contents::paths(store, &commit).await?;
        deps.push((module.visibility, Dependency { commit, paths }));
    }
    Ok(deps)
}

/// Moves every label, the default ones first: the push that has their turns moves them.
async fn carry_out<B: Bucket>(
    store: &Store<B>,
    record: &PushRecord,
    commits: &[Commit],
) -> Result<(), Error> {
    let (defaults, others): (Vec<_>, Vec<_>) = record.moves.iter().partition(|it| it.is_default);
    for it in defaults.into_iter().chain(others) {
        let Some(commit) = commits.iter().find(|commit| commit.id == it.to) else { continue };
        let condition = if it.is_default { MoveIf::Later } else { MoveIf::Always };
        labels::move_label(store, &it.label, commit, &record.by, &condition).await?;
    }
    Ok(())
}

/// Tells what lists show of the modules whose default labels were moved.
async fn tell_moved<B: Bucket>(store: &Store<B>, record: &PushRecord) -> Result<(), BucketError> {
    let moved = record.moves.iter().filter(|it| it.is_default).map(|it| &it.module);
    let modules: BTreeSet<&ModuleName> = moved.chain(&record.modules).collect();
    for module in modules {
        search::tell_changed(store, module).await?;
    }
    Ok(())
}

/// Finishes pushes that were cut off more than a minute ago, the oldest first. One that cannot be
/// finished now keeps no other one waiting; the first trouble is told at the end.
pub async fn finish_pushes<B: Bucket>(store: &Store<B>, most: usize) -> Result<Vec<Sdk>, Error> {
    let page = store.bucket.list(crate::Key::PUSHES, None, 1000).await?;
    let is_cut_off = |meta: &Meta| store.now().since(meta.uploaded) >= write::CUT_OFF;
    let mut cut_off: Vec<Meta> = page.objects.into_iter().filter(is_cut_off).collect();
    cut_off.sort_by_key(|meta| meta.uploaded);
    let (mut ordered, mut trouble) = (Vec::new(), Ok(()));
    for meta in cut_off.into_iter().take(most) {
        match finish_push(store, &meta.key).await {
            Ok(orders) => ordered.extend(orders),
            Err(error) => trouble = trouble.and(Err(error)),
        }
    }
    trouble.map(|()| ordered)
}

async fn finish_push<B: Bucket>(store: &Store<B>, path: &str) -> Result<Vec<Sdk>, Error> {
    let Some((record, _)) = store.load_path::<PushRecord>(path).await? else {
        return Ok(Vec::new());
    };
    // Of a module that was deleted since nothing is to be left.
    let gone = gone(store, &record).await?;
    let record = record.without(&gone);
    write::save_commits(store, &record.commits).await?;
    for it in &record.moves {
        write::finish_move(store, it, &record.by).await?;
    }
    pinned::note_dependents(store, &record).await?;
    for sdk in &record.orders {
        orders::order(store, sdk).await?;
    }
    for module in &record.modules {
        module::settle(store, module).await?;
    }
    tell_moved(store, &record).await?;
    let push = path.strip_prefix(crate::Key::PUSHES).unwrap_or(path).trim_end_matches(".json");
    told::order_deliveries(store, push, &record).await?;
    store.bucket.delete(&[path.to_owned()]).await?;
    Ok(record.orders)
}
