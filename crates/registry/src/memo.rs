use crate::{
    Commit, GenerationState, Module, Owner, User,
    accounts::{session::SignedIn, user::TokenId},
    search::{ModuleIndex, ReadIndex},
};
use protoedge_sdk::{Catalogue, ModuleName, OwnerName, Sdk, ShortCommit};
use protoedge_storage::{ETag, Timestamp};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashMap},
    hash::Hash,
    rc::Rc,
    time::Duration,
};

/// For how many seconds it is remembered who may do what.
pub(crate) const ACCESS_SECONDS: u64 = 10;
const ACCESS_MILLIS: u64 = ACCESS_SECONDS * 1000;

/// For how many milliseconds it is remembered how far an SDK is: many clients wait for one at once, and what is new to one of
/// them a moment later is no delay.
const STATE_MILLIS: u64 = 300;

/// What is remembered between requests: the catalogue for 30 seconds, public modules, their commits for pages, owners, tokens, sessions,
/// the index of modules and what is closed for 10, how far SDKs are for less than one, and no token beyond its end. Only what was found; absence is asked for anew each time.
#[derive(Default)]
pub struct Memo {
    pub(crate) catalogue: Kept<(), Rc<PublishedCatalogue>, 30_000>,
    pub(crate) modules: Kept<ModuleName, Rc<Module>, ACCESS_MILLIS>,
    pub(crate) commits: Kept<(ModuleName, ShortCommit), Rc<Commit>, ACCESS_MILLIS>,
    pub(crate) owners: Kept<OwnerName, Rc<Owner>, ACCESS_MILLIS>,
    pub(crate) users: Kept<String, KnownUser, ACCESS_MILLIS>,
    pub(crate) sessions: Kept<String, SignedIn, ACCESS_MILLIS>,
    pub(crate) seal_key: Kept<(), Rc<str>, 30_000>,
    pub(crate) token_uses: TokenUses,
    pub(crate) states: Kept<Sdk, GenerationState, STATE_MILLIS>,
    pub(crate) index: Kept<(), Rc<ModuleIndex>, ACCESS_MILLIS>,
    pub(crate) stored_index: Kept<(), ReadIndex, ACCESS_MILLIS>,
    pub(crate) closed: Kept<(), Rc<BTreeSet<ModuleName>>, ACCESS_MILLIS>,
}

/// The commits that one request has read. They never change.
#[derive(Default)]
pub(crate) struct SeenCommits(RefCell<BTreeMap<(ModuleName, ShortCommit), Commit>>);

/// More than most requests read; those that walk whole histories read each commit once anyway.
const MOST_SEEN: usize = 20;

impl SeenCommits {
    pub(crate) fn get(&self, module: &ModuleName, short: &ShortCommit) -> Option<Commit> {
        self.0.borrow().get(&(module.clone(), short.clone())).cloned()
    }

    pub(crate) fn keep(&self, commit: &Commit) {
        let mut seen = self.0.borrow_mut();
        if seen.len() < MOST_SEEN {
            seen.insert((commit.module.clone(), commit.id.short()), commit.clone());
        }
    }
}

/// On which days this machine saw tokens, and what of it is not written down yet.
#[derive(Default)]
pub(crate) struct TokenUses(RefCell<NotedUses>);

#[derive(Default)]
struct NotedUses {
    seen: HashMap<TokenId, String>,
    unwritten: Vec<TokenUse>,
}

/// A user, the user's token and the day of a use, as in 2026-01-31.
pub(crate) type TokenUse = (OwnerName, TokenId, String);

impl TokenUses {
    pub(crate) fn note(&self, user: &OwnerName, token: &TokenId, now: Timestamp) {
        let day = now.rfc3339()[.."2026-01-31".len()].to_owned();
        let mut uses = self.0.borrow_mut();
        if uses.seen.get(token) == Some(&day) {
            return;
        }
        if uses.seen.len() >= MOST {
            uses.seen.clear();
        }
        uses.seen.insert(token.clone(), day.clone());
        uses.unwritten.push((user.clone(), token.clone(), day));
    }

    pub(crate) fn take(&self) -> Vec<TokenUse> {
        std::mem::take(&mut self.0.borrow_mut().unwritten)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().unwritten.is_empty()
    }
}

/// Whose a token is, and until when it is good.
#[derive(Clone)]
pub(crate) struct KnownUser {
    pub(crate) user: User,
    pub(crate) expires: Timestamp,
    /// Whether lists show it, with the day of its last use.
    pub(crate) is_listed: bool,
}

/// The catalogue with the version of the generator that published it.
#[derive(Debug, Default)]
pub struct PublishedCatalogue {
    /// All plugins.
    pub catalogue: Catalogue,
    /// A rejection by another generator version is tried once more.
    pub generator: String,
    /// The object that it was read from; none before the first catalogue.
    pub(crate) etag: Option<ETag>,
}

/// More than a busy Worker sees while it remembers, less than its memory minds.
const MOST: usize = 1000;

/// What is remembered for so many milliseconds: short enough that a change is soon seen, long enough that a burst of
/// requests asks the bucket once.
pub(crate) struct Kept<K, V, const MILLIS: u64>(RefCell<HashMap<K, (Timestamp, V)>>);

impl<K, V, const MILLIS: u64> Default for Kept<K, V, MILLIS> {
    fn default() -> Self {
        Self(RefCell::new(HashMap::new()))
    }
}

impl<K: Eq + Hash, V: Clone, const MILLIS: u64> Kept<K, V, MILLIS> {
    pub(crate) fn get(&self, key: &K, now: Timestamp) -> Option<V> {
        let is_good = |at: Timestamp| now.since(at) < Duration::from_millis(MILLIS);
        let kept = self.0.borrow();
        kept.get(key).filter(|(at, _)| is_good(*at)).map(|(_, value)| value.clone())
    }

    /// What was remembered last, however long ago: to ask whether it is still so.
    pub(crate) fn latest(&self, key: &K) -> Option<V> {
        self.0.borrow().get(key).map(|(_, value)| value.clone())
    }

    pub(crate) fn keep(&self, key: K, value: V, now: Timestamp) {
        let mut kept = self.0.borrow_mut();
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(key, (now, value));
    }

    pub(crate) fn clear(&self) {
        self.0.borrow_mut().clear();
    }

    pub(crate) fn forget(&self, key: &K) {
        self.0.borrow_mut().remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_for_so_many_seconds() {
        let kept = Kept::<_, _, 30_000>::default();
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1000);
        kept.keep("a", 1, at(0));
        assert_eq!(kept.get(&"a", at(29)), Some(1));
        assert_eq!(kept.get(&"a", at(30)), None);
        assert_eq!(kept.get(&"b", at(0)), None);
        kept.forget(&"a");
        assert_eq!(kept.get(&"a", at(0)), None);
    }
}
