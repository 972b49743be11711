//! Which jobs are let in.

use protoedge_sdk::{Job, Priority};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The jobs that were accepted and are not over yet.
#[derive(Clone, Debug)]
pub(super) struct Admission {
    /// Package and version of the SDK, by the job's id.
    jobs: Arc<Mutex<HashMap<String, (String, String)>>>,
    /// Jobs that run and those that wait.
    capacity: usize,
    /// The same for jobs that no client waits for: half of the queue is kept for the others.
    background: usize,
}

/// Why a job was not admitted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Busy {
    /// It is here, or another job for the same SDK.
    Known,
    /// Too many others are here.
    Full,
}

/// An admitted job, which is over when this is dropped.
#[derive(Debug)]
pub(super) struct Ticket {
    admission: Admission,
    id: String,
}

impl Admission {
    /// Room for so many jobs that run and so many that wait.
    pub(super) fn new(running: usize, queue: usize) -> Self {
        Self { jobs: Arc::default(), capacity: running + queue, background: running + queue / 2 }
    }

    /// Admits a job.
    ///
    /// # Errors
    /// [`Busy`] where there is no room for it, or where it is here already.
    pub(super) fn admit(&self, job: &Job, priority: Priority) -> Result<Ticket, Busy> {
        let capacity = match priority {
            Priority::Awaited => self.capacity,
            Priority::Background => self.background,
        };
        let mut jobs = self.lock();
        let sdk = (job.sdk.package.clone(), job.sdk.version.clone());
        if jobs.contains_key(&job.id) || jobs.values().any(|taken| *taken == sdk) {
            return Err(Busy::Known);
        }
        if jobs.len() >= capacity {
            return Err(Busy::Full);
        }
        jobs.insert(job.id.clone(), sdk);
        Ok(Ticket { admission: self.clone(), id: job.id.clone() })
    }

    /// How many jobs are here.
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
        self.admission.lock().remove(&self.id);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use protoedge_sdk::protocol::FORMAT;
    use serde_json::json;

    pub(crate) fn job(id: &str, version: &str) -> Job {
        serde_json::from_value(json!({
            "format": FORMAT, "kind": "sdk", "id": id, "token": "t", "expires": "2026-11-21T12:00:00Z",
            "sdk": {"ecosystem": "go", "package": "p", "version": version, "manifest": ""},
            "plugin": {"name": "a1/b1", "version": "v1.0.0", "revision": 1, "digest": "", "options": []},
            "modules": [], "callback": "http://127.0.0.1/-/jobs/1",
        }))
        .unwrap()
    }

    #[test]
    fn takes_each_sdk_once_and_not_too_many() {
        let admission = Admission::new(1, 1);
        let take = |id, version| admission.admit(&job(id, version), Priority::Awaited);
        let first = take("1", "v1").unwrap();
        assert_eq!(take("1", "v9").err(), Some(Busy::Known), "same job");
        assert_eq!(take("9", "v1").err(), Some(Busy::Known), "same SDK");
        let _second = take("2", "v2").unwrap();
        assert_eq!(take("3", "v3").err(), Some(Busy::Full));
        assert_eq!(take("9", "v1").err(), Some(Busy::Known), "full, but known");
        drop(first);
        assert!(take("3", "v3").is_ok());
    }

    #[test]
    fn keeps_room_for_jobs_that_clients_wait_for() {
        let admission = Admission::new(1, 3);
        let take = |id: &str, priority| admission.admit(&job(id, id), priority);
        let tickets: Vec<_> =
            ["1", "2"].map(|id| take(id, Priority::Background).unwrap()).into_iter().collect();
        assert_eq!(take("3", Priority::Background).err(), Some(Busy::Full));
        let _awaited = ["4", "5"].map(|id| take(id, Priority::Awaited).unwrap());
        assert_eq!(take("6", Priority::Awaited).err(), Some(Busy::Full));
        drop(tickets);
        assert_eq!(take("3", Priority::Background).err(), Some(Busy::Full), "two are awaited");
    }
}
