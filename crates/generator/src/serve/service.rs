//! What all requests and jobs of the service share.

use super::{
    admission::Admission,
    body::Memory,
    connection_limit::ConnectionLimit,
    log,
    metrics::{Gauges, Metrics},
    replays::Replays,
    scheduler::Scheduler,
};
use crate::http::Authorities;
use protoedge_codegen::{compiler::Compiler, disk_cache::DiskCache};
use protoedge_installer::Installer;
use protoedge_sdk::{Catalogue, WebhookSecrets};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use url::Url;

/// What the service is configured with.
#[derive(Debug)]
pub struct Settings {
    /// The registry's plugins.
    pub catalogue: Catalogue,
    /// What Worker and generator share.
    pub secrets: WebhookSecrets,
    /// Where callbacks may lead.
    pub public_urls: Vec<Url>,
    /// Authorities that their certificates may come from, besides the system's.
    pub authorities: Authorities,
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
    /// How often the numbers of what was counted are printed: more than nothing.
    pub metrics_every: Duration,
}

/// What all requests and jobs share.
#[derive(Debug)]
pub(super) struct Service {
    /// What it is configured with.
    pub(super) settings: Settings,
    /// The memory for bodies whose signature is not checked yet.
    pub(super) unverified: Memory,
    /// The jobs that were accepted and are not over yet.
    pub(super) admission: Admission,
    /// Messages and jobs that were here lately.
    pub(super) replays: Replays,
    /// Which jobs run.
    pub(super) scheduler: Scheduler,
    /// The connections that are open.
    pub(super) connections: ConnectionLimit,
    /// What is counted.
    pub(super) metrics: Metrics,
    /// What speaks with registries.
    pub(super) client: reqwest::Client,
    /// One task for each job.
    pub(super) tasks: TaskTracker,
    /// Cancelled when the service stops.
    pub(super) stop: CancellationToken,
}

impl Service {
    /// How much there is to do now.
    pub(super) fn gauges(&self) -> Gauges {
        let running = self.settings.jobs.saturating_sub(self.scheduler.available());
        Gauges {
            running,
            waiting: self.admission.len().saturating_sub(running),
            connections: self.connections.len(),
        }
    }

    /// Prints the numbers of what was counted since they were printed last.
    pub(super) fn log_metrics(&self) {
        log::metrics(&self.metrics.take(self.gauges()));
    }

    /// Prints them every so often, for ever: an idle service shows by it that it lives.
    pub(super) async fn keep_logging_metrics(&self) {
        let mut ticks = interval(self.settings.metrics_every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first one is over at once.
        ticks.tick().await;
        loop {
            ticks.tick().await;
            self.log_metrics();
        }
    }
}
