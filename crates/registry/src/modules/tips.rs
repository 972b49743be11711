//! The labels of a module in the order of their last moves.
//!
//! A bucket lists by name alone. So each label has, beside its record, an empty object whose name begins with the time of its last
//! move, counted down, and says all that lists show: the newest moved are one listing, of however many labels. Archived labels
//! have theirs elsewhere. The record comes first and its tip follows; what a crash leaves between the two, the next move of the label
//! mends, and a page of a list shows what records say.

use crate::{
    Store,
    accounts::access::Grant,
    key::{Key, element},
};
use futures::{StreamExt, stream};
use percent_encoding::percent_decode_str;
use protoedge_sdk::{CommitId, Label, ModuleName, Stamp};
use protoedge_storage::{Bucket, BucketError, Meta, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// A label as lists show it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LabelHead {
    /// The name.
    pub label: Label,
    /// The commit that it names.
    pub commit: CommitId,
    /// That commit's time in versions.
    pub stamp: Stamp,
    /// When the label was first moved.
    pub created: Timestamp,
    /// When it was moved last.
    pub updated: Timestamp,
    /// When it was archived; none for one that is not.
    pub archived: Option<Timestamp>,
}

/// Which labels a list shows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Archived {
    /// Those that are not archived.
    No,
    /// Those that are.
    Yes,
    /// All.
    Both,
}

impl Archived {
    fn shows(self, head: &LabelHead) -> bool {
        match self {
            Self::No => head.archived.is_none(),
            Self::Yes => head.archived.is_some(),
            Self::Both => true,
        }
    }

    fn prefixes(self, module: &ModuleName) -> Vec<String> {
        match self {
            Self::No => vec![Key::tips(module)],
            Self::Yes => vec![Key::archived_tips(module)],
            Self::Both => vec![Key::tips(module), Key::archived_tips(module)],
        }
    }
}

/// The greatest number of milliseconds that a tip's name counts down from: until the year 2286.
const LAST_MILLIS: i64 = 9_999_999_999_999;

/// Digits of a number of milliseconds.
const MILLIS: usize = 13;

/// What stands between the parts of a tip's name. A label's name may hold it, too: all other parts have fixed lengths.
const BETWEEN: char = '~';

impl LabelHead {
    /// The name of the label's tip. Names of what was moved, or archived, later sort first.
    pub(crate) fn tip(&self) -> String {
        let Self { label, commit, stamp, created, updated, archived } = self;
        let at = LAST_MILLIS - archived.unwrap_or(*updated).millis();
        let (created, updated) = (created.millis(), updated.millis());
        let label = element(label.as_str());
        format!("{at:013}~{updated:013}~{created:013}~{label}~{commit}~{stamp}")
    }

    /// Reads the name of a tip, archived or not.
    pub(crate) fn read(path: &str) -> Option<Self> {
        let (folder, name) = path.rsplit_once('/')?;
        let (at, rest) = millis(name)?;
        let (updated, rest) = millis(rest)?;
        let (created, rest) = millis(rest)?;
        let (rest, stamp) = rest.rsplit_once(BETWEEN)?;
        let (label, commit) = rest.rsplit_once(BETWEEN)?;
        let time = Timestamp::from_millis;
        Some(Self {
            label: percent_decode_str(label).decode_utf8().ok()?.parse().ok()?,
            commit: commit.parse().ok()?,
            stamp: stamp.parse().ok()?,
            created: time(created),
            updated: time(updated),
            archived: folder.ends_with("/archived").then(|| time(LAST_MILLIS - at)),
        })
    }
}

/// Puts a tip; `false` if it was there.
async fn put_tip<B: Bucket>(
    store: &Store<B>,
    module: &ModuleName,
    head: &LabelHead,
) -> Result<bool, BucketError> {
    store.create_bytes(&key(module, head, &head.tip()), Vec::new()).await
}

