//! `protoedge-generator`: see `--help`.

use clap::Parser;
use protoedge_generator::{
    cli::Cli,
    command,
    sandbox::{LAUNCHER, launch},
    script, wasm,
};
use std::{env, io::IsTerminal, process::ExitCode};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    // What was left open for the generator is not for the programs that it starts: neither plugins, nor
    // compilers, nor package managers. What it opens itself never reaches them.
    close_fds::set_fds_cloexec(3, &[]);
    let mut args = env::args_os().skip(1);
    let first = args.next().unwrap_or_default();
    // Before there is any other thread.
    if first == LAUNCHER {
        return launch::main(args);
    }
    if wasm::is_runner(&first) {
        return wasm::main(args);
    }
    if script::is_reader(&first) {
        return script::main();
    }
    work()
}

#[tokio::main]
async fn work() -> ExitCode {
    // Wrong usage ends the program here, with status 2.
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(colours)
        .init();
    match command::run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(error.exit_code())
        }
    }
}
