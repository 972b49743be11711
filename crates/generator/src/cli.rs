//! The command line.

use clap::{Args, Parser, Subcommand};
use protoedge_codegen::{
    bundled::{self, Files, NoProtoc},
    protoc::Protoc,
};
use protoedge_installer::Installer;
use protoedge_sandbox::{LANDLOCK_VERSIONS, NoSandbox, Sandbox};
use protoedge_sdk::{CommitId, Entry, Locked, ModuleName, PluginName, PluginVersion, Stamp};
use std::{env, num::NonZeroU32, path::PathBuf, str::FromStr, time::Duration};

/// Generates SDKs from protobuf modules.
#[derive(Debug, Parser)]
#[command(version, about)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Makes the SDKs that a registry orders by webhook.
    Serve(Box<crate::command::serve::ServeArgs>),
    /// Makes one SDK from folders, without any server, and prints one line of JSON.
    Build(Box<crate::command::build::BuildArgs>),
    /// Lists or installs the catalogue's plugins.
    #[command(subcommand)]
    Plugins(crate::command::plugins::PluginsCommand),
    /// Publishes the catalogue.
    #[command(subcommand)]
    Catalogue(crate::command::catalogue::CatalogueCommand),
}

/// Where the catalogue is.
#[derive(Args, Debug)]
pub struct ShelfArgs {
    /// The folder of the catalogue's entries.
    #[arg(long, value_name = "DIR", env = "PROTOEDGE_PLUGINS", default_value = "plugins")]
    pub plugins: PathBuf,
}

/// The programs on this machine.
#[derive(Args, Debug)]
pub struct ToolArgs {
    /// Where plugins are installed and the compiler is laid out [default: the user's cache folder].
    #[arg(long, value_name = "DIR", env = "PROTOEDGE_CACHE")]
    pub cache: Option<PathBuf>,
    /// The node that runs npm plugins; bufbuild/es wants 22 or newer.
    #[arg(long, value_name = "FILE", env = "PROTOEDGE_NODE", default_value = "node")]
    pub node: PathBuf,
    /// The protobuf compiler [default: the one that came with the generator].
    #[arg(long, value_name = "FILE", env = "PROTOEDGE_PROTOC")]
    pub protoc: Option<PathBuf>,
    /// The longest that a plugin may run: 4,800 files take 14 s on two cores.
    #[arg(long, value_name = "SECONDS", default_value = "120")]
    pub plugin_seconds: NonZeroU32,
    /// Runs plugins and the compiler without a sandbox, with all that this user can do. Only for
    /// kernels that have none, and modules and plugins that you trust.
    #[arg(long)]
    pub no_sandbox: bool,
    /// Takes the kernel's Landlock for an older version, for tests.
    #[arg(long, hide = true, value_name = "VERSION", value_parser = clap::value_parser!(u8).range(1..=i64::from(LANDLOCK_VERSIONS)))]
    pub landlock: Option<u8>,
}

impl ToolArgs {
    /// The cache folder: the one named, else where the XDG base directory specification puts it. Root's
    /// home is closed to the users that plugins run as, so that root has it where the Filesystem Hierarchy
    /// Standard puts it.
    pub fn cache(&self) -> PathBuf {
        if self.cache.is_none() && rustix::process::getuid().is_root() {
            return "/var/cache/protoedge/plugins".into();
        }
        let user = || {
            let xdg = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|p| p.is_absolute());
            xdg.or_else(|| Some(env::home_dir()?.join(".cache"))).unwrap_or_else(env::temp_dir)
        };
        self.cache.clone().unwrap_or_else(|| user().join("protoedge/plugins"))
    }

    /// The cage, after trying it.
    pub async fn sandbox(&self) -> Result<Sandbox, NoSandbox> {
        Sandbox::find(!self.no_sandbox, self.landlock).await
    }

    /// What installs plugins, which will run in this cage.
    pub fn installer(&self, shelf: &ShelfArgs, sandbox: Sandbox) -> Installer {
        Installer {
            plugins: shelf.plugins.clone(),
            cache: self.cache(),
            packages: self.cache().join(".packages"),
            node: self.node.clone(),
            sandbox,
            time: Duration::from_secs(self.plugin_seconds.get().into()),
        }
    }

    /// The compiler.
    ///
    /// # Errors
    /// If it is not there.
    pub fn protoc(&self) -> Result<Protoc, NoProtoc> {
        let Files { program, include } = bundled::find(self.protoc.clone(), &self.cache())?;
        Ok(Protoc { program, include })
    }
}

