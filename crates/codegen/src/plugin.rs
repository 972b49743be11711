//! An installed plugin, and how it is asked.

use crate::{diagnostic::Diagnostic, error::CodegenError};
use protoedge_sandbox::{Confinement, Env, Program, Workspace};
use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// The most that a plugin may answer, in bytes: what a Go module may have unpacked.
pub(crate) const MAX_ANSWER: usize = 500 << 20;

/// An installed plugin. Its executable has the name that its authors gave it: some print it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Plugin {
    /// The program: the plugin itself or what interprets it.
    pub program: PathBuf,
    /// What comes first on its command line.
    pub args: Vec<OsString>,
    /// What it may do besides.
    pub confinement: Confinement,
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
        request: Vec<u8>,
        workspace: &Workspace,
    ) -> Result<Vec<u8>, CodegenError> {
        // An empty folder: a plugin has its input and nothing else.
        let cwd = workspace.path().join("plugin");
        fs::create_dir_all(&cwd).map_err(CodegenError::io("preparing the plugin's folder"))?;
        let confinement = if self.confinement.processes {
            // Scripts hand files from one command to the next.
            self.confinement.clone().writing(&cwd)
        } else {
            self.confinement.clone().reading(&cwd)
        };
        let program = Program {
            path: &self.program,
            args: self.args.clone(),
            env: Env::Clean,
            cwd: &cwd,
            stdin: request,
            time: self.time,
            stdout: MAX_ANSWER,
        };
        let ended = workspace.run(program, &confinement).await;
        let ended = ended.map_err(|error| error.of(&self.name()))?;
        if ended.code == 0 {
            return Ok(ended.stdout);
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
