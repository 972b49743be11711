//! What a machine remembers of issuers: values only, never anything to wait on.

use protoedge_oauth::{Issuer, KeySet, Provider};
use protoedge_storage::Timestamp;
use std::{cell::RefCell, collections::HashMap, rc::Rc, time::Duration};

/// More issuers than any registry knows.
const MOST_KNOWN: usize = 100;

/// What this machine knows of issuers.
#[derive(Default)]
pub struct Issuers(RefCell<HashMap<Issuer, Known>>);

#[derive(Clone, Default)]
pub(super) struct Known {
    pub(super) provider: Option<Kept<Provider>>,
    pub(super) keys: Option<Kept<KeySet>>,
    pub(super) failed: Option<(Timestamp, String)>,
}

/// A document.
#[derive(Debug)]
pub(super) struct Kept<T> {
    pub(super) value: Rc<T>,
    /// When it was asked for.
    pub(super) at: Timestamp,
    /// How long it is kept.
    pub(super) lasts: Duration,
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), at: self.at, lasts: self.lasts }
    }
}

impl<T> Kept<T> {
    pub(super) fn is_good(&self, now: Timestamp) -> bool {
        now.since(self.at) < self.lasts
    }
}

impl Issuers {
    pub(super) fn known(&self, issuer: &Issuer) -> Known {
        self.0.borrow().get(issuer).cloned().unwrap_or_default()
    }

    pub(super) fn change(&self, issuer: &Issuer, change: impl FnOnce(&mut Known)) {
        let mut all = self.0.borrow_mut();
        if all.len() >= MOST_KNOWN && !all.contains_key(issuer) {
            all.clear();
        }
        change(all.entry(issuer.clone()).or_default());
    }
}
