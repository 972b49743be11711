//! One job: looked after until the registry knows how it ended.

use super::{
    admission::Ticket, callback::Callback, clock::unix_seconds, job_error::JobError, log,
    service::Service,
};
use crate::VERSION;
use protoedge_codegen::{
    artifact::{Artifact, Packed},
    diagnostic::Diagnostic,
    import_suffixes, make,
    sources::{SourceError, unpack},
    work::{Module, Work},
};
use protoedge_sdk::{
    Acknowledgement, Entry, Failure, Job, JobModule, PackageContents, PackedFile, Priority,
    protocol::timing,
};
use sha2::{Digest, Sha256};
use std::{fs::File, path::Path, sync::Arc, time::Duration};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::{sync::SetOnce, time::Instant};
use url::Url;

/// The longest that a job may take, also where its token is good for longer: every step has a limit of its own, and
/// a job that passes them all waits for nothing that will come.
const LONGEST: Duration = Duration::from_secs(30 * 60);

/// Looks after an accepted job until the registry knows how it ended.
pub(super) async fn attend(
    service: Arc<Service>,
    job: Job,
    entry: Entry,
    callback: Url,
    priority: Priority,
    ticket: Ticket,
) {
    let callback = Callback::new(service.client.clone(), &callback, job.token.clone());
    let awaited = SetOnce::new_with((priority == Priority::Awaited).then_some(()));
    let heart = beat(&callback, &awaited);
    let work = async {
        // A closed semaphore would be a bug; a job without a slot simply waits with the others.
        let slot = tokio::select! {
            slot = service.scheduler.take(&awaited) => slot,
            () = service.stop.cancelled() => return,
        };
        let start = Instant::now();
        let result = run(&service, &job, &entry, &callback).await;
        drop(slot);
        let took = start.elapsed();
        log::job(&job, result.as_ref().map(|bytes| *bytes), took);
        service.metrics.count_ended(result.as_ref().err().map(JobError::kind), took);
        let is_told = match result {
            Ok(_) => true,
            Err(error) => report(&callback, &error).await,
        };
        if is_told {
            service.replays.told(&job.id, unix_seconds());
        }
    };
    tokio::select! {
        () = work => {}
        () = heart => {}
    }
    drop(ticket);
}

/// Says every few seconds that the job is alive, for ever, and hears when a client begins to wait for it.
async fn beat(callback: &Callback, awaited: &SetOnce<()>) {
    let mut ticks = tokio::time::interval(timing::HEARTBEAT);
    loop {
        ticks.tick().await;
        match callback.alive().await {
            Ok(Acknowledgement { priority: Priority::Awaited, .. }) => {
                // Set before: it stays awaited.
                let _ = awaited.set(());
            }
            Ok(Acknowledgement { priority: Priority::Background, .. }) => {}
            Err(error) => {
                tracing::warn!(%error, "the registry did not hear that a job is alive");
            }
        }
    }
}

/// Says whether the registry heard of it.
async fn report(callback: &Callback, error: &JobError) -> bool {
    let message = Diagnostic::new(&error.to_string()).as_str().to_owned();
    let failure = Failure { kind: error.kind(), message, generator: VERSION.into() };
    let heard = callback.failure(&failure).await;
    if let Err(error) = &heard {
        tracing::error!(%error, "the registry does not know that a job failed");
    }
    heard.is_ok()
}

/// Makes the SDK and brings it to the registry; gives its size in bytes.
async fn run(
    service: &Arc<Service>,
    job: &Job,
    entry: &Entry,
    callback: &Callback,
) -> Result<usize, JobError> {
    let (limit, start) = (time_left(job)?, Instant::now());
    let task = {
        let (service, job, entry) = (service.clone(), job.clone(), entry.clone());
        let callback = callback.clone();
        // In a task of its own, so that a panic ends this job and nothing else.
        async move { produce(&service, &job, &entry, &callback).await }
    };
    let task = tokio::spawn(tokio::time::timeout(limit, task));
    let stop = AbortOnDrop(task.abort_handle());
    let ended = task.await;
    drop(stop);
    let packed = match ended {
        Ok(Ok(made)) => made?,
        Ok(Err(_)) => return Err(JobError::Late { seconds: limit.as_secs() }),
        Err(_) => return Err(JobError::Panicked { doing: "made the SDK" }),
    };
    let millis = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    let files = packed.files.into_iter().map(|(path, size)| PackedFile { path, size });
    let contents = PackageContents::new(files, millis);
    // At once: nobody who installs the SDK waits for what people read of it.
    let (told, brought) =
        tokio::join!(callback.contents(&contents), bring(callback, packed.artifacts));
    if let Err(error) = told {
        tracing::warn!(%error, "the registry does not know what is in an SDK");
    }
    brought
}

