//! What a plugin is given is what the compiler itself would give it, and is compiled once.

mod util;

use bytes::Bytes;
use protoedge_codegen::{
    bundled::{self, Files},
    compiler::Compiler,
    descriptor::FileDescriptor,
    disk_cache::DiskCache,
    error::CodegenError,
    protoc::{Compiled, Protoc},
    tree::SourceTree,
    work::{Module, Work},
};
use protoedge_sandbox::Sandbox;
use protoedge_sdk::{Ecosystem, JobSdk};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;
use util::here;

/// The compiler that comes with the generator, laid out once for all tests.
fn protoc() -> Protoc {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let Files { program, include } = bundled::find(None, cache).unwrap();
    Protoc { program, include }
}

fn script(path: &Path, text: &str) {
    fs::write(path, format!("#!/bin/sh\n{text}")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn work(folder: &Path, commits: Option<&[&str]>) -> Work {
    let tree = SourceTree::read(folder).unwrap();
    Work {
        sdk: JobSdk {
            ecosystem: Ecosystem::Go,
            package: "example.com/x".into(),
            version: "v1.0.0".into(),
            manifest: String::new(),
        },
        entry: protoedge_installer::catalogue_folder::read(&util::plugins())
            .unwrap()
            .iter()
            .next()
            .unwrap()
            .clone(),
        options: Vec::new(),
        suffixes: BTreeMap::new(),
        modules: vec![Module { imports: BTreeMap::new(), tree }],
        deps: Vec::new(),
        commits: commits.map(|commits| commits.iter().map(ToString::to_string).collect()),
    }
}

#[derive(Clone, PartialEq, prost::Message)]
struct Given {
    #[prost(string, repeated, tag = "1")]
    file_to_generate: Vec<String>,
    #[prost(bytes = "bytes", repeated, tag = "15")]
    proto_file: Vec<Bytes>,
    #[prost(bytes = "bytes", repeated, tag = "17")]
    source_file_descriptors: Vec<Bytes>,
}

/// What the compiler gives a plugin of its own for all files of a folder.
fn given(protoc: &Protoc, tree: &SourceTree) -> Given {
    let scratch = tempfile::tempdir().unwrap();
    let (plugin, request) = (scratch.path().join("protoc-gen-tee"), scratch.path().join("request"));
    // It answers that it supports editions from proto2 to 2024.
    let answer = r"printf '\020\003\030\346\007\040\351\007'";
    script(&plugin, &format!("cat >{}\n{answer}\n", request.display()));
    let output = Command::new(&protoc.program)
        .arg(format!("--plugin={}", plugin.display()))
        .arg(format!("--tee_out={}", scratch.path().display()))
        .arg(format!("-I{}", tree.folder.display()))
        .arg(format!("-I{}", protoc.include.display()))
        .args(&tree.protos)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    prost::Message::decode(fs::read(request).unwrap().as_slice()).unwrap()
}

fn same(ours: Vec<FileDescriptor>, theirs: Vec<Bytes>) {
    let by_name = |files: Vec<FileDescriptor>| -> BTreeMap<String, Bytes> {
        files.into_iter().map(|file| (file.name().to_owned(), file.into_raw())).collect()
    };
    let theirs = theirs.into_iter().map(|raw| FileDescriptor::parse(raw).unwrap()).collect();
    let (ours, theirs) = (by_name(ours), by_name(theirs));
    assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>());
    for (name, raw) in ours {
        assert!(theirs[&name] == raw, "{name}");
    }
}

/// Editions 2023 and 2024, proto2 groups, custom options, and options that only matter to the source.
#[tokio::test]
async fn plugins_get_what_the_compiler_would_give_them() {
    let protoc = protoc();
    for module in ["acme_editions", "acme_units"] {
        let work = work(&here("tests/modules").join(module), None);
        let tree = &work.modules[0].tree;
        let given = given(&protoc, tree);
        let workspace = Sandbox::none().workspace().unwrap();
        let compiler = Compiler::forgetful(protoc.clone());
        let Compiled { files, sources } = compiler.compile(&work, &workspace).await.unwrap();
        let targets: BTreeSet<&str> = sources.iter().map(FileDescriptor::name).collect();
        assert_eq!(
            targets,
            given.file_to_generate.iter().map(String::as_str).collect(),
            "{module}"
        );
        // Files to generate stand as the compiler lists them, and in a module's own order here.
        same(files, given.proto_file);
        same(sources, given.source_file_descriptors);
    }
}

#[test]
fn the_module_of_editions_has_options_that_only_matter_to_the_source() {
    let protoc = protoc();
    let tree = SourceTree::read(&here("tests/modules/acme_editions")).unwrap();
    let given = given(&protoc, &tree);
    let says = |files: &[Bytes], words: &str| {
        files.iter().any(|file| file.windows(words.len()).any(|part| part == words.as_bytes()))
    };
    for words in ["SRC-1", "SRC-2", "SRC-3", "nobody", "Grace"] {
        assert!(says(&given.source_file_descriptors, words), "{words}");
        assert!(!says(&given.proto_file, words), "{words}");
    }
}

/// A compiler that writes a line into a file each time that it runs.
struct Counted {
    folder: TempDir,
    protoc: Protoc,
}

impl Counted {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let real = protoc();
        let program = folder.path().join("protoc");
        let runs = folder.path().join("runs");
        script(
            &program,
            &format!("echo run >>{}\nexec {} \"$@\"\n", runs.display(), real.program.display()),
        );
        Self { protoc: Protoc { program, ..real }, folder }
    }

    fn compiler(&self) -> Compiler {
        let cache = DiskCache::open(self.cache(), "binpb", 1 << 20).unwrap();
        Compiler::keeping(self.protoc.clone(), cache).unwrap()
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("compiled")
    }

    fn runs(&self) -> usize {
        let runs = fs::read_to_string(self.folder.path().join("runs")).unwrap_or_default();
        runs.lines().count()
    }

    /// How often a module was compiled: each time takes two runs.
    fn times(&self) -> usize {
        assert_eq!(self.runs() % 2, 0, "{}", self.runs());
        self.runs() / 2
    }
}

