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
use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

/// The oldest Python that lock files are made for.
const OLDEST_PYTHON: &str = "3.10";

/// What pip and uv read of the system: its settings for them, which system it is, which they tell indexes, and where Debian's
/// Python looks for packages.
const OWN: [&str; 6] = [
    "/etc/pip.conf",
    "/etc/uv",
    "/etc/debian_version",
    "/etc/os-release",
    "/etc/lsb-release",
    "/usr/local/lib",
];

/// Starts a command of a package that is in a folder, as the script does that an installer writes: its arguments are the folder,
/// the entry point's module and its function. Nothing is read that is not in that folder or Python's own. Some libraries want to know a home.
const START: &str = "import os, sys; os.environ['HOME'] = os.getcwd(); folder, module, function = sys.argv[1:4]; del sys.argv[1:4]; sys.path.insert(0, folder); \
    sys.argv[0] = module; import importlib; sys.exit(getattr(importlib.import_module(module), function)())";

/// The same of a module that is a program, as `python -m` does.
const START_MODULE: &str = "import os, sys; os.environ['HOME'] = os.getcwd(); folder, module = sys.argv[1:3]; del sys.argv[1:3]; sys.path.insert(0, folder); \
    import runpy; runpy.run_module(module, run_name='__main__', alter_sys=True)";

/// A command of a Python package.
#[derive(Debug)]
pub(super) struct Pypi<'a> {
    pub(super) package: &'a str,
    pub(super) version: &'a str,
    pub(super) bin: &'a str,
    pub(super) generator: Option<&'a str>,
    pub(super) sources: &'a [String],
}

impl PluginSource for Pypi<'_> {
    fn kind(&self) -> &'static str {
        "pypi"
    }

    fn name(&self) -> (&str, &str) {
        (self.package, self.version)
    }

    /// A wheel is unpacked. Sources are built, which runs them.
    fn shares_user(&self) -> bool {
        self.sources.is_empty()
    }

    fn fetch<'a>(
        &'a self,
        installer: &'a Installer,
        basis: Option<&'a [u8]>,
        workspace: &'a Workspace,
    ) -> BoxFuture<'a, Result<(), InstallError>> {
        self.install(installer, basis, workspace).boxed()
    }

    fn start(&self, installer: &Installer, folder: &Path) -> Result<Start, InstallError> {
        let generator = self.generator.map(str::to_owned);
        self.check(folder)?;
        let program = folder.join("bin").join(self.bin);
        if is_native(&program) {
            return Ok(Start { generator, ..Start::executable(program) });
        }
        let command: Vec<OsString> = match self.entry_point(folder)? {
            Some((module, function)) => {
                vec![START.into(), folder.into(), module.into(), function.into()]
            }
            None if self.is_module(folder) => {
                vec![START_MODULE.into(), folder.into(), self.bin.into()]
            }
            None => return Err(self.mismatch(format!("there is no command {} in it", self.bin))),
        };
        let args = ["-I", "-B", "-c"].map(OsString::from).into_iter().chain(command).collect();
        let python = python(&self.id(), installer)?;
        let confinement = reading(Confinement::new(), &python).reading(folder);
        Ok(Start { program: python, args, confinement, generator, writes: true })
    }

    /// The lock file's: which of its wheels are here is different from machine to machine.
    fn digest<'a>(
        &'a self,
        _: &'a Installer,
        folder: &'a Path,
    ) -> BoxFuture<'a, Result<Digests, InstallError>> {
        let path = folder.join(LOCK);
        let lock = fs::read(&path).map_err(|source| InstallError::Cache { path, source });
        ready(lock.map(|lock| (digest::sha256(lock), None))).boxed()
    }

    fn pin<'a>(
        &'a self,
        installer: &'a Installer,
        entry: &'a Entry,
        exactly: &'a [Exactly],
    ) -> BoxFuture<'a, Result<(), InstallError>> {
        installer.lock_once(entry, self.lock(installer, exactly)).boxed()
    }
}

/// What was installed, in the plugin's folder.
const LOCK: &str = "requirements.txt";

