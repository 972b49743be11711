//! `serve`.

use super::CommandError;
use clap::Args;

/// Serves.
#[derive(Args, Debug)]
pub struct ServeArgs {}

pub(super) async fn run(_args: ServeArgs) -> Result<(), CommandError> {
    Ok(())
}
