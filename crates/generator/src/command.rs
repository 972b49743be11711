//! What the command line's commands do.

pub mod admin;
pub mod args;
pub mod build;
pub mod catalogue;
pub mod error;
pub mod import;
pub mod plugins;
pub mod reference;
pub mod serve;
mod signals;
pub mod upstreams;
pub mod verify;

use crate::cli::{Cli, Command};
use error::CommandError;
use futures::FutureExt;
use signals::stop;

/// Carries out a command, until a signal asks it to end: what it started ends with it.
///
/// # Errors
/// What went wrong.
pub async fn run(cli: Cli) -> Result<(), CommandError> {
    let io = |source| CommandError::Io { doing: "waiting for signals".into(), source };
    let command = match cli.command {
        // It ends its jobs by itself.
        Command::Serve(args) => return serve::run(*args).await,
        Command::Build(args) => build::run(*args).boxed_local(),
        Command::Plugins(command) => plugins::run(command).boxed_local(),
        Command::Catalogue(command) => catalogue::run(command).boxed_local(),
        Command::Mirror(command) => upstreams::run(command).boxed_local(),
        Command::MoveIn(args) => upstreams::move_in(*args).boxed_local(),
    };
    let stop = stop().map_err(io)?;
    tokio::select! {
        ended = command => ended,
        signal = stop => Err(CommandError::Stopped { signal }),
    }
}
