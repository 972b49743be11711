use crate::{
    Commit, Store,
    generation::{orders, requests},
    key::Key,
    modules::commits,
    packages::{files, listing::Published, outcomes},
};
use protoedge_sdk::{ArtifactFile, Catalogue, Sdk};
use protoedge_storage::{Bucket, BucketError, Meta};
use serde::{Deserialize, Serialize};

/// That an SDK can be listed once another is.
#[derive(Serialize, Deserialize)]
struct Waiting {
    dependent: Sdk,
}

#[derive(Serialize, Deserialize)]
struct ListedMark {}

/// How much of an SDK is published.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ListingOutcome {
    /// Whether all of its files are stored.
    pub is_stored: bool,
    /// Whether it is listed.
    pub is_listed: bool,
}

/// Publishes what is stored: [`list`], and says in its state that it is done.
///
/// # Errors
/// [`BucketError`] where the bucket fails: then the next one who publishes it goes on.
pub async fn publish<B: Bucket>(
    store: &Store<B>,
    sdk: &Sdk,
    catalogue: &Catalogue,
) -> Result<ListingOutcome, BucketError> {
    let outcome = list(store, sdk, catalogue).await?;
    if outcome.is_stored {
        note_done(store, sdk).await?;
    }
    Ok(outcome)
}

/// Says in an SDK's state that it is stored. Objects are written once a second at most, so that this takes a second for an SDK
/// that was wanted just now; who cannot wait looks for its files.
///
/// # Errors
/// [`BucketError`] where the bucket fails: then its state says so when the next one asks for it.
pub async fn note_done<B: Bucket>(store: &Store<B>, sdk: &Sdk) -> Result<(), BucketError> {
    requests::done(store, sdk).await
}

/// Lists an SDK that is stored, and those that waited only for this one. All that is published is read from the stored objects.
/// It is not listed unless all of its files are stored.
///
/// # Errors
/// [`BucketError`] where the bucket fails.
pub async fn list<B: Bucket>(
    store: &Store<B>,
    sdk: &Sdk,
    catalogue: &Catalogue,
) -> Result<ListingOutcome, BucketError> {
    let mut outcome = ListingOutcome::default();
    let mut pointers = Vec::new();
    let mut next = vec![sdk.clone()];
    while let Some(candidate) = next.pop() {
        let Some(files) = files::stored_files(store, &candidate).await? else { continue };
        outcome.is_stored |= candidate == *sdk;
        let waits = candidate.ecosystem.lists_bytes();
        if waits && !closure_is_listed(store, &candidate, catalogue).await? {
            continue;
        }
        outcome.is_listed |= candidate == *sdk;
        list_it(store, &candidate, &files, catalogue).await?;
        for (pointer, dependent) in dependents(store, &candidate).await? {
            pointers.push(pointer);
            next.push(dependent);
        }
    }
    // Only now: were they gone before the dependents are listed, a crash would forget those.
    store.delete_all(&pointers).await?;
    Ok(outcome)
}

/// Whether all that an SDK pins is listed. A pointer is left at each pin that is missing
/// before it is looked for again: either that one's publisher sees the pointer, or we see it.
async fn closure_is_listed<B: Bucket>(
    store: &Store<B>,
    sdk: &Sdk,
    catalogue: &Catalogue,
) -> Result<bool, BucketError> {
    let mut all = true;
    for pin in orders::pins(store, sdk, catalogue).await? {
        if is_listed(store, &pin).await? {
            continue;
        }
        let pointer = Waiting { dependent: sdk.clone() };
        store.create(&Key::Waiting(&pin, sdk), &pointer).await?;
        all &= is_listed(store, &pin).await?;
    }
    Ok(all)
}

/// Whether an SDK is in the lists of its package.
pub async fn is_listed<B: Bucket>(store: &Store<B>, sdk: &Sdk) -> Result<bool, BucketError> {
    Ok(store.bucket.head(&Key::Listed(sdk).path()).await?.is_some())
}

async fn list_it<B: Bucket>(
    store: &Store<B>,
    sdk: &Sdk,
    files: &[(&'static ArtifactFile, Meta)],
    catalogue: &Catalogue,
) -> Result<(), BucketError> {
    if is_listed(store, sdk).await? {
        return orders::forget_order(store, sdk).await;
    }
    let commit = commits::load_commit(store, &sdk.module, &sdk.version.commit).await?;
    let commit = commit.ok_or_else(|| BucketError::Unreadable {
        key: Key::Commit(&sdk.module, &sdk.version.commit).path(),
        message: "a published SDK has no commit".into(),
    })?;
    let published = published(store, sdk, files, &commit, catalogue)?;
    store.create(&Key::Pending(sdk), &published).await?;
    outcomes::note_made(store, sdk, files).await?;
    store.create(&Key::Listed(sdk), &ListedMark {}).await?;
    orders::forget_order(store, sdk).await
}

fn published<B: Bucket>(
    store: &Store<B>,
    sdk: &Sdk,
    stored: &[(&'static ArtifactFile, Meta)],
    commit: &Commit,
    catalogue: &Catalogue,
) -> Result<Published, BucketError> {
    let mut files = Vec::new();
    for (file, meta) in stored {
        files.push(files::published_file(file, meta)?);
    }
    let (_, first) = stored.first().expect("an SDK has a file at least");
    let content = first.metadata.get(files::name::CONTENT).cloned();
    let manifest = || {
        let entry = catalogue.of(sdk).ok_or("its plugin is unknown")?;
        Sdk::manifest(entry, &commit.closure(), catalogue, &store.hosts)
            .map_err(|error| error.to_string())
    };
    let facts = sdk.ecosystem.rules().facts(&manifest, content);
    let facts = facts.map_err(|error| files::unreadable(first, error))?;
    let repository = commit.source_control().map(|source| source.repository);
    let is_upstreams = commit.upstream.is_some();
    let (version, commit, time) = (sdk.version.clone(), commit.id.clone(), commit.created);
    Ok(Published { version, commit, time, files, facts, repository, is_upstreams })
}

/// The SDKs that wait for this one, with the pointers that say so.
async fn dependents<B: Bucket>(
    store: &Store<B>,
    sdk: &Sdk,
) -> Result<Vec<(String, Sdk)>, BucketError> {
    let mut dependents = Vec::new();
    if sdk.ecosystem.lists_bytes() {
        for meta in store.list_all(&Key::waiting(sdk)).await? {
            let pointer = store.load_path::<Waiting>(&meta.key).await?;
            dependents.extend(pointer.map(|(waiting, _)| (meta.key, waiting.dependent)));
        }
    }
    Ok(dependents)
}
