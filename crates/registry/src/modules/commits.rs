use crate::{
    Credentials, Error, Module, Store,
    accounts::{
        access::{self, Grant},
        owners::{self, Identified},
    },
    bounds,
    key::Key,
    modules::{commit::Commit, labels, tips::LabelHead},
};
use protoedge_sdk::{CommitId, Hosts, Label, ModuleName, ShortCommit};
use protoedge_storage::{Bucket, BucketError};
use serde::{Deserialize, Serialize};
use std::{io::Read, rc::Rc};

/// What a reference names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Named {
    /// A commit, by its id.
    Commit(Commit),
    /// A label, with the commit that it names.
    Label(LabelHead, Commit),
}

impl Named {
    /// The commit, named by itself or by a label.
    pub fn into_commit(self) -> Commit {
        match self {
            Self::Commit(commit) | Self::Label(_, commit) => commit,
        }
    }
}

/// What a file takes in a reply besides its path and its bytes: where both are kept while the reply is
/// put together, and their tags and lengths in it.
pub const FILE_COST: u64 = 96;

/// What a commit's own record takes in a reply at most.
pub const COMMIT_COST: u64 = 1024;

/// A file of a module.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct File {
    /// The path within the module.
    pub path: String,
    /// The bytes.
    pub content: Vec<u8>,
}

/// A commit by the first 12 digits of its id, for the registry itself.
pub(crate) async fn load_commit<B: Bucket>(
    store: &Store<B>,
    module: &ModuleName,
    short: &ShortCommit,
) -> Result<Option<Commit>, BucketError> {
    if let Some(commit) = store.seen_commits.get(module, short) {
        return Ok(Some(commit));
    }
    let found = store.load::<Commit>(&Key::Commit(module, short)).await?;
    let commit = found.map(|(commit, _)| commit);
    if let Some(commit) = &commit {
        store.seen_commits.keep(commit);
    }
    Ok(commit)
}

/// [`find_commit`] as it was within the last ten seconds, for pages: of what a commit says only its number ever changes.
///
/// # Errors
/// As [`find_commit`].
pub async fn recall_commit<B: Bucket>(
    store: &Store<B>,
    module: &Grant,
    short: &ShortCommit,
) -> Result<Option<Rc<Commit>>, Error> {
    module.check_commit(short)?;
    let key = (module.name.clone(), short.clone());
    if let Some(commit) = store.memo.commits.get(&key, store.now()) {
        return Ok(Some(commit));
    }
    let commit = load_commit(store, &module.name, short).await?.map(Rc::new);
    if let Some(commit) = &commit {
        store.memo.commits.keep(key, commit.clone(), store.now());
    }
    Ok(commit)
}

/// A commit by the first 12 digits of its id.
///
/// # Errors
/// [`Error::Withheld`] for one that is withheld; [`BucketError`] where the bucket does not say.
pub async fn find_commit<B: Bucket>(
    store: &Store<B>,
    module: &Grant,
    short: &ShortCommit,
) -> Result<Option<Commit>, Error> {
    module.check_commit(short)?;
    Ok(load_commit(store, &module.name, short).await?)
}

/// The names that packages of a commit have: those of the registry that it was fetched from, else this one's.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn hosts_of<B: Bucket>(
    store: &Store<B>,
    module: &Grant,
    short: &ShortCommit,
) -> Result<Hosts, BucketError> {
    if let Some(upstream) = &module.upstream {
        return Ok(upstream.clone());
    }
    let commit = match module.moved_in {
        Some(_) => load_commit(store, &module.name, short).await?,
        None => None,
    };
    let upstream = commit.and_then(|commit| commit.upstream);
    Ok(upstream.unwrap_or_else(|| store.hosts().clone()))
}

/// [`find_commit`] for a list, which does not show those that are withheld.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn shown_commit<B: Bucket>(
    store: &Store<B>,
    module: &Grant,
    short: &ShortCommit,
) -> Result<Option<Commit>, BucketError> {
    if module.check_commit(short).is_err() {
        return Ok(None);
    }
    load_commit(store, &module.name, short).await
}

/// A commit by its id, with its module, if a caller with these credentials may read it.
pub async fn commit_by_id<B: Bucket>(
    store: &Store<B>,
    credentials: &Credentials,
    id: &CommitId,
) -> Result<(Grant, Commit), Error> {
    let missing = || Error::NoCommit { id: id.clone() };
    let Some(Identified::Commit(name)) = owners::identify(store, id).await? else {
        access::see_nothing(store, credentials).await?;
        return Err(missing());
    };
    let module = access::visible(store, credentials, &name).await?.ok_or_else(missing)?;
    let commit = find_commit(store, &module, &id.short()).await?;
    Ok((module, commit.filter(|commit| commit.id == *id).ok_or_else(missing)?))
}

/// A commit by its id or its short id, as a caller spells it.
pub async fn commit_spelled<B: Bucket>(
    store: &Store<B>,
    module: &Grant,
    id: &str,
) -> Result<Option<Commit>, Error> {
    let short = match id.parse::<CommitId>() {
        Ok(id) => id.short(),
        Err(_) => match id.parse::<ShortCommit>() {
            Ok(short) => short,
            Err(_) => return Ok(None),
        },
    };
    let commit = find_commit(store, module, &short).await?;
    Ok(commit.filter(|commit| commit.id.as_str().starts_with(id)))
}

