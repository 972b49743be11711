//! An installed plugin, and how it is asked.

use crate::{
    built_in::BuiltIn, diagnostic::Diagnostic, error::CodegenError, request::Request,
    response::MAX_ANSWER,
};
use protoedge_sandbox::{Confinement, Env, Program, Workspace};
use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// An installed plugin. Its executable has the name that its authors gave it: some print it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Plugin {
    /// The program: the plugin itself or what interprets it.
    pub program: PathBuf,
    /// What comes first on its command line.
    pub args: Vec<OsString>,
    /// What it may do besides.
    pub confinement: Confinement,
    /// Of a command that is protoc itself: which of its own generators is asked, the `python` of `--python_out`.
    pub generator: Option<String>,
    /// Whether it may write into the folder that it starts in, which is its own: some make folders there that nobody needs.
    pub writes: bool,
    /// The longest that it may run.
    pub time: Duration,
}

impl Plugin {
    /// Asks the plugin, called `id` in messages, and gives what it answered.
    ///
    /// # Errors
    /// [`CodegenError::Rejected`] if it said no; trouble if it could not be run to its end.
    pub async fn run(
        &self,
        id: &str,
        request: Request,
        workspace: &Workspace,
    ) -> Result<Vec<u8>, CodegenError> {
        let folder = workspace.path().join("generator");
        let built_in = self.generator.as_deref().map(|name| BuiltIn::new(name, &folder));
        let mut args = self.args.clone();
        let mut confinement = self.confinement.clone();
        let stdin = match &built_in {
            Some(built_in) => {
                args.push(built_in.prepare(request)?.into());
                confinement = confinement.reading(&folder).writing(built_in.output());
                Vec::new()
            }
            None => request.encode(),
        };
        // An empty folder: a plugin has its input and nothing else.
        let cwd = workspace.path().join("plugin");
        fs::create_dir_all(&cwd).map_err(CodegenError::io("preparing the plugin's folder"))?;
        // Scripts hand files from one command to the next.
        let confinement = if confinement.processes || self.writes {
            confinement.writing(&cwd)
        } else {
            confinement.reading(&cwd)
        };
        let program = Program {
            path: &self.program,
            args,
            env: Env::Clean,
            cwd: &cwd,
            stdin,
            time: self.time,
            stdout: MAX_ANSWER,
        };
        let ended = workspace.run(program, &confinement).await;
        let ended = ended.map_err(|error| error.of(&self.name()))?;
        match (ended.code, built_in) {
            (0, None) => return Ok(ended.stdout),
            (0, Some(built_in)) => return built_in.answer(),
            (_, _) => {}
        }
        let diagnostic = Diagnostic::without_paths(&ended.stderr, &self.paths(workspace.path()));
        let sentence = format!("plugin {id} exited with status {}", ended.code);
        Err(CodegenError::Rejected { diagnostic: diagnostic.after(&sentence) })
    }

    /// What it is called where it is told of: its own file, not what interprets it.
    fn name(&self) -> String {
        let file = self.args.last().map_or(self.program.as_path(), Path::new);
        file.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The paths of this machine that the plugin could name.
    fn paths<'a>(&'a self, scratch: &'a Path) -> Vec<&'a Path> {
        let scripts = self.args.iter().filter_map(|arg| Path::new(arg).parent());
        scripts.chain(self.program.parent()).chain([scratch]).collect()
    }
}
