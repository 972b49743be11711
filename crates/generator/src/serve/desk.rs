use protoedge_sdk::Job;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The jobs that were accepted and are not over yet.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    /// Package and version of the SDK, by the job's id.
    jobs: Arc<Mutex<HashMap<String, (String, String)>>>,
    capacity: usize,
}

/// Why a job was not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Busy {
    /// It is here, or another job for the same SDK.
    Known,
    /// Too many others are here.
    Full,
}

/// A place at the desk, free again when this is dropped.
#[derive(Debug)]
pub(super) struct Ticket {
    desk: Desk,
    id: String,
}

impl Desk {
    /// A desk with this many places.
    pub(super) fn new(capacity: usize) -> Self {
        Self { jobs: Arc::default(), capacity }
    }

    /// Takes a place for a job.
    pub(super) fn take(&self, job: &Job) -> Result<Ticket, Busy> {
        let mut jobs = self.lock();
        let sdk = (job.sdk.package.clone(), job.sdk.version.clone());
        if jobs.contains_key(&job.id) || jobs.values().any(|taken| *taken == sdk) {
            return Err(Busy::Known);
        }
        if jobs.len() >= self.capacity {
            return Err(Busy::Full);
        }
        jobs.insert(job.id.clone(), sdk);
        Ok(Ticket { desk: self.clone(), id: job.id.clone() })
    }

    /// How many places are taken.
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, (String, String)>> {
        // Every change is one call: a panic leaves no half of it.
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.desk.lock().remove(&self.id);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use serde_json::json;

    pub(crate) fn job(id: &str, version: &str) -> Job {
        serde_json::from_value(json!({
            "id": id, "token": "t", "expires": "2026-11-21T12:00:00Z",
            "sdk": {"ecosystem": "go", "package": "p", "version": version, "manifest": ""},
            "plugin": {"name": "a1/b1", "version": "v1.0.0", "revision": 1, "digest": "", "options": []},
            "modules": [], "callback": "http://127.0.0.1/-/jobs/1",
        }))
        .unwrap()
    }

    #[test]
    fn takes_each_sdk_once_and_not_too_many() {
        let desk = Desk::new(2);
        let first = desk.take(&job("1", "v1")).unwrap();
        assert_eq!(desk.take(&job("1", "v9")).err(), Some(Busy::Known), "same job");
        assert_eq!(desk.take(&job("9", "v1")).err(), Some(Busy::Known), "same SDK");
        let _second = desk.take(&job("2", "v2")).unwrap();
        assert_eq!(desk.take(&job("3", "v3")).err(), Some(Busy::Full));
        assert_eq!(desk.take(&job("9", "v1")).err(), Some(Busy::Known), "full, but known");
        drop(first);
        assert!(desk.take(&job("3", "v3")).is_ok());
    }
}
