use crate::{
    digest,
    error::InstallError,
    installer::Installer,
    plugin_source::{Digests, PluginSource, Start},
    tools::{self, Tool},
};
use futures::{
    FutureExt,
    future::{BoxFuture, ready},
};
use protoedge_sandbox::Workspace;
use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

/// A command of a crate. Its build script is a stranger's program.
#[derive(Debug)]
pub(super) struct Cargo<'a> {
    pub(super) package: &'a str,
    pub(super) version: &'a str,
    pub(super) bin: &'a str,
}

impl PluginSource for Cargo<'_> {
    fn kind(&self) -> &'static str {
        "cargo"
    }

    fn name(&self) -> (&str, &str) {
        (self.package, self.version)
    }

    fn fetch<'a>(
        &'a self,
        _: &'a Installer,
        _: Option<&'a [u8]>,
        workspace: &'a Workspace,
    ) -> BoxFuture<'a, Result<(), InstallError>> {
        fetch(self.package, self.version, self.bin, workspace).boxed()
    }

    fn start(&self, _: &Installer, folder: &Path) -> Result<Start, InstallError> {
        plugin(self.package, self.version, self.bin, folder)
    }

    fn digest<'a>(
        &'a self,
        _: &'a Installer,
        folder: &'a Path,
    ) -> BoxFuture<'a, Result<Digests, InstallError>> {
        ready(digest::tree(&folder.join("bin")).map(|digest| (digest, None))).boxed()
    }
}

/// One installation. Nothing of it stays but the command: a crate's build script is a stranger's program.
struct Build<'a> {
    id: &'a str,
    workspace: &'a Workspace,
    /// The folder of the toolchain that the operator has.
    toolchain: PathBuf,
}

/// Builds a command of a crate with the dependencies that its authors locked.
///
/// Sources are fetched first, which runs nothing of them; what is built then reaches no network.
async fn fetch(
    package: &str,
    version: &str,
    bin: &str,
    workspace: &Workspace,
) -> Result<(), InstallError> {
    let id = format!("{package}@{version}");
    let rustc = Path::new("rustc");
    let rustc = tools::find(rustc).map_err(|error| tools::not_found(&id, rustc, error))?;
    let toolchain = tools::ask(&id, &rustc, &["--print", "sysroot"]).await?;
    let build = Build { id: &id, workspace, toolchain: toolchain.trim().into() };
    build.prepare(package, version)?;
    let manifest = |folder: &str| build.folder(folder).join("Cargo.toml").into_os_string();
    let online = |args: Vec<OsString>| build.tool(args, true).run(workspace);
    online(vec!["fetch".into(), "--manifest-path".into(), manifest("fetch")]).await?;
    build.copy_source(package, version)?;
    let locked = ["fetch", "--locked", "--manifest-path"].map(OsString::from);
    online(locked.into_iter().chain([manifest("source")]).collect()).await?;
    build.forget_settings()?;
    let mut args = ["install", "--locked", "--offline", "--bin", bin].map(OsString::from).to_vec();
    args.extend(["--path".into(), build.folder("source").into()]);
    args.extend(["--root".into(), build.folder("out").into()]);
    build.tool(args, false).run(workspace).await.map(drop)
}

