//! Whose turn it is to move a module's default label to a new commit.
//!
//! A commit's time in versions is later than everything that the default label has named, so that pushes to one
//! default label come one after the other, and a commit that readers could find must not lose its place. A push
//! therefore writes itself into `turn.json` before it looks at the label for the last time. The turn is over when
//! the label has named the commit that it was taken for. Of a push that has taken place and went no further, the
//! next one moves the label itself. Of one that has not taken place for too long, the next one takes the name
//! `pushes/{id}` away: that put is create-only, so that either the push takes place or it is given up, never both.

use super::{BadPush, PushRecord, write::CUT_OFF};
use crate::{
    Error, LabelRecord, Module, Store,
    key::Key,
    modules::{commits, labels},
    push::{record::DefaultLabelMove, write},
};
use protoedge_sdk::{CommitId, ModuleName, OwnerName};
use protoedge_storage::{Bucket, BucketError, Condition, Put, Timestamp};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

/// How long others wait for a push whose turn it is and that does not take place. It has some six bucket
/// operations left to do.
const ABANDONED: Duration = Duration::from_secs(10);

/// How often a push looks whether it is its turn: half a minute with the pauses between, longer than any crowd takes
/// that pushes to one label at once, and a third of the bucket operations that a request has.
const LOOKS: u32 = 100;

/// The least pause between two looks; up to as much again is left to chance, so that two who met once do not meet
/// again.
const PAUSE: Duration = Duration::from_millis(200);

/// What `turn.json` holds.
#[derive(Serialize, Deserialize)]
struct Turn {
    push: String,
    commit: CommitId,
    at: Timestamp,
}

/// The turns that a push has.
pub(super) struct Turns {
    /// The push's id: another one once it was given up.
    pub(super) push: String,
    since: Timestamp,
    looks: u32,
    held: BTreeMap<ModuleName, CommitId>,
}

/// What a push finds that looks whether it is its turn.
enum Look {
    Taken,
    Wait,
}

pub(super) fn no_turns<B: Bucket>(store: &Store<B>) -> Turns {
    Turns { push: store.nonce(), since: store.now(), looks: 0, held: BTreeMap::new() }
}

/// Starts over after another push has given this one up, or may have.
pub(super) fn lose_turns<B: Bucket>(store: &Store<B>, turns: &mut Turns) {
    *turns = Turns { looks: turns.looks, ..no_turns(store) };
}

/// Whether the push can still take place under its id: as long as it is not forgotten that it was given up.
pub(super) fn may_take_place<B: Bucket>(store: &Store<B>, turns: &Turns) -> bool {
    store.now().since(turns.since) < CUT_OFF
}

/// Takes every turn that the push needs, one after the other in the order of the modules, so that no two wait
/// for each other. `false`: something may have changed since the push looked at the labels.
///
/// # Errors
/// [`BadPush::TooMany`] where others have the turn again and again.
pub(super) async fn take_turns<B: Bucket>(
    store: &Store<B>,
    turns: &mut Turns,
    moves: Vec<DefaultLabelMove>,
) -> Result<bool, Error> {
    let mut has_all = true;
    for it in moves {
        if turns.held.contains_key(&it.module.name) {
            continue;
        }
        has_all = false;
        if !wait_for_turn(store, turns, &it).await? {
            break;
        }
        turns.held.insert(it.module.name, it.commit);
    }
    Ok(has_all)
}

/// Waits for a turn. `false`: the label names the same content meanwhile, and need not move.
async fn wait_for_turn<B: Bucket>(
    store: &Store<B>,
    turns: &mut Turns,
    label_move: &DefaultLabelMove,
) -> Result<bool, Error> {
    let Module { name, default_label, .. } = &label_move.module;
    let mut label = label_move.label.clone();
    loop {
        if let Look::Taken = look(store, turns, label_move, label.as_ref()).await? {
            return Ok(true);
        }
        if turns.looks >= LOOKS {
            return Err(BadPush::TooMany.into());
        }
        turns.looks += 1;
        store.sleep(PAUSE + store.chance(PAUSE)).await;
        let next = labels::load_label(store, name, default_label).await?;
        let head = next.as_ref().and_then(LabelRecord::head);
        if head != label.as_ref().and_then(LabelRecord::head)
            && let Some(head) = head
            && let Some(commit) = commits::load_commit(store, name, &head.commit.short()).await?
            && commit.digest == label_move.digest
        {
            return Ok(false);
        }
        label = next;
    }
}

