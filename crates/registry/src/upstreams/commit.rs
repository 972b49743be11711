use super::{
    names::{claim, ensure_module, ensure_owner, refused},
    record::UpstreamCommit,
};
use crate::{
    Commit, Error, Store,
    accounts::owners::{self, Identified},
    key::Key,
    modules::{
        closed, commits,
        contents::{self, Digests},
        labels::{self, MoveIf},
        lookup,
    },
    search, takedowns,
    web_address::is_url,
};
use bytes::Bytes;
use protoedge_bufapi::{digest::counted, module_path::ModulePath};
use protoedge_sdk::{Catalogue, CommitId, Hosts, Label, Locked, ModuleName, Stamp};
use protoedge_storage::{Bucket, BucketError};
use std::collections::{BTreeMap, BTreeSet};

/// A commit of another registry, if it is here.
///
/// # Errors
/// [`Error::Upstream`] for an id that is something else's here.
pub async fn find_commit<B: Bucket>(
    store: &Store<B>,
    upstream: &Hosts,
    id: &CommitId,
) -> Result<Option<Commit>, Error> {
    let taken = || refused(upstream, format!("commit {id}"), "it is something else's id here");
    let module = match owners::identify(store, id).await? {
        None => return Ok(None),
        Some(Identified::Commit(module)) => module,
        Some(_) => return Err(taken()),
    };
    let commit = commits::load_commit(store, &module, &id.short()).await?;
    match commit {
        Some(commit) if commit.upstream.as_ref() == Some(upstream) => Ok(Some(commit)),
        Some(_) => Err(taken()),
        None => Ok(None),
    }
}

/// Keeps a commit of another registry, whose dependencies are here already: once its digest is what its files and theirs have. Cut
/// off anywhere, it is done once more.
///
/// # Errors
/// [`Error::Upstream`] for what is not as that registry says, or is something else's here; [`Error::Withheld`] for files that are withheld.
pub async fn store_commit<B: Bucket>(
    store: &Store<B>,
    upstream: &Hosts,
    commit: UpstreamCommit,
) -> Result<Commit, Error> {
    let UpstreamCommit { id, module, created, digest, created_by, source_control_url, .. } = commit;
    let name = module.name.clone();
    let refused = |why: String| refused(upstream, format!("commit {id} of {name}"), why);
    let files = own_files(commit.files).map_err(&refused)?;
    let deps = lock(store, upstream, &name, &commit.deps).await?;
    let digests = Digests::of(&files, &deps);
    if digests.module != digest {
        let found = digests.module;
        return Err(refused(format!(
            "its files and dependencies have the digest {found}, not {digest}"
        )));
    }
    let stamp = match commit.has_time {
        true => Stamp::from_seconds(created.seconds()),
        false => Some(Stamp::zero()),
    };
    let stamp = stamp.ok_or_else(|| refused("its time is beyond all versions".into()))?;
    let owner = ensure_owner(store, upstream, &module).await?;
    ensure_module(store, upstream, &owner, &module).await?;
    claim(store, upstream, &id, Identified::Commit(name.clone())).await?;
    if let Some(stored) = find_commit(store, upstream, &id).await? {
        return Ok(stored);
    }
    let mut commit = Commit {
        sequence: 0,
        id: id.clone(),
        module: name.clone(),
        created,
        stamp,
        digest: digests.module.to_string(),
        files_digest: digests.files.to_string(),
        deps,
        created_by,
        // Packages lead their readers there.
        source_control_url: Some(source_control_url).filter(|url| is_url(url)).unwrap_or_default(),
        first_proto: contents::first_proto(&files),
        // A go.mod that was published elsewhere says nothing of it.
        is_deprecated: false,
        upstream: Some(upstream.clone()),
    };
    takedowns::check_files(store, std::slice::from_ref(&commit)).await?;
    contents::put(store, &name, &id, &files).await?;
    commit.sequence = contents::take_number(store, &name, &id).await?;
    let private = private(store, &commit.deps).await?;
    closed::note_deps(store, std::slice::from_ref(&commit), &private).await?;
    store.create(&Key::Commit(&name, &id.short()), &commit).await?;
    // Another one may have stored it meanwhile, with another number.
    let stored = find_commit(store, upstream, &id).await?.unwrap_or(commit);
    commits::note_content(store, &stored).await?;
    Ok(stored)
}

