//! The service: takes jobs by signed webhook, makes them, brings the results back.

mod admission;
mod body;
mod callback;
mod clock;
mod connection;
mod connection_limit;
mod job;
mod job_error;
mod log;
mod metrics;
mod replays;
mod scheduler;
mod service;
mod webhook;

pub use service::Settings;

use admission::Admission;
use axum::{Json, Router, extract::State, routing};
use body::Memory;
use connection_limit::ConnectionLimit;
use metrics::{Gauges, Metrics};
use replays::Replays;
use scheduler::Scheduler;
use serde_json::json;
use service::Service;
use std::{future::Future, io, sync::Arc, time::Duration};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long running jobs have to finish when the service stops: a container gets 10 s by default.
const GRACE: Duration = Duration::from_secs(8);

/// Serves until `stop` is over, then lets running jobs finish for a while. Jobs that still wait are
/// dropped: their registry notices the silence and sends them elsewhere.
///
/// # Errors
/// If the address of the listener, or a client for callbacks, cannot be had.
pub async fn serve(
    listener: TcpListener,
    settings: Settings,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let client = crate::http::client(settings.authorities.clone()).map_err(io::Error::other)?;
    let service = Arc::new(Service {
        unverified: Memory::default(),
        admission: Admission::new(settings.jobs, settings.queue),
        replays: Replays::default(),
        scheduler: Scheduler::new(settings.jobs),
        connections: ConnectionLimit::new(connection::MOST),
        metrics: Metrics::new(),
        settings,
        client,
        tasks: TaskTracker::new(),
        stop: CancellationToken::new(),
    });
    log::listening(listener.local_addr()?);
    let app = Router::new()
        .route("/healthz", routing::get(health))
        .route("/v1/jobs", routing::post(webhook::take_job))
        .with_state(service.clone());
    let finish = async {
        connection::serve(listener, app, &service).await;
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
        () = service.keep_logging_metrics() => {}
    }
    service.log_metrics();
    Ok(())
}

async fn health(State(service): State<Arc<Service>>) -> Json<serde_json::Value> {
    let Gauges { running, waiting, .. } = service.gauges();
    Json(json!({ "generator": crate::VERSION, "running": running, "waiting": waiting }))
}
