use crate::{
    Bucket, BucketError, Commit, Error, Module, Moment, Series, Store, User,
    bucket::Meta,
    key::{Key, element},
    modules::forbidden,
};
use percent_encoding::percent_decode_str;
use protoedge_sdk::{CommitId, Label, ModuleName, OwnerName, Stamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A movable name for a commit.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct LabelRecord {
    /// The name.
    pub name: Label,
    /// When it was first moved.
    pub created: Moment,
    /// Who moved it last.
    pub updated_by: OwnerName,
    /// The latest moves, the newest last.
    pub history: Vec<Move>,
}

/// One move of a label.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Move {
    /// To which commit.
    pub commit: CommitId,
    /// That commit's time in versions.
    pub stamp: Stamp,
    /// When.
    pub at: Moment,
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
    /// When it was moved.
    pub updated: Moment,
}

/// How many moves a label remembers: what a tag falls back to when its head is rejected. Nobody
/// rejects a hundred pushes in a row and still wonders where the tag is.
const REMEMBERED: usize = 100;

impl LabelRecord {
    /// What the label names.
    pub fn head(&self) -> Option<&Move> {
        self.history.last()
    }

    fn metadata(&self) -> BTreeMap<String, String> {
        let Some(head) = self.head() else { return BTreeMap::new() };
        [
            ("label", element(self.name.as_str())),
            ("commit", head.commit.to_string()),
            ("stamp", head.stamp.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }
}

impl LabelHead {
    /// Reads what a listing shows of a label.
    pub(crate) fn read(meta: &Meta) -> Option<Self> {
        let label = percent_decode_str(meta.metadata.get("label")?).decode_utf8().ok()?;
        Some(Self {
            label: label.parse().ok()?,
            commit: meta.metadata.get("commit")?.parse().ok()?,
            stamp: meta.metadata.get("stamp")?.parse().ok()?,
            updated: meta.uploaded,
        })
    }
}

/// When a label may be moved.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum MoveIf {
    /// The default label: only to a later time than its head's.
    Later,
    /// Another label: to what was pushed last.
    Always,
    /// Finishing a push that was cut off: only if the label is still where that push found it.
    StillAt(Option<CommitId>),
}

impl<B: Bucket> Store<B> {
    /// A label by name.
    pub async fn label(
        &self,
        module: &ModuleName,
        label: &Label,
    ) -> Result<Option<LabelRecord>, BucketError> {
        Ok(self.load(&Key::Label(module, label)).await?.map(|(record, _)| record))
    }

    /// All labels of a module.
    pub async fn labels(&self, module: &ModuleName) -> Result<Vec<LabelRecord>, BucketError> {
        let mut labels = Vec::new();
        for meta in self.list_all(&Key::labels(module)).await? {
            labels.extend(self.load_path(&meta.key).await?.map(|(record, _)| record));
        }
        Ok(labels)
    }

    /// Moves a label to any commit of its module; the default label back, too.
    ///
    /// # Errors
    /// [`Error::Full`] where the label is new and the module has as many as it may have.
    pub async fn move_by_hand(
        &self,
        user: &User,
        module: &Module,
        label: &Label,
        commit: &Commit,
    ) -> Result<LabelRecord, Error> {
        if !self.may_change(user, module.name.owner()).await? {
            return Err(forbidden(user, &module.name.to_string()));
        }
        if *label == module.default_label && commit.stamp.is_zero() {
            return Err(Error::NoTime { label: label.clone(), id: commit.id.clone() });
        }
        if *label != module.default_label && self.label(&module.name, label).await?.is_none() {
            self.admit(user, Series::Labels(&module.name), label.as_str()).await?;
        }
        self.move_label(label, commit, &user.name, &MoveIf::Always).await?;
        let record = self.label(&module.name, label).await?;
        record.ok_or_else(|| Error::NoLabel { module: module.name.clone(), label: label.clone() })
    }

    /// Moves a label. Returns where it is afterwards: at `commit`, or wherever it was.
    pub(crate) async fn move_label(
        &self,
        label: &Label,
        commit: &Commit,
        by: &OwnerName,
        when: &MoveIf,
    ) -> Result<Option<Move>, BucketError> {
        let now = self.now();
        let change = |current: Option<&LabelRecord>| {
            let head = current.and_then(LabelRecord::head);
            let is_there = head.is_some_and(|head| head.commit == commit.id);
            let may = match when {
                MoveIf::Later => head.is_none_or(|head| head.stamp < commit.stamp),
                MoveIf::Always => true,
                MoveIf::StillAt(from) => head.map(|head| &head.commit) == from.as_ref(),
            };
            if is_there || !may {
                return None;
            }
            let mut record = current.cloned().unwrap_or_else(|| LabelRecord {
                name: label.clone(),
                created: now,
                updated_by: by.clone(),
                history: Vec::new(),
            });
            record.updated_by = by.clone();
            let to = Move { commit: commit.id.clone(), stamp: commit.stamp.clone(), at: now };
            record.history.push(to);
            let forgotten = record.history.len().saturating_sub(REMEMBERED);
            record.history.drain(..forgotten);
            Some(record)
        };
        let key = Key::Label(&commit.module, label);
        let stored = self.update_with(&key, change, LabelRecord::metadata).await?;
        Ok(stored.and_then(|record| record.head().cloned()))
    }
}
