//! `plugins verify`.

use super::CommandError;
use crate::{
    cli::{PluginRef, ShelfArgs, ToolArgs},
    compiler::Compiler,
    install::Installer,
    shelf,
    verify::{Lock, look},
};
use clap::Args;
use protoedge_sdk::{Catalogue, Entry};
use std::{fs, io};

/// Installs plugins anew, lets them generate, and compares with the locks beside their entries.
#[derive(Args, Debug)]
pub struct VerifyArgs {
    /// Which ones; without any, the newest version of each.
    #[arg(value_name = "OWNER/NAME[:VERSION[:REVISION]]")]
    pub which: Vec<PluginRef>,
    /// The whole catalogue.
    #[arg(long, conflicts_with = "which")]
    pub all: bool,
    /// Writes the locks of those that have none. A lock that is there is never changed: what it
    /// pins belongs to its revision.
    #[arg(long)]
    pub record: bool,
    #[command(flatten)]
    shelf: ShelfArgs,
    #[command(flatten)]
    tools: ToolArgs,
}

pub(super) async fn run(args: VerifyArgs) -> Result<(), CommandError> {
    let catalogue = shelf::read(&args.shelf.plugins)?;
    let all: Vec<Entry> = catalogue.iter().cloned().collect();
    let sandbox = args.tools.sandbox().await?;
    let protoc = args.tools.protoc(sandbox.clone())?;
    let compiler = Compiler::forgetful(protoc);
    let mut wrong = 0;
    for entry in chosen(&args, &catalogue) {
        let path = args.shelf.plugins.join(shelf::path(entry, &all)).with_extension("lock.json");
        let known = fs::read(&path).ok();
        if args.record && known.is_some() {
            continue;
        }
        let io = |source: io::Error| CommandError::Io { doing: path.display().to_string(), source };
        // A cache of its own: what is installed already proves nothing.
        let cache = tempfile::tempdir().map_err(io)?;
        let installer = args.tools.installer(&args.shelf, sandbox.clone());
        let installer = Installer { cache: cache.path().into(), ..installer };
        let verdict = match (look(entry, &catalogue, &installer, &compiler).await, known) {
            (Err(error), _) => vec![error.to_string()],
            (Ok(_), None) if !args.record => vec!["it has no lock: --record writes one".to_owned()],
            (Ok(now), None) => {
                // Strings only: it always has a JSON form.
                let text = serde_json::to_string_pretty(&now).unwrap_or_default();
                fs::write(&path, text + "\n").map_err(io)?;
                Vec::new()
            }
            (Ok(now), Some(text)) => match serde_json::from_slice::<Lock>(&text) {
                Ok(lock) => lock.differences(&now),
                Err(error) => vec![format!("its lock cannot be read: {error}")],
            },
        };
        wrong += usize::from(!verdict.is_empty());
        let words = if verdict.is_empty() { "as locked".to_owned() } else { verdict.join("; ") };
        println!("{}\t{words}", entry.id());
    }
    if wrong == 0 { Ok(()) } else { Err(CommandError::Verify { count: wrong }) }
}

fn chosen<'a>(args: &VerifyArgs, catalogue: &'a Catalogue) -> Vec<&'a Entry> {
    let is_chosen = |entry: &&Entry| {
        if args.all {
            return true;
        }
        if args.which.is_empty() {
            return catalogue.newest(&entry.name, |_| true) == Some(entry);
        }
        args.which.iter().any(|wanted| wanted.names(entry))
    };
    catalogue.iter().filter(is_chosen).collect()
}
