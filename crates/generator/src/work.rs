//! What an SDK is made of.

use crate::{error::MakeError, tree::SourceTree};
use protoedge_sdk::{Catalogue, Entry, JobModule, JobSdk, PluginName, Target};
use std::{collections::BTreeMap, path::Path};

/// Everything that one SDK is made of: no clock, no network and no order of a folder has a say.
#[derive(Clone, Debug)]
pub struct Work {
    /// What is made.
    pub sdk: JobSdk,
    /// The plugin's catalogue entry.
    pub entry: Entry,
    /// The plugin's options, sorted by key.
    pub options: Vec<String>,
    /// Per plugin that rewrites imports: what `.proto` becomes behind an `_`.
    pub suffixes: BTreeMap<PluginName, String>,
    /// The module that is generated, then its closure.
    pub modules: Vec<Module>,
    /// What the modules' files are known by, in the same order: content that never changes. `None` where
    /// they come from folders, in which anybody may write.
    pub commits: Option<Vec<String>>,
}

/// One module of a [`Work`].
#[derive(Clone, Debug)]
pub struct Module {
    /// Per plugin that others import from: the Go import prefix or the npm package.
    pub imports: BTreeMap<PluginName, Option<String>>,
    /// The files.
    pub tree: SourceTree,
}

impl Module {
    /// A job's module with its files in a folder.
    pub fn read(job: &JobModule, folder: &Path) -> Result<Self, MakeError> {
        let tree = SourceTree::read(folder).map_err(MakeError::io("listing a module's files"))?;
        Ok(Self { imports: job.imports.clone(), tree })
    }
}

/// The import suffixes of an entry's plugin and of the plugins that its code imports from.
pub fn suffixes(entry: &Entry, catalogue: &Catalogue) -> BTreeMap<PluginName, String> {
    let all = std::iter::once(entry).chain(catalogue.walk_deps(entry));
    all.filter_map(|entry| match &entry.registry.target {
        Target::Go(_) => None,
        Target::Npm(npm) => Some((entry.name.clone(), npm.rewrite_import_path_suffix.clone()?)),
    })
    .collect()
}
