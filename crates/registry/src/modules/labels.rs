use crate::{
    Commit, Error, Module, Series, Store, User,
    accounts::{
        access::{self, Grant},
        role::Role,
    },
    audit::{self, Change},
    bounds,
    key::Key,
    modules::tips::{self, LabelHead},
    search,
    webhooks::deliveries,
};
use protoedge_sdk::{CommitId, Label, ModuleName, OwnerName, Stamp};
use protoedge_storage::{Bucket, BucketError, Timestamp};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

/// A movable name for a commit.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct LabelRecord {
    /// The name.
    pub name: Label,
    /// When it was first moved.
    pub created: Timestamp,
    /// Who moved it last.
    pub updated_by: OwnerName,
    /// When it was archived; none for one that is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<Timestamp>,
    /// Whether it names commits alone that have a time in versions: the default label does, and one that was it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_time: bool,
    /// How many hundreds of moves came before the latest ones.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub hundreds: u32,
    /// The latest moves, the newest last: what a tag falls back to when its head is rejected.
    pub history: Vec<Move>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// One move of a label.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Move {
    /// To which commit.
    pub commit: CommitId,
    /// That commit's time in versions.
    pub stamp: Stamp,
    /// When.
    pub at: Timestamp,
}

/// How many moves one object of a label's history holds. The label's own record has these and fewer than as many
/// again, so that reading a label stays cheap however often it moved.
const HUNDRED: u32 = 100;

impl LabelRecord {
    /// What the label names.
    pub fn head(&self) -> Option<&Move> {
        self.history.last()
    }

    /// Whether the label names a commit, or did within its latest moves.
    pub(crate) fn has_named(&self, commit: &CommitId) -> bool {
        self.history.iter().any(|it| it.commit == *commit)
    }

    fn kept_elsewhere(&self) -> u32 {
        self.hundreds * HUNDRED
    }

    /// The label as lists show it.
    pub fn shown(&self) -> Option<LabelHead> {
        let head = self.head()?;
        Some(LabelHead {
            label: self.name.clone(),
            commit: head.commit.clone(),
            stamp: head.stamp.clone(),
            created: self.created,
            updated: head.at,
            archived: self.archived,
        })
    }

    fn metadata(&self) -> BTreeMap<String, String> {
        self.shown().map(|head| head.metadata()).unwrap_or_default()
    }
}

/// When a label may be moved.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum MoveIf {
    /// The default label: only to a later time than its head's, and to no commit where it has been.
    Later,
    /// Another label: to what was pushed last.
    Always,
    /// Finishing a push that was cut off: only if the label is still where that push found it.
    StillAt(Option<CommitId>),
}

/// A label by name.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn find_label<B: Bucket>(
    store: &Store<B>,
    module: &Grant,
    label: &Label,
) -> Result<Option<LabelRecord>, BucketError> {
    load_label(store, &module.name, label).await
}

/// [`find_label`], for the registry itself.
pub(crate) async fn load_label<B: Bucket>(
    store: &Store<B>,
    module: &ModuleName,
    label: &Label,
) -> Result<Option<LabelRecord>, BucketError> {
    Ok(store.load(&Key::Label(module, label)).await?.map(|(record, _)| record))
}

/// A label that was moved by hand.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Moved {
    /// The label as it is now.
    pub head: LabelHead,
    /// Where what is to be delivered to webhooks is kept.
    pub deliveries: Vec<String>,
}

/// Moves a label to any commit of its module; the default label back, too.
///
/// # Errors
/// [`Error::Full`] where the label is new and the module has as many as it may have.
pub async fn move_by_hand<B: Bucket>(
    store: &Store<B>,
    user: &User,
    module: &Module,
    label: &Label,
    commit: &Commit,
) -> Result<Moved, Error> {
    let name = &module.name;
    access::require(store, user, module, Role::Write).await?;
    if *label == module.default_label && commit.stamp.is_zero() {
        return Err(Error::NoTime { label: label.clone(), id: commit.id.clone() });
    }
    let current = load_label(store, name, label).await?;
    if *label != module.default_label && current.is_none() {
        bounds::admit(store, user, Series::Labels(name), label.as_str()).await?;
    }
    let from = current.as_ref().and_then(LabelRecord::head).map(|head| &head.commit);
    // Before the label moves: nobody would be told of a move that is cut off right behind it.
    let deliveries = match from == Some(&commit.id) {
        true => Vec::new(),
        false => deliveries::order_of_move(store, user, name, (label, from, &commit.id)).await?,
    };
    let change = Change {
        owner: Some(name.owner()),
        action: "label.move",
        object: name.to_string(),
        details: vec![("label", label.as_str().into()), ("commit", commit.id.to_string())],
    };
    let move_it = move_label(store, label, commit, &user.name, &MoveIf::Always);
    if let Err(error) = audit::audited(store, user, change, move_it).await {
        deliveries::forget(store, &deliveries).await?;
        return Err(error);
    }
    if *label == module.default_label {
        search::tell_changed(store, name).await?;
    }
    let record = load_label(store, name, label).await?;
    let missing = || Error::NoLabel { module: name.clone(), label: label.clone() };
    let head = record.as_ref().and_then(LabelRecord::shown).ok_or_else(missing)?;
    Ok(Moved { head, deliveries })
}

