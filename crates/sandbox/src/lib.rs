//! The cage that strangers' input and other people's programs run in.
//!
//! A program in it reads what it is made of and nothing else, writes nowhere but where it is told to,
//! reaches no network, signals no other process and starts no other program. The executable that this crate is
//! part of starts itself as a small launcher of one thread ([`carry_out`]), which gives up every right and then
//! becomes the program: taking rights away between fork and exec of a process with many threads is fragile.

mod cage;
mod calls;
mod cgroups;
mod confinement;
mod exit;
mod filter;
mod janitor;
mod launch;
mod launch_order;
mod proc;
mod program;
mod remove;
mod roles;
mod run;
mod sandbox;
mod shortage;
mod users;
pub mod wasm;
mod watch;
mod workspace;

pub use confinement::{Bounds, Confinement};
pub use launch::LANDLOCK_VERSIONS;
pub use program::{Env, Finished, Program, RunError};
pub use roles::{Role, carry_out};
pub use run::run;
pub use sandbox::{NoSandbox, Sandbox};
pub use users::give_up_the_rest;
pub use workspace::Workspace;