fn key<'a>(module: &'a ModuleName, head: &LabelHead, tip: &'a str) -> Key<'a> {
    match head.archived {
        Some(_) => Key::ArchivedTip(module, tip),
        None => Key::Tip(module, tip),
    }
}

fn path(module: &ModuleName, head: &LabelHead) -> String {
    key(module, head, &head.tip()).path()
}

fn millis(text: &str) -> Option<(i64, &str)> {
    let (digits, rest) = text.split_at_checked(MILLIS)?;
    Some((digits.parse().ok()?, rest.strip_prefix(BETWEEN)?))
}

/// Puts a label's tip where its record says that it belongs, and takes it away from where it was.
pub(crate) async fn follow<B: Bucket>(
    store: &Store<B>,
    module: &ModuleName,
    before: Option<&LabelHead>,
    now: &LabelHead,
) -> Result<(), BucketError> {
    put_tip(store, module, now).await?;
    match before.map(|before| path(module, before)) {
        Some(before) if before != path(module, now) => store.bucket.delete(&[before]).await,
        Some(_) | None => Ok(()),
    }
}

/// All labels of a module, the newest moved first, as their tips are.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn labels<B: Bucket>(
    store: &Store<B>,
    module: &Grant,
    archived: Archived,
) -> Result<Vec<LabelHead>, BucketError> {
    load_labels(store, &module.name, archived).await
}

/// The labels that moved last, or were archived last, the newest first, as their tips are, those behind `after`: one operation, of at
/// most a thousand.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn recent_labels<B: Bucket>(
    store: &Store<B>,
    module: &Grant,
    are_archived: bool,
    after: Option<&str>,
    most: u32,
) -> Result<LabelPage, BucketError> {
    let prefix = match are_archived {
        false => Key::tips(&module.name),
        true => Key::archived_tips(&module.name),
    };
    // What is no tip's name is behind none.
    let after = after.map(|name| format!("{prefix}{name}"));
    let after = after.filter(|path| LabelHead::read(path).is_some());
    let found = store.bucket.list(&prefix, after.as_deref(), most).await?;
    let heads = found.objects.iter().filter_map(|meta| LabelHead::read(&meta.key));
    let last = found.objects.last().and_then(|meta| meta.key.strip_prefix(&prefix));
    let next = last.filter(|_| found.more).map(str::to_owned);
    Ok(LabelPage { heads: newest_of_each(heads.collect()), next })
}

/// [`labels`], for the registry itself: one operation for a thousand of them.
pub(crate) async fn load_labels<B: Bucket>(
    store: &Store<B>,
    module: &ModuleName,
    archived: Archived,
) -> Result<Vec<LabelHead>, BucketError> {
    let mut heads = Vec::new();
    for prefix in archived.prefixes(module) {
        let found = store.list_all(&prefix).await?;
        heads.extend(found.iter().filter_map(|meta| LabelHead::read(&meta.key)));
    }
    Ok(newest_of_each(heads))
}

/// Leaves of several tips of one label the newest.
pub(crate) fn newest_of_each(mut heads: Vec<LabelHead>) -> Vec<LabelHead> {
    heads.sort_by_cached_key(LabelHead::tip);
    let mut seen = BTreeSet::new();
    heads.retain(|head| seen.insert(head.label.clone()));
    heads
}

/// A page of a list of labels.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct LabelPage {
    /// The labels, the newest moved first.
    pub heads: Vec<LabelHead>,
    /// What the next page goes on behind. None: there is none.
    pub next: Option<String>,
}

/// How many listings one page looks through for labels that are wanted. It may have fewer of them for it, and says where the next
/// one goes on.
const LISTINGS: usize = 5;

/// How many labels one listing of a page looks at where not all are wanted.
const LOOKED_AT: u32 = 1000;