/// Moves a label, or leaves it where it is. One that is archived is not any more.
///
/// # Errors
/// [`Error::NoTime`] where the label has become the default one, and the commit has no time in versions.
pub(crate) async fn move_label<B: Bucket>(
    store: &Store<B>,
    label: &Label,
    commit: &Commit,
    by: &OwnerName,
    condition: &MoveIf,
) -> Result<(), Error> {
    let mut lacks_time = false;
    change(store, &commit.module, label, async |current: Option<&LabelRecord>| {
        let now = store.now();
        let head = current.and_then(LabelRecord::head);
        let is_there = head.is_some_and(|head| head.commit == commit.id);
        let may = match condition {
            MoveIf::Later => {
                let was_there = current.is_some_and(|record| record.has_named(&commit.id));
                !was_there && head.is_none_or(|head| head.stamp < commit.stamp)
            }
            MoveIf::Always => true,
            MoveIf::StillAt(from) => head.map(|head| &head.commit) == from.as_ref(),
        };
        let is_archived = current.is_some_and(|record| record.archived.is_some());
        lacks_time = current.is_some_and(|record| record.needs_time) && commit.stamp.is_zero();
        if lacks_time || !may || (is_there && !is_archived) {
            return Ok(None);
        }
        let mut record = current.cloned().unwrap_or_else(|| LabelRecord {
            name: label.clone(),
            created: now,
            updated_by: by.clone(),
            archived: None,
            needs_time: false,
            hundreds: 0,
            history: Vec::new(),
        });
        record.updated_by = by.clone();
        record.archived = None;
        if !is_there {
            let at = head.map_or(now, |head| after(head, now));
            let (commit_id, stamp) = (commit.id.clone(), commit.stamp.clone());
            record.history.push(Move { commit: commit_id, stamp, at });
            put_away(store, &commit.module, &mut record).await?;
        }
        Ok::<_, BucketError>(Some(record))
    })
    .await?;
    if lacks_time {
        return Err(Error::NoTime { label: label.clone(), id: commit.id.clone() });
    }
    Ok(())
}

/// Sees to it that a label can be the default one of its module, and stays so: what it names has a time in versions. A module without
/// labels may have any.
///
/// # Errors
/// [`Error::NoLabel`], [`Error::Archived`] and [`Error::NoTime`].
pub(crate) async fn make_default<B: Bucket>(
    store: &Store<B>,
    module: &Module,
    label: &Label,
) -> Result<(), Error> {
    let name = &module.name;
    let set = async |current: Option<&LabelRecord>| {
        let Some(current) = current else {
            let others = store.bucket.list(&Key::labels(name), None, 1).await?;
            let missing = || Error::NoLabel { module: name.clone(), label: label.clone() };
            return if others.objects.is_empty() { Ok(None) } else { Err(missing()) };
        };
        if current.archived.is_some() {
            return Err(Error::Archived { module: name.clone(), label: label.clone() });
        }
        if let Some(head) = current.head().filter(|head| head.stamp.is_zero()) {
            return Err(Error::NoTime { label: label.clone(), id: head.commit.clone() });
        }
        Ok((!current.needs_time).then(|| LabelRecord { needs_time: true, ..current.clone() }))
    };
    change(store, name, label, set).await.map(drop)
}

/// Writes a label with all its moves, as it is in another registry, in the place of what is here of it.
pub(crate) async fn restore<B: Bucket>(
    store: &Store<B>,
    module: &ModuleName,
    label: LabelRecord,
) -> Result<(), BucketError> {
    let mut record = LabelRecord { hundreds: 0, ..label };
    while record.history.len() >= 2 * HUNDRED as usize {
        let hundred = record.history.drain(..HUNDRED as usize).collect::<Vec<Move>>();
        let key = Key::Moves(module, &record.name, record.hundreds);
        store.put(&key, &hundred, BTreeMap::new()).await?;
        record.hundreds += 1;
    }
    let (name, set) = (record.name.clone(), async |current: Option<&LabelRecord>| {
        Ok::<_, BucketError>(Some(record.clone()).filter(|record| Some(record) != current))
    });
    change(store, module, &name, set).await.map(drop)
}

/// A time after a move, whatever the clock of the machine says that made it: lists are sorted by these times.
fn after(last: &Move, now: Timestamp) -> Timestamp {
    now.max(last.at + Duration::from_millis(1))
}

