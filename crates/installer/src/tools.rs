//! Running package managers: in the cage, with an environment of their own.

use crate::error::InstallError;
use protoedge_codegen::diagnostic::Diagnostic;
use protoedge_sandbox::{Bounds, Confinement, Env, Program, RunError, Workspace, run};
use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

/// The longest that a package manager may take: a cold `go install` or `cargo install` builds dozens
/// of packages.
const TIME: Duration = Duration::from_secs(15 * 60);

/// Package managers print little, in bytes.
const MAX_STDOUT: usize = 16 << 20;

/// How many processes and threads a package manager and its compilers may have: some a processor each.
const TASKS: u32 = 2048;

/// How many files they may have open.
const OPEN_FILES: u64 = 8192;

/// What one installation may take: `cargo install` of a large crate writes some GB.
const BOUNDS: Bounds = Bounds { space: 8 << 30, files: 500_000, memory: 8 << 30 };

/// What compilers need besides the system's libraries and commands.
const COMPILERS: [&str; 3] = ["/usr/include", "/usr/libexec", "/usr/local/bin"];

/// What says how the internet is reached: names, addresses and certificates.
const NETWORK: [&str; 10] = [
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/ssl",
    "/etc/pki",
    "/etc/ca-certificates",
    "/usr/local/share/ca-certificates",
];

/// The variables that say the same. Their values may hold a proxy's password.
const NETWORK_VARIABLES: [&str; 12] = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS",
    "CARGO_HTTP_CAINFO",
];

/// One run of a package manager.
#[derive(Debug)]
pub(crate) struct Tool<'a> {
    /// The package that it is for, in messages.
    pub(crate) package: &'a str,
    /// The executable.
    pub(crate) program: PathBuf,
    pub(crate) args: Vec<OsString>,
    /// Its variables, besides those that every tool has.
    pub(crate) env: BTreeMap<String, OsString>,
    /// The folder that it starts in.
    pub(crate) cwd: &'a Path,
    /// What it is made of, besides the system's own files.
    pub(crate) read: Vec<PathBuf>,
    /// Where it writes: nothing else is its own.
    pub(crate) write: Vec<PathBuf>,
    /// What it keeps for the next time.
    pub(crate) keep: Vec<PathBuf>,
    /// Whether it speaks with registries.
    pub(crate) is_online: bool,
}

impl Tool<'_> {
    /// Runs it to its end; gives what it wrote to standard output.
    ///
    /// # Errors
    /// If it could not be run to its end, or said no.
    pub(crate) async fn run(self, workspace: &Workspace) -> Result<Vec<u8>, InstallError> {
        let package = self.package;
        let failed = |source| InstallError::Run { package: package.into(), source };
        let temporary = workspace.path().join("tmp");
        fs::create_dir_all(&temporary)
            .map_err(|source| InstallError::Cache { path: temporary.clone(), source })?;
        let confinement = self.confinement(&temporary);
        let mut env = self.env;
        if self.is_online {
            env.extend(network_variables());
        }
        for (key, value) in [("LANG", "C.UTF-8".into()), ("TMPDIR", temporary.into())] {
            env.insert(key.into(), value);
        }
        let program = Program {
            path: &self.program,
            args: self.args,
            env: Env::Exactly(env),
            cwd: self.cwd,
            stdin: Vec::new(),
            time: TIME,
            stdout: MAX_STDOUT,
        };
        let ended = workspace.run(program, &confinement).await.map_err(failed)?;
        if ended.code == 0 {
            return Ok(ended.stdout);
        }
        // Package managers say what went wrong at the end.
        let lines: Vec<&str> = ended.stderr.lines().collect();
        let last = lines[lines.len().saturating_sub(8)..].join("\n");
        let diagnostic = Diagnostic::without_paths(&last, &[workspace.path()]);
        Err(InstallError::Refused { package: package.into(), diagnostic })
    }

    fn confinement(&self, temporary: &Path) -> Confinement {
        let mut confinement = Confinement::new().running(TASKS).reading(&self.program);
        confinement.installs = true;
        confinement.is_online = self.is_online;
        confinement.open_files = OPEN_FILES;
        confinement.bounds = BOUNDS;
        // Go, node and rustc reserve more than they use.
        confinement.memory = 64 << 30;
        confinement.read.extend(COMPILERS.map(PathBuf::from));
        confinement.read.extend(self.read.iter().cloned());
        if self.is_online {
            confinement.read.extend(NETWORK.map(PathBuf::from));
            let files = network_variables().into_values().map(PathBuf::from);
            confinement.read.extend(files.filter(|path| path.is_absolute()));
        }
        confinement.write.extend(self.write.iter().cloned());
        confinement.write.push(temporary.into());
        confinement.keep.extend(self.keep.iter().cloned());
        confinement
    }
}

