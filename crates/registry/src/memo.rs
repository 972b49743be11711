use crate::{ETag, Module, Moment, User};
use protoedge_sdk::{Catalogue, ModuleName};
use std::{cell::RefCell, collections::HashMap, hash::Hash, rc::Rc, time::Duration};

/// What is remembered between requests, for 30 seconds: the catalogue, visibility and tokens. Only
/// what was found; absence is asked for anew each time.
#[derive(Default)]
pub struct Memo {
    pub(crate) catalogue: Kept<(), Rc<Published>>,
    pub(crate) modules: Kept<ModuleName, Rc<Module>>,
    pub(crate) users: Kept<String, User>,
}

/// The catalogue with the version of the generator that published it.
#[derive(Debug, Default)]
pub struct Published {
    /// All plugins.
    pub catalogue: Catalogue,
    /// A rejection by another generator version is tried once more.
    pub generator: String,
    /// The object that it was read from; none before the first catalogue.
    pub(crate) etag: Option<ETag>,
}

/// How long something is remembered: short enough that a change is seen within a coffee's first sip,
/// long enough that a burst of requests asks the bucket once.
const KEPT: Duration = Duration::from_secs(30);

/// More than a busy Worker sees in 30 seconds, less than its memory minds.
const MOST: usize = 1000;

pub(crate) struct Kept<K, V>(RefCell<HashMap<K, (Moment, V)>>);

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self(RefCell::new(HashMap::new()))
    }
}

impl<K: Eq + Hash, V: Clone> Kept<K, V> {
    pub(crate) fn get(&self, key: &K, now: Moment) -> Option<V> {
        let kept = self.0.borrow();
        kept.get(key).filter(|(at, _)| now.since(*at) < KEPT).map(|(_, value)| value.clone())
    }

    pub(crate) fn keep(&self, key: K, value: V, now: Moment) {
        let mut kept = self.0.borrow_mut();
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(key, (now, value));
    }

    pub(crate) fn forget(&self, key: &K) {
        self.0.borrow_mut().remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_for_thirty_seconds() {
        let kept = Kept::default();
        let at = |seconds: i64| Moment::from_millis(seconds * 1000);
        kept.keep("a", 1, at(0));
        assert_eq!(kept.get(&"a", at(29)), Some(1));
        assert_eq!(kept.get(&"a", at(30)), None);
        assert_eq!(kept.get(&"b", at(0)), None);
        kept.forget(&"a");
        assert_eq!(kept.get(&"a", at(0)), None);
    }
}
