use crate::{
    Bucket, BucketError, Moment, Store,
    bucket::{Put, When},
    key::Key,
};
use protoedge_sdk::{Failure, FailureKind, Sdk};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How far an SDK is: one object, changed only by conditional put, never deleted. A stored artifact
/// beats every state.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "state")]
pub enum Making {
    /// Somebody wants it; no generator has said that it is at work.
    Wanted {
        /// The job's id.
        job: String,
        /// Since when.
        since: Moment,
        /// When the job was last sent.
        sent: Moment,
        /// Which attempt this is, from 1.
        attempt: u32,
        /// How often all attempts had failed before.
        failures: u32,
    },
    /// A generator is at work, or has it in its queue.
    Running {
        /// The job's id.
        job: String,
        /// Which attempt this is, from 1.
        attempt: u32,
        /// Silence beyond this means that the generator is dead.
        deadline: Moment,
        /// How often all attempts had failed before.
        failures: u32,
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
        until: Moment,
        /// How often all attempts have failed.
        failures: u32,
    },
}

/// A job that no generator accepted for this long is sent again.
const RESEND: Duration = Duration::from_secs(5);

/// A generator says that it is alive every 5 s: four missed signs mean that it is not.
const SILENCE: Duration = Duration::from_secs(20);

/// Attempts before a rest.
const ATTEMPTS: u32 = 3;

/// The rests, longer each time; the last one repeats.
const RESTS: [Duration; 4] = [
    Duration::from_secs(60),
    Duration::from_secs(5 * 60),
    Duration::from_secs(15 * 60),
    Duration::from_secs(60 * 60),
];

/// What somebody who wants an SDK finds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Asked {
    /// Nobody is at it: send this job.
    Send {
        /// The job's id.
        job: String,
    },
    /// Somebody is at it, or it is done: look again in a moment.
    Wait,
    /// It will not be made.
    Rejected {
        /// What the plugin said.
        words: String,
    },
    /// Not now.
    Resting {
        /// When again.
        until: Moment,
    },
}

/// What to write, if anything, and what to tell whoever asked.
#[derive(Debug, Eq, PartialEq)]
struct Decision {
    write: Option<Making>,
    answer: Asked,
}

impl Decision {
    fn tell(answer: Asked) -> Self {
        Self { write: None, answer }
    }

    fn order(job: String, now: Moment, attempt: u32, failures: u32) -> Self {
        let answer = Asked::Send { job: job.clone() };
        Self {
            write: Some(Making::Wanted { job, since: now, sent: now, attempt, failures }),
            answer,
        }
    }
}

impl Making {
    /// What somebody who wants the SDK now does, where `current` is what is stored.
    fn ask(current: Option<&Self>, now: Moment, fresh_job: String, generator: &str) -> Decision {
        match current {
            None => Decision::order(fresh_job, now, 1, 0),
            Some(Self::Wanted { sent, .. }) if now.since(*sent) < RESEND => {
                Decision::tell(Asked::Wait)
            }
            Some(Self::Wanted { job, since, attempt, failures, .. }) => Decision {
                write: Some(Self::Wanted {
                    job: job.clone(),
                    since: *since,
                    sent: now,
                    attempt: *attempt,
                    failures: *failures,
                }),
                answer: Asked::Send { job: job.clone() },
            },
            Some(Self::Running { deadline, .. }) if now < *deadline => Decision::tell(Asked::Wait),
            Some(Self::Running { attempt, failures, .. }) => {
                Self::next_attempt(*attempt, *failures, now, fresh_job)
            }
            Some(Self::Done) => Decision::order(fresh_job, now, 1, 0),
            Some(Self::Rejected { words, generator: by, .. }) if by == generator => {
                Decision::tell(Asked::Rejected { words: words.clone() })
            }
            Some(Self::Rejected { .. }) => Decision::order(fresh_job, now, 1, 0),
            Some(Self::Resting { until, .. }) if now < *until => {
                Decision::tell(Asked::Resting { until: *until })
            }
            Some(Self::Resting { failures, .. }) => Decision::order(fresh_job, now, 1, *failures),
        }
    }

