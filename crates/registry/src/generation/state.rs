use protoedge_sdk::{Failure, FailureKind, Priority, protocol::timing};
use protoedge_storage::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How far an SDK is: one object, changed only by conditional put, never deleted. A stored artifact
/// beats every state.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "state")]
pub enum GenerationState {
    /// It is wanted; no generator has said that it is at work.
    Wanted {
        /// The job's id.
        job: String,
        /// Since when.
        since: Timestamp,
        /// When the job was last sent.
        sent: Timestamp,
        /// What goes on from job to job.
        #[serde(flatten)]
        effort: Effort,
    },
    /// A generator is at work, or has it in its queue.
    Running {
        /// The job's id.
        job: String,
        /// Since when it is wanted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<Timestamp>,
        /// Silence beyond this means that the generator is dead.
        deadline: Timestamp,
        /// What goes on from job to job.
        #[serde(flatten)]
        effort: Effort,
    },
    /// It was stored.
    Done,
    /// The plugin said no, and would say so again.
    Rejected {
        /// What it said.
        words: String,
        /// The plugin's revision.
        revision: u32,
        /// The generator version that the catalogue was published by: another one gets a try.
        generator: String,
    },
    /// Several attempts failed; the next ones start later.
    Resting {
        /// When.
        until: Timestamp,
        /// How often all attempts have failed.
        failures: u32,
    },
}

/// What has been tried for an SDK, and for whom.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Effort {
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// How often all attempts had failed before.
    pub failures: u32,
    /// Whether a client waits for it. Once awaited, it stays so.
    #[serde(default)]
    pub priority: Priority,
}

impl Effort {
    pub(crate) fn first(failures: u32, priority: Priority) -> Self {
        Self { attempt: 1, failures, priority }
    }

    /// The same, where one who asks with this priority has come.
    fn joined(self, priority: Priority) -> Self {
        match priority {
            Priority::Awaited => Self { priority, ..self },
            Priority::Background => self,
        }
    }
}

/// Attempts before a rest.
const ATTEMPTS: u32 = 3;

/// The rests, longer each time; the last one repeats.
const RESTS: [Duration; 4] = [
    Duration::from_secs(60),
    Duration::from_secs(5 * 60),
    Duration::from_secs(15 * 60),
    Duration::from_secs(60 * 60),
];

/// What a requester of an SDK finds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Requested {
    /// No generator is at it: send this job.
    Send {
        /// The job's id.
        job: String,
        /// Whether a client waits for it.
        priority: Priority,
    },
    /// A generator is at it, or it is done: look again in a moment.
    Wait,
    /// It will not be made.
    Rejected {
        /// What the plugin said.
        words: String,
    },
    /// Not now.
    Resting {
        /// When again.
        until: Timestamp,
    },
}

/// Who wants an SDK.
#[derive(Clone, Copy, Debug)]
pub struct Requester<'a> {
    /// The generator version that the catalogue was published by: another one than that which rejected
    /// the SDK gets a try.
    pub generator: &'a str,
    /// Whether a client waits.
    pub priority: Priority,
}

/// What to write, if anything, and what to tell the requester.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Decision {
    pub(crate) write: Option<GenerationState>,
    pub(crate) answer: Requested,
}

impl Decision {
    fn tell(answer: Requested) -> Self {
        Self { write: None, answer }
    }

    pub(crate) fn order(job: String, now: Timestamp, effort: Effort) -> Self {
        let answer = Requested::Send { job: job.clone(), priority: effort.priority };
        Self { write: Some(GenerationState::Wanted { job, since: now, sent: now, effort }), answer }
    }
}

