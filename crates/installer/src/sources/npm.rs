use crate::{
    digest,
    error::InstallError,
    installer::Installer,
    plugin_source::{Digests, Exactly, PluginSource, Start},
    tools::{self, Tool, find, not_found},
};
use futures::{
    FutureExt,
    future::{BoxFuture, ready},
};
use protoedge_sandbox::{Confinement, Workspace};
use protoedge_sdk::Entry;
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

/// Where the kernel says what memory a program has, each its own. Addons of packages read it: Rust's libraries before 1.66 end
/// where they cannot find the end of the stack.
const OWN_MEMORY: &str = "/proc/self/maps";

/// A command of an npm package.
#[derive(Debug)]
pub(super) struct Npm<'a> {
    pub(super) package: &'a str,
    pub(super) version: &'a str,
    pub(super) bin: &'a str,
}

impl PluginSource for Npm<'_> {
    fn kind(&self) -> &'static str {
        "npm"
    }

    fn name(&self) -> (&str, &str) {
        (self.package, self.version)
    }

    fn shares_user(&self) -> bool {
        true
    }

    fn fetch<'a>(
        &'a self,
        installer: &'a Installer,
        basis: Option<&'a [u8]>,
        workspace: &'a Workspace,
    ) -> BoxFuture<'a, Result<(), InstallError>> {
        fetch(installer, self.package, self.version, basis, workspace).boxed()
    }

    fn start(&self, installer: &Installer, folder: &Path) -> Result<Start, InstallError> {
        plugin(&installer.node, self.package, self.version, self.bin, folder)
    }

    fn digest<'a>(
        &'a self,
        _: &'a Installer,
        folder: &'a Path,
    ) -> BoxFuture<'a, Result<Digests, InstallError>> {
        ready(digest::tree(&folder.join("node_modules")).map(|digest| (digest, None))).boxed()
    }

    fn pin<'a>(
        &'a self,
        installer: &'a Installer,
        entry: &'a Entry,
        exactly: &'a [Exactly],
    ) -> BoxFuture<'a, Result<(), InstallError>> {
        let lock = lock(installer, self.package, self.version, exactly);
        installer.lock_once(entry, lock).boxed()
    }
}

/// Installs a package by its exact version, without running anything of it; with a lock file, also
/// exactly what the package depends on.
///
/// npm runs on the node that will run the plugin, so that it judges the package's `engines` by that:
/// it refuses instead of taking another version.
async fn fetch(
    installer: &Installer,
    package: &str,
    version: &str,
    locked: Option<&[u8]>,
    workspace: &Workspace,
) -> Result<(), InstallError> {
    let id = format!("{package}@{version}");
    let into = workspace.path().join("out");
    let io = |source| InstallError::Cache { path: into.clone(), source };
    let manifest = serde_json::json!({"private": true, "dependencies": {package: version}});
    fs::write(into.join("package.json"), manifest.to_string()).map_err(io)?;
    let command = match locked {
        Some(text) => {
            fs::write(into.join("package-lock.json"), text).map_err(io)?;
            "ci"
        }
        None => "install",
    };
    let flags =
        "--ignore-scripts --no-audit --no-fund --no-update-notifier --save-exact --engine-strict";
    let args = [command].into_iter().chain(flags.split(' ')).map(OsString::from).collect();
    npm(installer, &id, args, &into, workspace).await
}

/// Runs the operator's npm on the installer's node, in a folder of a workspace that is its own. The npm that
/// came with that node is not always whole, nor the operator's choice.
async fn npm(
    installer: &Installer,
    id: &str,
    args: Vec<OsString>,
    cwd: &Path,
    workspace: &Workspace,
) -> Result<(), InstallError> {
    let missing = |program: &Path| {
        let program = program.to_owned();
        move |source| not_found(id, &program, source)
    };
    let node = find(&installer.node).map_err(missing(&installer.node))?;
    let npm = Path::new("npm");
    let npm = find(npm).and_then(fs::canonicalize).map_err(missing(npm))?;
    // `…/npm/bin/npm-cli.js`
    let home = npm.parent().and_then(Path::parent).unwrap_or(&npm).to_owned();
    let kept = installer.kept("npm")?;
    let settings = workspace.path().join("npmrc");
    tools::copy_settings(workspace, user_settings(), &settings)?;
    let mut env = own_variables();
    for (key, value) in [
        ("PATH", tools::search_path(&[])),
        ("HOME", kept.clone().into()),
        ("npm_config_cache", kept.join("cache").into()),
        ("npm_config_userconfig", settings.clone().into()),
    ] {
        env.insert(key.into(), value);
    }
    let tool = Tool {
        package: id,
        program: node,
        args: [npm.into_os_string()].into_iter().chain(args).collect(),
        env,
        cwd,
        read: vec![home, settings, "/etc/npmrc".into()],
        write: vec![cwd.into()],
        keep: vec![kept],
        is_online: true,
    };
    tool.run(workspace).await.map(drop)
}

