//! What the runner of modules is to do, read from its command line.

use super::arguments::{COMPILE, RUN, RUNNER};
use std::{ffi::OsString, path::PathBuf, time::Duration};

/// What the runner is to do.
pub(super) enum RunnerTask {
    /// Compile the module, and keep that in the folder `code`.
    Compile { code: PathBuf, module: PathBuf },
    /// Run the module, of whose compiled form there is a copy in the folder `code`.
    Run { time: Duration, code: PathBuf, module: PathBuf },
}

/// The runner was started with other arguments.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "the runner is started as `{RUNNER} {COMPILE} CODE MODULE` or `{RUNNER} {RUN} SECONDS CODE MODULE`"
)]
pub(super) struct Usage;

impl RunnerTask {
    pub(super) fn parse(args: &[OsString]) -> Result<Self, Usage> {
        match args {
            [what, code, module] if what == COMPILE => {
                Ok(Self::Compile { code: code.into(), module: module.into() })
            }
            [what, seconds, code, module] if what == RUN => {
                let seconds = seconds.to_str().and_then(|text| text.parse().ok());
                let time = Duration::from_secs(seconds.ok_or(Usage)?);
                Ok(Self::Run { time, code: code.into(), module: module.into() })
            }
            _ => Err(Usage),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::arguments::{is_runner, to_compile, to_run},
        *,
    };
    use std::path::Path;

    #[test]
    fn tasks() {
        let time = Duration::from_secs(3);
        let args = to_run(time, Path::new("/code"), Path::new("/x.wasm"));
        assert!(is_runner(&args[0]));
        let Ok(RunnerTask::Run { time, code, module }) = RunnerTask::parse(&args[1..]) else {
            panic!()
        };
        assert_eq!(
            (time, code, module),
            (Duration::from_secs(8), "/code".into(), "/x.wasm".into())
        );
        let args = to_compile(Path::new("/code"), Path::new("/x.wasm"));
        assert!(matches!(RunnerTask::parse(&args[1..]), Ok(RunnerTask::Compile { .. })));
        for bad in [&[][..], &["run", "x", "y"], &["run", "x", "y", "z"], &["compile", "x"]] {
            let args: Vec<OsString> = bad.iter().map(OsString::from).collect();
            assert!(matches!(RunnerTask::parse(&args), Err(Usage)), "{bad:?}");
        }
    }
}
