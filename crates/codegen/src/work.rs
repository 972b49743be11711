//! What an SDK is made of.

use crate::{error::CodegenError, tree::SourceTree};
use protoedge_sdk::{Entry, JobModule, JobSdk, PluginName};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

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
    /// What it is compiled against: files of other SDKs, in the order of the job.
    pub deps: Vec<PathBuf>,
    /// What the modules' files are known by, in the same order: content that never changes. `None` where
    /// they come from folders, which may change.
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
    ///
    /// # Errors
    /// If the folder cannot be listed.
    pub fn read(job: &JobModule, folder: &Path) -> Result<Self, CodegenError> {
        let tree =
            SourceTree::read(folder).map_err(CodegenError::io("listing a module's files"))?;
        Ok(Self { imports: job.imports.clone(), tree })
    }
}
