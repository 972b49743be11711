use crate::{
    digest::sha256,
    error::InstallError,
    installer::Installer,
    lock::Built,
    plugin_source::{Digests, Exactly, PluginSource, Start},
    tools::{self, Tool},
};
use futures::{FutureExt, future::BoxFuture};
use protoedge_sandbox::Workspace;
use protoedge_sdk::Entry;
use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

/// A command of a Go module.
#[derive(Debug)]
pub(super) struct Go<'a> {
    pub(super) package: &'a str,
    pub(super) version: &'a str,
}

impl PluginSource for Go<'_> {
    fn kind(&self) -> &'static str {
        "go"
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
        _: Option<&'a [u8]>,
        workspace: &'a Workspace,
    ) -> BoxFuture<'a, Result<(), InstallError>> {
        fetch(installer, self.package, self.version, workspace).boxed()
    }

    fn start(&self, _: &Installer, folder: &Path) -> Result<Start, InstallError> {
        plugin(self.package, self.version, folder)
    }

    fn digest<'a>(
        &'a self,
        installer: &'a Installer,
        folder: &'a Path,
    ) -> BoxFuture<'a, Result<Digests, InstallError>> {
        async {
            let command = plugin(self.package, self.version, folder)?.program;
            digests(installer, &command).await
        }
        .boxed()
    }

    fn pin<'a>(
        &'a self,
        installer: &'a Installer,
        _: &'a Entry,
        _: &'a [Exactly],
    ) -> BoxFuture<'a, Result<(), InstallError>> {
        ask(installer, self.package, self.version).boxed()
    }
}

/// How modules are fetched: the operator's settings.
const SETTINGS: [&str; 8] = [
    "GOROOT",
    "GOPROXY",
    "GONOPROXY",
    "GOPRIVATE",
    "GOSUMDB",
    "GONOSUMDB",
    "GOINSECURE",
    "GOTOOLCHAIN",
];

/// The operator's Go.
#[derive(Debug)]
struct Toolchain {
    root: PathBuf,
    settings: BTreeMap<String, String>,
}

impl Toolchain {
    async fn find(id: &str) -> Result<Self, InstallError> {
        let program = Path::new("go");
        let path = tools::find(program).map_err(|error| tools::not_found(id, program, error))?;
        let args = [&["env", "-json"][..], &SETTINGS].concat();
        let text = tools::ask(id, &path, &args).await?;
        let mismatch = |what: String| InstallError::Mismatch {
            package: id.into(),
            what: format!("go env: {what}"),
        };
        let mut settings: BTreeMap<String, String> =
            serde_json::from_str(&text).map_err(|error| mismatch(error.to_string()))?;
        let root =
            settings.remove("GOROOT").ok_or_else(|| mismatch("there is no GOROOT".into()))?;
        Ok(Self { root: root.into(), settings })
    }

    /// Its program.
    fn program(&self) -> PathBuf {
        self.root.join("bin/go")
    }

    /// One run of it, which writes in the workspace and keeps modules and packages.
    fn tool<'a>(
        &self,
        installer: &Installer,
        workspace: &'a Workspace,
        id: &'a str,
        args: Vec<OsString>,
    ) -> Result<Tool<'a>, InstallError> {
        let kept = installer.kept("go")?;
        let proxies = self.settings.get("GOPROXY").map(String::as_str).unwrap_or_default();
        let proxies = proxies.split([',', '|']).filter_map(|it| it.strip_prefix("file://"));
        let mut env: BTreeMap<String, OsString> =
            self.settings.iter().map(|(key, value)| (key.clone(), value.into())).collect();
        let netrc = workspace.path().join("netrc");
        let own = env::var_os("NETRC").map(PathBuf::from);
        let own = own.or_else(|| Some(env::home_dir()?.join(".netrc")));
        tools::copy_settings(workspace, own, &netrc)?;
        // It would count in a session of its own, which the cage does not give it.
        let quiet = workspace.path().join("config/go/telemetry");
        let off = fs::create_dir_all(&quiet).and_then(|()| fs::write(quiet.join("mode"), "off\n"));
        off.map_err(|source| InstallError::Cache { path: quiet.clone(), source })?;
        for (key, value) in [
            ("PATH", tools::search_path(&[&self.root.join("bin")])),
            ("HOME", kept.clone().into()),
            ("XDG_CONFIG_HOME", workspace.path().join("config").into()),
            ("GOENV", "off".into()),
            ("GOPATH", kept.join("path").into()),
            ("GOMODCACHE", kept.join("modules").into()),
            ("GOCACHE", kept.join("build").into()),
            ("GOBIN", workspace.path().join("out/bin").into()),
            // A module cache that the next one can add to.
            ("GOFLAGS", "-modcacherw".into()),
            ("CGO_ENABLED", "0".into()),
            ("GOWORK", "off".into()),
            ("NETRC", netrc.clone().into()),
        ] {
            env.insert(key.into(), value);
        }
        Ok(Tool {
            package: id,
            program: self.program(),
            args,
            env,
            cwd: workspace.path(),
            read: [self.root.clone(), netrc, workspace.path().join("config")]
                .into_iter()
                .chain(proxies.map(PathBuf::from))
                .collect(),
            write: vec![workspace.path().join("out")],
            keep: vec![kept],
            is_online: true,
        })
    }
}

