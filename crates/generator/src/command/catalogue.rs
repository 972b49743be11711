//! `catalogue publish`.

use super::{admin::AdminArgs, args::CatalogueArgs, error::CommandError};
use crate::VERSION;
use clap::{Args, Subcommand};
use protoedge_installer::catalogue_folder;
use protoedge_sdk::{Entry, GoElsewheres};
use reqwest::Method;
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
    #[command(flatten)]
    admin: AdminArgs,
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
    println!("{}", args.admin.connect()?.call(Method::PUT, "catalogue", &body).await?);
    Ok(())
}
