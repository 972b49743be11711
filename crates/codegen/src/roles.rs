//! What this executable is when it starts itself.

use crate::ecosystem::npm::script::reader;
use std::{ffi::OsString, process::ExitCode};

/// Carries out a role of this crate, if the first of the arguments, without the program's name, names one: the
/// reader of scripts.
pub fn carry_out(args: &[OsString]) -> Option<ExitCode> {
    reader::is_reader(args.first()?).then(reader::main)
}