/// Has a label of a module of another registry name the commit that it names there; the default label, where none is given.
///
/// # Errors
/// [`Error::NoCommit`] for a commit that is not here.
pub async fn note_head<B: Bucket>(
    store: &Store<B>,
    upstream: &Hosts,
    commit: &CommitId,
    label: Option<&Label>,
) -> Result<(), Error> {
    let missing = || Error::NoCommit { id: commit.clone() };
    let commit = find_commit(store, upstream, commit).await?.ok_or_else(missing)?;
    let module = lookup::find_module(store, &commit.module).await?.ok_or_else(missing)?;
    let label = label.unwrap_or(&module.default_label);
    labels::move_label(store, label, &commit, module.name.owner(), &MoveIf::Always).await?;
    if *label == module.default_label {
        search::tell_changed(store, &module.name).await?;
    }
    Ok(())
}

/// Gives a commit its place among the commits of its module, as the other registry lists them: some of them may have been fetched before.
///
/// # Errors
/// [`Error::NoCommit`] for one that is not here.
pub async fn number<B: Bucket>(
    store: &Store<B>,
    upstream: &Hosts,
    id: &CommitId,
    sequence: u32,
) -> Result<(), Error> {
    let missing = || Error::NoCommit { id: id.clone() };
    let commit = find_commit(store, upstream, id).await?.ok_or_else(missing)?;
    if commit.sequence == sequence {
        return Ok(());
    }
    let commit = Commit { sequence, ..commit };
    let entry = commits::LogRecord { commit: id.clone() };
    store.put(&Key::Log(&commit.module, sequence), &entry, BTreeMap::new()).await?;
    let key = Key::Commit(&commit.module, &id.short());
    store.put(&key, &commit, BTreeMap::new()).await?;
    store.seen_commits.keep(&commit);
    Ok(commits::note_content(store, &commit).await?)
}

/// Those of the modules that not everybody may read.
async fn private<B: Bucket>(
    store: &Store<B>,
    deps: &[Locked],
) -> Result<BTreeSet<ModuleName>, BucketError> {
    let mut private = BTreeSet::new();
    for Locked { module, .. } in deps {
        if closed::is_closed(store, module).await? {
            private.insert(module.clone());
        }
    }
    Ok(private)
}

/// The files that are part of the module, if each of them may be.
fn own_files(files: Vec<(String, Bytes)>) -> Result<Vec<(String, Bytes)>, String> {
    let paths: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
    if paths.iter().collect::<BTreeSet<_>>().len() < paths.len() {
        return Err("it has a file twice".into());
    }
    let own: BTreeSet<String> =
        paths.iter().filter(|path| counted(path, &paths)).map(|path| (*path).to_owned()).collect();
    for path in &own {
        path.parse::<ModulePath>().map_err(|error| error.to_string())?;
    }
    Ok(files.into_iter().filter(|(path, _)| own.contains(path)).collect())
}

/// The dependencies of a commit as it locks them: where the Go code of one is elsewhere, is as the other registry has it.
async fn lock<B: Bucket>(
    store: &Store<B>,
    upstream: &Hosts,
    module: &ModuleName,
    deps: &[CommitId],
) -> Result<Vec<Locked>, Error> {
    let refused = |why: String| refused(upstream, module, why);
    let mut locked = Vec::new();
    for id in deps {
        let commit = find_commit(store, upstream, id).await?;
        let commit = commit.ok_or_else(|| refused(format!("its dependency {id} is not here")))?;
        locked.push(Catalogue::default().lock(commit.locked()));
    }
    locked.sort_by(|a: &Locked, b| a.module.cmp(&b.module));
    if locked.iter().any(|dep| dep.module == *module) {
        return Err(refused("it depends on itself".into()));
    }
    if let Some([twice, _]) = locked.array_windows().find(|[a, b]| a.module == b.module) {
        return Err(refused(format!("it depends on two commits of {}", twice.module)));
    }
    Ok(locked)
}
