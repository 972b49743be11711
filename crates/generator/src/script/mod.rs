//! JavaScript and TypeScript that a plugin generated: what it imports, and whether it holds only what
//! generators write.

pub mod imports;
pub mod inspect;
mod on_import;

use crate::error::MakeError;
use oxc_allocator::Allocator;
use oxc_ast::ast::Program;
use oxc_parser::Parser;
use oxc_span::SourceType;
use protoedge_npm::ModuleType;

/// What scripts and declarations end with.
pub const ENDINGS: [&str; 6] = [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"];

/// Whether a file of this name is a script or a declaration.
pub fn is_script(name: &str) -> bool {
    ENDINGS.iter().any(|end| name.ends_with(end))
}

/// Parses a file as node and the TypeScript compiler would. `style` is that of files whose names say nothing.
///
/// # Errors
/// [`MakeError::Rejected`] with the file's name where the syntax is wrong.
pub fn parse<'a>(
    allocator: &'a Allocator,
    name: &str,
    text: &'a str,
    style: ModuleType,
) -> Result<Program<'a>, MakeError> {
    let kind = SourceType::from_path(name).map_err(|error| unreadable(name, &error))?;
    let is_commonjs = match name.rsplit('.').next() {
        Some("cjs" | "cts") => true,
        Some("mjs" | "mts") => false,
        _ => style == ModuleType::Commonjs,
    };
    let kind = if is_commonjs && !kind.is_typescript() {
        kind.with_commonjs(true)
    } else {
        kind.with_module(true)
    };
    let parsed = Parser::new(allocator, text, kind.with_standard(true)).parse();
    if let Some(error) = parsed.diagnostics.first() {
        let at = error.labels.first().map_or(0, |label| label.offset());
        return Err(unreadable(name, &format!("line {}: {error}", line_of(text, at))));
    }
    if parsed.panicked {
        return Err(unreadable(name, &"its syntax is wrong"));
    }
    Ok(parsed.program)
}

fn unreadable(name: &str, what: &dyn std::fmt::Display) -> MakeError {
    MakeError::rejected(format_args!("the plugin generated {name:?}, which cannot be read: {what}"))
}

/// The line of a place, both as people count: from 1 on.
pub fn line_of(text: &str, offset: u32) -> usize {
    let before = text.as_bytes().iter().take(offset as usize);
    1 + before.filter(|byte| **byte == b'\n').count()
}
