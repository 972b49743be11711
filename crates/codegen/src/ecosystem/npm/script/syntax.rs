//! Scripts and declarations as node and the TypeScript compiler parse them.

use super::flawed::Flawed;
use oxc_allocator::Allocator;
use oxc_ast::ast::Program;
use oxc_parser::Parser;
use oxc_span::SourceType;
use protoedge_npm::ModuleType;

/// What scripts and declarations end with.
pub const ENDINGS: [&str; 6] = [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"];

/// What declarations end with. TypeScript knows others, of files that are no scripts.
const DECLARATIONS: [&str; 3] = [".d.ts", ".d.mts", ".d.cts"];

/// Whether a file of this name is a script or a declaration.
pub fn is_script(name: &str) -> bool {
    ENDINGS.iter().any(|end| name.ends_with(end))
}

/// Parses a file as node and the TypeScript compiler would. `style` is that of files whose names say nothing.
///
/// # Errors
/// [`Flawed`] with the file's name and the line where the syntax is wrong.
pub(super) fn parse<'a>(
    allocator: &'a Allocator,
    name: &str,
    text: &'a str,
    style: ModuleType,
) -> Result<Program<'a>, Flawed> {
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
    let is_declaration = DECLARATIONS.iter().any(|end| name.ends_with(end));
    let is_source = kind.is_typescript() && !is_declaration;
    let kind = kind.with_standard(true).with_typescript(is_source);
    let parsed = Parser::new(allocator, text, kind).parse();
    if let Some(error) = parsed.diagnostics.first() {
        let at = error.labels.first().map_or(0, |label| label.offset());
        return Err(unreadable(name, &format!("line {}: {error}", line_of(text, at))));
    }
    if parsed.panicked {
        return Err(unreadable(name, &"its syntax is wrong"));
    }
    Ok(parsed.program)
}

fn unreadable(name: &str, what: &dyn std::fmt::Display) -> Flawed {
    Flawed(format!("the plugin generated {name:?}, which cannot be read: {what}"))
}

/// The line of a place, both as people count: from 1 on.
pub(super) fn line_of(text: &str, offset: u32) -> usize {
    let before = text.as_bytes().iter().take(offset as usize);
    1 + before.filter(|byte| **byte == b'\n').count()
}
