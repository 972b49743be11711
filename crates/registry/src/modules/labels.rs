use crate::{
    Commit, Error, Module, Series, Store, User,
    accounts::{
        access::{self, Grant},
        role::Role,
    },
    audit::{self, Change},
    bounds,
    key::{Key, element},
};
use percent_encoding::percent_decode_str;
use protoedge_sdk::{CommitId, Label, ModuleName, OwnerName, Stamp};
use protoedge_storage::{Bucket, BucketError, Meta, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A movable name for a commit.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct LabelRecord {
    /// The name.
    pub name: Label,
    /// When it was first moved.
    pub created: Timestamp,
    /// Who moved it last.
    pub updated_by: OwnerName,
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

/// A label as a listing shows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LabelHead {
    /// The name.
    pub label: Label,
    /// The commit that it names.
    pub commit: CommitId,
    /// That commit's time in versions.
    pub stamp: Stamp,
    /// When the label was first moved. None for one that has not moved since listings told it.
    pub created: Option<Timestamp>,
    /// When it was moved last.
    pub updated: Timestamp,
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

    fn metadata(&self) -> BTreeMap<String, String> {
        let Some(head) = self.head() else { return BTreeMap::new() };
        [
            ("label", element(self.name.as_str())),
            ("commit", head.commit.to_string()),
            ("stamp", head.stamp.to_string()),
            ("created", self.created.rfc3339()),
            ("updated", head.at.rfc3339()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }
}

impl LabelHead {
    /// Reads what a listing shows of a label.
    pub(crate) fn read(meta: &Meta) -> Option<Self> {
        let label = percent_decode_str(meta.metadata.get("label")?).decode_utf8().ok()?;
        let moment =
            |name| meta.metadata.get(name).and_then(|text: &String| Timestamp::parse(text));
        Some(Self {
            label: label.parse().ok()?,
            commit: meta.metadata.get("commit")?.parse().ok()?,
            stamp: meta.metadata.get("stamp")?.parse().ok()?,
            created: moment("created"),
            updated: moment("updated").unwrap_or(meta.uploaded),
        })
    }

    /// What a listing would show of a record.
    pub fn of(record: &LabelRecord) -> Option<Self> {
        let head = record.head()?;
        Some(Self {
            label: record.name.clone(),
            commit: head.commit.clone(),
            stamp: head.stamp.clone(),
            created: Some(record.created),
            updated: head.at,
        })
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

/// All labels of a module, by name: one operation for a thousand of them. Those that have not moved since
/// listings told everything are read one by one.
pub async fn labels<B: Bucket>(
    store: &Store<B>,
    module: &Grant,
) -> Result<Vec<LabelHead>, BucketError> {
    let mut labels = Vec::new();
    for meta in store.list_all(&Key::labels(&module.name)).await? {
        let shown = LabelHead::read(&meta).filter(|head| head.created.is_some());
        labels.extend(match shown {
            Some(head) => Some(head),
            None => {
                let found = store.load_path::<LabelRecord>(&meta.key).await?;
                found.and_then(|(record, _)| LabelHead::of(&record))
            }
        });
    }
    Ok(labels)
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
) -> Result<LabelHead, Error> {
    access::require(store, user, module, Role::Write).await?;
    if *label == module.default_label && commit.stamp.is_zero() {
        return Err(Error::NoTime { label: label.clone(), id: commit.id.clone() });
    }
    if *label != module.default_label && load_label(store, &module.name, label).await?.is_none() {
        bounds::admit(store, user, Series::Labels(&module.name), label.as_str()).await?;
    }
    let change = Change {
        owner: Some(module.name.owner()),
        action: "label.move",
        object: module.name.to_string(),
        details: vec![("label", label.as_str().into()), ("commit", commit.id.to_string())],
    };
    let move_it =
        async { Ok(move_label(store, label, commit, &user.name, &MoveIf::Always).await?) };
    audit::audited(store, user, change, move_it).await?;
    let record = load_label(store, &module.name, label).await?;
    let head = record.as_ref().and_then(LabelHead::of);
    head.ok_or_else(|| Error::NoLabel { module: module.name.clone(), label: label.clone() })
}

/// Moves a label, or leaves it where it is.
pub(crate) async fn move_label<B: Bucket>(
    store: &Store<B>,
    label: &Label,
    commit: &Commit,
    by: &OwnerName,
    condition: &MoveIf,
) -> Result<(), BucketError> {
    let now = store.now();
    let key = Key::Label(&commit.module, label);
    let change = async |current: Option<&LabelRecord>| {
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
        if is_there || !may {
            return Ok(None);
        }
        let mut record = current.cloned().unwrap_or_else(|| LabelRecord {
            name: label.clone(),
            created: now,
            updated_by: by.clone(),
            hundreds: 0,
            history: Vec::new(),
        });
        record.updated_by = by.clone();
        let to = Move { commit: commit.id.clone(), stamp: commit.stamp.clone(), at: now };
        record.history.push(to);
        put_away(store, &commit.module, &mut record).await?;
        Ok::<_, BucketError>(Some(record))
    };
    store.try_update(&key, change, LabelRecord::metadata).await.map(drop)
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