/// The operator's settings of npm as a file.
fn user_settings() -> Option<PathBuf> {
    let named =
        ["npm_config_userconfig", "NPM_CONFIG_USERCONFIG"].into_iter().find_map(env::var_os);
    named.map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".npmrc")))
}

/// The operator's settings of npm as variables. Where things are is not theirs to say.
fn own_variables() -> BTreeMap<String, OsString> {
    let named = env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    named
        .filter(|(name, _)| {
            let name = name.to_ascii_lowercase();
            let places = ["cache", "prefix", "userconfig", "globalconfig", "tmp", "script_shell"];
            name.strip_prefix("npm_config_").is_some_and(|key| !places.contains(&key))
        })
        .collect()
}

/// What an installation of exactly this version consists of now: the text of a lock file. `exactly` are
/// the versions of packages that it depends on, even where its ranges allow newer ones.
async fn lock(
    installer: &Installer,
    package: &str,
    version: &str,
    exactly: &[Exactly],
) -> Result<Vec<u8>, InstallError> {
    let workspace = installer.workspace(true)?;
    // npm writes the folder's name into the lock file, which is to be the same every time.
    let folder = workspace.path().join(version);
    let io = |source| InstallError::Cache { path: folder.clone(), source };
    fs::create_dir(&folder).map_err(io)?;
    let mut manifest = serde_json::json!({"private": true, "dependencies": {package: version}});
    for Exactly { package, version } in exactly {
        manifest["overrides"][package] = version.as_str().into();
    }
    fs::write(folder.join("package.json"), manifest.to_string()).map_err(io)?;
    let flags = "install --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts \
                 --no-audit --no-fund --no-update-notifier --engine-strict --loglevel=error";
    let id = format!("{package}@{version}");
    let args = flags.split_whitespace().map(OsString::from).collect();
    npm(installer, &id, args, &folder, &workspace).await?;
    let lock = fs::read(folder.join("package-lock.json")).map_err(io);
    workspace.close().await;
    lock
}

/// The command of the installed package, run by node.
fn plugin(
    node: &Path,
    package: &str,
    version: &str,
    bin: &str,
    folder: &Path,
) -> Result<Start, InstallError> {
    let id = format!("{package}@{version}");
    let mismatch = |what: String| InstallError::Mismatch { package: id.clone(), what };
    let all = folder.join("node_modules");
    let folder = all.join(package);
    let text = fs::read(folder.join("package.json"))
        .map_err(|source| InstallError::Cache { path: folder.clone(), source })?;
    let manifest: Manifest =
        serde_json::from_slice(&text).map_err(|error| mismatch(error.to_string()))?;
    if manifest.version != version {
        return Err(mismatch(format!("npm installed {} instead", manifest.version)));
    }
    let script = match &manifest.bin {
        Bin::One(script) => Some(script),
        Bin::Many(scripts) => scripts.get(bin),
    };
    let script = script.ok_or_else(|| mismatch(format!("there is no command {bin} in it")))?;
    let program = find(node).map_err(|source| not_found(&id, node, source))?;
    let confinement = Confinement::new().reading(&program).reading(all).reading(OWN_MEMORY);
    let args = vec![folder.join(script).into_os_string()];
    Ok(Start { program, args, confinement, generator: None, writes: false })
}

#[derive(Deserialize)]
struct Manifest {
    version: String,
    bin: Bin,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Bin {
    One(PathBuf),
    Many(BTreeMap<String, PathBuf>),
}