impl Pypi<'_> {
    fn id(&self) -> String {
        format!("{}=={}", self.package, self.version)
    }

    /// Installs a package by its exact version; with a lock file, also exactly what it depends on, compared with the hashes there.
    /// Nothing of wheels runs.
    async fn install(
        &self,
        installer: &Installer,
        locked: Option<&[u8]>,
        workspace: &Workspace,
    ) -> Result<(), InstallError> {
        let (id, into) = (self.id(), workspace.path().join("out"));
        let requirements = into.join(LOCK);
        let text = locked.map_or_else(|| id.clone().into_bytes(), <[u8]>::to_vec);
        let cache = |source| InstallError::Cache { path: requirements.clone(), source };
        fs::write(&requirements, text).map_err(cache)?;
        let flags = "-I -m pip install --no-input --disable-pip-version-check --no-compile --no-warn-script-location \
                     --only-binary=:all: --progress-bar=off --quiet";
        let mut args: Vec<OsString> = flags.split_whitespace().map(OsString::from).collect();
        args.extend(self.sources.iter().map(|it| format!("--no-binary={it}").into()));
        if locked.is_some() {
            // A lock file has all of it; what has no hash there is refused.
            args.extend(["--no-deps", "--require-hashes"].map(OsString::from));
        }
        args.extend(["--target".into(), into.clone().into()]);
        args.extend(["--requirement".into(), requirements.into_os_string()]);
        let python = python(&id, installer)?;
        let tool = tool(&id, installer, workspace, (python, args), (&into, self.shares_user()))?;
        tool.run(workspace).await.map(drop)
    }

    /// What an installation of exactly this version consists of now, for every machine that the packages have wheels for: the text
    /// of a file of requirements. `exactly` are the versions of packages that it depends on.
    async fn lock(
        &self,
        installer: &Installer,
        exactly: &[Exactly],
    ) -> Result<Vec<u8>, InstallError> {
        let workspace = installer.workspace(self.shares_user())?;
        let (id, folder) = (self.id(), workspace.path().join("out"));
        let wanted = folder.join("requirements.in");
        let lines = [format!("{id}\n")].into_iter();
        let others = exactly.iter().map(|it| format!("{}=={}\n", it.package, it.version));
        let cache = |source| InstallError::Cache { path: wanted.clone(), source };
        fs::write(&wanted, lines.chain(others).collect::<String>()).map_err(cache)?;
        let flags = "pip compile --universal --generate-hashes --no-header --no-annotate --quiet --no-python-downloads \
                     --only-binary=:all:";
        let mut args: Vec<OsString> = flags.split_whitespace().map(OsString::from).collect();
        args.extend(self.sources.iter().map(|it| format!("--no-binary={it}").into()));
        let python = python(&id, installer)?;
        args.extend([format!("--python-version={OLDEST_PYTHON}").into(), "--python".into()]);
        args.extend([python.clone().into(), wanted.clone().into_os_string()]);
        let uv = Path::new("uv");
        let uv = find(uv).and_then(fs::canonicalize).map_err(|error| not_found(&id, uv, error))?;
        let mut tool = tool(&id, installer, &workspace, (uv, args), (&folder, self.shares_user()))?;
        tool.read.push(python);
        let lock = tool.run(&workspace).await?;
        workspace.close().await;
        Ok(lock)
    }

    /// Makes sure that what is in a folder is what the entry says.
    fn check(&self, folder: &Path) -> Result<(), InstallError> {
        let about = self.about(folder)?;
        let text = fs::read_to_string(about.join("METADATA"))
            .map_err(|source| InstallError::Cache { path: about, source })?;
        let version = text.lines().find_map(|line| line.strip_prefix("Version: "));
        if version == Some(self.version) {
            return Ok(());
        }
        Err(self.mismatch(format!("pip installed {} instead", version.unwrap_or_default())))
    }

    fn mismatch(&self, what: String) -> InstallError {
        InstallError::Mismatch { package: self.id(), what }
    }

    /// The folder with what is known of the package ("Recording installed projects").
    fn about(&self, folder: &Path) -> Result<PathBuf, InstallError> {
        let cache = |source| InstallError::Cache { path: folder.into(), source };
        // `[extra]` stands behind a package's name.
        let wanted = self.package.split('[').next().unwrap_or(self.package);
        let wanted = protoedge_pypi::normalized(wanted);
        for entry in fs::read_dir(folder).map_err(cache)? {
            let name = entry.map_err(cache)?.file_name().to_string_lossy().into_owned();
            let project = name.strip_suffix(".dist-info").and_then(|it| it.rsplit_once('-'));
            if project.is_some_and(|(project, _)| protoedge_pypi::normalized(project) == wanted) {
                return Ok(folder.join(name));
            }
        }
        Err(self.mismatch("it is not there".into()))
    }

    /// Whether the command is a module of the package.
    fn is_module(&self, folder: &Path) -> bool {
        folder.join(self.bin.replace('.', "/")).with_extension("py").is_file()
    }

    /// Module and function of the command, if it is an entry point ("Entry points specification").
    fn entry_point(&self, folder: &Path) -> Result<Option<(String, String)>, InstallError> {
        let path = self.about(folder)?.join("entry_points.txt");
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            text => text.map_err(|source| InstallError::Cache { path, source })?,
        };
        let scripts = text.lines().skip_while(|line| line.trim() != "[console_scripts]").skip(1);
        let mut scripts = scripts.take_while(|line| !line.trim_start().starts_with('['));
        Ok(scripts.find_map(|line| {
            let (name, point) = line.split_once('=')?;
            let (module, function) = point.trim().split_once(':')?;
            (name.trim() == self.bin).then(|| (module.to_owned(), function.to_owned()))
        }))
    }
}

