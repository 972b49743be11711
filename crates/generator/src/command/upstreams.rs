//! `mirror` and `move-in`: modules of other registries.

use super::{
    admin::{Admin, AdminArgs},
    error::CommandError,
};
use clap::{Args, Subcommand};
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use std::io::{Read, stdin};

/// Keeps modules of other registries as they are there.
#[derive(Debug, Subcommand)]
pub enum MirrorCommand {
    /// Keeps a module from now on.
    Add(AddArgs),
    /// Prints all mirrors, a line of JSON each.
    List(ListArgs),
    /// Has a registry look at a module now.
    Sync(ModuleArgs),
    /// Keeps a module no more. What is there of it stays.
    Remove(ModuleArgs),
}

/// Keeps a module from now on.
#[derive(Args, Debug)]
pub struct AddArgs {
    #[command(flatten)]
    of: ModuleArgs,
    /// Labels whose heads are kept beside the default one's.
    #[arg(long, value_name = "LABEL,…", value_delimiter = ',')]
    labels: Vec<String>,
    /// Keeps all commits.
    #[arg(long)]
    history: bool,
}

/// A module of another registry.
#[derive(Args, Debug)]
pub struct ModuleArgs {
    /// `HOST/OWNER/MODULE`, as in buf.build/googleapis/googleapis.
    #[arg(value_name = "HOST/OWNER/MODULE")]
    module: String,
    #[command(flatten)]
    admin: AdminArgs,
}

/// Prints all mirrors.
#[derive(Args, Debug)]
pub struct ListArgs {
    #[command(flatten)]
    admin: AdminArgs,
}

/// Moves an owner of another registry to this one, with all that its modules have.
#[derive(Args, Debug)]
pub struct MoveInArgs {
    /// `HOST/OWNER`, as in buf.build/acme.
    #[arg(value_name = "HOST/OWNER")]
    owner: String,
    /// Reads a token of the other registry from standard input, which shows what is private there.
    #[arg(long)]
    token_stdin: bool,
    /// Who becomes an owner of the organization here.
    #[arg(long, value_name = "USER")]
    member: Option<String>,
    #[command(flatten)]
    admin: AdminArgs,
}

/// The parts of the answers that are read.
#[derive(Deserialize)]
struct MirrorStep {
    is_finished: bool,
    mirror: MirrorState,
}

#[derive(Deserialize)]
struct MirrorState {
    commits: u32,
    error: Option<String>,
}

#[derive(Deserialize)]
struct MoveInStep {
    is_finished: bool,
    move_in: MoveInState,
}

#[derive(Deserialize)]
struct MoveInState {
    modules: Vec<String>,
    done: usize,
    commits: u32,
    labels: u32,
}

#[derive(Deserialize)]
struct Mirrors {
    mirrors: Vec<serde_json::Value>,
}

pub(super) async fn run(command: MirrorCommand) -> Result<(), CommandError> {
    match command {
        MirrorCommand::List(args) => {
            let found: Mirrors =
                args.admin.connect()?.ask(Method::GET, "mirrors", &json!({})).await?;
            for mirror in found.mirrors {
                println!("{mirror}");
            }
            Ok(())
        }
        MirrorCommand::Add(AddArgs { of, labels, history }) => {
            let admin = of.admin.connect()?;
            let wanted = json!({ "module": of.module, "labels": labels, "history": history });
            admin.call(Method::PUT, "mirrors", &wanted).await?;
            sync(&admin, &of.module).await
        }
        MirrorCommand::Sync(ModuleArgs { module, admin }) => sync(&admin.connect()?, &module).await,
        MirrorCommand::Remove(ModuleArgs { module, admin }) => {
            let wanted = json!({ "module": module });
            admin.connect()?.call(Method::DELETE, "mirrors", &wanted).await.map(drop)
        }
    }
}

/// Goes on until a mirror is as the module is there.
async fn sync(admin: &Admin, module: &str) -> Result<(), CommandError> {
    loop {
        let step: MirrorStep =
            admin.ask(Method::POST, "mirrors", &json!({ "module": module })).await?;
        if let Some(error) = step.mirror.error {
            return Err(CommandError::Upstream { what: error });
        }
        if step.mirror.commits > 0 {
            eprintln!("{module}: {} commits", step.mirror.commits);
        }
        if step.is_finished {
            println!("{module} is here as it is there, and is looked at every 15 minutes");
            return Ok(());
        }
    }
}

pub(super) async fn move_in(args: MoveInArgs) -> Result<(), CommandError> {
    let token = if args.token_stdin {
        let mut token = String::new();
        let read = stdin().lock().read_to_string(&mut token);
        read.map_err(|source| CommandError::Io { doing: "reading the token".into(), source })?;
        Some(token.trim().to_owned())
    } else {
        None
    };
    let admin = args.admin.connect()?;
    let wanted = json!({ "owner": args.owner, "token": token, "member": args.member });
    loop {
        let MoveInStep { is_finished, move_in } =
            admin.ask(Method::POST, "move-ins", &wanted).await?;
        let MoveInState { modules, done, commits, labels } = move_in;
        let total = modules.len();
        eprintln!("{done} of {total} modules, {commits} commits, {labels} labels");
        if is_finished {
            println!("{} is this registry's: push to it here from now on", args.owner);
            return Ok(());
        }
    }
}