/// Brings an SDK's files; gives their size in bytes.
async fn bring(callback: &Callback, artifacts: Vec<Artifact>) -> Result<usize, JobError> {
    let mut size = 0;
    for artifact in artifacts {
        size += artifact.bytes.len();
        callback.artifact(artifact).await?;
    }
    Ok(size)
}

/// Ends a task with the one that waits for it.
struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// How long the job's token is good for.
fn time_left(job: &Job) -> Result<Duration, JobError> {
    let expires = OffsetDateTime::parse(&job.expires, &Rfc3339).ok();
    let left = expires.map(|at| at - OffsetDateTime::now_utc());
    let left = left.and_then(|left| Duration::try_from(left).ok());
    left.map(|left| left.min(LONGEST)).ok_or(JobError::Late { seconds: 0 })
}

async fn produce(
    service: &Service,
    job: &Job,
    entry: &Entry,
    callback: &Callback,
) -> Result<Packed, JobError> {
    let settings = &service.settings;
    tokio::time::sleep(settings.delay).await;
    let sandbox = &settings.installer.sandbox;
    let workspace = sandbox.workspace().map_err(|source| JobError::Workspace { source })?;
    let mut modules = Vec::with_capacity(job.modules.len());
    for (place, module) in job.modules.iter().enumerate() {
        let folder = workspace.path().join(format!("sources/{place}"));
        let zip = fetch(service, callback, place, module).await?;
        modules.push(read(zip, module.clone(), folder).await?);
    }
    let mut deps = Vec::with_capacity(job.deps.len());
    for place in 0..job.deps.len() {
        let path = workspace.path().join(format!("deps/{place}"));
        fetch_dep(callback, place, &path).await?;
        deps.push(path);
    }
    let plugin = settings.installer.install(entry).await?;
    let work = Work {
        sdk: job.sdk.clone(),
        entry: entry.clone(),
        options: job.plugin.options.clone(),
        suffixes: import_suffixes(entry, &settings.catalogue),
        modules,
        deps,
        commits: Some(job.modules.iter().map(content_key).collect()),
    };
    Ok(make(work, &settings.compiler, &plugin, &workspace).await?)
}

/// The zip of a module's files: kept from another job, or fetched.
async fn fetch(
    service: &Service,
    callback: &Callback,
    place: usize,
    module: &JobModule,
) -> Result<File, JobError> {
    let cache = &service.settings.sources;
    let trouble = |source| JobError::Sources(SourceError::Io { source });
    let key = content_key(module);
    if let Some(file) = cache.get(&key).map_err(trouble)? {
        return Ok(file);
    }
    let mut zip = cache.start().map_err(trouble)?;
    callback.source(place, &mut zip).await?;
    cache.put(&key, zip).map_err(trouble)
}

/// Fetches what the SDK is compiled against: a file of another SDK.
async fn fetch_dep(callback: &Callback, place: usize, path: &Path) -> Result<(), JobError> {
    let trouble = |source| JobError::Sources(SourceError::Io { source });
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(trouble)?;
    }
    let mut file = File::create(path).map_err(trouble)?;
    Ok(callback.dep(place, &mut file).await?)
}

/// What a module's files are known by. The digest stands for the content, so that no registry can give
/// another one's commit a file.
fn content_key(module: &JobModule) -> String {
    let digest = hex::encode(Sha256::digest(&module.digest));
    format!("{}-{}", module.commit, &digest[..16])
}

async fn read(
    zip: File,
    module: JobModule,
    folder: impl AsRef<Path> + Send + 'static,
) -> Result<Module, JobError> {
    let unpack = move || {
        std::fs::create_dir_all(&folder).map_err(SourceError::from)?;
        unpack(zip, folder.as_ref())?;
        Ok(Module::read(&module, folder.as_ref())?)
    };
    let unpacked = tokio::task::spawn_blocking(unpack).await;
    unpacked.unwrap_or(Err(JobError::Panicked { doing: "unpacked a module" }))
}
