//! `catalogue publish`.

use super::{
    args::{CatalogueArgs, RegistryArgs},
    error::CommandError,
};
use crate::VERSION;
use clap::{Args, Subcommand};
use protoedge_installer::catalogue_folder;
use protoedge_sdk::{Entry, GoElsewheres};
use serde::Serialize;

/// Publishes the catalogue.
#[derive(Debug, Subcommand)]
pub enum CatalogueCommand {
    /// Sends all entries to a registry.
    Publish(PublishArgs),
}

/// Sends all entries to a registry.
#[derive(Args, Debug)]
pub struct PublishArgs {
    /// The registry's URL.
    #[arg(long, value_name = "URL", env = "REGISTRY_URL")]
    pub registry: String,
    /// An administrator's token: given in the environment, since other users see command lines.
    #[arg(long, env = "ADMIN_TOKEN", hide = true, hide_env_values = true)]
    admin_token: String,
    #[command(flatten)]
    reached: RegistryArgs,
    #[command(flatten)]
    catalogue: CatalogueArgs,
}

/// The body of `PUT /-/admin/catalogue`.
#[derive(Serialize)]
struct CatalogueBody<'a> {
    generator: &'static str,
    entries: Vec<&'a Entry>,
    go_elsewhere: &'a GoElsewheres,
}

pub(super) async fn run(command: CatalogueCommand) -> Result<(), CommandError> {
    let CatalogueCommand::Publish(args) = command;
    let catalogue = catalogue_folder::read(&args.catalogue.plugins)?;
    let body = CatalogueBody {
        generator: VERSION,
        entries: catalogue.iter().collect(),
        go_elsewhere: catalogue.go_elsewhere(),
    };
    let url = format!("{}/-/admin/catalogue", args.registry.trim_end_matches('/'));
    let http = |source| CommandError::Http { source };
    let client = crate::http::client(args.reached.authorities()).map_err(http)?;
    let answer = client.put(url).bearer_auth(&args.admin_token).json(&body).send().await;
    let answer = answer.map_err(http)?;
    let status = answer.status();
    let text = answer.text().await.map_err(http)?;
    if status.is_success() {
        println!("{text}");
        Ok(())
    } else {
        Err(CommandError::Refused { status: status.as_u16(), text })
    }
}