impl Build<'_> {
    fn folder(&self, name: &str) -> PathBuf {
        self.workspace.path().join(name)
    }

    /// A package that wants the crate and nothing else, and the operator's settings. Cargo's file of
    /// credentials is not copied.
    fn prepare(&self, package: &str, version: &str) -> Result<(), InstallError> {
        let manifest = format!(
            "[package]\nname = \"fetch\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\
             [dependencies.wanted]\npackage = {package:?}\nversion = \"={version}\"\n[workspace]\n",
        );
        let write = || -> io::Result<()> {
            for folder in ["fetch/src", "home", "target"] {
                fs::create_dir_all(self.folder(folder))?;
            }
            fs::write(self.folder("fetch/src/lib.rs"), "")?;
            fs::write(self.folder("fetch/Cargo.toml"), manifest)
        };
        let path = self.workspace.path();
        write().map_err(|source| InstallError::Cache { path: path.into(), source })?;
        let own = env::var_os("CARGO_HOME").map(PathBuf::from);
        let own = own.or_else(|| Some(env::home_dir()?.join(".cargo")));
        let settings = own.map(|home| home.join("config.toml"));
        tools::copy_settings(self.workspace, settings, &self.folder("home/config.toml"))
    }

    /// Leaves of the operator's settings where sources are, which cargo needs to find them again. Proxies, names
    /// and passwords are nothing for build scripts.
    fn forget_settings(&self) -> Result<(), InstallError> {
        let path = self.folder("home/config.toml");
        if !path.is_file() {
            return Ok(());
        }
        let forget = || fs::write(&path, sources(&fs::read_to_string(&path)?));
        forget().map_err(|source| InstallError::Cache { path: path.clone(), source })
    }

    /// The crate's own source, out of what was fetched.
    fn copy_source(&self, package: &str, version: &str) -> Result<(), InstallError> {
        let name = format!("{package}-{version}");
        let sources = self.folder("home/registry/src");
        let registries = fs::read_dir(&sources).into_iter().flatten().flatten();
        let found = registries.map(|entry| entry.path().join(&name)).find(|path| path.is_dir());
        let what = "cargo did not unpack it where it always does".to_owned();
        let mismatch = || InstallError::Mismatch { package: self.id.into(), what };
        let from = found.ok_or_else(mismatch)?;
        let copy = || -> io::Result<()> {
            for entry in walkdir::WalkDir::new(&from) {
                let entry = entry?;
                let inner = entry.path().strip_prefix(&from).unwrap_or(entry.path());
                let to = self.folder("source").join(inner);
                if entry.file_type().is_dir() {
                    fs::create_dir_all(&to)?;
                } else if entry.file_type().is_file() {
                    fs::copy(entry.path(), &to)?;
                }
            }
            Ok(())
        };
        copy().map_err(|source| InstallError::Cache { path: from.clone(), source })
    }

    fn tool(&self, args: Vec<OsString>, is_online: bool) -> Tool<'_> {
        let bin = self.toolchain.join("bin");
        let mut env = BTreeMap::new();
        for (key, value) in [
            ("PATH", tools::search_path(&[&bin])),
            ("HOME", self.folder("home").into_os_string()),
            ("CARGO_HOME", self.folder("home").into_os_string()),
            ("CARGO_TARGET_DIR", self.folder("target").into_os_string()),
        ] {
            env.insert(key.to_owned(), value);
        }
        Tool {
            package: self.id,
            program: bin.join("cargo"),
            args,
            env,
            cwd: self.workspace.path(),
            read: vec![self.toolchain.clone(), self.folder("source")],
            write: ["fetch", "home", "target", "out"].map(|it| self.folder(it)).to_vec(),
            keep: Vec::new(),
            is_online,
        }
    }
}

/// The tables of a configuration that say what sources are replaced with.
fn sources(settings: &str) -> String {
    let mut is_source = false;
    let mut kept = String::new();
    for line in settings.lines() {
        if line.trim_start().starts_with('[') {
            is_source = line.trim_start().starts_with("[source.");
        }
        if is_source {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// The command.
fn plugin(package: &str, version: &str, bin: &str, folder: &Path) -> Result<Start, InstallError> {
    let program = folder.join("bin").join(bin);
    if program.is_file() {
        return Ok(Start::executable(program));
    }
    Err(InstallError::Mismatch {
        package: format!("{package}@{version}"),
        what: format!("there is no command {bin} in it"),
    })
}

#[cfg(test)]
mod tests {
    use super::sources;

    #[test]
    fn build_scripts_see_where_sources_are_and_nothing_else() {
        let settings = "[http]\nproxy = \"http://me:secret@proxy\"\n[source.crates-io]\nreplace-with = \"x\"\n\n\
                        [registries.own]\ntoken = \"secret\"\n  [source.x]\nregistry = \"https://x/\"\n[net]\n";
        let kept = sources(settings);
        assert!(!kept.contains("secret") && !kept.contains("[net]"), "{kept}");
        let wanted =
            "[source.crates-io]\nreplace-with = \"x\"\n\n  [source.x]\nregistry = \"https://x/\"\n";
        assert_eq!(kept, wanted);
    }
}
