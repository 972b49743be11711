//! What this executable is when it starts itself.

use crate::{
    janitor::{self, JANITOR},
    launch::{self, Launched},
    launch_order::LAUNCHER,
    wasm,
};
use std::{ffi::OsString, process::ExitCode};

/// What becomes of an executable that was started with some arguments.
#[derive(Debug)]
pub enum Role {
    /// It was a janitor, a launcher or a runner of modules, and has done its work.
    Done(ExitCode),
    /// A launcher has closed the cage around this process, which goes on as the executable itself with these
    /// arguments: another crate's role, and nothing but a role.
    Caged(Vec<OsString>),
    /// It was started for something else, with these arguments.
    Other(Vec<OsString>),
}

/// Carries out a role of this crate, if the first of the arguments, without the program's name, names one. To be
/// called while there is one thread: capabilities, Landlock and filters belong to threads.
pub fn carry_out(args: Vec<OsString>) -> Role {
    let first = args.first().map(OsString::as_os_str).unwrap_or_default();
    if first == JANITOR {
        Role::Done(janitor::main())
    } else if first != LAUNCHER {
        run_module(&args).map_or(Role::Other(args), Role::Done)
    } else {
        match launch::main(args.into_iter().skip(1)) {
            Launched::Ended(code) => Role::Done(code),
            Launched::Itself(args) => run_module(&args).map_or(Role::Caged(args), Role::Done),
        }
    }
}

fn run_module(args: &[OsString]) -> Option<ExitCode> {
    let (first, rest) = args.split_first()?;
    wasm::is_runner(first).then(|| wasm::main(rest.iter().cloned()))
}
