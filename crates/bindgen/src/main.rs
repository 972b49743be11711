//! Makes of the Worker's compiled code what JavaScript can call: `protoedge-bindgen INPUT.wasm FOLDER` writes
//! `index.js`, `index_bg.wasm` and the snippets that they import into the folder.
//!
//! The lock file of the workspace gives this tool and the Worker's `wasm-bindgen` one version, as it must be.

use anyhow::{Context, Result, bail};
use std::{env, path::PathBuf};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let paths: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    let [input, folder] = paths.as_slice() else {
        bail!("usage: protoedge-bindgen INPUT.wasm FOLDER");
    };
    let mut bindgen = Bindgen::new();
    bindgen.input_path(input).out_name("index").typescript(false).module(true)?;
    // A panic leaves an instance that is of no use: `entry.mjs` notices it, and starts another one.
    bindgen.reset_state_function(true).force_enable_abort_handler(true);
    bindgen.generate(folder).with_context(|| format!("no glue for {}", input.display()))
}
