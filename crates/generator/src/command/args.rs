//! What several commands are told: where the catalogue is, and the programs on this machine.

use crate::http::Authorities;
use clap::Args;
use protoedge_codegen::{
    bundled::{self, Files, NoProtoc},
    protoc::Protoc,
};
use protoedge_installer::Installer;
use protoedge_sandbox::{LANDLOCK_VERSIONS, NoSandbox, Sandbox};
use std::{env, num::NonZeroU32, path::PathBuf, time::Duration};

/// Where the catalogue is.
#[derive(Args, Debug)]
pub struct CatalogueArgs {
    /// The folder of the catalogue's entries.
    #[arg(long, value_name = "DIR", env = "PROTOEDGE_PLUGINS", default_value = "plugins")]
    pub plugins: PathBuf,
}

/// How a registry is reached.
#[derive(Args, Debug)]
pub struct RegistryArgs {
    /// A file of authorities (PEM) that a registry's certificate may come from, besides the system's.
    #[arg(long, value_name = "FILE", env = "REGISTRY_CA_FILE", value_parser = Authorities::read)]
    registry_ca_file: Option<Authorities>,
}

impl RegistryArgs {
    /// The authorities that are trusted besides the system's.
    pub fn authorities(self) -> Authorities {
        self.registry_ca_file.unwrap_or_default()
    }
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
    /// The Python that runs PyPI plugins, with pip, which installs them.
    #[arg(long, value_name = "FILE", env = "PROTOEDGE_PYTHON", default_value = "python3")]
    pub python: PathBuf,
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
    ///
    /// # Errors
    /// If there is none, with what to do.
    pub async fn sandbox(&self) -> Result<Sandbox, NoSandbox> {
        Sandbox::find(!self.no_sandbox, self.landlock).await
    }

    /// What installs plugins, which will run in this cage.
    pub fn installer(&self, catalogue: &CatalogueArgs, sandbox: Sandbox) -> Installer {
        Installer {
            plugins: catalogue.plugins.clone(),
            cache: self.cache(),
            packages: self.cache().join(".packages"),
            node: self.node.clone(),
            python: self.python.clone(),
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
