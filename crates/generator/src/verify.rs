//! Whether a plugin is still what it was: what is installed, and what it generates.

use crate::{
    compiler::Compiler,
    error::MakeError,
    install::{InstallError, Installer},
    make::make,
    work::{Module, Work, suffixes},
};
use protoedge_sdk::{BadSdk, Catalogue, Closure, Entry, Hosts, JobSdk, Locked, Sdk};
use serde::{Deserialize, Serialize};
use std::{fs, io, path::Path};

/// What a plugin was when its entry was made: the file beside it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// The digest of the entry.
    pub entry: String,
    /// The digest of what was installed: for Go, of the checksums of all modules in the command; else
    /// of the tree of files.
    pub installed: String,
    /// The digest of the built command, with what built it: another compiler builds another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub built: Option<Built>,
    /// The digest of all files that the plugin makes of the test module.
    pub output: String,
}

/// A built command.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Built {
    /// The compiler and the platform.
    pub by: String,
    /// The command's digest.
    pub digest: String,
}

/// Why a plugin could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It cannot be installed.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// It makes nothing of the test module.
    #[error(transparent)]
    Make(#[from] MakeError),
    /// The test module's SDK cannot be described.
    #[error(transparent)]
    Sdk(#[from] BadSdk),
    /// A file of ours.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl Lock {
    /// What is different now, one sentence each.
    pub fn differences(&self, now: &Self) -> Vec<String> {
        let mut all = Vec::new();
        if self.entry != now.entry {
            all.push("its entry changed without a new revision".to_owned());
        }
        if self.installed != now.installed {
            all.push("what is installed changed without a new revision".to_owned());
        }
        if let (Some(was), Some(is)) = (&self.built, &now.built)
            && was.by == is.by
            && was.digest != is.digest
        {
            all.push(format!("{} builds another command of the same source", is.by));
        }
        if self.output != now.output {
            all.push("its output changed without a new revision".to_owned());
        }
        all
    }
}

/// The files of the test module, and of the module that it depends on.
const WEATHER: [(&str, &str); 3] = [
    ("ping.proto", include_str!("../tests/modules/acme_weather/ping.proto")),
    (
        "acme/weather/v1/station.proto",
        include_str!("../tests/modules/acme_weather/acme/weather/v1/station.proto"),
    ),
    (
        "acme/weather/v1/weather.proto",
        include_str!("../tests/modules/acme_weather/acme/weather/v1/weather.proto"),
    ),
];
const UNITS: [(&str, &str); 1] = [(
    "acme/units/v1/units.proto",
    include_str!("../tests/modules/acme_units/acme/units/v1/units.proto"),
)];

/// Installs a plugin anew in the installer's empty cache, lets it generate, and says what it is.
pub async fn look(
    entry: &Entry,
    catalogue: &Catalogue,
    installer: &Installer,
    compiler: &Compiler,
) -> Result<Lock, VerifyError> {
    let plugin = installer.install(entry).await?;
    let (installed, built) = installer.digest(entry).await?;
    let scratch = tempfile::tempdir()?;
    let work = work(entry, catalogue, scratch.path())?;
    let made = make(work, compiler, &plugin, scratch.path()).await?;
    Ok(Lock { entry: entry.digest(), installed, built, output: made.content })
}

fn work(entry: &Entry, catalogue: &Catalogue, scratch: &Path) -> Result<Work, VerifyError> {
    let locked = |module: &str, digit: &str| -> Result<Locked, VerifyError> {
        let broken = |_| io::Error::other("the test module's name");
        Ok(Locked {
            module: module.parse().map_err(|_| broken(()))?,
            commit: format!("a{}", digit.repeat(31)).parse().map_err(|_| broken(()))?,
            stamp: "20260102030405".parse().map_err(|_| broken(()))?,
            digest: String::new(),
        })
    };
    let target = locked("acme/weather", "1")?;
    let closure = Closure { target, deps: vec![locked("acme/units", "2")?] };
    let hosts = Hosts { registry_host: "example.com".into(), npm_scope: "@example".into() };
    let sdk = Sdk::new(entry, &closure.target);
    let jobs = Sdk::job_modules(entry, &closure, catalogue, &hosts);
    let mut modules = Vec::new();
    for (place, (job, files)) in jobs.iter().zip([&WEATHER[..], &UNITS[..]]).enumerate() {
        let folder = scratch.join(format!("sources/{place}"));
        for (name, text) in files {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap_or(&folder))?;
            fs::write(path, text)?;
        }
        modules.push(Module::read(job, &folder)?);
    }
    Ok(Work {
        sdk: JobSdk {
            ecosystem: sdk.ecosystem,
            package: sdk.package().name(&hosts),
            version: sdk.version_text(),
            manifest: Sdk::manifest(entry, &closure, catalogue, &hosts)?,
        },
        options: entry.options(),
        suffixes: suffixes(entry, catalogue),
        modules,
        commits: None,
        entry: entry.clone(),
    })
}
