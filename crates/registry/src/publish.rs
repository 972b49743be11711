use crate::{Commit, NpmFacts, Store, key::Key, listing::Published, store::CONTENDED_PAUSE};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use protoedge_npm::PackageJson;
use protoedge_sdk::{Catalogue, Ecosystem, Sdk};
use protoedge_storage::{Bucket, BucketError, Condition, Meta, Put, PutOptions};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The hashes of an artifact, as its uploader announced them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Hashes {
    /// Checked by the bucket while it stores the body.
    pub sha512: [u8; 64],
    /// Hexadecimal.
    pub sha256: String,
    /// Hexadecimal: npm's `shasum`.
    pub sha1: String,
    /// Go's `h1:…` of a module zip.
    pub h1: Option<String>,
}

/// The names of the hashes in an artifact's metadata.
mod name {
    pub(super) const SHA512: &str = "sha512";
    pub(super) const SHA256: &str = "sha256";
    pub(super) const SHA1: &str = "sha1";
    pub(super) const H1: &str = "h1";
}

impl Hashes {
    fn metadata(&self) -> BTreeMap<String, String> {
        let mut metadata: BTreeMap<String, String> = [
            (name::SHA512.to_owned(), BASE64.encode(self.sha512)),
            (name::SHA256.to_owned(), self.sha256.clone()),
            (name::SHA1.to_owned(), self.sha1.clone()),
        ]
        .into();
        metadata.extend(self.h1.clone().map(|h1| (name::H1.to_owned(), h1)));
        metadata
    }
}

/// That an SDK can be listed once another is.
#[derive(Serialize, Deserialize)]
struct Waiting {
    dependent: Sdk,
}

#[derive(Serialize, Deserialize)]
struct ListedMark {}

impl<B: Bucket> Store<B> {
    /// Stores an artifact, once: whoever comes second finds what is there, also where the first one's was
    /// stored just now.
    pub async fn put_artifact(
        &self,
        sdk: &Sdk,
        body: B::Upload,
        hashes: &Hashes,
    ) -> Result<Put, BucketError> {
        let key = Key::Artifact(sdk);
        let options = PutOptions { media_type: key.media_type(), metadata: hashes.metadata() };
        let put = self
            .bucket
            .put_stream(&key.path(), body, hashes.sha512, Condition::Absent, options)
            .await?;
        if put != Put::Contended {
            return Ok(put);
        }
        self.sleep(CONTENDED_PAUSE).await;
        let is_there = self.artifact_meta(sdk).await?.is_some();
        Ok(if is_there { Put::PreconditionFailed } else { Put::Contended })
    }

    /// An artifact without its body.
    pub async fn artifact_meta(&self, sdk: &Sdk) -> Result<Option<Meta>, BucketError> {
        self.bucket.head(&Key::Artifact(sdk).path()).await
    }

    /// Publishes what is stored: lists the SDK, and for npm whatever waited only for this one. All
    /// that is published is read from the stored object. Returns whether the SDK itself is listed.
    pub async fn publish(&self, sdk: &Sdk, catalogue: &Catalogue) -> Result<bool, BucketError> {
        let mut is_listed = false;
        let mut pointers = Vec::new();
        let mut next = vec![sdk.clone()];
        while let Some(candidate) = next.pop() {
            let Some(meta) = self.artifact_meta(&candidate).await? else { continue };
            let listed = match candidate.ecosystem {
                Ecosystem::Go => true,
                Ecosystem::Npm => self.closure_is_listed(&candidate, catalogue).await?,
            };
            if !listed {
                continue;
            }
            is_listed |= candidate == *sdk;
            self.list_it(&candidate, &meta, catalogue).await?;
            for (pointer, dependent) in self.dependents(&candidate).await? {
                pointers.push(pointer);
                next.push(dependent);
            }
        }
        // Only now: were they gone before the dependents are listed, a crash would forget those.
        for keys in pointers.chunks(1000) {
            self.bucket.delete(keys).await?;
        }
        self.done(sdk).await?;
        Ok(is_listed)
    }