/// A page of the labels that are wanted, the newest moved first, those behind `after`. All of them costs one listing and one look
/// at each label's record, which is right where its tip is not.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn newest_labels<B: Bucket>(
    store: &Store<B>,
    module: &Grant,
    archived: Archived,
    after: Option<&str>,
    most: usize,
    wanted: Option<&dyn Fn(&LabelHead) -> bool>,
) -> Result<LabelPage, BucketError> {
    let prefixes = archived.prefixes(&module.name);
    let limit = match wanted {
        Some(_) => LOOKED_AT,
        None => u32::try_from(most).unwrap_or(LOOKED_AT).clamp(1, LOOKED_AT),
    };
    let mut page = LabelPage { next: after.map(str::to_owned), ..LabelPage::default() };
    for _ in 0..LISTINGS {
        let (names, more) = merged(store, &prefixes, page.next.as_deref(), limit).await?;
        let mut candidates = Vec::new();
        let mut names = names.into_iter();
        for path in names.by_ref() {
            let name = path.rsplit_once('/').map_or(path.as_str(), |(_, name)| name);
            page.next = Some(name.to_owned());
            let Some(head) = LabelHead::read(&path) else { continue };
            if wanted.is_none_or(|wanted| wanted(&head)) {
                candidates.push((path, head));
            }
            if page.heads.len() + candidates.len() == most {
                break;
            }
        }
        page.heads.extend(as_recorded(store, &module.name, archived, candidates).await?);
        if names.len() == 0 && !more {
            page.next = None;
            return Ok(page);
        }
        if page.heads.len() >= most {
            return Ok(page);
        }
    }
    Ok(page)
}

/// The next tips of several prefixes, in the order of their names; and whether there are more.
async fn merged<B: Bucket>(
    store: &Store<B>,
    prefixes: &[String],
    after: Option<&str>,
    limit: u32,
) -> Result<(Vec<String>, bool), BucketError> {
    let (mut by_name, mut more, mut last) = (BTreeMap::new(), false, None);
    for prefix in prefixes {
        let after = after.map(|name| format!("{prefix}{name}"));
        let found = store.bucket.list(prefix, after.as_deref(), limit).await?;
        let name = |path: &str| path.strip_prefix(prefix.as_str()).unwrap_or(path).to_owned();
        if found.more {
            more = true;
            // Behind it there may be names that were not listed.
            let end = found.objects.last().map(|meta| name(&meta.key));
            last = [last, end].into_iter().flatten().min();
        }
        by_name.extend(found.objects.into_iter().map(|meta| (name(&meta.key), meta.key)));
    }
    if let Some(last) = last {
        more |= by_name.keys().next_back().is_some_and(|name| *name > last);
        by_name.retain(|name, _| *name <= last);
    }
    Ok((by_name.into_values().collect(), more))
}

/// How many records are looked at at once: as many requests as a Worker has open (Cloudflare, "Workers", limits).
const READ_AT_ONCE: usize = 6;

/// Labels as their records are. What a crash or a race left behind of tips is mended.
async fn as_recorded<B: Bucket>(
    store: &Store<B>,
    module: &ModuleName,
    archived: Archived,
    tips: Vec<(String, LabelHead)>,
) -> Result<Vec<LabelHead>, BucketError> {
    let looks = tips.iter().map(|(_, head)| recorded(store, module, &head.label));
    let mut looks = stream::iter(looks).buffered(READ_AT_ONCE);
    let mut heads = Vec::new();
    for (path, tip) in &tips {
        let Some(found) = looks.next().await else { break };
        match found? {
            Some(record) if record == *tip => heads.push(record),
            // It has a tip further ahead in the list. One without would be in no list, and is shown here this once.
            Some(record) => {
                let was_missing = put_tip(store, module, &record).await?;
                store.bucket.delete(std::slice::from_ref(path)).await?;
                if was_missing && archived.shows(&record) {
                    heads.push(record);
                }
            }
            None => store.bucket.delete(std::slice::from_ref(path)).await?,
        }
    }
    Ok(heads)
}

