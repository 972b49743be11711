//! The compiler with a memory: a commit is compiled once for all plugins.

use crate::{
    descriptor::{BadDescriptor, FileDescriptor},
    disk_cache::DiskCache,
    error::CodegenError,
    protoc::{Compiled, Protoc},
    tree::SourceTree,
    work::Work,
};
use bytes::Bytes;
use prost::Message;
use protoedge_sandbox::Workspace;
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    fs,
    io::{self, Read, Write},
    sync::{Arc, Mutex, PoisonError, Weak},
};

/// How many bytes of compiled modules are kept on disk: the largest public module has 170 MB, an
/// ordinary one some 100 kB.
pub const MAX_KEPT: u64 = 1 << 30;

/// The compiler, and what it compiled before.
#[derive(Debug)]
pub struct Compiler {
    protoc: Protoc,
    kept: Option<Arc<CompiledCache>>,
}

/// What was compiled before, on disk.
#[derive(Debug)]
struct CompiledCache {
    cache: DiskCache,
    /// The compiler's digest: another one may write other descriptors.
    protoc: String,
    /// What is being compiled now: a second job for a commit waits for the first one.
    running: Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>,
}

/// A [`Compiled`] on disk.
#[derive(Clone, PartialEq, prost::Message)]
struct Stored {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    files: Vec<Bytes>,
    #[prost(bytes = "bytes", repeated, tag = "2")]
    sources: Vec<Bytes>,
}

impl Compiler {
    /// A compiler that forgets.
    pub fn forgetful(protoc: Protoc) -> Self {
        Self { protoc, kept: None }
    }

    /// A compiler that keeps what it compiled in `cache`, as long as there is room.
    ///
    /// # Errors
    /// If protoc's executable cannot be read.
    pub fn keeping(protoc: Protoc, cache: DiskCache) -> io::Result<Self> {
        let digest = hex::encode(Sha256::digest(fs::read(&protoc.program)?));
        let kept = CompiledCache { cache, protoc: digest, running: Mutex::default() };
        Ok(Self { protoc, kept: Some(Arc::new(kept)) })
    }

    /// Compiles the first module of `work` against the others, in a fresh workspace, unless these
    /// commits were compiled before.
    ///
    /// # Errors
    /// As of [`Protoc::compile`].
    pub async fn compile(
        &self,
        work: &Work,
        workspace: &Workspace,
    ) -> Result<Compiled, CodegenError> {
        let (Some(kept), Some(commits)) = (&self.kept, &work.commits) else {
            return self.run(work, workspace).await;
        };
        let key = kept.key(commits);
        let turn = kept.turn(&key);
        let _turn = turn.lock().await;
        if let Some(compiled) = kept.clone().find(key.clone()).await {
            return Ok(compiled);
        }
        let compiled = self.run(work, workspace).await?;
        kept.clone().keep(key, compiled.clone()).await;
        Ok(compiled)
    }

    async fn run(&self, work: &Work, workspace: &Workspace) -> Result<Compiled, CodegenError> {
        let trees: Vec<&SourceTree> = work.modules.iter().map(|module| &module.tree).collect();
        self.protoc.compile(&trees, workspace).await
    }
}

impl CompiledCache {
    fn key(&self, commits: &[String]) -> String {
        // Neither a digest nor a commit has a line break in it.
        let lines = [&self.protoc]
            .into_iter()
            .chain(commits)
            .fold(Sha256::new(), |hash, line| hash.chain_update(line).chain_update("\n"));
        hex::encode(lines.finalize())
    }

    /// What one holds who compiles what is kept under a key.
    fn turn(&self, key: &str) -> Arc<tokio::sync::Mutex<()>> {
        // Every change is one call: a panic leaves no half of it.
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|_, turn| turn.strong_count() > 0);
        if let Some(turn) = running.get(key).and_then(Weak::upgrade) {
            return turn;
        }
        let turn = Arc::default();
        running.insert(key.to_owned(), Arc::downgrade(&turn));
        turn
    }

    /// A cache that cannot be read costs a compilation, not the job.
    async fn find(self: Arc<Self>, key: String) -> Option<Compiled> {
        let read = move || -> Result<Option<Compiled>, Unreadable> {
            let Some(mut file) = self.cache.get(&key)? else { return Ok(None) };
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            let stored = Stored::decode(Bytes::from(bytes))?;
            Ok(Some(Compiled { files: parse(stored.files)?, sources: parse(stored.sources)? }))
        };
        match tokio::task::spawn_blocking(read).await {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => {
                tracing::warn!(%error, "a compiled module cannot be read from the cache");
                None
            }
            Err(error) => {
                tracing::error!(%error, "reading a compiled module");
                None
            }
        }
    }

    /// A cache that cannot be written costs the next compilation, not the job.
    async fn keep(self: Arc<Self>, key: String, compiled: Compiled) {
        let write = move || -> io::Result<()> {
            let raw = |files: Vec<FileDescriptor>| files.into_iter().map(FileDescriptor::into_raw);
            let stored = Stored {
                files: raw(compiled.files).collect(),
                sources: raw(compiled.sources).collect(),
            };
            let mut file = self.cache.start()?;
            file.write_all(&stored.encode_to_vec())?;
            self.cache.put(&key, file).map(drop)
        };
        match tokio::task::spawn_blocking(write).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "a compiled module cannot be kept"),
            Err(error) => tracing::error!(%error, "keeping a compiled module"),
        }
    }
}

/// Why what is kept cannot be used.
#[derive(Debug, thiserror::Error)]
enum Unreadable {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Descriptor(#[from] BadDescriptor),
}

fn parse(files: Vec<Bytes>) -> Result<Vec<FileDescriptor>, BadDescriptor> {
    files.into_iter().map(FileDescriptor::parse).collect()
}
