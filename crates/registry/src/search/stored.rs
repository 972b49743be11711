use super::{
    index::{IndexedModule, ModuleIndex},
    news::{News, look_up, news},
};
use crate::{Store, key::Key, store::Loaded};
use protoedge_sdk::ModuleName;
use protoedge_storage::{Bucket, BucketError, Condition, Put};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, rc::Rc, time::Duration};

/// The index as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct StoredIndex {
    /// By name.
    modules: Vec<IndexedModule>,
}

/// How old news are when they are taken into the index: older than any request that told them before it did what they tell.
const SETTLED: Duration = Duration::from_secs(60);

/// The news of how many modules one run takes into the index: each module costs two operations of the 1,000 that a run has.
const TAKEN: usize = 100;

/// How many modules one run looks up besides: 10,000 of them in two days.
const LOOKED_UP: usize = 4;

/// The modules that everybody may see, as they were within the last ten seconds.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn index<B: Bucket>(store: &Store<B>) -> Result<Rc<ModuleIndex>, BucketError> {
    let now = store.now();
    if let Some(index) = store.memo.index.get(&(), now) {
        return Ok(index);
    }
    // Before the index: what is taken into it meanwhile is seen in one of the two.
    let news = news(store).await?;
    let stored = store.memo.stored_index.latest(&());
    let unless = stored.as_ref().map(|(_, etag)| etag);
    let stored = match store.load_unless::<StoredIndex>(&Key::SearchIndex, unless).await? {
        Loaded::Absent => None,
        Loaded::Same => stored.map(|(index, _)| index),
        Loaded::Other(index, etag) => {
            let index = Rc::new(ModuleIndex::new(index.modules));
            store.memo.stored_index.keep((), (index.clone(), etag), now);
            Some(index)
        }
    };
    let mut index = stored.unwrap_or_default();
    if !news.is_empty() {
        let with_news = Rc::make_mut(&mut index);
        news.into_iter().for_each(|it| with_news.set(it.of, it.now));
    }
    store.memo.index.keep((), index.clone(), now);
    Ok(index)
}

/// Takes settled news into the index, and looks up some modules besides.
///
/// # Errors
/// [`BucketError`] where the bucket fails: then the next run goes on.
pub async fn keep_index<B: Bucket>(store: &Store<B>) -> Result<(), BucketError> {
    let news = news(store).await?;
    let is_settled = |it: &News| store.now().since(it.at) >= SETTLED;
    let mut settled: Vec<News> = news.into_iter().filter(is_settled).collect();
    let mut taken: Vec<ModuleName> = settled.iter().map(|it| it.of.clone()).collect();
    taken.sort();
    taken.dedup();
    taken.truncate(TAKEN);
    // All news of these: what is looked up once makes all of them old.
    settled.retain(|it| taken.binary_search(&it.of).is_ok());
    let (stored, condition) = match store.load::<StoredIndex>(&Key::SearchIndex).await? {
        Some((stored, etag)) => (stored, Condition::Matches(etag)),
        None => (StoredIndex::default(), Condition::Absent),
    };
    let mut names = taken;
    // A few of those in the index, others each minute, and those that stand behind them in the bucket.
    let minute = usize::try_from(store.now().seconds() / 60).unwrap_or_default();
    let place = minute.wrapping_mul(LOOKED_UP) % (stored.modules.len() + 1);
    let known = |module: &IndexedModule| module.name.clone();
    names.extend(stored.modules.iter().skip(place).take(LOOKED_UP).map(known));
    let before = place.checked_sub(1).and_then(|place| stored.modules.get(place)).map(known);
    names.extend(next_modules(store, before).await?);
    names.sort();
    names.dedup();
    let mut modules: BTreeMap<ModuleName, IndexedModule> =
        stored.modules.iter().map(|it| (it.name.clone(), it.clone())).collect();
    for name in names {
        match look_up(store, &name).await? {
            Some(module) => modules.insert(name, module),
            None => modules.remove(&name),
        };
    }
    let kept = StoredIndex { modules: modules.into_values().collect() };
    if kept != stored {
        match store.save(&Key::SearchIndex, &kept, condition).await? {
            Put::Stored(_) => {}
            // Another run is at it: it has the same news.
            Put::PreconditionFailed | Put::Contended => return Ok(()),
        }
    }
    let taken: Vec<String> = settled.into_iter().map(|it| it.key).collect();
    store.delete_all(&taken).await
}

/// Some modules of all owners in the order of their names, those behind `after`; none once there are no more.
async fn next_modules<B: Bucket>(
    store: &Store<B>,
    mut after: Option<ModuleName>,
) -> Result<Vec<ModuleName>, BucketError> {
    let mut found = Vec::new();
    while found.len() < LOOKED_UP {
        let behind = after.as_ref().map(|module| format!("{}~", Key::of_module(module)));
        let page = store.bucket.list(Key::MODULES, behind.as_deref(), 1).await?;
        let rest = page.objects.first().and_then(|meta| meta.key.strip_prefix(Key::MODULES));
        let mut parts = rest.unwrap_or_default().splitn(3, '/');
        let name = match (parts.next(), parts.next()) {
            (Some(owner), Some(name)) => ModuleName::new(owner, name).ok(),
            _ => None,
        };
        let Some(name) = name else { break };
        found.push(name.clone());
        after = Some(name);
    }
    Ok(found)
}