/// A plugin as the command line names it: `owner/name`, `owner/name:v1.2.3` or `owner/name:v1.2.3:4`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PluginRef {
    /// The plugin.
    pub name: PluginName,
    /// Its version; the newest where none is named.
    pub version: Option<PluginVersion>,
    /// Its revision; the newest where none is named.
    pub revision: Option<u32>,
}

impl PluginRef {
    /// Whether it means this entry, among others where it names no version or revision.
    pub fn names(&self, entry: &Entry) -> bool {
        entry.name == self.name
            && self.version.as_ref().is_none_or(|version| entry.plugin_version == *version)
            && self.revision.is_none_or(|revision| entry.revision == revision)
    }
}

impl FromStr for PluginRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.splitn(3, ':');
        let name = parts.next().unwrap_or_default().parse().map_err(|e| format!("{e}"))?;
        let version = parts.next().map(str::parse).transpose().map_err(|e| format!("{e}"))?;
        let revision = match parts.next().map(str::parse::<u32>) {
            None => None,
            Some(Ok(number)) if number > 0 => Some(number),
            Some(_) => return Err("a revision is a number from 1 on".into()),
        };
        Ok(Self { name, version, revision })
    }
}

/// A module in a folder: `owner/name:{commit, 32 hex}@{YYYYMMDDHHMMSS}=DIR`.
#[derive(Clone, Debug)]
pub struct ModuleRef {
    /// The module and its commit.
    pub locked: Locked,
    /// Where its files are.
    pub folder: PathBuf,
}

impl FromStr for ModuleRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = "a module is owner/name:{commit, 32 hex digits}@{YYYYMMDDHHMMSS}=DIR";
        let (id, folder) = text.split_once('=').ok_or(form)?;
        let (module, rest) = id.split_once(':').ok_or(form)?;
        let (commit, stamp) = rest.split_once('@').ok_or(form)?;
        let module: ModuleName = module.parse().map_err(|e| format!("{e}"))?;
        let commit: CommitId = commit.parse().map_err(|e| format!("{e}"))?;
        let stamp: Stamp = stamp.parse().map_err(|e| format!("{e}"))?;
        // Folders carry no digest, and no manifest holds one.
        let locked = Locked { module, commit, stamp, digest: String::new(), go_elsewhere: None };
        Ok(Self { locked, folder: folder.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn plugins_and_modules() {
        let plugin: PluginRef = "connectrpc/go:v1.19.1:2".parse().unwrap();
        assert_eq!(plugin.revision, Some(2));
        assert_eq!("a1/b1".parse::<PluginRef>().unwrap().version, None);
        for bad in ["", "a1", "a1/b1:1.0.0", "a1/b1:v1.0.0:0", "a1/b1:v1.0.0:x", "a1/b1:v1.0.0:1:1"]
        {
            assert!(bad.parse::<PluginRef>().is_err(), "{bad}");
        }
        let commit = "a".repeat(32);
        let module: ModuleRef = format!("a1/b1:{commit}@20260102030405=/x=y").parse().unwrap();
        assert_eq!(module.folder, PathBuf::from("/x=y"));
        for bad in ["", "a1/b1", "a1/b1:a@0=x", &format!("a1/b1:{commit}@20260102030405")] {
            assert!(bad.parse::<ModuleRef>().is_err(), "{bad}");
        }
    }
}