/// What a reference means in a module: a commit id, a short commit or a label, tried in this
/// order; the default label where there is none.
///
/// # Errors
/// [`Error::NoReference`] where it is none of them, [`Error::Empty`] and [`Error::NoDefault`] where the default
/// label names nothing.
pub async fn named<B: Bucket>(
    store: &Store<B>,
    module: &Grant,
    reference: &str,
) -> Result<Named, Error> {
    let name = &module.name;
    if reference.is_empty() {
        return default_head(store, module).await;
    }
    if let Some(commit) = commit_spelled(store, module, reference).await? {
        return Ok(Named::Commit(commit));
    }
    let missing = || Error::NoReference { module: name.clone(), reference: reference.to_owned() };
    let label: Label = reference.parse().map_err(|_| missing())?;
    match labelled(store, module, &label).await {
        Err(Error::NoLabel { .. }) if label == module.default_label => {
            Err(without_default(store, module).await?)
        }
        Err(Error::NoLabel { .. }) => Err(missing()),
        other => other,
    }
}

/// The default label with the commit that it names.
///
/// # Errors
/// [`Error::Empty`] and [`Error::NoDefault`] where it names none.
async fn default_head<B: Bucket>(store: &Store<B>, module: &Grant) -> Result<Named, Error> {
    match labelled(store, module, &module.default_label).await {
        Err(Error::NoLabel { .. }) => Err(without_default(store, module).await?),
        other => other,
    }
}

/// Why a module's default label names nothing.
async fn without_default<B: Bucket>(
    store: &Store<B>,
    module: &Module,
) -> Result<Error, BucketError> {
    let (module, label) = (module.name.clone(), module.default_label.clone());
    let labels = store.bucket.list(&Key::labels(&module), None, 1).await?;
    Ok(match labels.objects.as_slice() {
        [] => Error::Empty { module },
        [..] => Error::NoDefault { module, label },
    })
}

/// The commit that a reference means: [`named`].
///
/// # Errors
/// [`Error::NoReference`] where it means nothing.
pub async fn resolve<B: Bucket>(
    store: &Store<B>,
    module: &Grant,
    reference: &str,
) -> Result<Commit, Error> {
    Ok(named(store, module, reference).await?.into_commit())
}

/// A label with the commit that it names.
///
/// # Errors
/// [`Error::NoLabel`] where there is no such label.
pub async fn labelled<B: Bucket>(
    store: &Store<B>,
    module: &Grant,
    label: &Label,
) -> Result<Named, Error> {
    let named = load_labelled(store, &module.name, label).await?;
    if let Named::Label(head, _) = &named {
        module.check_commit(&head.commit.short())?;
    }
    Ok(named)
}

async fn load_labelled<B: Bucket>(
    store: &Store<B>,
    module: &ModuleName,
    label: &Label,
) -> Result<Named, Error> {
    let missing = || Error::NoLabel { module: module.clone(), label: label.clone() };
    let record = labels::load_label(store, module, label).await?.ok_or_else(missing)?;
    let head = record.shown().ok_or_else(missing)?;
    let commit = load_commit(store, module, &head.commit.short()).await?.ok_or_else(missing)?;
    Ok(Named::Label(head, commit))
}

/// The commit that a label names.
///
/// # Errors
/// [`Error::NoLabel`] where there is no such label.
pub async fn head<B: Bucket>(
    store: &Store<B>,
    module: &Grant,
    label: &Label,
) -> Result<Commit, Error> {
    Ok(labelled(store, module, label).await?.into_commit())
}

/// [`head`], for the registry itself.
pub(crate) async fn load_head<B: Bucket>(
    store: &Store<B>,
    module: &ModuleName,
    label: &Label,
) -> Result<Commit, Error> {
    Ok(load_labelled(store, module, label).await?.into_commit())
}

/// The files of a commit, and what is left of `limit`, the bytes that a reply may have: against it
/// count contents, paths, [`FILE_COST`] for each file and [`COMMIT_COST`]. What does not fit is not
/// unpacked, and what cannot fit is not even fetched.
///
/// # Errors
/// [`Error::TooMuch`] where they do not fit.
pub async fn files<B: Bucket>(
    store: &Store<B>,
    module: &Grant,
    commit: &Commit,
    limit: u64,
) -> Result<(Vec<File>, u64), Error> {
    module.check(&commit.module)?;
    module.check_commit(&commit.id.short())?;
    let key = Key::Sources(&commit.module, &commit.id.short()).path();
    let unreadable = |message: String| BucketError::Unreadable { key: key.clone(), message };
    let missing = || unreadable("the sources are missing".into());
    let limit = limit.checked_sub(COMMIT_COST).ok_or(Error::TooMuch)?;
    let found = store.bucket.get(&key, None, None).await?.ok_or_else(missing)?;
    if found.size > limit.saturating_mul(ZIPPED) {
        return Err(Error::TooMuch);
    }
    let bytes = store.bucket.read(found.body.ok_or_else(missing)?).await?;
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes.as_slice()))
        .map_err(|error| unreadable(error.to_string()))?;
    let left = cost(&archive).and_then(|cost| limit.checked_sub(cost)).ok_or(Error::TooMuch)?;
    let files = unzip(&mut archive).map_err(|error| unreadable(error.to_string()))?;
    Ok((files, left))
}

