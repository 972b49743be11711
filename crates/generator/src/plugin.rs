//! An installed plugin, and how it is asked.

use crate::{
    error::MakeError,
    process::{Env, Program, run},
    words::Words,
};
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    time::Duration,
};

/// The longest that a plugin may run: 4,800 files take 14 s on two cores.
const TIME: Duration = Duration::from_secs(120);

/// The most that a plugin may answer, in bytes: what a Go module may have unpacked.
const MAX_STDOUT: usize = 500 << 20;

/// An installed plugin. Its executable has the name that its authors gave it: some print it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Plugin {
    /// The program: the plugin itself or what interprets it.
    pub program: PathBuf,
    /// What comes first on its command line.
    pub args: Vec<OsString>,
}

impl Plugin {
    /// Asks the plugin, called `id` in messages, and gives what it answered.
    pub async fn run(
        &self,
        id: &str,
        request: Vec<u8>,
        scratch: &Path,
    ) -> Result<Vec<u8>, MakeError> {
        let ended = run(Program {
            path: &self.program,
            args: self.args.clone(),
            env: Env::Clean,
            cwd: scratch,
            stdin: request,
            time: TIME,
            stdout: MAX_STDOUT,
        })
        .await?;
        if ended.code == 0 {
            return Ok(ended.stdout);
        }
        let words = Words::without_paths(&ended.stderr, &self.paths(scratch));
        let sentence = format!("plugin {id} exited with status {}", ended.code);
        Err(MakeError::Rejected { words: words.after(&sentence) })
    }

    /// The paths of this machine that the plugin could name.
    fn paths<'a>(&'a self, scratch: &'a Path) -> Vec<&'a Path> {
        let scripts = self.args.iter().filter_map(|arg| Path::new(arg).parent());
        scripts.chain(self.program.parent()).chain([scratch]).collect()
    }
}