    /// What follows a dead or troubled attempt.
    fn next_attempt(attempt: u32, failures: u32, now: Moment, fresh_job: String) -> Decision {
        if attempt < ATTEMPTS {
            return Decision::order(fresh_job, now, attempt + 1, failures);
        }
        let rest = RESTS[(failures as usize).min(RESTS.len() - 1)];
        let until = now + rest;
        Decision {
            write: Some(Self::Resting { until, failures: failures + 1 }),
            answer: Asked::Resting { until },
        }
    }

    /// A sign of life of a job; `None` if another job has taken over or there is nothing to note.
    fn alive(&self, job: &str, now: Moment) -> Option<Self> {
        let (attempt, failures) = self.attempt_of(job)?;
        Some(Self::Running { job: job.into(), attempt, deadline: now + SILENCE, failures })
    }

    /// A job's failure; `None` if it does not count any more.
    fn failed(
        &self,
        job: &str,
        failure: &Failure,
        (revision, generator): (u32, &str),
        now: Moment,
        fresh_job: String,
    ) -> Option<Decision> {
        let (attempt, failures) = self.attempt_of(job)?;
        Some(match failure.kind {
            FailureKind::Trouble => Self::next_attempt(attempt, failures, now, fresh_job),
            FailureKind::Rejected => Decision {
                write: Some(Self::Rejected {
                    words: failure.message.clone(),
                    revision,
                    generator: generator.into(),
                }),
                answer: Asked::Rejected { words: failure.message.clone() },
            },
        })
    }

    fn attempt_of(&self, of: &str) -> Option<(u32, u32)> {
        match self {
            Self::Wanted { job, attempt, failures, .. }
            | Self::Running { job, attempt, failures, .. } => {
                (job == of).then_some((*attempt, *failures))
            }
            Self::Done | Self::Rejected { .. } | Self::Resting { .. } => None,
        }
    }
}

impl<B: Bucket> Store<B> {
    /// How far an SDK is.
    pub async fn making(&self, sdk: &Sdk) -> Result<Option<Making>, BucketError> {
        Ok(self.load(&Key::Making(sdk)).await?.map(|(making, _)| making))
    }

    /// Wants an SDK that is not there. Of many who ask at once, one is told to send the job.
    /// `generator` is the version that the catalogue was published by.
    pub async fn ask(&self, sdk: &Sdk, generator: &str) -> Result<Asked, BucketError> {
        let key = Key::Making(sdk);
        let current = self.load::<Making>(&key).await?;
        let making = current.as_ref().map(|(making, _)| making);
        // It was stored after the caller looked. If it is gone, somebody removed it by hand.
        if making == Some(&Making::Done) && self.artifact_meta(sdk).await?.is_some() {
            return Ok(Asked::Wait);
        }
        let decision = Making::ask(making, self.now(), self.nonce(), generator);
        let Some(write) = decision.write else { return Ok(decision.answer) };
        let when = current.map_or(When::Absent, |(_, etag)| When::Matches(etag));
        match self.save(&key, &write, when).await? {
            Put::Stored(_) => Ok(decision.answer),
            // Somebody else is at it.
            Put::Failed | Put::Contended => Ok(Asked::Wait),
        }
    }

    /// Ends a rejection or a rest: the next attempt is the first one. The job to send, or `None` where
    /// somebody is at it or it is done.
    pub async fn try_again(&self, sdk: &Sdk) -> Result<Option<String>, BucketError> {
        let decision = Decision::order(self.nonce(), self.now(), 1, 0);
        let stored = self
            .update(&Key::Making(sdk), |making| match making {
                Some(Making::Rejected { .. } | Making::Resting { .. }) => decision.write.clone(),
                Some(Making::Wanted { .. } | Making::Running { .. } | Making::Done) | None => None,
            })
            .await?;
        Ok(match decision.answer {
            Asked::Send { job } if stored == decision.write => Some(job),
            _ => None,
        })
    }

    /// Notes a sign of life. `false`: the making names another job.
    pub async fn alive(&self, sdk: &Sdk, job: &str) -> Result<bool, BucketError> {
        let key = Key::Making(sdk);
        for _ in 0..3 {
            let Some((making, etag)) = self.load::<Making>(&key).await? else { return Ok(false) };
            let Some(next) = making.alive(job, self.now()) else { return Ok(false) };
            match self.save(&key, &next, When::Matches(etag)).await? {
                // Contended: whoever writes it now leaves room for the next sign in 5 s.
                Put::Stored(_) | Put::Contended => return Ok(true),
                Put::Failed => {}
            }
        }
        Ok(true)
    }

