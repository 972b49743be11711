//! The wire of the `buf` command: its messages, the Connect protocol around them, and the digests
//! of modules.
//!
//! Everything here is a pure function of bytes. What the messages are about is decided elsewhere.

pub mod connect;
pub mod digest;
pub mod graph;
pub mod module_path;
pub mod proto;
pub mod proto_file;
pub mod text;

#[cfg(test)]
mod wire_test;