/// A label as its record's metadata say.
pub(crate) async fn recorded<B: Bucket>(
    store: &Store<B>,
    module: &ModuleName,
    label: &Label,
) -> Result<Option<LabelHead>, BucketError> {
    let found = store.bucket.head(&Key::Label(module, label).path()).await?;
    Ok(found.and_then(|meta| of_metadata(&meta)))
}

fn of_metadata(meta: &Meta) -> Option<LabelHead> {
    let text = |name| meta.metadata.get(name).map(String::as_str);
    let time = |name| text(name).and_then(Timestamp::parse);
    Some(LabelHead {
        label: percent_decode_str(text(name::LABEL)?).decode_utf8().ok()?.parse().ok()?,
        commit: text(name::COMMIT)?.parse().ok()?,
        stamp: text(name::STAMP)?.parse().ok()?,
        created: time(name::CREATED)?,
        updated: time(name::UPDATED)?,
        archived: time(name::ARCHIVED),
    })
}

impl LabelHead {
    /// What the metadata of the label's record say.
    pub(crate) fn metadata(&self) -> BTreeMap<String, String> {
        let Self { label, commit, stamp, created, updated, archived } = self;
        let mut all = BTreeMap::from([
            (name::LABEL, element(label.as_str())),
            (name::COMMIT, commit.to_string()),
            (name::STAMP, stamp.to_string()),
            (name::CREATED, created.rfc3339()),
            (name::UPDATED, updated.rfc3339()),
        ]);
        all.extend(archived.map(|at| (name::ARCHIVED, at.rfc3339())));
        all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// The names of what stands in a record's metadata.
mod name {
    pub(super) const LABEL: &str = "label";
    pub(super) const COMMIT: &str = "commit";
    pub(super) const STAMP: &str = "stamp";
    pub(super) const CREATED: &str = "created";
    pub(super) const UPDATED: &str = "updated";
    pub(super) const ARCHIVED: &str = "archived";
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(label: &str, updated: i64, archived: Option<i64>) -> LabelHead {
        LabelHead {
            label: label.parse().unwrap(),
            commit: "0123456789abcdef0123456789abcdef".parse().unwrap(),
            stamp: "20260102030405".parse().unwrap(),
            created: Timestamp::from_millis(5),
            updated: Timestamp::from_millis(updated),
            archived: archived.map(Timestamp::from_millis),
        }
    }

    #[test]
    fn tips_say_all_that_lists_show() {
        let module: ModuleName = "acme/weather".parse().unwrap();
        let longest = "~".repeat(250);
        for label in [
            "main",
            "feature/ä~b",
            "~",
            "a~0123456789abcdef0123456789abcdef~20260102030405",
            &longest,
        ] {
            for archived in [None, Some(1_767_225_600_123)] {
                let head = head(label, 1_767_225_600_000, archived);
                let path = path(&module, &head);
                assert_eq!(LabelHead::read(&path), Some(head), "{path}");
            }
        }
        for other in ["", "a/b", "a/1~2~3~x~y~z", "live/tip/"] {
            assert_eq!(LabelHead::read(other), None, "{other}");
        }
    }

    #[test]
    fn what_moved_last_sorts_first() {
        let tips: Vec<String> = [(9, None), (1_000, None), (5, Some(2_000))]
            .map(|(updated, archived)| head("x", updated, archived).tip())
            .into();
        assert!(tips[2] < tips[1] && tips[1] < tips[0], "{tips:?}");
    }

    #[test]
    fn the_longest_name_fits_a_key() {
        let module: ModuleName = "o"
            .repeat(32)
            .parse::<protoedge_sdk::OwnerName>()
            .map(|owner| {
                (1..=100).rev().find_map(|n| ModuleName::new(owner.as_str(), &"m".repeat(n)).ok())
            })
            .unwrap()
            .unwrap();
        let head = head(&"%".repeat(250), 1, Some(1));
        let path = path(&module, &head);
        // R2, "Limits": object key length.
        assert!(path.len() <= 1024, "{}", path.len());
    }
}