    /// Notes a failure, if the making still names the job. Says whether another attempt is due.
    /// `generator` is the version that the catalogue was published by.
    pub async fn failed(
        &self,
        sdk: &Sdk,
        job: &str,
        failure: &Failure,
        generator: &str,
    ) -> Result<Option<Asked>, BucketError> {
        let (now, fresh) = (self.now(), self.nonce());
        let by = (sdk.version.revision, generator);
        let decide = |making: Option<&Making>| {
            making.and_then(|making| making.failed(job, failure, by, now, fresh.clone()))
        };
        let before = self.making(sdk).await?;
        let Some(decision) = decide(before.as_ref()) else { return Ok(None) };
        let stored =
            self.update(&Key::Making(sdk), |making| decide(making).and_then(|it| it.write)).await?;
        // Somebody has taken the job over meanwhile: another one is at it already.
        if stored != decision.write {
            return Ok(None);
        }
        if matches!(failure.kind, FailureKind::Rejected) {
            self.forget_order(sdk).await?;
        }
        Ok(Some(decision.answer))
    }

    /// Notes that the artifact is stored.
    pub(crate) async fn done(&self, sdk: &Sdk) -> Result<(), BucketError> {
        let change =
            |making: Option<&Making>| (making != Some(&Making::Done)).then_some(Making::Done);
        self.update(&Key::Making(sdk), change).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Moment {
        Moment::from_millis(seconds * 1000)
    }

    fn ask(current: Option<&Making>, seconds: i64) -> Decision {
        Making::ask(current, at(seconds), "new".into(), "1")
    }

    fn trouble() -> Failure {
        Failure { kind: FailureKind::Trouble, message: "died".into(), generator: "1".into() }
    }

    fn write(decision: Decision) -> Making {
        decision.write.unwrap()
    }

    #[test]
    fn the_first_sends_and_others_wait() {
        let wanted = write(ask(None, 0));
        assert_eq!(ask(Some(&wanted), 4), Decision::tell(Asked::Wait));
        let again = ask(Some(&wanted), 5);
        assert_eq!(again.answer, Asked::Send { job: "new".into() });
        assert_eq!(ask(again.write.as_ref(), 9).answer, Asked::Wait);
    }

    #[test]
    fn silence_for_twenty_seconds_starts_another_attempt() {
        let wanted = write(ask(None, 0));
        let running = wanted.alive("new", at(1)).unwrap();
        assert_eq!(running.alive("other", at(2)), None);
        assert_eq!(ask(Some(&running), 20).answer, Asked::Wait);
        let Making::Wanted { attempt, .. } = write(ask(Some(&running), 21)) else { panic!() };
        assert_eq!(attempt, 2);
    }

    #[test]
    fn three_attempts_then_rests_that_grow() {
        let mut making = write(ask(None, 0));
        let mut now = 0;
        for rest in [60, 300, 900, 3600, 3600] {
            for _ in 0..2 {
                making = write(
                    making.failed("new", &trouble(), (1, "1"), at(now), "new".into()).unwrap(),
                );
                assert!(matches!(making, Making::Wanted { .. }));
            }
            making =
                write(making.failed("new", &trouble(), (1, "1"), at(now), "new".into()).unwrap());
            assert_eq!(ask(Some(&making), now).answer, Asked::Resting { until: at(now + rest) });
            now += rest;
            making = write(ask(Some(&making), now));
        }
    }

    #[test]
    fn a_rejection_lasts_until_another_generator() {
        let failure =
            Failure { kind: FailureKind::Rejected, message: "no".into(), generator: "1".into() };
        let wanted = write(ask(None, 0));
        assert_eq!(wanted.failed("old", &failure, (1, "1"), at(0), "x".into()), None);
        let rejected = write(wanted.failed("new", &failure, (1, "1"), at(0), "x".into()).unwrap());
        let answer = Asked::Rejected { words: "no".into() };
        assert_eq!(ask(Some(&rejected), 9_999_999).answer, answer);
        let other = Making::ask(Some(&rejected), at(1), "new".into(), "2");
        assert_eq!(other.answer, Asked::Send { job: "new".into() });
        assert_eq!(rejected.failed("new", &failure, (1, "1"), at(0), "x".into()), None);
    }
}
