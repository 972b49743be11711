use super::{
    Content, LabelMove, PushRecord, Upload,
    plan::{Dependency, Plan, Uses},
};
use crate::{
    Bucket, BucketError, Commit, Error, LabelRecord, Module, Series, Store, User, key::Key,
    owners::Identified,
};
use bytes::Bytes;
use protoedge_bufapi::digest::{B4, B5};
use protoedge_sdk::{Catalogue, CommitId, Label, Locked, ModuleName, Sdk, Stamp};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    io::{Cursor, Write},
    time::Duration,
};
use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

/// A push that is older than this was cut off: a Worker's request does not live so long after its
/// last bucket operation.
pub(crate) const CUT_OFF: Duration = Duration::from_secs(60);

/// The newest commit of a content.
#[derive(Serialize, Deserialize)]
struct ContentRecord {
    commit: CommitId,
    sequence: u32,
}

/// Which commit has a sequence number.
#[derive(Serialize, Deserialize)]
struct LogRecord {
    commit: CommitId,
}

impl<B: Bucket> Store<B> {
    /// A commit for every content, in the order of the contents: one that is there, or a new one.
    pub(super) async fn commit_all(
        &self,
        user: &User,
        upload: &Upload,
        modules: &[Module],
        deps: &[Dependency],
        plan: &Plan,
    ) -> Result<Committed, Error> {
        let published = self.catalogue().await?;
        let mut commits: Vec<Option<Commit>> = vec![None; upload.contents.len()];
        let mut new = Vec::new();
        for &n in &plan.order {
            let content = &upload.contents[n];
            let closure = lock(&plan.closures[n], deps, &commits, &published.catalogue);
            let digests = Digests::of(content, &closure);
            let commit = match self.existing(&modules[n], content, &digests).await? {
                Existing::Commit(commit) => *commit,
                Existing::None(stamp) => {
                    let commit = self.new_commit(user, content, closure, &digests, stamp).await?;
                    new.push(commit.clone());
                    commit
                }
            };
            commits[n] = Some(commit);
        }
        Ok(Committed { all: commits.into_iter().flatten().collect(), new })
    }

    /// The commit that a push of this content gives again, or the time of a new one.
    ///
    /// A push that names the default label gives its head again if the content is equal, and else a
    /// new commit, even where an older one has the same content: `latest` is the newest by version.
    /// A push to other labels alone gives the newest commit of that content.
    async fn existing(
        &self,
        module: &Module,
        content: &Content,
        digests: &Digests,
    ) -> Result<Existing, Error> {
        let names_default =
            content.labels.is_empty() || content.labels.contains(&module.default_label);
        if !names_default {
            let digest = hex::encode(digests.module.as_bytes());
            let found = self.load::<ContentRecord>(&Key::Content(&module.name, &digest)).await?;
            let commit = match found {
                Some((found, _)) => self.commit(&module.name, &found.commit.short()).await?,
                None => None,
            };
            return Ok(
                commit.map_or(Existing::None(Stamp::zero()), |it| Existing::Commit(it.into()))
            );
        }
        let record = self.label(&module.name, &module.default_label).await?;
        let head = record.as_ref().and_then(LabelRecord::head);
        if let Some(head) = head {
            let commit = self.commit(&module.name, &head.commit.short()).await?;
            if let Some(commit) = commit.filter(|it| it.digest == digests.module.to_string()) {
                return Ok(Existing::Commit(commit.into()));
            }
        }
        Ok(Existing::None(self.later_than(record.as_ref())?))
    }

    /// Now, or a second after everything that the label has named, if that is later.
    fn later_than(&self, record: Option<&LabelRecord>) -> Result<Stamp, BucketError> {
        let now = self.now().seconds();
        let named = record.into_iter().flat_map(|record| &record.history);
        let latest = named.filter_map(|it| it.stamp.seconds()).max();
        let after = latest.map_or(now, |latest| latest + 1);
        Stamp::from_seconds(now.max(after)).ok_or_else(|| BucketError::Trouble {
            action: "put",
            key: "a commit".into(),
            message: "the clock is beyond the year 9999".into(),
        })
    }

    /// All of a new commit but its record.
    async fn new_commit(
        &self,
        user: &User,
        content: &Content,
        deps: Vec<Locked>,
        digests: &Digests,
        stamp: Stamp,
    ) -> Result<Commit, Error> {
        let module = &content.module;
        let creator = self.ensure_user(&user.name).await?;
        let id = self.mint(Identified::Commit(module.clone())).await?;
        let short = id.short();
        self.put_sources(module, &id, &content.files).await?;
        let paths: Vec<&str> = protos(&content.files);
        self.create(&Key::Paths(module, &short), &paths).await?;
        Ok(Commit {
            sequence: self.next_sequence(module, &id).await?,
            id,
            module: module.clone(),
            created: self.now(),
            stamp,
            digest: digests.module.to_string(),
            files_digest: digests.files.to_string(),
            deps,
            created_by: creator.id,
            source_control_url: content.source_control_url.clone(),
        })
    }