async fn compile(compiler: &Compiler, work: &Work) -> Result<Compiled, CodegenError> {
    let workspace = Sandbox::none().workspace().unwrap();
    compiler.compile(work, &workspace).await
}

#[tokio::test]
async fn a_commit_is_compiled_once() {
    let counted = Counted::new();
    let compiler = counted.compiler();
    let units = here("tests/modules/acme_units");
    let first = work(&units, Some(&["commit-1", "dep-1"]));
    let at_once = futures::future::join_all((0..5).map(|_| compile(&compiler, &first))).await;
    let all: Vec<Compiled> = at_once.into_iter().map(Result::unwrap).collect();
    assert_eq!(counted.times(), 1, "five plugins at once");
    assert!(all.iter().all(|one| one.files == all[0].files && one.sources == all[0].sources));
    let after = compile(&counted.compiler(), &first).await.unwrap();
    assert_eq!(counted.times(), 1, "after a restart");
    assert!(after.files == all[0].files && after.sources == all[0].sources);
    compile(&compiler, &work(&units, Some(&["commit-1", "dep-2"]))).await.unwrap();
    assert_eq!(counted.times(), 2, "another commit of a dependency");
    for times in [3, 4] {
        compile(&compiler, &work(&units, None)).await.unwrap();
        assert_eq!(counted.times(), times, "a folder, in which anybody may write");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_compiled_again() {
    let counted = Counted::new();
    let work = work(&here("tests/modules/acme_units"), Some(&["commit-1"]));
    let good = compile(&counted.compiler(), &work).await.unwrap();
    for file in fs::read_dir(counted.cache()).unwrap() {
        fs::write(file.unwrap().path(), b"no descriptors").unwrap();
    }
    let again = compile(&counted.compiler(), &work).await.unwrap();
    assert_eq!(counted.times(), 2);
    assert!(again.files == good.files);
    compile(&counted.compiler(), &work).await.unwrap();
    assert_eq!(counted.times(), 2, "kept again");
}

#[tokio::test]
async fn what_does_not_compile_is_not_kept() {
    let counted = Counted::new();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.proto"), "syntax = \"proto3\";\nmess M {}\n").unwrap();
    let work = work(folder.path(), Some(&["commit-1"]));
    for _ in 0..2 {
        let before = counted.runs();
        let refused = compile(&counted.compiler(), &work).await;
        assert!(matches!(refused, Err(CodegenError::Rejected { .. })), "{refused:?}");
        // One run or two: the first that fails ends the other.
        assert!(counted.runs() > before);
        assert_eq!(fs::read_dir(counted.cache()).unwrap().count(), 0);
    }
}