/// No zip of sources has as many times more bytes than its files count for. It holds each path twice, and
/// less than twice [`FILE_COST`] beside a file; what cannot be compressed grows by less than a thousandth,
/// and what is empty by two bytes.
const ZIPPED: u64 = 3;

/// What the files of a zip count for: its directory says it.
fn cost<R: std::io::Read + std::io::Seek>(archive: &zip::ZipArchive<R>) -> Option<u64> {
    let contents = u64::try_from(archive.decompressed_size()?).ok()?;
    let paths: u64 = archive.file_names_raw().map(|path| path.len() as u64).sum();
    let files = FILE_COST.checked_mul(archive.len() as u64)?;
    contents.checked_add(paths)?.checked_add(files)
}

fn unzip(
    archive: &mut zip::ZipArchive<std::io::Cursor<&[u8]>>,
) -> Result<Vec<File>, zip::result::ZipError> {
    let mut files = Vec::with_capacity(archive.len());
    for n in 0..archive.len() {
        let mut entry = archive.by_index(n)?;
        let path = entry.name()?.into_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content)?;
        files.push(File { path, content });
    }
    Ok(files)
}

/// The commits of a content, the newest last.
#[derive(Serialize, Deserialize)]
pub(crate) struct ContentRecord {
    pub(crate) commit: CommitId,
    pub(crate) sequence: u32,
    /// Those before it: the latest of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) earlier: Vec<ShortCommit>,
}

/// How many commits of one content are remembered beside the newest: each that is pushed to the default label again is a new one.
const EARLIER: usize = 100;

/// Remembers a commit as the newest of its content.
pub(crate) async fn note_content<B: Bucket>(
    store: &Store<B>,
    commit: &Commit,
) -> Result<(), BucketError> {
    let change = |current: Option<&ContentRecord>| {
        let Commit { id, sequence, .. } = commit;
        let new = |earlier| ContentRecord { commit: id.clone(), sequence: *sequence, earlier };
        let Some(current) = current else { return Some(new(Vec::new())) };
        let mut earlier = current.earlier.clone();
        if current.commit == *id || earlier.contains(&id.short()) {
            return None;
        }
        let is_newer = current.sequence < *sequence;
        earlier.push(if is_newer { current.commit.short() } else { id.short() });
        earlier.drain(..earlier.len().saturating_sub(EARLIER));
        Some(match is_newer {
            true => new(earlier),
            false => ContentRecord { commit: current.commit.clone(), earlier, ..*current },
        })
    };
    store.update(&content_key(commit), change).await.map(drop)
}

/// The commits of a commit's module that have its content, as far as they are remembered.
pub(crate) async fn of_content<B: Bucket>(
    store: &Store<B>,
    commit: &Commit,
) -> Result<Vec<ShortCommit>, BucketError> {
    let found = store.load::<ContentRecord>(&content_key(commit)).await?;
    Ok(found.map_or_else(Vec::new, |(record, _)| {
        record.earlier.into_iter().chain([record.commit.short()]).collect()
    }))
}

fn content_key(commit: &Commit) -> Key<'_> {
    Key::Content(&commit.module, commit.digest.trim_start_matches("b5:"))
}

/// Which commit has a sequence number.
#[derive(Serialize, Deserialize)]
pub(crate) struct LogRecord {
    pub(crate) commit: CommitId,
}

/// A page of the module's commits, from the one with this sequence number on; with the number
/// that the next page starts at.
pub async fn list_commits<B: Bucket>(
    store: &Store<B>,
    module: &Grant,
    from: Option<u32>,
    most: usize,
    newest_first: bool,
) -> Result<(Vec<Commit>, Option<u32>), BucketError> {
    let newest = bounds::newest_number(store, &Key::log(&module.name)).await?;
    let Some(newest) = newest else { return Ok((Vec::new(), None)) };
    let start = from.unwrap_or(if newest_first { newest } else { 1 });
    let mut numbers: Box<dyn Iterator<Item = u32>> = match newest_first {
        true => Box::new((1..=start.min(newest)).rev()),
        false => Box::new(start.max(1)..=newest),
    };
    let mut commits = Vec::new();
    for sequence in numbers.by_ref().take(most) {
        let entry = store.load::<LogRecord>(&Key::Log(&module.name, sequence)).await?;
        let Some((entry, _)) = entry else { continue };
        // Absent: its push was cut off before it took place, or it is withheld. With another number: what stored it was cut off
        // between the two, and done once more.
        let commit = shown_commit(store, module, &entry.commit.short()).await?;
        commits.extend(commit.filter(|commit| commit.sequence == sequence));
    }
    Ok((commits, numbers.next()))
}
