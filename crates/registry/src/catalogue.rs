//! The catalogue of plugins as it is stored and published.

use crate::{Error, Store, key::Key, memo::PublishedCatalogue, store::Loaded};
use protoedge_sdk::{BadEntry, Catalogue, Entry, GoElsewheres, usual_go_elsewheres};
use protoedge_storage::{Bucket, BucketError};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, rc::Rc};

/// The catalogue as it is stored, and as `catalogue publish` sends it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredCatalogue {
    /// The version of the generator that published it.
    pub generator: String,
    /// All entries. Write-once: one that is here is never changed and never taken away.
    pub entries: Vec<Entry>,
    /// The modules whose Go code is elsewhere, for all that is pushed from now on.
    #[serde(default = "usual_go_elsewheres")]
    pub go_elsewhere: GoElsewheres,
}

/// The catalogue as this machine remembers it, if it has read one lately.
pub fn remembered<B: Bucket>(store: &Store<B>) -> Option<Rc<PublishedCatalogue>> {
    store.memo.catalogue.get(&(), store.now())
}

/// The catalogue; empty before the first was published.
pub async fn catalogue<B: Bucket>(store: &Store<B>) -> Result<Rc<PublishedCatalogue>, BucketError> {
    if let Some(published) = remembered(store) {
        return Ok(published);
    }
    let now = store.now();
    // Reading it anew takes longer than all the rest of a request.
    let former = store.memo.catalogue.latest(&());
    let unless = former.as_ref().and_then(|it| it.etag.as_ref());
    let (stored, etag) = match store.load_unless::<StoredCatalogue>(&Key::Catalogue, unless).await?
    {
        Loaded::Absent => return Ok(Rc::default()),
        Loaded::Same => {
            let published = former.unwrap_or_default();
            store.memo.catalogue.keep((), published.clone(), now);
            return Ok(published);
        }
        Loaded::Other(stored, etag) => (stored, etag),
    };
    let generator = stored.generator.clone();
    let catalogue = stored.into_checked().map_err(|error| BucketError::Unreadable {
        key: Key::Catalogue.path(),
        message: error.to_string(),
    })?;
    let etag = Some(etag);
    let published = Rc::new(PublishedCatalogue { catalogue, generator, etag });
    store.memo.catalogue.keep((), published.clone(), now);
    Ok(published)
}

/// [`catalogue`], where what is looked for may have been published a moment ago, elsewhere: what is
/// absent from a catalogue that is remembered is looked for in the one that is stored.
pub async fn catalogue_with<B: Bucket>(
    store: &Store<B>,
    has: impl Fn(&Catalogue) -> bool,
) -> Result<Rc<PublishedCatalogue>, BucketError> {
    let published = catalogue(store).await?;
    if has(&published.catalogue) {
        return Ok(published);
    }
    let stored = store.bucket.head(&Key::Catalogue.path()).await?.map(|meta| meta.etag);
    if stored == published.etag {
        return Ok(published);
    }
    store.memo.catalogue.forget(&());
    catalogue(store).await
}

impl StoredCatalogue {
    /// What it holds, checked.
    fn into_catalogue(self) -> Result<Catalogue, BadEntry> {
        Catalogue::new(self.entries)?.with_go_elsewhere(self.go_elsewhere)
    }

    /// What it holds, which was checked when it was stored.
    fn into_checked(self) -> Result<Catalogue, BadEntry> {
        Ok(Catalogue::of_checked(self.entries)?.with_checked_go_elsewhere(self.go_elsewhere))
    }

    /// A catalogue with the entries of another one added, and those entries.
    pub(crate) fn join(current: Option<Self>, new: &Self) -> Result<(Self, Vec<Entry>), Error> {
        let mut joined = current.unwrap_or_default();
        let missing = joined.missing(new)?;
        joined.generator.clone_from(&new.generator);
        joined.go_elsewhere.clone_from(&new.go_elsewhere);
        joined.entries.extend(missing.iter().cloned());
        let checked = joined.clone().into_catalogue();
        checked.map_err(|error| Error::Catalogue { message: error.to_string() })?;
        Ok((joined, missing))
    }

    /// The entries of another catalogue that are not in this one. Those that are must be the same.
    fn missing(&self, other: &Self) -> Result<Vec<Entry>, Error> {
        let known: BTreeMap<String, &Entry> =
            self.entries.iter().map(|entry| (entry.id(), entry)).collect();
        let mut missing = Vec::new();
        for entry in &other.entries {
            match known.get(&entry.id()) {
                Some(known) if known.digest() == entry.digest() => {}
                Some(_) => {
                    let message = format!(
                        "{} was published with other content; entries are write-once: give the change a new revision",
                        entry.id()
                    );
                    return Err(Error::Catalogue { message });
                }
                None => missing.push(entry.clone()),
            }
        }
        Ok(missing)
    }
}
