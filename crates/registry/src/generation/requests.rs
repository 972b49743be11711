use crate::{
    Effort, GenerationState, Requested, Requester, Store,
    accounts::access::Grant,
    generation::{orders, state::Decision},
    key::Key,
    packages::{files, outcomes},
};
use protoedge_sdk::{Failure, FailureKind, Priority, Sdk};
use protoedge_storage::{Bucket, BucketError, Condition, Put};

/// How far an SDK is.
///
/// # Errors
/// [`BucketError`] where the bucket does not say, and for an SDK of another module.
pub async fn state<B: Bucket>(
    store: &Store<B>,
    module: &Grant,
    sdk: &Sdk,
) -> Result<Option<GenerationState>, BucketError> {
    module.check(&sdk.module)?;
    load_state(store, sdk).await
}

/// How far an SDK is, as it was a moment ago: for those who look again and again.
///
/// # Errors
/// [`BucketError`] where the bucket does not say, and for an SDK of another module.
pub async fn state_lately<B: Bucket>(
    store: &Store<B>,
    module: &Grant,
    sdk: &Sdk,
) -> Result<Option<GenerationState>, BucketError> {
    module.check(&sdk.module)?;
    if let Some(state) = store.memo.states.get(sdk, store.now()) {
        return Ok(Some(state));
    }
    let state = load_state(store, sdk).await?;
    // What ends the wait is never remembered: it may be undone.
    if let Some(state) = state.as_ref().filter(|state| state.is_under_way(store.now())) {
        store.memo.states.keep(sdk.clone(), state.clone(), store.now());
    }
    Ok(state)
}

/// Looks at the bucket for how far an SDK is, the next time.
pub fn forget_state<B: Bucket>(store: &Store<B>, sdk: &Sdk) {
    store.memo.states.forget(sdk);
}

async fn load_state<B: Bucket>(
    store: &Store<B>,
    sdk: &Sdk,
) -> Result<Option<GenerationState>, BucketError> {
    Ok(store.load(&Key::GenerationState(sdk)).await?.map(|(state, _)| state))
}

/// Wants an SDK that is not there. Of many who ask at once, one is told to send the job.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn request<B: Bucket>(
    store: &Store<B>,
    sdk: &Sdk,
    by: Requester<'_>,
) -> Result<Requested, BucketError> {
    request_if(store, sdk, by, async |_| Ok(())).await
}

/// [`request`], unless `may` refuses, which is told how far the SDK is.
///
/// # Errors
/// What `may` says, and [`BucketError`] where the bucket does not say.
pub async fn request_if<B: Bucket, E: From<BucketError>>(
    store: &Store<B>,
    sdk: &Sdk,
    by: Requester<'_>,
    may: impl AsyncFnOnce(Option<&GenerationState>) -> Result<(), E>,
) -> Result<Requested, E> {
    let key = Key::GenerationState(sdk);
    let current = store.load::<GenerationState>(&key).await?;
    let state = current.as_ref().map(|(state, _)| state);
    may(state).await?;
    // It was stored after the caller looked. If it is gone, an operator removed it by hand.
    if state == Some(&GenerationState::Done) && files::is_stored(store, sdk).await? {
        return Ok(Requested::Wait);
    }
    let decision = GenerationState::ask(state, store.now(), store.nonce(), by);
    let Some(write) = decision.write else { return Ok(decision.answer) };
    let condition = current.map_or(Condition::Absent, |(_, etag)| Condition::Matches(etag));
    forget_state(store, sdk);
    match store.save(&key, &write, condition).await? {
        Put::Stored(_) => Ok(decision.answer),
        // Another Worker is at it.
        Put::PreconditionFailed | Put::Contended => Ok(Requested::Wait),
    }
}

/// Ends a rejection or a rest: the next attempt is the first one. The job to send, or `None` where
/// it is being generated or done.
pub async fn try_again<B: Bucket>(
    store: &Store<B>,
    sdk: &Sdk,
    priority: Priority,
) -> Result<Option<String>, BucketError> {
    let effort = Effort::first(0, priority);
    let decision = Decision::order(store.nonce(), store.now(), effort);
    let stored = update_state(store, sdk, |state| match state {
        Some(GenerationState::Rejected { .. } | GenerationState::Resting { .. }) => {
            decision.write.clone()
        }
        Some(
            GenerationState::Wanted { .. }
            | GenerationState::Running { .. }
            | GenerationState::Done,
        )
        | None => None,
    })
    .await?;
    Ok(match decision.answer {
        Requested::Send { job, .. } if stored == decision.write => Some(job),
        _ => None,
    })
}

/// Notes a sign of life, and says whether a client waits for the job. `None`: the state names another job.
pub async fn heartbeat<B: Bucket>(
    store: &Store<B>,
    sdk: &Sdk,
    job: &str,
) -> Result<Option<Priority>, BucketError> {
    let key = Key::GenerationState(sdk);
    let mut heard = None;
    for _ in 0..3 {
        let Some((state, etag)) = store.load::<GenerationState>(&key).await? else {
            return Ok(None);
        };
        let Some(next) = state.alive(job, store.now()) else { return Ok(None) };
        heard = state.effort_of(job).map(|effort| effort.priority);
        match store.save(&key, &next, Condition::Matches(etag)).await? {
            // Contended: the Worker that writes it now leaves room for the next sign in 5 s.
            Put::Stored(_) | Put::Contended => break,
            Put::PreconditionFailed => {}
        }
    }
    Ok(heard)
}

/// Notes a failure, if the state still names the job. Says whether another attempt is due.
/// `generator` is the version that the catalogue was published by.
pub async fn failed<B: Bucket>(
    store: &Store<B>,
    sdk: &Sdk,
    job: &str,
    failure: &Failure,
    generator: &str,
) -> Result<Option<Requested>, BucketError> {
    let (now, fresh) = (store.now(), store.nonce());
    let by = (sdk.version.revision, generator);
    let decide = |state: Option<&GenerationState>| {
        state.and_then(|state| state.failed(job, failure, by, now, fresh.clone()))
    };
    let before = load_state(store, sdk).await?;
    let Some(decision) = decide(before.as_ref()) else { return Ok(None) };
    let stored = update_state(store, sdk, |state| decide(state).and_then(|it| it.write)).await?;
    // Another Worker has taken the job over meanwhile: another job is at it already.
    if stored != decision.write {
        return Ok(None);
    }
    if matches!(failure.kind, FailureKind::Rejected) {
        outcomes::note_rejected(store, sdk, generator).await?;
        orders::forget_order(store, sdk).await?;
    }
    Ok(Some(decision.answer))
}

/// Notes that the artifact is stored.
pub(crate) async fn done<B: Bucket>(store: &Store<B>, sdk: &Sdk) -> Result<(), BucketError> {
    let change = |state: Option<&GenerationState>| {
        (state != Some(&GenerationState::Done)).then_some(GenerationState::Done)
    };
    update_state(store, sdk, change).await.map(drop)
}

/// Changes how far an SDK is; what this machine remembers of it is over.
async fn update_state<B: Bucket>(
    store: &Store<B>,
    sdk: &Sdk,
    change: impl Fn(Option<&GenerationState>) -> Option<GenerationState>,
) -> Result<Option<GenerationState>, BucketError> {
    forget_state(store, sdk);
    store.update(&Key::GenerationState(sdk), change).await
}
