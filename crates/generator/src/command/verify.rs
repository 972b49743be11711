//! `plugins verify`.

use super::{
    args::{CatalogueArgs, ToolArgs},
    error::CommandError,
    reference::PluginRef,
};
use clap::Args;
use futures::{StreamExt, TryStreamExt, stream};
use protoedge_codegen::compiler::Compiler;
use protoedge_installer::{Installer, catalogue_folder, lock::Lock, verify::look};
use protoedge_sandbox::Sandbox;
use protoedge_sdk::{Catalogue, Entry};
use std::{fs, io, num::NonZeroUsize, path::Path};

/// Installs plugins anew, lets them generate, and compares with the locks beside their entries.
#[derive(Args, Debug)]
pub struct VerifyArgs {
    /// Which ones; without any, the newest version of each.
    #[arg(value_name = "OWNER/NAME[:VERSION[:REVISION]]")]
    pub which: Vec<PluginRef>,
    /// The newest version of each besides those that are named.
    #[arg(long)]
    pub newest: bool,
    /// As many of the others besides those that are named: the next ones with the next `--turn`.
    #[arg(long, value_name = "NUMBER")]
    pub others: Option<usize>,
    /// Which of the others: a number that grows.
    #[arg(long, value_name = "NUMBER", default_value = "0")]
    pub turn: usize,
    /// The whole catalogue.
    #[arg(long, conflicts_with_all = ["which", "newest", "others"])]
    pub all: bool,
    /// Writes the locks of those that have none. A lock that is there is never changed: what it
    /// pins belongs to its revision.
    #[arg(long)]
    pub record: bool,
    /// How many at once: package managers wait for the network as much as they compute.
    #[arg(long, value_name = "NUMBER", default_value = "1")]
    pub jobs: NonZeroUsize,
    #[command(flatten)]
    catalogue: CatalogueArgs,
    #[command(flatten)]
    tools: ToolArgs,
}

/// What every look needs.
struct Verifier<'a> {
    args: &'a VerifyArgs,
    catalogue: &'a Catalogue,
    sandbox: Sandbox,
    compiler: Compiler,
}

pub(super) async fn run(args: VerifyArgs) -> Result<(), CommandError> {
    let catalogue = catalogue_folder::read(&args.catalogue.plugins)?;
    let all: Vec<Entry> = catalogue.iter().cloned().collect();
    let sandbox = args.tools.sandbox().await?;
    let compiler = Compiler::forgetful(args.tools.protoc()?);
    let verifier = Verifier { args: &args, catalogue: &catalogue, sandbox, compiler };
    let path_of = |entry| args.catalogue.plugins.join(catalogue_folder::path(entry, &all));
    let wanted = chosen(&args, &catalogue)
        .into_iter()
        .map(|entry| (entry, path_of(entry).with_extension("lock.json")))
        .filter(|(_, path)| !(args.record && path.is_file()));
    let verdicts = stream::iter(wanted)
        .map(|(entry, path)| {
            let verifier = &verifier;
            async move { Ok::<_, CommandError>((entry.id(), verifier.verdict(entry, &path).await?)) }
        })
        .buffered(args.jobs.get());
    let count = verdicts
        .try_fold(0, async |count, (id, wrong)| {
            let words = if wrong.is_empty() { "as locked".to_owned() } else { wrong.join("; ") };
            println!("{id}\t{words}");
            Ok(count + usize::from(!wrong.is_empty()))
        })
        .await?;
    if count == 0 { Ok(()) } else { Err(CommandError::Verify { count }) }
}

impl Verifier<'_> {
    /// What is wrong with a plugin, one sentence each. Where it has no lock and one is wanted, it is
    /// written.
    async fn verdict(&self, entry: &Entry, path: &Path) -> Result<Vec<String>, CommandError> {
        let io = |source: io::Error| CommandError::Io { doing: path.display().to_string(), source };
        // A cache of its own: what is installed already proves nothing.
        let cache = tempfile::tempdir().map_err(io)?;
        let installer = self.args.tools.installer(&self.args.catalogue, self.sandbox.clone());
        let installer = Installer { cache: cache.path().into(), ..installer };
        let now = match look(entry, self.catalogue, &installer, &self.compiler).await {
            Ok(now) => now,
            Err(error) => return Ok(vec![error.to_string()]),
        };
        match fs::read(path) {
            Ok(text) => Ok(match serde_json::from_slice::<Lock>(&text) {
                Ok(lock) => lock.differences(&now),
                Err(error) => vec![format!("its lock cannot be read: {error}")],
            }),
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io(error)),
            Err(_) if self.args.record => {
                // Strings only: it always has a JSON form.
                let text = serde_json::to_string_pretty(&now).unwrap_or_default();
                fs::write(path, text + "\n").map_err(io)?;
                Ok(Vec::new())
            }
            Err(_) => Ok(vec!["it has no lock: --record writes one".to_owned()]),
        }
    }
}

fn chosen<'a>(args: &VerifyArgs, catalogue: &'a Catalogue) -> Vec<&'a Entry> {
    let wants_newest = args.newest || (args.which.is_empty() && args.others.is_none());
    let is_named = |entry: &&Entry| {
        args.all
            || wants_newest && catalogue.newest(&entry.name, |_| true) == Some(entry)
            || args.which.iter().any(|wanted| wanted.names(entry))
    };
    let (mut chosen, others): (Vec<&Entry>, Vec<&Entry>) = catalogue.iter().partition(is_named);
    chosen.extend(in_turn(&others, args.others.unwrap_or_default(), args.turn));
    chosen
}

/// As many of all, the next ones with the next turn: after as many turns as it takes, each was among them.
fn in_turn<'a, T: Copy>(all: &'a [T], count: usize, turn: usize) -> impl Iterator<Item = T> + 'a {
    let from = turn.checked_mul(count).and_then(|from| from.checked_rem(all.len())).unwrap_or(0);
    all.iter().copied().cycle().skip(from).take(count.min(all.len()))
}

#[cfg(test)]
mod tests {
    use super::in_turn;
    use std::collections::BTreeSet;

    #[test]
    fn turns_come_by_everything() {
        let all: Vec<u32> = (0..47).collect();
        for count in [1, 20, 46, 47] {
            let turns = all.len().div_ceil(count);
            let of = |turn| in_turn(&all, count, 300 + turn).collect::<Vec<_>>();
            assert!((0..turns).all(|turn| of(turn).len() == count));
            assert_eq!((0..turns).flat_map(of).collect::<BTreeSet<_>>().len(), all.len());
        }
        assert_eq!(in_turn(&all, 50, 3).count(), all.len());
        assert_eq!(in_turn(&[0; 0], 20, 3).count(), 0);
    }
}