/// Builds a command of a Go module, small and without this machine's paths in it.
async fn fetch(
    installer: &Installer,
    package: &str,
    version: &str,
    workspace: &Workspace,
) -> Result<(), InstallError> {
    let id = format!("{package}@{version}");
    let go = Toolchain::find(&id).await?;
    let args = ["install", "-trimpath", "-ldflags", "-s -w", &id].map(OsString::from).to_vec();
    go.tool(installer, workspace, &id, args)?.run(workspace).await.map(drop)
}

/// Asks whether a command can be had in this version, by everything that an installation does but the
/// building.
async fn ask(installer: &Installer, package: &str, version: &str) -> Result<(), InstallError> {
    let id = format!("{package}@{version}");
    let go = Toolchain::find(&id).await?;
    let workspace = installer.workspace(true)?;
    let args = ["install", "-n", &id].map(OsString::from).to_vec();
    let asked = go.tool(installer, &workspace, &id, args)?.run(&workspace).await;
    workspace.close().await;
    asked.map(drop)
}

/// What a command says that it is built from.
async fn built_from(installer: &Installer, command: &Path) -> Result<String, InstallError> {
    let id = command.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let go = Toolchain::find(&id).await?;
    let workspace = installer.workspace(true)?;
    let args = vec!["version".into(), "-m".into(), command.into()];
    let mut tool = go.tool(installer, &workspace, &id, args)?;
    tool.read.push(command.into());
    tool.is_online = false;
    let said = tool.run(&workspace).await;
    workspace.close().await;
    Ok(String::from_utf8_lossy(&said?).into_owned())
}

/// The digests of a Go command: of the checksums of the modules that it is built from, as the command
/// carries them, and of the command.
async fn digests(installer: &Installer, command: &Path) -> Result<Digests, InstallError> {
    let package = command.display().to_string();
    let text = built_from(installer, command).await?;
    let modules: Vec<&str> = text
        .lines()
        .map(str::trim_start)
        .filter(|line| {
            ["path\t", "mod\t", "dep\t", "=>\t"].iter().any(|kind| line.starts_with(kind))
        })
        .collect();
    if modules.is_empty() {
        let what = "it does not say which modules it is built from".to_owned();
        return Err(InstallError::Mismatch { package, what });
    }
    let setting = |key: &str| {
        text.lines().find_map(|line| line.trim().strip_prefix(&format!("build\t{key}=")))
    };
    let compiler = text.lines().next().and_then(|line| line.rsplit(' ').next()).unwrap_or_default();
    let (os, arch) = (setting("GOOS").unwrap_or_default(), setting("GOARCH").unwrap_or_default());
    let bytes =
        fs::read(command).map_err(|source| InstallError::Cache { path: command.into(), source })?;
    let built = Built { by: format!("{compiler} {os}/{arch}"), digest: sha256(bytes) };
    Ok((sha256(modules.join("\n")), Some(built)))
}

/// The command: it keeps the name that its authors gave it, since some print it.
fn plugin(package: &str, version: &str, folder: &Path) -> Result<Start, InstallError> {
    let program = folder.join("bin").join(command_name(package));
    if program.is_file() {
        return Ok(Start::executable(program));
    }
    Err(InstallError::Mismatch {
        package: format!("{package}@{version}"),
        what: format!("there is no command {} in it", command_name(package)),
    })
}

/// How the go command names a command: the last element of its path, or the one before a `/vN`.
fn command_name(package: &str) -> &str {
    let mut elements = package.rsplit('/');
    let last = elements.next().unwrap_or(package);
    let is_major = |text: &str| {
        text.strip_prefix('v')
            .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    match elements.next() {
        Some(before) if is_major(last) => before,
        Some(_) | None => last,
    }
}

#[cfg(test)]
mod tests {
    use super::command_name;

    #[test]
    fn commands_are_named_as_the_go_command_names_them() {
        for (package, name) in [
            ("example.com/cmd/protoc-gen-x", "protoc-gen-x"),
            ("example.com/protoc-gen-x/v2", "protoc-gen-x"),
            ("example.com/v", "v"),
        ] {
            assert_eq!(command_name(package), name);
        }
    }
}