/// Changes a label's record, and has its tip follow: also where the record is as it should be, since a change that was cut off may
/// have left the tip behind.
async fn change<B: Bucket, E: From<BucketError>>(
    store: &Store<B>,
    module: &ModuleName,
    label: &Label,
    mut change: impl AsyncFnMut(Option<&LabelRecord>) -> Result<Option<LabelRecord>, E>,
) -> Result<Option<LabelRecord>, E> {
    let mut before = None;
    let change = async |current: Option<&LabelRecord>| {
        before = current.and_then(LabelRecord::shown);
        change(current).await
    };
    let key = Key::Label(module, label);
    let record = store.try_update(&key, change, LabelRecord::metadata).await?;
    if let Some(now) = record.as_ref().and_then(LabelRecord::shown) {
        tips::follow(store, module, before.as_ref(), &now).await?;
    }
    Ok(record)
}

/// Archives labels or brings them back: archived ones are in no list and no tag; by name they lead where they led.
///
/// # Errors
/// [`Error::NoLabel`] where there is no such label, [`Error::ArchivedDefault`] for a default label; those of [`access::require`].
pub async fn set_archived<B: Bucket>(
    store: &Store<B>,
    user: &User,
    module: &Module,
    label: &Label,
    is_archived: bool,
) -> Result<LabelHead, Error> {
    access::require(store, user, module, Role::Write).await?;
    let name = &module.name;
    if is_archived && *label == module.default_label {
        return Err(Error::ArchivedDefault { module: name.clone(), label: label.clone() });
    }
    let missing = || Error::NoLabel { module: name.clone(), label: label.clone() };
    let set = async {
        let set = async |current: Option<&LabelRecord>| {
            let current = current.ok_or_else(missing)?;
            if current.archived.is_some() == is_archived {
                return Ok(None);
            }
            let head = current.head().filter(|_| is_archived);
            let archived = head.map(|head| after(head, store.now()));
            Ok(Some(LabelRecord { archived, ..current.clone() }))
        };
        change(store, name, label, set).await
    };
    let action = if is_archived { "label.archive" } else { "label.unarchive" };
    let details = vec![("label", label.as_str().into())];
    let change = Change { owner: Some(name.owner()), action, object: name.to_string(), details };
    let record = audit::audited(store, user, change, set).await?;
    record.as_ref().and_then(LabelRecord::shown).ok_or_else(missing)
}

/// Moves the oldest hundred of a record's moves to an object of their own, once there are as many younger
/// ones. Moves are only ever added, so that every Worker that puts the same hundred away puts the same.
async fn put_away<B: Bucket>(
    store: &Store<B>,
    module: &ModuleName,
    record: &mut LabelRecord,
) -> Result<(), BucketError> {
    let hundred = HUNDRED as usize;
    if record.history.len() >= 2 * hundred {
        let key = Key::Moves(module, &record.name, record.hundreds);
        store.create(&key, &record.history[..hundred]).await?;
        record.history.drain(..hundred);
        record.hundreds += 1;
    }
    Ok(())
}

/// A label's whole history, of which nothing is read yet.
pub fn history<B: Bucket>(store: &Store<B>, module: &Grant, label: LabelRecord) -> History<B> {
    History { store: store.clone(), module: module.name.clone(), label, read: None }
}

/// All moves of a label, read a hundred at a time.
pub struct History<B> {
    store: Store<B>,
    module: ModuleName,
    label: LabelRecord,
    /// The hundred that was read last, with its number.
    read: Option<(u32, Vec<Move>)>,
}

impl<B: Bucket> History<B> {
    /// How many moves there are.
    pub fn moves(&self) -> u32 {
        self.label.kept_elsewhere() + u32::try_from(self.label.history.len()).unwrap_or(u32::MAX)
    }

    /// A move by its number, the oldest known one's being 0. `None` for a number that no move has.
    pub async fn get(&mut self, number: u32) -> Result<Option<Move>, BucketError> {
        if let Some(latest) = number.checked_sub(self.label.kept_elsewhere()) {
            return Ok(self.label.history.get(latest as usize).cloned());
        }
        let (hundred, place) = (number / HUNDRED, (number % HUNDRED) as usize);
        if self.read.as_ref().is_none_or(|(known, _)| *known != hundred) {
            let key = Key::Moves(&self.module, &self.label.name, hundred);
            let found = self.store.load::<Vec<Move>>(&key).await?;
            let moves = found.map(|(moves, _)| moves).ok_or_else(|| BucketError::Unreadable {
                key: key.path(),
                message: "it is missing".into(),
            })?;
            self.read = Some((hundred, moves));
        }
        Ok(self.read.as_ref().and_then(|(_, moves)| moves.get(place).cloned()))
    }
}
