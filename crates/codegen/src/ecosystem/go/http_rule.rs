//! The option `google.api.http`, which the gateway plugin prints into code without quoting all of it.

use crate::{
    error::CodegenError,
    request::Request,
    wire::{BadWire, Value, fields},
};
use protoedge_sdk::{Entry, Install};

/// What the gateway plugin's command is called, wherever it is installed from.
const GATEWAY: &str = "protoc-gen-grpc-gateway";

/// The number of `google.api.http` in `google.protobuf.MethodOptions`.
const HTTP: u32 = 72_295_728;

/// The number of `additional_bindings` in `google.api.HttpRule`.
const ADDITIONAL_BINDINGS: u32 = 11;

/// How deep rules may be in each other: the gateway takes one level.
const DEPTH: usize = 8;

/// Rejects paths, bodies and methods of HTTP that would end a string in Go.
///
/// # Errors
/// [`CodegenError::Rejected`] with file and line.
pub fn check(entry: &Entry, request: &Request) -> Result<(), CodegenError> {
    if !is_gateway(entry) {
        return Ok(());
    }
    for file in &request.sources {
        for method in file.method_options().map_err(CodegenError::descriptors)? {
            if let Some(found) = flaw(&method.options).map_err(CodegenError::descriptors)? {
                return Err(CodegenError::rejected(format_args!(
                    "{}:{}: google.api.http of method {:?} has {found:?} in it, which {} does not quote",
                    file.name(),
                    method.line,
                    method.name,
                    entry.id()
                )));
            }
        }
    }
    Ok(())
}

/// Whether the plugin is the gateway, or one that an operator installs under another name and that is not known here.
fn is_gateway(entry: &Entry) -> bool {
    match &entry.install {
        Install::Go { package, .. } => package.ends_with(GATEWAY),
        Install::Npm { .. } | Install::Pypi { .. } => false,
        Install::Cargo { .. } | Install::File { .. } | Install::Wasm { .. } => true,
    }
}

/// The first character in the rules of a method's options that a Go string cannot hold as it is.
fn flaw(options: &[u8]) -> Result<Option<char>, BadWire> {
    for field in fields(options)? {
        if let (HTTP, Value::Bytes(rule)) = (field.number, field.value)
            && let Some(found) = flaw_in_rule(rule, DEPTH)?
        {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Every text of a rule counts, also those of the rules and of the method in it.
fn flaw_in_rule(rule: &[u8], depth: usize) -> Result<Option<char>, BadWire> {
    const CUSTOM: u32 = 8;
    let is_bad = |c: char| matches!(c, '"' | '\\' | '`' | '\u{feff}') || c.is_control();
    for field in fields(rule)? {
        let Value::Bytes(bytes) = field.value else { continue };
        let found = match field.number {
            ADDITIONAL_BINDINGS | CUSTOM if depth > 0 => flaw_in_rule(bytes, depth - 1)?,
            _ => String::from_utf8_lossy(bytes).chars().find(|c| is_bad(*c)),
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}
