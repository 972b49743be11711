use crate::{
    Store,
    accounts::access::Grant,
    key::{Key, version_in},
    modules::{
        closed, commits,
        record::MovedIn,
        tips::{self, LabelHead},
    },
    packages::usage,
};
use futures::{StreamExt, stream};
use protoedge_sdk::{
    CommitId, Ecosystem, Facts, Hosts, ModuleName, Package, PluginName, PublishedFile, SdkVersion,
};
use protoedge_storage::{Bucket, BucketError, Condition, ETag, Meta, Put, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A published SDK as lists show it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Published {
    /// Which version of the package.
    pub version: SdkVersion,
    /// Of which commit.
    pub commit: CommitId,
    /// When that commit was pushed.
    pub time: Timestamp,
    /// Its files, in the order of the ecosystem's rules.
    pub files: Vec<PublishedFile>,
    /// What else the ecosystem's lists show.
    pub facts: Facts,
    /// The address of the repository that the commit's source is in, if it can be told: kept here, so that a list of many
    /// versions reads no commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// Whether it has the names of the registry that its commit was fetched from.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_upstreams: bool,
}

/// All that is known of a package: two bucket operations, as long as nothing was published lately.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Listing {
    ecosystem: Ecosystem,
    /// The labels of the module that moved last, the last one first.
    pub labels: Vec<LabelHead>,
    /// The published versions, in their order: withdrawn ones, too, since the index holds them.
    versions: Vec<Published>,
    /// The versions that are ordered, where lists show only what has bytes.
    pub ordered: Vec<SdkVersion>,
    /// The plugins whose packages of the module are in use, where lists show only what has bytes.
    pub plugins_in_use: BTreeSet<PluginName>,
    /// The commits that are in no list, since they depend on a module that not everybody may read any more.
    pub withdrawn: BTreeSet<CommitId>,
    deps: BTreeSet<ModuleName>,
    pending: Vec<String>,
    index: Option<ETag>,
}

impl Listing {
    fn empty(ecosystem: Ecosystem) -> Self {
        Self {
            ecosystem,
            labels: Vec::new(),
            versions: Vec::new(),
            ordered: Vec::new(),
            plugins_in_use: BTreeSet::new(),
            withdrawn: BTreeSet::new(),
            deps: BTreeSet::new(),
            pending: Vec::new(),
            index: None,
        }
    }

    /// A published version that is not withdrawn.
    pub fn get(&self, version: &SdkVersion) -> Option<&Published> {
        let published = self.versions.get(self.place(version).ok()?)?;
        (!self.withdrawn.contains(&published.commit)).then_some(published)
    }

    /// The published versions that are not withdrawn, in their order.
    pub fn versions(&self) -> impl Iterator<Item = &Published> {
        self.versions.iter().filter(|it| !self.withdrawn.contains(&it.commit))
    }

    fn place(&self, version: &SdkVersion) -> Result<usize, usize> {
        let rules = self.ecosystem.rules();
        self.versions.binary_search_by(|known| rules.compare(&known.version, version))
    }

    /// Whether something was published that is not in the index yet.
    pub fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    fn insert(&mut self, published: Published) {
        if let Err(at) = self.place(&published.version) {
            self.versions.insert(at, published);
        }
    }
}

/// How many objects of a module one listing gives. Each costs about 10 µs of the runtime's own work, whatever becomes of it
/// (`scripts/bench edge`): more than all else that a list of packages does for a label.
const LISTED: u32 = 125;

/// How many labels lists show at least, where there are as many: the branches that somebody works on. The versions of those that
/// moved longer ago are installed by version, commit or label all the same.
const LABELS: usize = 100;

/// How many pending SDKs one reader merges: each is a bucket operation, of which a request has 1,000.
/// Compacting takes them out of the next reader's way.
const MOST_MERGED: usize = 200;

/// How many may be pending before a publisher compacts them: readers of go modules that are pinned never
/// ask for a list.
const COMPACTED: usize = 50;

/// How many compactors may come between the two reads of a listing, one after the other. Each of them
/// needs a new publication: more than a few in a row mean that something is wrong.
const COMPACTORS: u32 = 5;

/// Lists a package. What is pending is looked for first, then the index is read: a version that
/// a compactor moves meanwhile is seen in one of the two.
///
/// # Errors
/// [`BucketError::Trouble`] where it changes faster than it can be read, and for a package of another module.
pub async fn listing<B: Bucket>(
    store: &Store<B>,
    module: &Grant,
    package: &Package,
) -> Result<Listing, BucketError> {
    module.check(&package.module)?;
    let mut listing = load_listing(store, package).await?;
    let default = &module.default_label;
    if listing.labels.len() >= LABELS && listing.labels.iter().all(|head| head.label != *default) {
        listing.labels.extend(tips::recorded(store, &module.name, default).await?);
    }
    let heads = listing.labels.iter().map(|head| &head.commit);
    let shown = heads.chain(listing.versions.iter().rev().map(|it| &it.commit));
    listing.withdrawn = closed::withdrawn(store, module, &listing.deps, shown).await?;
    Ok(listing)
}

