//! The compiler.

use crate::{
    descriptor::FileDescriptor, diagnostic::Diagnostic, error::CodegenError, tree::SourceTree,
};
use protoedge_sandbox::{Confinement, Env, Program, Workspace};
use rustix::fs::OFlags;
use std::{
    collections::HashMap,
    ffi::OsString,
    fs::{self, File},
    io::{self, Read},
    os::unix::fs::{OpenOptionsExt, symlink},
    path::{Path, PathBuf},
    time::Duration,
};

/// The longest that a compilation may take: 8,000 files with 70 MB take 15 s on two cores.
const TIME: Duration = Duration::from_secs(120);

/// protoc writes to a file and prints nothing but complaints, in bytes.
const MAX_STDOUT: usize = 1 << 20;

/// The compiler, and where its own .proto files are.
#[derive(Clone, Debug)]
pub struct Protoc {
    /// The executable.
    pub program: PathBuf,
    /// The folder that has `google/protobuf/descriptor.proto` below it.
    pub include: PathBuf,
}

/// A module with all that it imports, compiled.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The module's files and all that they import, imports first. As plugins expect it
    /// (`google.protobuf.compiler.CodeGeneratorRequest.proto_file`), the module's own files come without
    /// the options that only matter to the source, and imports with them.
    pub files: Vec<FileDescriptor>,
    /// The module's own files with all options.
    pub sources: Vec<FileDescriptor>,
}

impl Compiled {
    /// The module's files without some options, and all files with them.
    fn of(stripped: Vec<FileDescriptor>, retained: Vec<FileDescriptor>) -> Self {
        let mut stripped: HashMap<String, FileDescriptor> =
            stripped.into_iter().map(|file| (file.name().to_owned(), file)).collect();
        let (mut files, mut sources) = (Vec::with_capacity(retained.len()), Vec::new());
        for file in retained {
            match stripped.remove(file.name()) {
                Some(own) => {
                    files.push(own);
                    sources.push(file);
                }
                None => files.push(file),
            }
        }
        Self { files, sources }
    }
}

impl Protoc {
    /// Compiles the first of `modules` against the others, in a fresh workspace and its cage: protoc reads
    /// strangers' input.
    ///
    /// # Errors
    /// [`CodegenError::Rejected`] if they do not compile; trouble if protoc could not be run to its end.
    pub async fn compile(
        &self,
        modules: &[&SourceTree],
        workspace: &Workspace,
    ) -> Result<Compiled, CodegenError> {
        let Some(target) = modules.first() else {
            return Ok(Compiled { files: Vec::new(), sources: Vec::new() });
        };
        check_names(target)?;
        if target.protos.is_empty() {
            return Ok(Compiled { files: Vec::new(), sources: Vec::new() });
        }
        let scratch = workspace.path();
        // An empty folder: protoc would take a file that is there by itself for an input.
        let cwd = scratch.join("cwd");
        for folder in [&cwd, &scratch.join("out")] {
            fs::create_dir_all(folder).map_err(CodegenError::io("preparing the compilation"))?;
        }
        let paths = self.lay_out(modules, scratch)?;
        let confinement = Confinement::new().reading(&self.program).reading(&self.include);
        let own = ["cwd", "stripped.args", "retained.args"].map(|name| scratch.join(name));
        let confinement = own.into_iter().fold(confinement, Confinement::reading);
        let folders = modules.iter().map(|module| &module.folder);
        let confinement = folders.fold(confinement, Confinement::reading);
        let confinement = confinement.writing(scratch.join("out"));
        let run = |name, extra| {
            let lines = lines(name, &paths, extra, target);
            self.run(workspace, &cwd, name, lines, &confinement)
        };
        let stripped = run("stripped", &[]);
        let retained = run("retained", &["--include_imports", "--retain_options"]);
        // Both to their end: what is given up is still dying when its folders are removed.
        let (stripped, retained) = tokio::join!(stripped, retained);
        Ok(Compiled::of(stripped?, retained?))
    }

    /// Gives every module a name without characters that mean something to protoc.
    fn lay_out(
        &self,
        modules: &[&SourceTree],
        scratch: &Path,
    ) -> Result<Vec<String>, CodegenError> {
        let folders = modules.iter().map(|module| module.folder.as_path());
        let folders = folders.chain([self.include.as_path()]).enumerate();
        folders
            .map(|(n, folder)| {
                let name = format!("m{n}");
                symlink(folder, scratch.join(&name))
                    .map_err(CodegenError::io("preparing the compilation"))?;
                Ok(format!("-I../{name}"))
            })
            .collect()
    }

    async fn run(
        &self,
        workspace: &Workspace,
        cwd: &Path,
        name: &str,
        lines: String,
        confinement: &Confinement,
    ) -> Result<Vec<FileDescriptor>, CodegenError> {
        // In a file, since a large module's names are more than a command line takes.
        let arguments = format!("../{name}.args");
        let io = CodegenError::io;
        fs::write(cwd.join(&arguments), lines).map_err(io("preparing the compilation"))?;
        let program = Program {
            path: &self.program,
            args: vec![OsString::from(format!("@{arguments}"))],
            env: Env::Clean,
            cwd,
            stdin: Vec::new(),
            time: TIME,
            stdout: MAX_STDOUT,
        };
        let ended = workspace.run(program, confinement).await?;
        if ended.code != 0 {
            return Err(CodegenError::Rejected { diagnostic: complaints(&ended.stderr) });
        }
        let bytes = read(&cwd.join(output(name))).map_err(io("reading protoc's descriptors"))?;
        FileDescriptor::parse_set(bytes.into())
            .map_err(|error| CodegenError::Descriptors { what: error.to_string() })
    }
}

/// Where protoc writes descriptors, seen from its own folder.
fn output(name: &str) -> String {
    format!("../out/{name}.binpb")
}

/// protoc's arguments, one a line.
fn lines(name: &str, paths: &[String], extra: &[&str], target: &SourceTree) -> String {
    let output = output(name);
    let mut lines: Vec<&str> = paths.iter().map(String::as_str).collect();
    lines.extend(["--include_source_info", "-o", &output]);
    lines.extend(extra);
    lines.extend(target.protos.iter().map(String::as_str));
    lines.join("\n")
}

/// Reads a file that a program in the cage wrote: a file, and not what it leads to or waits for.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let mut file = File::options().read(true).custom_flags(flags).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// protoc's errors first, since only the first lines are shown; its warnings stopped nothing.
fn complaints(stderr: &str) -> Diagnostic {
    let is_warning = |line: &&str| line.contains(": warning: ");
    let errors: Vec<&str> = stderr.lines().filter(|line| !is_warning(line)).collect();
    let folders = |line: &str| line.replace("../m0/", "");
    Diagnostic::new(&errors.into_iter().map(folders).collect::<Vec<_>>().join("\n"))
}

/// Refuses names that protoc would read as something else than a file.
fn check_names(target: &SourceTree) -> Result<(), CodegenError> {
    let is_bad = |name: &&String| {
        name.starts_with(['-', '@']) || name.contains(|c: char| c.is_control() || c == '\\')
    };
    match target.protos.iter().find(is_bad) {
        Some(name) => Err(CodegenError::rejected(format_args!(
            "{name:?}: a file cannot be compiled if its path starts with '-' or '@' or holds a \
             backslash or a control character"
        ))),
        None => Ok(()),
    }
}