/// Whether a file is a program of the machine's own, and not a script.
fn is_native(program: &Path) -> bool {
    let mut magic = [0; 4];
    let read = fs::File::open(program).and_then(|mut file| file.read_exact(&mut magic));
    read.is_ok() && magic == *b"\x7fELF"
}

/// The operator's Python. What looks like one in the search path may be a script that chooses one of many, which the cage does not
/// have: the first that is none is taken.
fn python(id: &str, installer: &Installer) -> Result<PathBuf, InstallError> {
    let named = &installer.python;
    let folders = env::var_os("PATH").unwrap_or_default();
    let found = match named.components().count() {
        1 => env::split_paths(&folders).map(|it| it.join(named)).find(|it| is_native(it)),
        _ => Some(named.clone()),
    };
    let missing = || io::Error::new(io::ErrorKind::NotFound, "not in the search path");
    let found = found.ok_or_else(missing).and_then(fs::canonicalize);
    found.map_err(|source| not_found(id, named, source))
}

/// A program with what Python is made of.
fn reading(confinement: Confinement, python: &Path) -> Confinement {
    libraries(python).into_iter().fold(confinement.reading(python), Confinement::reading)
}

/// Where a Python has its library: beside the folder that it is in.
fn libraries(python: &Path) -> Vec<PathBuf> {
    let prefix = python.parent().and_then(Path::parent);
    prefix.map(|prefix| vec![prefix.join("lib"), prefix.join("lib64")]).unwrap_or_default()
}

/// A run of pip or uv in a folder.
fn tool<'a>(
    id: &'a str,
    installer: &Installer,
    workspace: &Workspace,
    (program, args): (PathBuf, Vec<OsString>),
    (cwd, shares): (&'a Path, bool),
) -> Result<Tool<'a>, InstallError> {
    // What runs while something is built could change what is kept for the next.
    let kept = if shares { installer.kept("pip")? } else { workspace.path().join("home") };
    if !shares {
        let cache = |source| InstallError::Cache { path: kept.clone(), source };
        fs::create_dir_all(&kept).map_err(cache)?;
    }
    let settings = workspace.path().join("pip.conf");
    tools::copy_settings(workspace, user_settings(), &settings)?;
    let mut env = own_variables();
    for (key, value) in [
        ("PATH", tools::search_path(&[])),
        ("HOME", kept.clone().into()),
        ("PIP_CACHE_DIR", kept.join("cache").into()),
        ("PIP_CONFIG_FILE", settings.clone().into()),
        ("UV_CACHE_DIR", kept.join("uv").into()),
    ] {
        env.insert(key.into(), value);
    }
    let python = python(id, installer)?;
    let own = OWN.map(PathBuf::from);
    Ok(Tool {
        package: id,
        program,
        args,
        env,
        cwd,
        read: libraries(&python).into_iter().chain(own).chain([python, settings]).collect(),
        write: if shares { vec![cwd.into()] } else { vec![cwd.into(), kept.clone()] },
        keep: if shares { vec![kept] } else { Vec::new() },
        is_online: true,
    })
}

/// The operator's settings of pip as a file.
fn user_settings() -> Option<PathBuf> {
    let named = env::var_os("PIP_CONFIG_FILE").map(PathBuf::from);
    let home = env::home_dir()?;
    let usual = [home.join(".config/pip/pip.conf"), home.join(".pip/pip.conf")];
    named.or_else(|| usual.into_iter().find(|path| path.is_file()))
}

/// The operator's settings of pip and uv as variables: which indexes there are, and how they are reached. Where things are is not
/// theirs to say.
fn own_variables() -> BTreeMap<String, OsString> {
    let is_own = |name: &str| {
        ["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_CERT", "PIP_PROXY"]
            .contains(&name)
            || name.starts_with("PIP_DEFAULT_")
            || name.starts_with("UV_INDEX")
            || ["UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL", "UV_NATIVE_TLS"].contains(&name)
    };
    let named = env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    named.filter(|(name, _)| is_own(name)).collect()
}
