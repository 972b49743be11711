//! `protoedge-generator`: see `--help`.

use clap::Parser;
use protoedge_generator::{
    cli::{Cli, Command},
    command,
};
use protoedge_sandbox::Role;
use std::{env, io::IsTerminal, process::ExitCode};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    // What was left open for the generator is not for the programs that it starts: neither plugins, nor
    // compilers, nor package managers. What it opens itself never reaches them.
    close_fds::set_fds_cloexec(3, &[]);
    // Before there is any other thread.
    match protoedge_sandbox::carry_out(env::args_os().skip(1).collect()) {
        Role::Done(code) => code,
        Role::Caged(args) => protoedge_codegen::carry_out(&args).unwrap_or(ExitCode::FAILURE),
        Role::Other(args) => protoedge_codegen::carry_out(&args).unwrap_or_else(work),
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
        && let Err(error) = protoedge_sandbox::give_up_the_rest()
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