/// [`listing`] of a package by one of its names: of a module that moved in, what was pushed here has other names than what it had
/// before.
///
/// # Errors
/// As [`listing`].
pub async fn listing_named<B: Bucket>(
    store: &Store<B>,
    module: &Grant,
    package: &Package,
    hosts: &Hosts,
) -> Result<Listing, BucketError> {
    let mut listing = listing(store, module, package).await?;
    // Names of some ecosystems say nothing of a registry.
    let has_two_names = |it: &&MovedIn| package.name(&it.from) != package.name(store.hosts());
    if module.moved_in.as_ref().filter(has_two_names).is_some() {
        let is_upstreams = hosts != store.hosts();
        let others = listing.versions.iter().filter(|it| it.is_upstreams != is_upstreams);
        let mut hidden: BTreeSet<CommitId> = others.map(|it| it.commit.clone()).collect();
        for LabelHead { commit, .. } in &listing.labels {
            if commits::hosts_of(store, module, &commit.short()).await? != *hosts {
                hidden.insert(commit.clone());
            }
        }
        listing.withdrawn.append(&mut hidden);
    }
    Ok(listing)
}

/// [`listing`], for the registry itself.
async fn load_listing<B: Bucket>(
    store: &Store<B>,
    package: &Package,
) -> Result<Listing, BucketError> {
    for _ in 0..COMPACTORS {
        if let Some(listing) = list_once(store, package).await? {
            return Ok(listing);
        }
    }
    Err(BucketError::Trouble {
        action: "list",
        key: Key::Index(package).path(),
        message: "it changes faster than it can be read".into(),
    })
}

/// `None` if a compactor moved something between two reads.
async fn list_once<B: Bucket>(
    store: &Store<B>,
    package: &Package,
) -> Result<Option<Listing>, BucketError> {
    let tips_prefix = Key::tips(&package.module);
    let live = live(store, &package.module, &tips_prefix).await?;
    let pending_prefix = Key::pending(package);
    let ordered_prefix = Key::ordered(package);
    let Package { ecosystem, module, .. } = package;
    let uses_prefix = ecosystem.lists_bytes().then(|| Key::uses_in(module, *ecosystem));
    let plugin_in_use = |meta: &Meta| usage::plugin_in_use(store, uses_prefix.as_deref()?, meta);
    let mut listing = Listing::empty(package.ecosystem);
    if let Some((versions, etag)) = store.load::<Vec<Published>>(&Key::Index(package)).await? {
        (listing.versions, listing.index) = (versions, Some(etag));
    }
    for meta in live {
        if let Some(dep) = Key::dep_in(&meta.key, module) {
            listing.deps.insert(dep);
        } else if meta.key.starts_with(&tips_prefix) {
            listing.labels.extend(LabelHead::read(&meta.key));
        } else if meta.key.starts_with(&ordered_prefix) {
            listing.ordered.extend(version_in(&meta.key));
        } else if let Some(plugin) = plugin_in_use(&meta) {
            listing.plugins_in_use.insert(plugin);
        } else if meta.key.starts_with(&pending_prefix)
            && listing.pending.len() < MOST_MERGED
            && version_in(&meta.key).is_some_and(|it| package.holds(it.plugin.major()))
        {
            listing.pending.push(meta.key);
        }
    }
    listing.labels = tips::newest_of_each(std::mem::take(&mut listing.labels));
    Ok(merge_pending(store, &mut listing).await?.then_some(listing))
}

/// What lists need of a module, with the labels that moved last: as many as one listing gives, and at least [`LABELS`].
async fn live<B: Bucket>(
    store: &Store<B>,
    module: &ModuleName,
    tips_prefix: &str,
) -> Result<Vec<Meta>, BucketError> {
    let (prefix, mut found): (_, Vec<Meta>) = (Key::live(module), Vec::new());
    loop {
        let after = found.last().map(|meta| meta.key.as_str());
        let page = store.bucket.list(&prefix, after, LISTED).await?;
        found.extend(page.objects);
        let tips = found.iter().rev().take_while(|meta| meta.key.starts_with(tips_prefix)).count();
        if !page.more || tips >= LABELS {
            return Ok(found);
        }
    }
}

/// How many objects are read at once: as many requests as a Worker has open (Cloudflare, "Workers", limits).
const READ_AT_ONCE: usize = 6;

/// Adds the pending SDKs to a listing. `false`: one was compacted into the index after that was read.
async fn merge_pending<B: Bucket>(
    store: &Store<B>,
    listing: &mut Listing,
) -> Result<bool, BucketError> {
    let is_new = |key: &&String| version_in(key).is_some_and(|it| listing.place(&it).is_err());
    let new: Vec<String> = listing.pending.iter().filter(is_new).cloned().collect();
    let read = new.iter().map(|key| store.load_path::<Published>(key));
    let mut read = stream::iter(read).buffered(READ_AT_ONCE);
    while let Some(found) = read.next().await {
        let Some((published, _)) = found? else { return Ok(false) };
        listing.insert(published);
    }
    Ok(true)
}

/// Folds what is pending if there is much of it.
pub async fn compact_if_many<B: Bucket>(
    store: &Store<B>,
    package: &Package,
) -> Result<(), BucketError> {
    let pending = store.bucket.list(&Key::pending(package), None, 1000).await?;
    if pending.objects.len() < COMPACTED {
        return Ok(());
    }
    let listing = load_listing(store, package).await?;
    compact(store, package, &listing).await
}

/// Moves what is pending into the index. If another compactor was quicker, nothing happens.
pub async fn compact<B: Bucket>(
    store: &Store<B>,
    package: &Package,
    listing: &Listing,
) -> Result<(), BucketError> {
    let condition = listing.index.clone().map_or(Condition::Absent, Condition::Matches);
    match store.save(&Key::Index(package), &listing.versions, condition).await? {
        Put::Stored(_) => store.bucket.delete(&listing.pending).await,
        // What is pending stays until it is in the index.
        Put::PreconditionFailed | Put::Contended => Ok(()),
    }
}