/// What the operator says of the network.
fn network_variables() -> BTreeMap<String, OsString> {
    let named = NETWORK_VARIABLES.into_iter();
    named.filter_map(|name| Some((name.to_owned(), env::var_os(name)?))).collect()
}

/// A search path of these folders and the system's.
pub(crate) fn search_path(first: &[&Path]) -> OsString {
    let system = ["/usr/local/bin", "/usr/bin", "/bin"].map(Path::new);
    let folders = first.iter().copied().chain(system);
    // A folder whose name holds a `:` cannot be in a search path.
    env::join_paths(folders).unwrap_or_else(|_| "/usr/bin:/bin".into())
}

/// The whole path of a program that is named without one: in the cage there is another search path.
pub(crate) fn find(program: &Path) -> io::Result<PathBuf> {
    if program.components().count() > 1 {
        return fs::canonicalize(program);
    }
    let folders = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&folders).map(|folder| folder.join(program)).find(|p| p.is_file());
    found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "not in the search path"))
}

/// What a program of the operator's says of itself, asked as the operator: it runs nothing of strangers'.
pub(crate) async fn ask(
    package: &str,
    program: &Path,
    args: &[&str],
) -> Result<String, InstallError> {
    let failed = |source| InstallError::Run { package: package.to_owned(), source };
    let own = |name: &str| Some((name.to_owned(), env::var_os(name)?));
    // Where programs of the operator's look for their settings.
    let names =
        ["PATH", "HOME", "XDG_CONFIG_HOME", "RUSTUP_HOME", "CARGO_HOME", "RUSTUP_TOOLCHAIN"];
    let names = names.into_iter().map(str::to_owned);
    let go = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let names = names.chain(go.filter(|name| name.starts_with("GO")));
    let asked = Program {
        path: program,
        args: args.iter().map(OsString::from).collect(),
        env: Env::Exactly(names.filter_map(|name| own(&name)).collect()),
        cwd: Path::new("/"),
        stdin: Vec::new(),
        // It reads its settings.
        time: Duration::from_secs(60),
        stdout: MAX_STDOUT,
    };
    let ended = run(asked).await.map_err(failed)?;
    if ended.code != 0 {
        let diagnostic = Diagnostic::new(&ended.stderr);
        return Err(InstallError::Refused { package: package.into(), diagnostic });
    }
    Ok(String::from_utf8_lossy(&ended.stdout).into_owned())
}

/// Copies a file of the operator's settings for a package manager, if it is there. It may hold passwords.
pub(crate) fn copy_settings(
    workspace: &Workspace,
    from: Option<PathBuf>,
    to: &Path,
) -> Result<(), InstallError> {
    let Some(from) = from.filter(|from| from.is_file()) else { return Ok(()) };
    let copied = fs::copy(&from, to).and_then(|_| workspace.lend(to));
    copied.map_err(|source| InstallError::Cache { path: from, source })
}

/// A program that is not there.
pub(crate) fn not_found(package: &str, program: &Path, source: io::Error) -> InstallError {
    let program = program.display().to_string();
    InstallError::Run { package: package.into(), source: RunError::NotStarted { program, source } }
}
