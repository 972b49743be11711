//! Owners that leave another registry for this one, with all that their modules have: commits, labels and their histories.

use super::names::refused;
use crate::{
    Error, LabelRecord, Move, Store, User,
    accounts::{members, owner::Owner, owners, role::Role},
    audit::{self, Change},
    key::Key,
    modules::{
        commits, labels, lookup,
        record::{Module, MovedIn},
    },
};
use protoedge_sdk::{CommitId, Hosts, Label, ModuleName, OwnerName};
use protoedge_storage::{Bucket, BucketError, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How far an owner's move is.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct MoveIn {
    /// Who moves.
    pub owner: OwnerName,
    /// From where.
    pub from: Hosts,
    /// When it began.
    pub started: Timestamp,
    /// Its modules there, in the order in which they are fetched.
    pub modules: Vec<ModuleName>,
    /// How many of them are here as a whole.
    pub done: usize,
    /// Where the next one goes on.
    #[serde(default)]
    pub at: Place,
    /// How many commits of this one are here.
    #[serde(default)]
    pub numbered: u32,
    /// How many commits were looked at.
    pub commits: u32,
    /// How many labels.
    pub labels: u32,
    /// When everything was here, and the modules became this registry's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<Timestamp>,
}

/// Where fetching a module goes on: behind a page of the other registry's.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// In its commits.
    Commits(String),
    /// In its labels, when all commits are here.
    Labels(String),
}

impl Default for Place {
    fn default() -> Self {
        Self::Commits(String::new())
    }
}

/// A label as another registry has it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UpstreamLabel {
    /// The name.
    pub name: Label,
    /// When it was first moved.
    pub created: Timestamp,
    /// When it was moved last.
    pub updated: Timestamp,
    /// When it was archived; none for one that is not.
    pub archived: Option<Timestamp>,
    /// What it has named, the latest last.
    pub commits: Vec<CommitId>,
}

/// How far an owner's move is, if one has begun.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn find_move_in<B: Bucket>(
    store: &Store<B>,
    owner: &OwnerName,
) -> Result<Option<MoveIn>, BucketError> {
    Ok(store.load(&Key::MoveIn(owner)).await?.map(|(it, _)| it))
}

/// Makes sure that an owner of this name can move in.
///
/// # Errors
/// [`Error::Upstream`] where this registry has one of its own.
pub async fn check_free<B: Bucket>(
    store: &Store<B>,
    from: &Hosts,
    owner: &OwnerName,
) -> Result<(), Error> {
    match owners::load_owner(store, owner).await? {
        Some(found) if found.upstream.as_ref() != Some(from) => {
            let why = "this registry has an owner of that name, and what moves in would be mixed with what it has";
            Err(refused(from, format!("owner {owner}"), why))
        }
        Some(_) | None => Ok(()),
    }
}

/// Remembers how far a move is.
///
/// # Errors
/// [`BucketError`] where it is not remembered: then the last step is done once more.
pub async fn save_move_in<B: Bucket>(store: &Store<B>, it: &MoveIn) -> Result<(), BucketError> {
    store.put(&Key::MoveIn(&it.owner), it, BTreeMap::new()).await
}

/// Writes a label of a module of another registry as it is there. All its commits are here.
///
/// # Errors
/// [`Error::NoCommit`] where one is not.
pub async fn store_label<B: Bucket>(
    store: &Store<B>,
    module: &ModuleName,
    label: UpstreamLabel,
) -> Result<(), Error> {
    let missing = |id: &CommitId| Error::NoCommit { id: id.clone() };
    let found = lookup::find_module(store, module).await?;
    let found = found.ok_or_else(|| Error::NoModule { module: module.clone() })?;
    let mut history: Vec<Move> = Vec::new();
    for id in &label.commits {
        let commit = commits::load_commit(store, module, &id.short()).await?;
        let commit = commit.filter(|it| it.id == *id).ok_or_else(|| missing(id))?;
        history.push(Move { commit: commit.id, stamp: commit.stamp, at: commit.created });
    }
    // Nobody says when each of the moves was: the last one when the label says, each before the next, and at its commit's time where that
    // is early enough.
    let mut latest = label.updated;
    for (n, it) in history.iter_mut().rev().enumerate() {
        it.at = if n == 0 { latest } else { it.at.min(latest) };
        latest = Timestamp::from_millis(it.at.millis() - 1);
    }
    let UpstreamLabel { name, created, archived, .. } = label;
    let record = LabelRecord {
        needs_time: name == found.default_label,
        name,
        created,
        updated_by: module.owner().clone(),
        archived,
        hundreds: 0,
        history,
    };
    Ok(labels::restore(store, module, record).await?)
}

/// Makes an owner and its modules this registry's, once all of them are here: nothing is fetched any more, and what is pushed gets
/// this registry's names. `member` becomes an owner of the organization.
///
/// # Errors
/// [`BucketError`] where the bucket is in trouble: then it is done once more.
pub async fn finish_move_in<B: Bucket>(
    store: &Store<B>,
    by: &User,
    it: &MoveIn,
    member: Option<&OwnerName>,
) -> Result<MoveIn, Error> {
    if let Some(member) = member {
        owners::find_user(store, member).await?;
    }
    let at = store.now();
    let finish = async {
        for name in &it.modules {
            let set = |current: Option<&Module>| {
                let current = current.filter(|module| module.upstream.is_some())?;
                let moved_in = Some(MovedIn { from: it.from.clone(), at });
                Some(Module { upstream: None, moved_in, ..current.clone() })
            };
            store.update(&Key::Module(name), set).await?;
            store.memo.modules.forget(name);
        }
        if let Some(member) = member {
            members::note_membership(store, member, &it.owner).await?;
        }
        let set = |current: Option<&Owner>| {
            let current = current.filter(|owner| owner.upstream.is_some())?;
            let members = member.map(|member| (member.clone(), Role::Owner)).into_iter().collect();
            Some(Owner { upstream: None, members, ..current.clone() })
        };
        store.update(&Key::Owner(&it.owner), set).await?;
        store.memo.owners.forget(&it.owner);
        let finished = MoveIn { finished: Some(at), ..it.clone() };
        save_move_in(store, &finished).await?;
        Ok(finished)
    };
    let change = Change {
        owner: Some(&it.owner),
        action: "owner.move-in",
        object: it.owner.to_string(),
        details: vec![("from", it.from.registry_host.clone())],
    };
    audit::audited(store, by, change, finish).await
}
