//! Measures what one SDK costs against running protoc and the plugin by hand on the same files.
//!
//! `bench GENERATOR PLUGINS CACHE NODE`: the generator's executable (for its cage), the folder of the
//! catalogue, that of installed plugins, and the node that runs npm's. Each measurement is a process of its
//! own, so that its memory is its own. With `ONLY` in the environment, plugins whose names begin so.

use nix::sys::resource::{UsageWho, getrusage};
use protoedge_codegen::{
    bundled::{self, Files},
    compiler::Compiler,
    disk_cache::DiskCache,
    make,
    plugin::Plugin,
    protoc::Protoc,
    tree::SourceTree,
    work::Work,
};
use protoedge_installer::{Installer, catalogue_folder, verify::sample};
use protoedge_sandbox::Sandbox;
use protoedge_sdk::{Catalogue, Entry};
use std::{
    env,
    error::Error,
    ffi::OsStr,
    fmt::Write,
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

/// How often each is measured; the median counts.
const TIMES: usize = 5;

/// The large module: files, and messages in each.
const FILES: usize = 300;
const MESSAGES: usize = 10;

/// What the generator carries out itself: stock plugins do not know it.
const SEPARATE: &str = "separate_package=true";

type Res<T> = Result<T, Box<dyn Error>>;

/// What one measurement gave.
#[derive(Clone, Copy)]
struct Cost {
    /// Milliseconds.
    time: f64,
    /// The most memory of any process, in MB.
    memory: f64,
}

struct Bench {
    args: Vec<String>,
    catalogue: Catalogue,
    installer: Installer,
    protoc: Files,
}

impl Bench {
    async fn new(args: Vec<String>) -> Res<Self> {
        let [generator, plugins, cache, node, ..] = args.as_slice() else {
            return Err("usage: bench GENERATOR PLUGINS CACHE NODE".into());
        };
        let installer = Installer {
            plugins: plugins.into(),
            cache: cache.into(),
            node: node.into(),
            python: "python3".into(),
            packages: Path::new(cache).join(".packages"),
            sandbox: Sandbox::launched_by(generator.into(), None).await?,
            time: Duration::from_secs(600),
        };
        Ok(Self {
            catalogue: catalogue_folder::read(Path::new(plugins))?,
            protoc: bundled::find(None, Path::new(cache))?,
            installer,
            args,
        })
    }

    fn work(&self, entry: &Entry, size: &str, folder: &Path) -> Res<Work> {
        let mut work = sample::shop(entry, &self.catalogue, folder)?;
        if size == "large" {
            let folder = folder.join("large");
            write_large(&folder)?;
            work.modules[0].tree = SourceTree::read(&folder)?;
        }
        Ok(work)
    }

    /// One measurement, in a process of its own.
    fn measure(&self, entry: &Entry, size: &str, way: &str) -> Res<Cost> {
        let output = Command::new(env::current_exe()?)
            .args(&self.args)
            .args([&entry.id(), size, way])
            .output()?;
        let text = String::from_utf8(output.stdout)?;
        let numbers: Vec<f64> = text.split_whitespace().flat_map(str::parse).collect();
        match numbers.as_slice() {
            [time, memory] => Ok(Cost { time: *time, memory: *memory }),
            _ => Err(String::from_utf8_lossy(&output.stderr).into_owned().into()),
        }
    }

    fn median(&self, entry: &Entry, size: &str, way: &str) -> Res<Cost> {
        // The first one fills caches.
        let all: Res<Vec<Cost>> =
            (0..=TIMES).map(|_| self.measure(entry, size, way)).skip(1).collect();
        let mut all = all?;
        all.sort_by(|a, b| a.time.total_cmp(&b.time));
        Ok(all[all.len() / 2])
    }

    fn table(&self) -> Res<()> {
        println!(
            "one SDK: milliseconds and MB of the largest process; by hand is protoc with the plugin,\n\
             kept is with the commit compiled already\n"
        );
        println!(
            "{:38} {:5} {:>16} {:>16} {:>6} {:>9} {:>8}",
            "plugin", "size", "by hand", "here", "ratio", "own ms", "kept ms"
        );
        let only = env::var("ONLY").unwrap_or_default();
        for entry in self.catalogue.iter().filter(|it| it.name.to_string().starts_with(&only)) {
            if self.catalogue.newest(&entry.name, |_| true) != Some(entry) {
                continue;
            }
            for size in ["small", "large"] {
                let hand = self.median(entry, size, "hand")?;
                let here = self.median(entry, size, "here")?;
                let kept = self.median(entry, size, "kept")?;
                println!(
                    "{:38} {size:5} {:>9.0} {:>6.0} {:>9.0} {:>6.0} {:>6.2} {:>9.0} {:>8.0}",
                    entry.id(),
                    hand.time,
                    hand.memory,
                    here.time,
                    here.memory,
                    here.time / hand.time,
                    here.time - hand.time,
                    kept.time,
                );
            }
        }
        Ok(())
    }

    async fn once(&self, id: &str, size: &str, way: &str) -> Res<Cost> {
        let entry = self.catalogue.iter().find(|entry| entry.id() == id).ok_or("no such plugin")?;
        let plugin = self.installer.install(entry).await?;
        let scratch = tempfile::tempdir()?;
        let work = self.work(entry, size, scratch.path())?;
        let time = match way {
            "hand" => by_hand(&work, &self.protoc, &plugin, scratch.path())?,
            _ => self.here(work, &plugin, way == "kept").await?,
        };
        let kb = |who| getrusage(who).map(|usage| usage.max_rss());
        let own = if way == "hand" { 0 } else { kb(UsageWho::RUSAGE_SELF)? };
        let most = own.max(kb(UsageWho::RUSAGE_CHILDREN)?);
        Ok(Cost { time: time.as_secs_f64() * 1e3, memory: most as f64 / 1024.0 })
    }

    /// As a job does it, from the modules' files to the packed SDK.
    async fn here(&self, mut work: Work, plugin: &Plugin, is_kept: bool) -> Res<Duration> {
        let Files { program, include } = self.protoc.clone();
        let protoc = Protoc { program, include };
        let cache = tempfile::tempdir()?;
        let compiler =
            Compiler::keeping(protoc, DiskCache::open(cache.path().into(), "binpb", 1 << 30)?)?;
        work.commits = Some(vec!["commit".into()]);
        if is_kept {
            compiler.compile(&work, &self.installer.sandbox.workspace()?).await?;
        }
        let start = Instant::now();
        let workspace = self.installer.sandbox.workspace()?;
        make(work, &compiler, plugin, &workspace).await?;
        workspace.close().await;
        Ok(start.elapsed())
    }
}

/// protoc calls the plugin and writes its files.
fn by_hand(work: &Work, protoc: &Files, plugin: &Plugin, scratch: &Path) -> Res<Duration> {
    let out = scratch.join("by-hand");
    fs::create_dir(&out)?;
    let (mut command, name) = match &plugin.generator {
        // It is protoc itself.
        Some(generator) => {
            let mut command = Command::new(&plugin.program);
            command.args(&plugin.args);
            (command, generator.as_str())
        }
        None => {
            let wrapper = scratch.join("protoc-gen-x");
            let words = [plugin.program.as_os_str()];
            let words = words.into_iter().chain(plugin.args.iter().map(AsRef::as_ref));
            let quoted =
                |word: &OsStr| format!("'{}'", word.display().to_string().replace('\'', "'\\''"));
            let words: Vec<String> = words.map(quoted).collect();
            fs::write(&wrapper, format!("#!/bin/sh\nexec {}\n", words.join(" ")))?;
            fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755))?;
            let mut command = Command::new(&protoc.program);
            command.arg(format!("--plugin={}", wrapper.display()));
            (command, "x")
        }
    };
    command.arg(format!("--{name}_out={}", out.display())).env("OPENSSL_CONF", "/dev/null");
    let stock = work.options.iter().filter(|option| *option != SEPARATE);
    command.args(stock.map(|option| format!("--{name}_opt={option}")));
    for module in &work.modules {
        command.arg(format!("-I{}", module.tree.folder.display()));
        if work.sdk.manifest.starts_with("module ") {
            // By hand, Go plugins are told where packages are.
            command.args(module.tree.protos.iter().map(|name| {
                let folder = Path::new(name).parent().unwrap_or(Path::new("")).display();
                format!("--x_opt=M{name}=example.com/{folder}")
            }));
        }
    }
    command.arg(format!("-I{}", protoc.include.display()));
    command.args(&work.modules[0].tree.protos);
    let start = Instant::now();
    let output = command.output()?;
    let time = start.elapsed();
    if output.status.success() {
        return Ok(time);
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
}

