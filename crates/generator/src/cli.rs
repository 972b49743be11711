//! The command line.

use crate::command::{
    build::BuildArgs,
    catalogue::CatalogueCommand,
    plugins::PluginsCommand,
    serve::ServeArgs,
    upstreams::{MirrorCommand, MoveInArgs},
};
use clap::{Parser, Subcommand};

/// Generates SDKs from protobuf modules.
#[derive(Debug, Parser)]
#[command(version, about)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Makes the SDKs that a registry orders by webhook.
    Serve(Box<ServeArgs>),
    /// Makes one SDK from folders, without any server, and prints one line of JSON.
    Build(Box<BuildArgs>),
    /// Lists or installs the catalogue's plugins.
    #[command(subcommand)]
    Plugins(PluginsCommand),
    /// Publishes the catalogue.
    #[command(subcommand)]
    Catalogue(CatalogueCommand),
    /// Keeps modules of other registries as they are there.
    #[command(subcommand)]
    Mirror(MirrorCommand),
    /// Moves an owner of another registry to this one, with all that its modules have. Started again, it goes on.
    MoveIn(Box<MoveInArgs>),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
