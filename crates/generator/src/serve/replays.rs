//! Messages and jobs that were here lately, so that a message which is repeated has no work done twice.

use protoedge_sdk::WebhookSecret;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// What a webhook's signed headers say of the message.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Message {
    /// The job that it orders: the registry signs each sending of one anew, with its time.
    pub(super) id: String,
    /// When it was signed, in seconds since 1970.
    pub(super) at: i64,
}

/// The messages that were accepted, for as long as their time stamps are, and the jobs whose end the
/// registry knows. A job that it does not know the end of may be sent again, and is made again.
#[derive(Debug, Default)]
pub(super) struct Replays {
    /// Each until this second since 1970.
    until: Mutex<HashMap<Seen, i64>>,
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
enum Seen {
    Message(Message),
    Told { job: String },
}

impl Replays {
    /// Remembers a message. `false`: it was accepted before, or its job is over and the registry knows.
    pub(super) fn note(&self, message: &Message, now: i64) -> bool {
        let mut until = self.lock();
        until.retain(|_, until| now <= *until);
        if until.contains_key(&Seen::Told { job: message.id.clone() }) {
            return false;
        }
        let seen = Seen::Message(message.clone());
        until.insert(seen, message.at.saturating_add(WebhookSecret::TOLERANCE)).is_none()
    }

    /// Forgets a message that was not accepted after all.
    pub(super) fn forget(&self, message: &Message) {
        self.lock().remove(&Seen::Message(message.clone()));
    }

    /// Remembers that the registry knows how a job ended.
    pub(super) fn told(&self, job: &str, now: i64) {
        let until = now.saturating_add(WebhookSecret::TOLERANCE);
        self.lock().insert(Seen::Told { job: job.into() }, until);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Seen, i64>> {
        // Every change is one call: a panic leaves no half of it.
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str, at: i64) -> Message {
        Message { id: id.into(), at }
    }

    #[test]
    fn a_message_counts_once() {
        let replays = Replays::default();
        assert!(replays.note(&message("1", 1000), 1000));
        assert!(!replays.note(&message("1", 1000), 1000), "again at once");
        assert!(!replays.note(&message("1", 1000), 1300), "as long as its time stamp is good");
        assert!(replays.note(&message("1", 1005), 1300), "sent anew");
        assert!(replays.note(&message("2", 1000), 1300), "another job");
        replays.forget(&message("2", 1000));
        assert!(replays.note(&message("2", 1000), 1300), "it was not accepted");
    }

    #[test]
    fn a_job_that_is_over_is_not_made_again() {
        let replays = Replays::default();
        assert!(replays.note(&message("1", 1000), 1000));
        replays.told("1", 1010);
        assert!(!replays.note(&message("1", 1012), 1012), "sent before the registry knew");
        assert!(replays.note(&message("2", 1012), 1012));
        assert!(replays.note(&message("1", 1311), 1311), "no message from before is good any more");
        assert_eq!(replays.lock().len(), 2, "what is over is forgotten");
    }
}