impl GenerationState {
    /// What a requester does now, where `current` is what is stored.
    pub(crate) fn ask(
        current: Option<&Self>,
        now: Timestamp,
        fresh_job: String,
        by: Requester<'_>,
    ) -> Decision {
        let first = |failures| Effort::first(failures, by.priority);
        match current {
            None | Some(Self::Done) => Decision::order(fresh_job, now, first(0)),
            Some(Self::Wanted { job, since, sent, effort }) => {
                let (job, effort) = (job.clone(), effort.joined(by.priority));
                let (sent, answer) = if now.since(*sent) < timing::RESEND {
                    (*sent, Requested::Wait)
                } else {
                    (now, Requested::Send { job: job.clone(), priority: effort.priority })
                };
                Self::Wanted { job, since: *since, sent, effort }.instead_of(current, answer)
            }
            Some(Self::Running { job, since, deadline, effort }) => {
                let effort = effort.joined(by.priority);
                if now >= *deadline {
                    return Self::next_attempt(effort, now, fresh_job);
                }
                // The generator hears of a greater priority at its next sign of life.
                Self::Running { job: job.clone(), since: *since, deadline: *deadline, effort }
                    .instead_of(current, Requested::Wait)
            }
            Some(Self::Rejected { words, generator, .. }) if generator == by.generator => {
                Decision::tell(Requested::Rejected { words: words.clone() })
            }
            Some(Self::Rejected { .. }) => Decision::order(fresh_job, now, first(0)),
            Some(Self::Resting { until, .. }) if now < *until => {
                Decision::tell(Requested::Resting { until: *until })
            }
            Some(Self::Resting { failures, .. }) => {
                Decision::order(fresh_job, now, first(*failures))
            }
        }
    }

    fn instead_of(self, current: Option<&Self>, answer: Requested) -> Decision {
        Decision { write: (current != Some(&self)).then_some(self), answer }
    }

    /// What follows a dead or troubled attempt.
    fn next_attempt(effort: Effort, now: Timestamp, fresh_job: String) -> Decision {
        if effort.attempt < ATTEMPTS {
            let next = Effort { attempt: effort.attempt + 1, ..effort };
            return Decision::order(fresh_job, now, next);
        }
        let rest = RESTS[(effort.failures as usize).min(RESTS.len() - 1)];
        let until = now + rest;
        Decision {
            write: Some(Self::Resting { until, failures: effort.failures + 1 }),
            answer: Requested::Resting { until },
        }
    }

    /// A sign of life of a job; `None` if another job has taken over or there is nothing to note.
    pub(crate) fn alive(&self, job: &str, now: Timestamp) -> Option<Self> {
        let effort = self.effort_of(job)?;
        let since = self.since();
        Some(Self::Running { job: job.into(), since, deadline: now + timing::SILENCE, effort })
    }

    /// A job's failure; `None` if it does not count any more.
    pub(crate) fn failed(
        &self,
        job: &str,
        failure: &Failure,
        (revision, generator): (u32, &str),
        now: Timestamp,
        fresh_job: String,
    ) -> Option<Decision> {
        let effort = self.effort_of(job)?;
        Some(match failure.kind {
            FailureKind::Trouble => Self::next_attempt(effort, now, fresh_job),
            FailureKind::Rejected => Decision {
                write: Some(Self::Rejected {
                    words: failure.message.clone(),
                    revision,
                    generator: generator.into(),
                }),
                answer: Requested::Rejected { words: failure.message.clone() },
            },
        })
    }

    /// The plugin's words, where it rejects the module and this version of the generator has nothing to add: another one gets a
    /// try.
    pub fn rejection(&self, generator: &str) -> Option<&str> {
        match self {
            Self::Rejected { words, generator: by, .. } => (by == generator).then_some(words),
            Self::Wanted { .. } | Self::Running { .. } | Self::Done | Self::Resting { .. } => None,
        }
    }

    /// Since when this attempt is wanted; none where none is under way.
    pub fn since(&self) -> Option<Timestamp> {
        match self {
            Self::Wanted { since, .. } => Some(*since),
            Self::Running { since, .. } => *since,
            Self::Done | Self::Rejected { .. } | Self::Resting { .. } => None,
        }
    }

    /// Whether nothing but waiting is to be done for it now.
    pub fn is_under_way(&self, now: Timestamp) -> bool {
        match self {
            Self::Wanted { sent, .. } => now.since(*sent) < timing::RESEND,
            Self::Running { deadline, .. } => now < *deadline,
            Self::Done | Self::Rejected { .. } | Self::Resting { .. } => false,
        }
    }

    /// Whether it is being made before a client waits for it.
    pub fn is_in_background(&self) -> bool {
        match self {
            Self::Wanted { effort, .. } | Self::Running { effort, .. } => {
                effort.priority == Priority::Background
            }
            Self::Done | Self::Rejected { .. } | Self::Resting { .. } => false,
        }
    }

