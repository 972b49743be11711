//! What the runner of modules is asked, as its command line.

use std::{
    ffi::{OsStr, OsString},
    path::Path,
    time::Duration,
};

/// The first argument that makes this executable a runner of modules.
pub(super) const RUNNER: &str = "__wasi";

/// The second argument: what to do with the module.
pub(super) const COMPILE: &str = "compile";
pub(super) const RUN: &str = "run";

/// How much later than the generator's own clock a module ends by itself, in seconds: that clock also
/// ends a module that waits, and this one a module that is not watched.
pub(super) const GRACE: u64 = 5;

/// The arguments that make this executable compile a module.
pub fn to_compile(code: &Path, module: &Path) -> Vec<OsString> {
    [OsStr::new(RUNNER), OsStr::new(COMPILE), code.as_os_str(), module.as_os_str()]
        .map(OsStr::to_owned)
        .to_vec()
}

/// The arguments that make this executable run a module, if it may run for so long.
pub fn to_run(time: Duration, code: &Path, module: &Path) -> Vec<OsString> {
    let seconds = OsString::from((time.as_secs() + GRACE).to_string());
    let parts =
        [OsStr::new(RUNNER), OsStr::new(RUN), &seconds, code.as_os_str(), module.as_os_str()];
    parts.map(OsStr::to_owned).to_vec()
}

/// Whether this executable was started as a runner, with this first argument.
pub(crate) fn is_runner(first: &OsStr) -> bool {
    first == RUNNER
}
