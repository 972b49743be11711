//! `serve`.

use super::{
    args::{CatalogueArgs, RegistryArgs, ToolArgs},
    error::CommandError,
};
use crate::serve::{Settings, serve};
use clap::Args;
use protoedge_codegen::{
    compiler::{self, Compiler},
    disk_cache::DiskCache,
    sources,
};
use protoedge_installer::catalogue_folder;
use protoedge_sdk::WebhookSecrets;
use std::{
    net::SocketAddr,
    num::{NonZeroU32, NonZeroUsize},
    thread,
    time::Duration,
};
use tokio::net::TcpListener;
use url::Url;

/// Serves.
#[derive(Args, Debug)]
pub struct ServeArgs {
    /// Where to listen.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8788")]
    pub listen: SocketAddr,
    /// A registry that jobs may come from and results may go to. May be given several times.
    #[arg(
        long = "public-url",
        value_name = "URL",
        env = "PUBLIC_URL",
        value_delimiter = ',',
        required = true
    )]
    pub public_urls: Vec<Url>,
    /// What Worker and generator share: given in the environment, since other users see command lines.
    #[arg(long, env = WebhookSecrets::SETTING, hide = true, hide_env_values = true)]
    webhook_secret: String,
    /// The second one while it is rotated.
    #[arg(long, env = WebhookSecrets::FALLBACK_SETTING, hide = true, hide_env_values = true)]
    webhook_secret_fallback: Option<String>,
    /// How many jobs run at once [default: the number of cores].
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    /// How many jobs may wait: at a second or two each, longer than a client waits. Half of it is kept for jobs
    /// that a client waits for.
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub queue: usize,
    /// Installs a plugin when the first job asks for it.
    #[arg(long)]
    pub install_on_demand: bool,
    /// Sleeps before each job's work, for tests.
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0, value_parser = seconds)]
    pub delay: f64,
    /// How often it prints numbers of what it did.
    #[arg(long, value_name = "SECONDS", default_value = "60")]
    pub metrics_seconds: NonZeroU32,
    #[command(flatten)]
    reached: RegistryArgs,
    #[command(flatten)]
    catalogue: CatalogueArgs,
    #[command(flatten)]
    tools: ToolArgs,
}

fn seconds(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "not a number")?;
    Duration::try_from_secs_f64(number).map(|_| number).map_err(|error| error.to_string())
}

pub(super) async fn run(args: ServeArgs) -> Result<(), CommandError> {
    let io = |doing: String| move |source| CommandError::Io { doing, source };
    // Not by clap, whose errors show what was set.
    let secrets =
        WebhookSecrets::read(&args.webhook_secret, args.webhook_secret_fallback.as_deref())?;
    let catalogue = catalogue_folder::read(&args.catalogue.plugins)?;
    let sandbox = args.tools.sandbox().await?.for_service(&args.tools.cache());
    let jobs = args.jobs.or_else(|| thread::available_parallelism().ok());
    let cache = |name, extension, max| {
        let folder = args.tools.cache().join(name);
        let doing = io(format!("opening the cache {}", folder.display()));
        DiskCache::open(folder, extension, max).map_err(doing)
    };
    let sources = cache("sources", "zip", sources::MAX_KEPT)?;
    let compiled = cache("compiled", "binpb", compiler::MAX_KEPT)?;
    let protoc = args.tools.protoc()?;
    let compiler =
        Compiler::keeping(protoc, compiled).map_err(io("reading the compiler".into()))?;
    let settings = Settings {
        catalogue,
        secrets,
        public_urls: args.public_urls,
        authorities: args.reached.authorities(),
        jobs: jobs.map_or(1, NonZeroUsize::get),
        queue: args.queue,
        install_on_demand: args.install_on_demand,
        delay: Duration::from_secs_f64(args.delay),
        installer: args.tools.installer(&args.catalogue, sandbox),
        compiler,
        sources,
        metrics_every: Duration::from_secs(args.metrics_seconds.get().into()),
    };
    let listener = TcpListener::bind(args.listen)
        .await
        .map_err(io(format!("listening on {}", args.listen)))?;
    let stop = super::signals::stop().map_err(io("waiting for signals".into()))?;
    let stop = async move {
        stop.await;
        tracing::info!("stopping");
    };
    serve(listener, settings, stop).await.map_err(io("serving".into()))
}