fn write_large(folder: &Path) -> Res<()> {
    fs::create_dir_all(folder.join("acme/large/v1"))?;
    for file in 0..FILES {
        let mut text = String::from("syntax = \"proto3\";\npackage acme.large.v1;\n");
        if file > 0 {
            writeln!(text, "import \"acme/large/v1/f{}.proto\";", file - 1)?;
        }
        for message in 0..MESSAGES {
            writeln!(text, "// What number {message} of file {file} is about.")?;
            writeln!(text, "message M{file}X{message} {{")?;
            for field in 1..=10 {
                writeln!(text, "  // The field {field}.\n  string field_{field} = {field};")?;
            }
            if file > 0 {
                writeln!(text, "  map<string, M{}X{message}> before = 11;", file - 1)?;
            }
            writeln!(text, "}}")?;
        }
        writeln!(text, "// Serves file {file}.\nservice S{file} {{")?;
        writeln!(text, "  rpc Get(M{file}X0) returns (M{file}X1);\n}}")?;
        fs::write(folder.join(format!("acme/large/v1/f{file}.proto")), text)?;
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Res<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.as_slice() {
        [tools @ .., id, size, way] if tools.len() == 4 => {
            let cost = Bench::new(tools.to_vec()).await?.once(id, size, way).await?;
            println!("{} {}", cost.time, cost.memory);
            Ok(())
        }
        _ => Bench::new(args).await?.table(),
    }
}