async fn look<B: Bucket>(
    store: &Store<B>,
    turns: &Turns,
    label_move: &DefaultLabelMove,
    label: Option<&LabelRecord>,
) -> Result<Look, Error> {
    let key = Key::Turn(&label_move.module.name);
    let condition = match store.load::<Turn>(&key).await? {
        None => Condition::Absent,
        // The answer to the put was lost.
        Some((turn, _)) if turn.push == turns.push => return Ok(Look::Taken),
        Some((turn, etag)) if is_over(store, &turn, &label_move.module, label).await? => {
            Condition::Matches(etag)
        }
        Some(_) => return Ok(Look::Wait),
    };
    let (push, commit, at) = (turns.push.clone(), label_move.commit.clone(), store.now());
    Ok(match store.save(&key, &Turn { push, commit, at }, condition).await? {
        Put::Stored(_) => Look::Taken,
        Put::PreconditionFailed | Put::Contended => Look::Wait,
    })
}

/// Whether a turn is over, or can be ended now.
async fn is_over<B: Bucket>(
    store: &Store<B>,
    turn: &Turn,
    module: &Module,
    label: Option<&LabelRecord>,
) -> Result<bool, Error> {
    if label.is_some_and(|label| label.has_named(&turn.commit)) {
        return Ok(true);
    }
    match store.load::<PushRecord>(&Key::Push(&turn.push)).await? {
        Some((record, _)) => {
            // It has taken place and may go no further, or it moves something else, or was given up.
            if record.commits.iter().any(|commit| commit.id == turn.commit) {
                write::save_commits(store, &record.commits).await?;
                for it in record.moves.iter().filter(|it| it.to == turn.commit && it.is_default) {
                    write::finish_move(store, it, &record.by).await?;
                }
            }
            Ok(true)
        }
        // It has not taken place, or is over since the label was read.
        None if store.now().since(turn.at) < ABANDONED => Ok(false),
        None => {
            give_up(store, &turn.push, module.name.owner()).await?;
            Ok(false)
        }
    }
}

/// Keeps a push from taking place, if it has not.
async fn give_up<B: Bucket>(
    store: &Store<B>,
    push: &str,
    by: &OwnerName,
) -> Result<(), BucketError> {
    let none = PushRecord {
        at: store.now(),
        by: by.clone(),
        commits: Vec::new(),
        moves: Vec::new(),
        orders: Vec::new(),
        modules: Vec::new(),
        ids: BTreeMap::new(),
    };
    store.create(&Key::Push(push), &none).await.map(drop)
}

/// Ends the turns of a push that takes place no more.
pub(super) async fn end_turns<B: Bucket>(
    store: &Store<B>,
    turns: &Turns,
    by: &OwnerName,
) -> Result<(), BucketError> {
    if turns.held.is_empty() {
        return Ok(());
    }
    give_up(store, &turns.push, by).await
}

/// Ends the turns that a push took and did not need: another one brought the same content to the label while it
/// waited.
pub(super) async fn hand_back<B: Bucket>(
    store: &Store<B>,
    turns: &Turns,
    record: &PushRecord,
) -> Result<(), BucketError> {
    for it in record.moves.iter().filter(|it| it.is_default) {
        if turns.held.get(&it.module).is_some_and(|commit| *commit != it.to) {
            let change = |turn: Option<&Turn>| {
                let turn = turn.filter(|turn| turn.push == turns.push)?;
                Some(Turn { push: turn.push.clone(), commit: it.to.clone(), at: turn.at })
            };
            store.update(&Key::Turn(&it.module), change).await?;
        }
    }
    Ok(())
}
