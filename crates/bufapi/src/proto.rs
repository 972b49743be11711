//! The messages, made at build time from the files in `proto/`, one Rust module a package.

// Generated code: its comments are those of the .proto files, which leave plain fields without.
#![allow(missing_docs, clippy::all)]

include!(concat!(env!("OUT_DIR"), "/mod.rs"));
