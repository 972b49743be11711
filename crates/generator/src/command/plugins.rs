//! `plugins list`, `plugins install` and `plugins import`.

use super::{
    args::{CatalogueArgs, ToolArgs},
    error::CommandError,
    reference::PluginRef,
};
use clap::{Args, Subcommand};
use protoedge_installer::catalogue_folder;
use protoedge_sandbox::Sandbox;
use protoedge_sdk::Entry;

/// Lists or installs plugins.
#[derive(Debug, Subcommand)]
pub enum PluginsCommand {
    /// Prints one line a plugin: its id, its ecosystem, whether it is installed.
    List(ListArgs),
    /// Installs plugins by exact version.
    Install(InstallArgs),
    /// Writes the catalogue's files from facts, and says which versions are not served any more.
    Import(super::import::ImportArgs),
    /// Installs plugins anew, lets them generate, and compares with the locks beside their entries.
    Verify(super::verify::VerifyArgs),
}

/// Lists plugins.
#[derive(Args, Debug)]
pub struct ListArgs {
    #[command(flatten)]
    catalogue: CatalogueArgs,
    #[command(flatten)]
    tools: ToolArgs,
}

/// Installs plugins.
#[derive(Args, Debug)]
pub struct InstallArgs {
    /// Which ones; without any, the whole catalogue.
    #[arg(value_name = "OWNER/NAME[:VERSION[:REVISION]]")]
    pub which: Vec<PluginRef>,
    #[command(flatten)]
    catalogue: CatalogueArgs,
    #[command(flatten)]
    tools: ToolArgs,
}

pub(super) async fn run(command: PluginsCommand) -> Result<(), CommandError> {
    match command {
        PluginsCommand::List(args) => list(&args),
        PluginsCommand::Install(args) => install(&args).await,
        PluginsCommand::Verify(args) => super::verify::run(args).await,
        PluginsCommand::Import(args) => super::import::run(args).await,
    }
}

fn list(args: &ListArgs) -> Result<(), CommandError> {
    let installer = args.tools.installer(&args.catalogue, Sandbox::none());
    for entry in catalogue_folder::read(&args.catalogue.plugins)?.iter() {
        let state = match installer.find(entry) {
            Ok(Some(_)) => "installed".to_owned(),
            Ok(None) => "not installed".to_owned(),
            Err(error) => error.to_string(),
        };
        println!("{}\t{}\t{state}", entry.id(), entry.ecosystem());
    }
    Ok(())
}

async fn install(args: &InstallArgs) -> Result<(), CommandError> {
    let catalogue = catalogue_folder::read(&args.catalogue.plugins)?;
    let is_wanted = |entry: &Entry, wanted: &PluginRef| wanted.names(entry);
    if let Some(unknown) =
        args.which.iter().find(|wanted| !catalogue.iter().any(|entry| is_wanted(entry, wanted)))
    {
        return Err(CommandError::NoPlugin { plugin: unknown.name.to_string() });
    }
    let installer = args.tools.installer(&args.catalogue, args.tools.sandbox().await?);
    let all = args.which.is_empty();
    for entry in catalogue.iter() {
        if all || args.which.iter().any(|wanted| is_wanted(entry, wanted)) {
            installer.install(entry).await?;
            println!("{}\tinstalled", entry.id());
        }
    }
    Ok(())
}
