//! `protoedge-generator`: see `--help`.

use clap::Parser;
use protoedge_generator::{
    cli::{Cli, Command},
    command,
    sandbox::{
        self, LAUNCHER,
        janitor::{self, JANITOR},
        launch::{self, Launched},
    },
    script, wasm,
};
use std::{
    env,
    ffi::{OsStr, OsString},
    io::IsTerminal,
    process::ExitCode,
};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    // What was left open for the generator is not for the programs that it starts: neither plugins, nor
    // compilers, nor package managers. What it opens itself never reaches them.
    close_fds::set_fds_cloexec(3, &[]);
    let mut args = env::args_os().skip(1);
    let first = args.next().unwrap_or_default();
    if first == JANITOR {
        return janitor::main();
    }
    if first != LAUNCHER {
        return inner(&first, args).unwrap_or_else(work);
    }
    // Before there is any other thread.
    match launch::main(args) {
        Launched::Ended(code) => code,
        Launched::Itself(args) => {
            let mut args = args.into_iter();
            let first = args.next().unwrap_or_default();
            inner(&first, args).unwrap_or(ExitCode::FAILURE)
        }
    }
}

/// What the generator does in the cage, if its first argument says so.
fn inner(first: &OsStr, args: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    if wasm::is_runner(first) {
        Some(wasm::main(args))
    } else {
        script::is_reader(first).then(script::main)
    }
}

fn work() -> ExitCode {
    // Wrong usage ends the program here, with status 2.
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(colours)
        .init();
    // Rights belong to threads: there is no other one yet.
    if matches!(cli.command, Command::Serve(_))
        && let Err(error) = sandbox::give_up_the_rest()
    {
        eprintln!("the rights that serving does not need could not be given up: {error}");
        return ExitCode::from(3);
    }
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("starting threads: {error}");
            return ExitCode::from(3);
        }
    };
    match runtime.block_on(command::run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(error.exit_code())
        }
    }
}
