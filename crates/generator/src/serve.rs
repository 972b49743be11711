//! The service: takes jobs by signed webhook, makes them, brings the results back.

mod body;
mod callback;
mod desk;
mod door;
mod intake;
mod job;
mod job_error;
mod line;
mod places;
mod replays;
mod slots;

use crate::serve::{body::Memory, desk::Desk, replays::Replays, slots::Slots};
use axum::{Json, Router, extract::State, routing};
use protoedge_codegen::{compiler::Compiler, disk_cache::DiskCache};
use protoedge_installer::Installer;
use protoedge_sdk::{Catalogue, WebhookSecret};
use serde_json::json;
use std::{future::Future, io, sync::Arc, time::Duration};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use url::Url;

/// How long running jobs have to finish when the service stops: a container gets 10 s by default.
const GRACE: Duration = Duration::from_secs(8);

/// What the service is configured with.
#[derive(Debug)]
pub struct Settings {
    /// The registry's plugins.
    pub catalogue: Catalogue,
    /// What Worker and generator share.
    pub secret: WebhookSecret,
    /// Where callbacks may lead.
    pub public_urls: Vec<Url>,
    /// How many jobs run at once.
    pub jobs: usize,
    /// How many jobs may wait.
    pub queue: usize,
    /// Whether a plugin is installed when a job asks for it.
    pub install_on_demand: bool,
    /// How long every job sleeps before its work.
    pub delay: Duration,
    /// The plugins on this machine.
    pub installer: Installer,
    /// The compiler.
    pub compiler: Compiler,
    /// Modules' files.
    pub sources: DiskCache,
}

/// What all requests and jobs share.
#[derive(Debug)]
struct Service {
    settings: Settings,
    unverified: Memory,
    desk: Desk,
    replays: Replays,
    slots: Slots,
    client: reqwest::Client,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// Serves until `stop` is over, then lets running jobs finish for a while. Jobs that still wait are
/// dropped: their registry notices the silence and sends them elsewhere.
pub async fn serve(
    listener: TcpListener,
    settings: Settings,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let client = crate::http::client().map_err(io::Error::other)?;
    let service = Arc::new(Service {
        unverified: Memory::default(),
        desk: Desk::new(settings.jobs, settings.queue),
        replays: Replays::default(),
        slots: Slots::new(settings.jobs),
        settings,
        client,
        tasks: TaskTracker::new(),
        stop: CancellationToken::new(),
    });
    line::listening(listener.local_addr()?);
    let app = Router::new()
        .route("/healthz", routing::get(health))
        .route("/v1/jobs", routing::post(intake::take_job))
        .with_state(service.clone());
    let finish = async {
        door::keep(listener, app, service.stop.clone()).await;
        service.tasks.close();
        service.tasks.wait().await;
    };
    let late = async {
        stop.await;
        service.stop.cancel();
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        () = finish => {}
        () = late => {
            tracing::warn!(jobs = service.tasks.len(), "stopped before these jobs were done");
        }
    }
    Ok(())
}

async fn health(State(service): State<Arc<Service>>) -> Json<serde_json::Value> {
    let taken = service.desk.len();
    let running = service.settings.jobs.saturating_sub(service.slots.available());
    Json(json!({
        "generator": crate::VERSION,
        "running": running,
        "waiting": taken.saturating_sub(running),
    }))
}
