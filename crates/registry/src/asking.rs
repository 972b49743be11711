use crate::{Asked, Asker, Effort, Making, Store, key::Key, making::Decision};
use protoedge_sdk::{Failure, FailureKind, Sdk, Urgency};
use protoedge_storage::{Bucket, BucketError, Condition, Put};

impl<B: Bucket> Store<B> {
    /// How far an SDK is.
    pub async fn making(&self, sdk: &Sdk) -> Result<Option<Making>, BucketError> {
        Ok(self.load(&Key::Making(sdk)).await?.map(|(making, _)| making))
    }

    /// Wants an SDK that is not there. Of many who ask at once, one is told to send the job.
    pub async fn ask(&self, sdk: &Sdk, by: Asker<'_>) -> Result<Asked, BucketError> {
        let key = Key::Making(sdk);
        let current = self.load::<Making>(&key).await?;
        let making = current.as_ref().map(|(making, _)| making);
        // It was stored after the caller looked. If it is gone, somebody removed it by hand.
        if making == Some(&Making::Done) && self.is_stored(sdk).await? {
            return Ok(Asked::Wait);
        }
        let decision = Making::ask(making, self.now(), self.nonce(), by);
        let Some(write) = decision.write else { return Ok(decision.answer) };
        let condition = current.map_or(Condition::Absent, |(_, etag)| Condition::Matches(etag));
        match self.save(&key, &write, condition).await? {
            Put::Stored(_) => Ok(decision.answer),
            // Somebody else is at it.
            Put::PreconditionFailed | Put::Contended => Ok(Asked::Wait),
        }
    }

    /// Ends a rejection or a rest: the next attempt is the first one. The job to send, or `None` where
    /// somebody is at it or it is done.
    pub async fn try_again(
        &self,
        sdk: &Sdk,
        urgency: Urgency,
    ) -> Result<Option<String>, BucketError> {
        let effort = Effort::first(0, urgency);
        let decision = Decision::order(self.nonce(), self.now(), effort);
        let stored = self
            .update(&Key::Making(sdk), |making| match making {
                Some(Making::Rejected { .. } | Making::Resting { .. }) => decision.write.clone(),
                Some(Making::Wanted { .. } | Making::Running { .. } | Making::Done) | None => None,
            })
            .await?;
        Ok(match decision.answer {
            Asked::Send { job, .. } if stored == decision.write => Some(job),
            _ => None,
        })
    }

    /// Notes a sign of life, and says whether somebody waits for the job. `None`: the making names another one.
    pub async fn alive(&self, sdk: &Sdk, job: &str) -> Result<Option<Urgency>, BucketError> {
        let key = Key::Making(sdk);
        let mut heard = None;
        for _ in 0..3 {
            let Some((making, etag)) = self.load::<Making>(&key).await? else { return Ok(None) };
            let Some(next) = making.alive(job, self.now()) else { return Ok(None) };
            heard = making.effort_of(job).map(|effort| effort.urgency);
            match self.save(&key, &next, Condition::Matches(etag)).await? {
                // Contended: whoever writes it now leaves room for the next sign in 5 s.
                Put::Stored(_) | Put::Contended => break,
                Put::PreconditionFailed => {}
            }
        }
        Ok(heard)
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