    /// Whether all that an npm SDK pins is listed. A pointer is left at each pin that is missing
    /// before it is looked for again: either that one's publisher sees the pointer, or we see it.
    async fn closure_is_listed(
        &self,
        sdk: &Sdk,
        catalogue: &Catalogue,
    ) -> Result<bool, BucketError> {
        let mut all = true;
        for pin in self.pins(sdk, catalogue).await? {
            if self.is_listed(&pin).await? {
                continue;
            }
            let pointer = Waiting { dependent: sdk.clone() };
            self.create(&Key::Waiting(&pin, sdk), &pointer).await?;
            all &= self.is_listed(&pin).await?;
        }
        Ok(all)
    }

    /// Whether an npm SDK is in its packument.
    pub async fn is_listed(&self, sdk: &Sdk) -> Result<bool, BucketError> {
        Ok(self.bucket.head(&Key::Listed(sdk).path()).await?.is_some())
    }

    async fn list_it(
        &self,
        sdk: &Sdk,
        meta: &Meta,
        catalogue: &Catalogue,
    ) -> Result<(), BucketError> {
        if self.is_listed(sdk).await? {
            return self.forget_order(sdk).await;
        }
        let commit = self.commit(&sdk.module, &sdk.version.commit).await?;
        let commit = commit.ok_or_else(|| BucketError::Unreadable {
            key: Key::Commit(&sdk.module, &sdk.version.commit).path(),
            message: "a published SDK has no commit".into(),
        })?;
        let published = Published {
            version: sdk.version.clone(),
            commit: commit.id.clone(),
            time: commit.created,
            npm: self.npm_facts(sdk, meta, &commit, catalogue)?,
        };
        self.create(&Key::Pending(sdk), &published).await?;
        self.create(&Key::Listed(sdk), &ListedMark {}).await?;
        self.forget_order(sdk).await
    }

    fn npm_facts(
        &self,
        sdk: &Sdk,
        meta: &Meta,
        commit: &Commit,
        catalogue: &Catalogue,
    ) -> Result<Option<NpmFacts>, BucketError> {
        match sdk.ecosystem {
            Ecosystem::Go => Ok(None),
            Ecosystem::Npm => {
                let unreadable =
                    |message: String| BucketError::Unreadable { key: meta.key.clone(), message };
                let hash = |name: &str| {
                    let hash = meta.metadata.get(name).cloned();
                    hash.ok_or_else(|| unreadable(format!("it has no {name}")))
                };
                let entry = catalogue.of(sdk);
                let entry = entry.ok_or_else(|| unreadable("its plugin is unknown".into()))?;
                let manifest = Sdk::manifest(entry, &commit.closure(), catalogue, &self.hosts)
                    .map_err(|error| unreadable(error.to_string()))?;
                let package: PackageJson = serde_json::from_str(&manifest)
                    .map_err(|error| unreadable(error.to_string()))?;
                let integrity = format!("sha512-{}", hash(name::SHA512)?);
                Ok(Some(NpmFacts { integrity, shasum: hash(name::SHA1)?, package }))
            }
        }
    }

    /// The SDKs that wait for this one, with the pointers that say so.
    async fn dependents(&self, sdk: &Sdk) -> Result<Vec<(String, Sdk)>, BucketError> {
        match sdk.ecosystem {
            Ecosystem::Go => Ok(Vec::new()),
            Ecosystem::Npm => {
                let mut dependents = Vec::new();
                for meta in self.list_all(&Key::waiting(sdk)).await? {
                    let pointer = self.load_path::<Waiting>(&meta.key).await?;
                    dependents.extend(pointer.map(|(waiting, _)| (meta.key, waiting.dependent)));
                }
                Ok(dependents)
            }
        }
    }
}