    /// Writes the commits that a push made. Only now can anybody find them: what a push leaves that was cut
    /// off before its record was written is a number in the log that leads nowhere.
    pub(super) async fn save_commits(&self, commits: &[Commit]) -> Result<(), BucketError> {
        for commit in commits {
            self.create(&Key::Commit(&commit.module, &commit.id.short()), commit).await?;
        }
        Ok(())
    }

    async fn put_sources(
        &self,
        module: &ModuleName,
        id: &CommitId,
        files: &[(String, Bytes)],
    ) -> Result<(), BucketError> {
        let key = Key::Sources(module, &id.short());
        let body = zip(files).map_err(|error| BucketError::Trouble {
            action: "put",
            key: key.path(),
            message: error.to_string(),
        })?;
        self.create_bytes(&key, body).await.map(drop)
    }

    /// The next number of the module's log, taken by a create-only put.
    async fn next_sequence(&self, module: &ModuleName, id: &CommitId) -> Result<u32, BucketError> {
        let newest = self.newest_number(&Key::log(module)).await?;
        let mut next = newest.map_or(1, |newest| newest + 1);
        while !self.create(&Key::Log(module, next), &LogRecord { commit: id.clone() }).await? {
            next += 1;
        }
        Ok(next)
    }

    /// A page of the module's commits, from the one with this sequence number on; with the number
    /// that the next page starts at.
    pub async fn commits(
        &self,
        module: &ModuleName,
        from: Option<u32>,
        most: usize,
        newest_first: bool,
    ) -> Result<(Vec<Commit>, Option<u32>), BucketError> {
        let newest = self.newest_number(&Key::log(module)).await?;
        let Some(newest) = newest else { return Ok((Vec::new(), None)) };
        let start = from.unwrap_or(if newest_first { newest } else { 1 });
        let mut numbers: Box<dyn Iterator<Item = u32>> = match newest_first {
            true => Box::new((1..=start.min(newest)).rev()),
            false => Box::new(start.max(1)..=newest),
        };
        let mut commits = Vec::new();
        for sequence in numbers.by_ref().take(most) {
            let entry = self.load::<LogRecord>(&Key::Log(module, sequence)).await?;
            let Some((entry, _)) = entry else { continue };
            // Absent: its push was cut off before it took place.
            commits.extend(self.commit(module, &entry.commit.short()).await?);
        }
        Ok((commits, numbers.next()))
    }

    /// The paths of a commit's .proto files.
    pub(super) async fn paths(&self, commit: &Commit) -> Result<Vec<String>, BucketError> {
        let key = Key::Paths(&commit.module, &commit.id.short());
        let found = self.load::<Vec<String>>(&key).await?;
        found.map(|(paths, _)| paths).ok_or_else(|| BucketError::Unreadable {
            key: key.path(),
            message: "it is missing".into(),
        })
    }

    /// Where the labels are that the push will move, for every content.
    pub(super) async fn aims(
        &self,
        upload: &Upload,
        modules: &[Module],
    ) -> Result<Vec<Vec<Aim>>, BucketError> {
        let mut aims = Vec::new();
        for (content, module) in upload.contents.iter().zip(modules) {
            let mut of_content = Vec::new();
            for label in labels(content, module) {
                let record = self.label(&module.name, &label).await?;
                of_content.push(Aim {
                    module: module.name.clone(),
                    is_default: label == module.default_label,
                    label,
                    from: record.as_ref().and_then(LabelRecord::head).map(|it| it.commit.clone()),
                });
            }
            aims.push(of_content);
        }
        Ok(aims)
    }

    /// Takes a number for each label that is new, before anything is written: once, however often the push
    /// starts over. The default label needs none, so that a push to it costs no more.
    pub(super) async fn admit_labels(
        &self,
        user: &User,
        aims: &[Vec<Aim>],
        admitted: &mut BTreeSet<(ModuleName, Label)>,
    ) -> Result<(), Error> {
        for aim in aims.iter().flatten().filter(|aim| aim.from.is_none() && !aim.is_default) {
            if admitted.insert((aim.module.clone(), aim.label.clone())) {
                self.admit(user, Series::Labels(&aim.module), aim.label.as_str()).await?;
            }
        }
        Ok(())
    }

