use super::{
    Content, LabelMove, PushRecord, Upload,
    plan::{Dependency, Plan, Uses},
    record::DefaultLabelMove,
};
use crate::{
    Commit, Error, LabelRecord, Module, Series, Store, User,
    accounts::owners::{self, Identified},
    bounds, catalogue,
    key::Key,
    modules::{
        commits,
        contents::{self, Digests},
        labels::{self, MoveIf},
    },
    packages::usage,
};
use protoedge_sdk::{Catalogue, CommitId, Label, Locked, ModuleName, Sdk, Stamp};
use protoedge_storage::{Bucket, BucketError, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// A push that is older than this was cut off: a Worker's request does not live so long after its
/// last bucket operation.
pub(crate) const CUT_OFF: Duration = Duration::from_secs(60);

/// A commit for every content, in the order of the contents: one that is there, or a new one, which has no
/// number yet. What new ones consist of is written once, however often the push starts over.
pub(super) async fn commit_all<B: Bucket>(
    store: &Store<B>,
    pusher: &Pusher<'_>,
    aims: &[Vec<Aim>],
    drafts: &mut [Option<Draft>],
) -> Result<Committed, Error> {
    let Pusher { user, upload, modules, deps, plan, .. } = pusher;
    let published = catalogue::catalogue(store).await?;
    let mut commits: Vec<Option<Commit>> = vec![None; upload.contents.len()];
    let mut new = Vec::new();
    for &n in &plan.order {
        let content = &upload.contents[n];
        let closure = lock(&plan.closures[n], deps, &commits, &published.catalogue);
        let digests = Digests::of(&content.files, &closure);
        commits[n] = Some(match existing(store, &modules[n], &aims[n], &digests).await? {
            Existing::Commit(commit) => *commit,
            Existing::None(stamp) => {
                let draft = match drafts[n].take() {
                    Some(draft) => draft,
                    None => draft(store, user, content).await?,
                };
                new.push(n);
                let draft = drafts[n].insert(draft);
                Commit {
                    id: draft.id.clone(),
                    module: content.module.clone(),
                    sequence: draft.sequence.unwrap_or_default(),
                    created: created(store, &stamp),
                    stamp,
                    digest: digests.module.to_string(),
                    files_digest: digests.files.to_string(),
                    deps: closure,
                    created_by: draft.created_by.clone(),
                    source_control_url: content.source_control_url.clone(),
                    first_proto: contents::first_proto(&content.files),
                    is_deprecated: modules[n].is_deprecated,
                    upstream: None,
                }
            }
        });
    }
    Ok(Committed { all: commits.into_iter().flatten().collect(), new })
}

/// The commit that a push of this content gives again, or the time of a new one.
///
/// A push that names the default label gives its head again if the content is equal, and else a
/// new commit, even where an older one has the same content: `latest` is the newest by version.
/// A push to other labels alone gives the newest commit of that content.
async fn existing<B: Bucket>(
    store: &Store<B>,
    module: &Module,
    aims: &[Aim],
    digests: &Digests,
) -> Result<Existing, Error> {
    let Some(aim) = aims.iter().find(|aim| aim.is_default) else {
        let digest = hex::encode(digests.module.as_bytes());
        let found =
            store.load::<commits::ContentRecord>(&Key::Content(&module.name, &digest)).await?;
        let commit = match found {
            Some((found, _)) => {
                commits::load_commit(store, &module.name, &found.commit.short()).await?
            }
            None => None,
        };
        let commit = commit.filter(|commit| commit.upstream.is_none());
        return Ok(commit.map_or(Existing::None(Stamp::zero()), |it| Existing::Commit(it.into())));
    };
    if let Some(head) = aim.record.as_ref().and_then(LabelRecord::head) {
        let commit = commits::load_commit(store, &module.name, &head.commit.short()).await?;
        // One that the module had before it moved in has another registry's names.
        let is_same =
            |it: &Commit| it.digest == digests.module.to_string() && it.upstream.is_none();
        if let Some(commit) = commit.filter(is_same) {
            return Ok(Existing::Commit(commit.into()));
        }
    }
    Ok(Existing::None(later_than(store, aim.record.as_ref())?))
}

/// Now, or the time in versions where that is ahead: other registries make the one of the other.
fn created<B: Bucket>(store: &Store<B>, stamp: &Stamp) -> Timestamp {
    let stamped = stamp.seconds().map(|seconds| Timestamp::from_millis(seconds * 1000));
    stamped.map_or(store.now(), |stamped| stamped.max(store.now()))
}

/// Now, or a second after everything that the label has named, if that is later.
fn later_than<B: Bucket>(
    store: &Store<B>,
    record: Option<&LabelRecord>,
) -> Result<Stamp, BucketError> {
    let now = store.now().seconds();
    let named = record.into_iter().flat_map(|record| &record.history);
    let latest = named.filter_map(|it| it.stamp.seconds()).max();
    let after = latest.map_or(now, |latest| latest + 1);
    Stamp::from_seconds(now.max(after)).ok_or_else(|| BucketError::Trouble {
        action: "put",
        key: "a commit".into(),
        message: "the clock is beyond the year 9999".into(),
    })
}

/// Writes what a new commit consists of: all but its number and its record.
async fn draft<B: Bucket>(
    store: &Store<B>,
    user: &User,
    content: &Content,
) -> Result<Draft, Error> {
    let module = &content.module;
    let creator = owners::ensure_user(store, &user.name).await?;
    let id = owners::mint(store, Identified::Commit(module.clone())).await?;
    contents::put(store, module, &id, &content.files).await?;
    Ok(Draft { id, created_by: creator.id, sequence: None })
}

/// Gives the new commits their places in the logs of their modules.
pub(super) async fn number<B: Bucket>(
    store: &Store<B>,
    commits: &mut Committed,
    drafts: &mut [Option<Draft>],
) -> Result<(), BucketError> {
    for &n in &commits.new {
        let (commit, Some(draft)) = (&mut commits.all[n], &mut drafts[n]) else { continue };
        commit.sequence = match draft.sequence {
            Some(sequence) => sequence,
            None => contents::take_number(store, &commit.module, &commit.id).await?,
        };
        draft.sequence = Some(commit.sequence);
    }
    Ok(())
}

/// Writes the commits that a push made. Only now can readers find them: what a push leaves that was cut
/// off before its record was written is a number in the log that leads nowhere.
pub(super) async fn save_commits<B: Bucket>(
    store: &Store<B>,
    commits: &[Commit],
) -> Result<(), BucketError> {
    for commit in commits {
        store.create(&Key::Commit(&commit.module, &commit.id.short()), commit).await?;
    }
    Ok(())
}

/// Where the labels are that the push will move, for every content.
pub(super) async fn aims<B: Bucket>(
    store: &Store<B>,
    upload: &Upload,
    modules: &[Module],
) -> Result<Vec<Vec<Aim>>, BucketError> {
    let mut aims = Vec::new();
    for (content, module) in upload.contents.iter().zip(modules) {
        let mut of_content = Vec::new();
        for label in labels_of(content, module) {
            of_content.push(Aim {
                module: module.name.clone(),
                is_default: label == module.default_label,
                record: labels::load_label(store, &module.name, &label).await?,
                label,
            });
        }
        aims.push(of_content);
    }
    Ok(aims)
}

/// Takes a number for each label that is new, before anything is written: once, however often the push
/// starts over. The default label needs none, so that a push to it costs no more.
pub(super) async fn admit_labels<B: Bucket>(
    store: &Store<B>,
    user: &User,
    aims: &[Vec<Aim>],
    admitted: &mut BTreeSet<(ModuleName, Label)>,
) -> Result<(), Error> {
    for aim in aims.iter().flatten().filter(|aim| aim.record.is_none() && !aim.is_default) {
        if admitted.insert((aim.module.clone(), aim.label.clone())) {
            bounds::admit(store, user, Series::Labels(&aim.module), aim.label.as_str()).await?;
        }
    }
    Ok(())
}

/// What the push is about to do.
pub(super) async fn record<B: Bucket>(
    store: &Store<B>,
    user: &User,
    aims: Vec<Vec<Aim>>,
    commits: &Committed,
    pinned: &[Sdk],
) -> Result<PushRecord, Error> {
    let published = catalogue::catalogue(store).await?;
    let mut moves = Vec::new();
    let mut orders = Vec::new();
    for (aims, commit) in aims.into_iter().zip(&commits.all) {
        moves.extend(aims.into_iter().map(|Aim { module, label, is_default, record }| {
            let from = record.as_ref().and_then(LabelRecord::head).map(|it| it.commit.clone());
            LabelMove { module, label, is_default, from, to: commit.id.clone() }
        }));
        let in_use = usage::in_use(store, &commit.module, &published.catalogue).await?;
        orders.extend(in_use.into_iter().map(|entry| Sdk::new(entry, &commit.locked())));
    }
    for sdk in pinned {
        if !orders.contains(sdk) {
            orders.push(sdk.clone());
        }
    }
    let (by, commits) = (user.name.clone(), commits.made().cloned().collect());
    let (at, modules, ids) = (store.now(), Vec::new(), BTreeMap::new());
    Ok(PushRecord { at, by, commits, moves, orders, modules, ids })
}

/// The moment from which the push has taken place. `false`: it was given up.
pub(super) async fn save_push<B: Bucket>(
    store: &Store<B>,
    id: &str,
    record: &PushRecord,
) -> Result<bool, BucketError> {
    store.create(&Key::Push(id), record).await
}

/// The push was carried out to the end.
pub(super) async fn forget_push<B: Bucket>(store: &Store<B>, id: &str) -> Result<(), BucketError> {
    store.remove(&Key::Push(id)).await
}

/// What is pushed, by whom, and what was found out of it beforehand.
pub(super) struct Pusher<'a> {
    pub(super) user: &'a User,
    /// When it was looked at what the user may do.
    pub(super) since: Timestamp,
    pub(super) upload: &'a Upload,
    pub(super) modules: &'a [Module],
    pub(super) deps: &'a [Dependency],
    /// Those of the modules and dependencies that are private.
    pub(super) private: &'a BTreeSet<ModuleName>,
    pub(super) plan: &'a Plan,
}

