//! `plugins import`.

use super::{
    args::{CatalogueArgs, ToolArgs},
    error::CommandError,
};
use clap::Args;
use protoedge_installer::{
    catalogue_folder, exactly,
    facts::{CatalogueFacts, FactsError, with_deps},
};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Writes the catalogue's files from facts.
#[derive(Args, Debug)]
pub struct ImportArgs {
    /// A JSON file of plugins, versions, options and dependencies.
    #[arg(long, value_name = "FILE")]
    pub facts: PathBuf,
    #[command(flatten)]
    catalogue: CatalogueArgs,
    #[command(flatten)]
    tools: ToolArgs,
}

/// Writes a file for every version that its installer serves, and says which it does not.
pub(super) async fn run(args: ImportArgs) -> Result<(), CommandError> {
    let io = |path: &Path| {
        let doing = path.display().to_string();
        move |source| CommandError::Io { doing, source }
    };
    let text = fs::read(&args.facts).map_err(io(&args.facts))?;
    let facts: CatalogueFacts = serde_json::from_slice(&text).map_err(FactsError::Facts)?;
    let installer = args.tools.installer(&args.catalogue, args.tools.sandbox().await?);
    let mut served = Vec::new();
    for entry in facts.entries()? {
        match installer.pin(&entry, &exactly(&entry)).await {
            Ok(()) => served.push(entry),
            Err(error) => println!("{}\tnot served\t{}", entry.id(), last_line(&error)),
        }
    }
    let (entries, without) = with_deps(served);
    for (entry, dep) in without {
        println!("{}\tneeds {}:{}:{}", entry.id(), dep.name, dep.version, dep.revision);
    }
    for entry in &entries {
        let path = args.catalogue.plugins.join(catalogue_folder::path(entry, &entries));
        fs::create_dir_all(path.parent().unwrap_or(&path)).map_err(io(&path))?;
        fs::write(&path, catalogue_folder::print(entry)?).map_err(io(&path))?;
    }
    println!("{} written", entries.len());
    Ok(())
}

/// Package managers say what went wrong at the end.
fn last_line(error: &impl std::fmt::Display) -> String {
    error.to_string().lines().next_back().unwrap_or_default().to_owned()
}