    /// What the push is about to do.
    pub(super) async fn record(
        &self,
        user: &User,
        aims: Vec<Vec<Aim>>,
        commits: &Committed,
    ) -> Result<PushRecord, Error> {
        let published = self.catalogue().await?;
        let mut moves = Vec::new();
        let mut orders = Vec::new();
        for (aims, commit) in aims.into_iter().zip(&commits.all) {
            moves.extend(aims.into_iter().map(|Aim { module, label, is_default, from }| {
                LabelMove { module, label, is_default, from, to: commit.id.clone() }
            }));
            let in_use = self.in_use(&commit.module, &published.catalogue).await?;
            orders.extend(in_use.into_iter().map(|entry| Sdk::new(entry, &commit.locked())));
        }
        let pinned = self.pinned(&commits.all, &published.catalogue).await?;
        let pinned: Vec<Sdk> = pinned.into_iter().filter(|sdk| !orders.contains(sdk)).collect();
        orders.extend(pinned);
        for commit in &commits.new {
            if moves.iter().any(|it| it.is_default && it.to == commit.id) {
                self.note_dependents(commit).await?;
            }
        }
        let (by, commits) = (user.name.clone(), commits.new.clone());
        Ok(PushRecord { at: self.now(), by, commits, moves, orders })
    }

    /// The moment from which the push has taken place.
    pub(super) async fn save_push(&self, id: &str, record: &PushRecord) -> Result<(), BucketError> {
        self.create(&Key::Push(id), record).await.map(drop)
    }

    /// The push was carried out to the end.
    pub(super) async fn forget_push(&self, id: &str) -> Result<(), BucketError> {
        self.remove(&Key::Push(id)).await
    }

    /// Remembers a commit as the newest of its content.
    pub(super) async fn note_content(
        &self,
        module: &ModuleName,
        commit: &Commit,
    ) -> Result<(), Error> {
        let change = |current: Option<&ContentRecord>| {
            let is_newer = current.is_none_or(|current| current.sequence < commit.sequence);
            is_newer.then(|| ContentRecord { commit: commit.id.clone(), sequence: commit.sequence })
        };
        let key = commit.digest.trim_start_matches("b5:");
        self.update(&Key::Content(module, key), change).await?;
        Ok(())
    }
}

/// A label that a push will move, and where it is before.
pub(super) struct Aim {
    module: ModuleName,
    label: Label,
    is_default: bool,
    from: Option<CommitId>,
}

/// The commits of a push.
pub(super) struct Committed {
    /// One for each content, in their order.
    pub(super) all: Vec<Commit>,
    /// Those that were made for it and have no record yet.
    pub(super) new: Vec<Commit>,
}

enum Existing {
    Commit(Box<Commit>),
    None(Stamp),
}

/// The two digests of a content.
struct Digests {
    files: B4,
    module: B5,
}

impl Digests {
    fn of(content: &Content, closure: &[Locked]) -> Self {
        let files = content.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_ref()));
        let files = B4::of_files(files);
        // Every stored digest was printed by this type.
        let closure = closure.iter().filter_map(|locked| locked.digest.parse().ok());
        Self { files, module: B5::new(files, closure) }
    }
}

/// The labels that a push of a content moves.
fn labels(content: &Content, module: &Module) -> BTreeSet<Label> {
    if content.labels.is_empty() {
        [module.default_label.clone()].into()
    } else {
        content.labels.iter().cloned().collect()
    }
}

/// The closure of a content, as its commit records it: with where the Go code of each module is today, since what a
/// published go.mod requires never changes.
fn lock(
    uses: &Uses,
    deps: &[Dependency],
    commits: &[Option<Commit>],
    catalogue: &Catalogue,
) -> Vec<Locked> {
    let contents = uses.contents.iter().filter_map(|&n| commits[n].as_ref().map(Commit::locked));
    let deps = uses.deps.iter().map(|&n| deps[n].commit.locked());
    let mut locked: Vec<Locked> = contents.chain(deps).map(|dep| catalogue.lock(dep)).collect();
    locked.sort_by(|a, b| a.module.cmp(&b.module));
    locked
}

fn protos(files: &[(String, Bytes)]) -> Vec<&str> {
    files.iter().map(|(path, _)| path.as_str()).filter(|path| path.ends_with(".proto")).collect()
}

/// The files of a module as a zip: sorted, without times, the same bytes for the same files.
fn zip(files: &[(String, Bytes)]) -> zip::result::ZipResult<Vec<u8>> {
    let mut files: Vec<&(String, Bytes)> = files.iter().collect();
    files.sort_by(|a, b| a.0.cmp(&b.0));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, content) in files {
        archive.start_file(path.as_str(), options)?;
        archive.write_all(content)?;
    }
    Ok(archive.finish()?.into_inner())
}