/// What a new commit consists of. Readers do not find it before its push has taken place.
pub(super) struct Draft {
    id: CommitId,
    created_by: CommitId,
    sequence: Option<u32>,
}

/// A label that a push will move, and what it is before.
pub(super) struct Aim {
    module: ModuleName,
    label: Label,
    is_default: bool,
    record: Option<LabelRecord>,
}

/// The commits of a push.
pub(super) struct Committed {
    /// One for each content, in their order.
    pub(super) all: Vec<Commit>,
    /// The contents whose commits were made for it and have no record yet, in the order in which they depend on
    /// each other.
    new: Vec<usize>,
}

impl Committed {
    /// Those that were made for the push.
    fn made(&self) -> impl Iterator<Item = &Commit> {
        self.new.iter().map(|&n| &self.all[n])
    }

    /// The default labels that have to move to new commits, in the order of their modules.
    pub(super) fn default_label_moves(
        &self,
        modules: &[Module],
        aims: &[Vec<Aim>],
    ) -> Vec<DefaultLabelMove> {
        let moves = self.new.iter().filter_map(|&n| {
            let aim = aims[n].iter().find(|aim| aim.is_default)?;
            let Commit { id, digest, .. } = &self.all[n];
            let (module, label) = (modules[n].clone(), aim.record.clone());
            Some(DefaultLabelMove { module, label, commit: id.clone(), digest: digest.clone() })
        });
        let mut moves: Vec<DefaultLabelMove> = moves.collect();
        moves.sort_by(|a, b| a.module.name.cmp(&b.module.name));
        moves
    }
}

enum Existing {
    Commit(Box<Commit>),
    None(Stamp),
}

/// The labels that a push of a content moves.
fn labels_of(content: &Content, module: &Module) -> BTreeSet<Label> {
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

/// Moves a label of a push that was cut off, unless the label has moved on.
pub(super) async fn finish_move<B: Bucket>(
    store: &Store<B>,
    it: &LabelMove,
    by: &protoedge_sdk::OwnerName,
) -> Result<(), Error> {
    let Some(commit) = commits::load_commit(store, &it.module, &it.to.short()).await? else {
        return Ok(());
    };
    let condition = if it.is_default { MoveIf::Later } else { MoveIf::StillAt(it.from.clone()) };
    match labels::move_label(store, &it.label, &commit, by, &condition).await {
        // The label has become the default one since, and stays where it is.
        Err(Error::NoTime { .. }) => {}
        other => other?,
    }
    Ok(commits::note_content(store, &commit).await?)
}
