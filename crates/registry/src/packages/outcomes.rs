//! How far the SDKs of a commit came, all in one listing.
//!
//! How far an SDK is stands in its own state, of which a page with all plugins would have to read dozens. So what is final is
//! noted a second time, in the name of an empty object below the commit. It is noted after the state: a crash between the two leaves
//! an SDK out of this list until it is published or rejected once more, and whoever asks for that SDK itself sees its state.

use crate::{
    Store,
    accounts::access::Grant,
    key::Key,
    packages::files::{name, published_file},
};
use protoedge_sdk::{
    ArtifactFile, Ecosystem, ModuleName, PublishedFile, Sdk, SdkVersion, ShortCommit,
};
use protoedge_storage::{Bucket, BucketError, Condition, Meta, PutOptions};
use std::collections::BTreeMap;

/// What came of an SDK.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// It is listed: clients find it.
    Made {
        /// The first of its files.
        file: PublishedFile,
        /// The hash of what is in it as its ecosystem writes it, if it has one.
        content_hash: Option<String>,
    },
    /// The plugin rejected the module.
    Rejected {
        /// The version of the generator that the catalogue was published by then: another one gets a try.
        generator: String,
    },
}

const MADE: &str = "made";
const REJECTED: &str = "rejected";

/// In whose metadata it stands which generator it was.
const GENERATOR: &str = "generator";

/// Beside the names of [`name`]: how many bytes the file has.
const SIZE: &str = "size";

/// What came of the SDKs of a commit, those that anything came of: one listing, of a thousand at most.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn outcomes<B: Bucket>(
    store: &Store<B>,
    module: &Grant,
    commit: &ShortCommit,
) -> Result<BTreeMap<Sdk, Outcome>, BucketError> {
    let found = store.bucket.list(&Key::outcomes(&module.name, commit), None, 1000).await?;
    let mut outcomes = BTreeMap::new();
    for meta in found.objects {
        let Some((sdk, outcome)) = read(&module.name, commit, &meta) else { continue };
        // What is made beats a rejection, whichever came first.
        match outcome {
            Outcome::Made { .. } => drop(outcomes.insert(sdk, outcome)),
            Outcome::Rejected { .. } => drop(outcomes.entry(sdk).or_insert(outcome)),
        }
    }
    Ok(outcomes)
}

/// Reads a name: `{ecosystem}/{plugin}/{version}/{outcome}`.
fn read(module: &ModuleName, commit: &ShortCommit, meta: &Meta) -> Option<(Sdk, Outcome)> {
    let rest = meta.key.strip_prefix(&Key::outcomes(module, commit))?;
    let (ecosystem, rest) = rest.split_once('/')?;
    let (rest, outcome) = rest.rsplit_once('/')?;
    let (plugin, version) = rest.rsplit_once('/')?;
    let ecosystem = Ecosystem::named(ecosystem)?;
    let version: SdkVersion = version.parse().ok()?;
    let sdk = Sdk { ecosystem, module: module.clone(), plugin: plugin.parse().ok()?, version };
    let outcome = match outcome {
        MADE => {
            let size = meta.metadata.get(SIZE)?.parse().ok()?;
            let of_file = Meta { size, ..meta.clone() };
            let file = published_file(ecosystem.rules().files().first()?, &of_file).ok()?;
            Outcome::Made { file, content_hash: meta.metadata.get(name::CONTENT).cloned() }
        }
        REJECTED => Outcome::Rejected { generator: meta.metadata.get(GENERATOR)?.clone() },
        _ => return None,
    };
    Some((sdk, outcome))
}

/// Notes that an SDK is listed, with what is known of its files.
pub(crate) async fn note_made<B: Bucket>(
    store: &Store<B>,
    sdk: &Sdk,
    files: &[(&'static ArtifactFile, Meta)],
) -> Result<(), BucketError> {
    let Some((_, meta)) = files.first() else { return Ok(()) };
    let mut metadata = meta.metadata.clone();
    metadata.insert(SIZE.into(), meta.size.to_string());
    note(store, &Key::Outcome(sdk, MADE), metadata, Condition::Absent).await
}

/// Notes that a plugin rejected the module.
pub(crate) async fn note_rejected<B: Bucket>(
    store: &Store<B>,
    sdk: &Sdk,
    generator: &str,
) -> Result<(), BucketError> {
    let metadata = [(GENERATOR.to_owned(), generator.to_owned())].into();
    // An earlier generator's may be there.
    note(store, &Key::Outcome(sdk, REJECTED), metadata, Condition::Always).await
}

async fn note<B: Bucket>(
    store: &Store<B>,
    key: &Key<'_>,
    metadata: BTreeMap<String, String>,
    condition: Condition,
) -> Result<(), BucketError> {
    let options = PutOptions { media_type: key.media_type(), metadata };
    // Whoever else writes it writes the same.
    store.bucket.put(&key.path(), b"{}".to_vec(), condition, options).await.map(drop)
}