    pub(crate) fn effort_of(&self, of: &str) -> Option<Effort> {
        match self {
            Self::Wanted { job, effort, .. } | Self::Running { job, effort, .. } => {
                (job == of).then_some(*effort)
            }
            Self::Done | Self::Rejected { .. } | Self::Resting { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    fn by(generator: &str, priority: Priority) -> Requester<'_> {
        Requester { generator, priority }
    }

    fn ask(current: Option<&GenerationState>, seconds: i64) -> Decision {
        GenerationState::ask(current, at(seconds), "new".into(), by("1", Priority::Awaited))
    }

    fn send(job: &str) -> Requested {
        Requested::Send { job: job.into(), priority: Priority::Awaited }
    }

    fn trouble() -> Failure {
        Failure { kind: FailureKind::Trouble, message: "died".into(), generator: "1".into() }
    }

    fn write(decision: Decision) -> GenerationState {
        decision.write.unwrap()
    }

    #[test]
    fn the_first_sends_and_others_wait() {
        let wanted = write(ask(None, 0));
        assert_eq!(ask(Some(&wanted), 4), Decision::tell(Requested::Wait));
        let again = ask(Some(&wanted), 5);
        assert_eq!(again.answer, send("new"));
        assert_eq!(ask(again.write.as_ref(), 9).answer, Requested::Wait);
    }

    #[test]
    fn silence_for_twenty_seconds_starts_another_attempt() {
        let wanted = write(ask(None, 0));
        let running = wanted.alive("new", at(1)).unwrap();
        assert_eq!(running.alive("other", at(2)), None);
        assert_eq!(ask(Some(&running), 20).answer, Requested::Wait);
        let GenerationState::Wanted { effort, .. } = write(ask(Some(&running), 21)) else {
            panic!()
        };
        assert_eq!(effort.attempt, 2);
    }

    #[test]
    fn three_attempts_then_rests_that_grow() {
        let mut state = write(ask(None, 0));
        let mut now = 0;
        for rest in [60, 300, 900, 3600, 3600] {
            for _ in 0..2 {
                state = write(
                    state.failed("new", &trouble(), (1, "1"), at(now), "new".into()).unwrap(),
                );
                assert!(matches!(state, GenerationState::Wanted { .. }));
            }
            state =
                write(state.failed("new", &trouble(), (1, "1"), at(now), "new".into()).unwrap());
            assert_eq!(ask(Some(&state), now).answer, Requested::Resting { until: at(now + rest) });
            now += rest;
            state = write(ask(Some(&state), now));
        }
    }

    #[test]
    fn a_rejection_lasts_until_another_generator() {
        let failure =
            Failure { kind: FailureKind::Rejected, message: "no".into(), generator: "1".into() };
        let wanted = write(ask(None, 0));
        assert_eq!(wanted.failed("old", &failure, (1, "1"), at(0), "x".into()), None);
        let rejected = write(wanted.failed("new", &failure, (1, "1"), at(0), "x".into()).unwrap());
        let answer = Requested::Rejected { words: "no".into() };
        assert_eq!(ask(Some(&rejected), 9_999_999).answer, answer);
        let other =
            GenerationState::ask(Some(&rejected), at(1), "new".into(), by("2", Priority::Awaited));
        assert_eq!(other.answer, send("new"));
        assert_eq!(rejected.failed("new", &failure, (1, "1"), at(0), "x".into()), None);
    }

    #[test]
    fn one_who_waits_makes_a_background_job_awaited_and_it_stays_so() {
        let asks = |state: Option<&GenerationState>, seconds, priority| {
            GenerationState::ask(state, at(seconds), "new".into(), by("1", priority))
        };
        let wanted = write(asks(None, 0, Priority::Background));
        let running = wanted.alive("new", at(1)).unwrap();
        for state in [&wanted, &running] {
            assert_eq!(state.effort_of("new").unwrap().priority, Priority::Background);
            assert_eq!(asks(Some(state), 2, Priority::Background), Decision::tell(Requested::Wait));
            let joined = asks(Some(state), 2, Priority::Awaited);
            assert_eq!(joined.answer, Requested::Wait, "it was sent");
            let joined = write(joined);
            assert_eq!(joined.effort_of("new").unwrap().priority, Priority::Awaited);
            assert_eq!(
                asks(Some(&joined), 3, Priority::Background),
                Decision::tell(Requested::Wait)
            );
            assert_eq!(asks(Some(&joined), 99, Priority::Background).answer, send("new"));
        }
    }
}
