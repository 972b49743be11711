//! Texts of fields that plugins print without quoting them.

use crate::{descriptor::texts::FieldText, error::CodegenError, request::Request};
use protoedge_sdk::{Entry, Install};

/// Texts of a field that plugins print.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Text {
    /// The option `json_name`.
    JsonName,
    /// The option `default`, of strings and bytes.
    Default,
}

/// A text that a plugin prints without quoting it right, and what must not be in it therefore.
struct Unquoted {
    text: Text,
    breaks: &'static [&'static str],
}

/// What ends a string, or stands for something else in it.
const ENDS_STRING: &[&str] = &["\"", "\\", "\n", "\r", "\u{2028}", "\u{2029}"];
/// What ends a comment that has an end of its own.
const ENDS_COMMENT: &[&str] = &["*/"];
/// All of it, and what ends strings in other quotes.
const ENDS_ANYTHING: &[&str] =
    &["\"", "'", "`", "\\", "\n", "\r", "\u{2028}", "\u{2029}", "*/", "/*", "//", "${"];

/// What a plugin does not quote right. That of the catalogue's plugins was found by giving every text
/// with everything in it to every version of them. Of others nothing is known: they are trusted with a default in
/// quotes, which the module has that plugins are verified with, and what they write is looked at.
fn unquoted(install: &Install) -> Vec<Unquoted> {
    let known = match install {
        Install::Npm { package, version, .. } => Some((package.as_str(), major(version))),
        Install::Go { .. }
        | Install::Pypi { .. }
        | Install::Cargo { .. }
        | Install::File { .. }
        | Install::Wasm { .. } => None,
    };
    let default = Unquoted { text: Text::Default, breaks: ENDS_COMMENT };
    let json_name = |breaks| Unquoted { text: Text::JsonName, breaks };
    match known {
        Some(("@bufbuild/protoc-gen-es", 0 | 1)) => vec![json_name(ENDS_STRING)],
        // They print none of these texts, or quote them.
        Some((
            "@bufbuild/protoc-gen-es"
            | "@bufbuild/protoc-gen-connect-es"
            | "@bufbuild/protoc-gen-connect-query"
            | "@bufbuild/protoc-gen-connect-web"
            | "@connectrpc/protoc-gen-connect-es"
            | "@connectrpc/protoc-gen-connect-query",
            _,
        )) => Vec::new(),
        // In comments in the middle of a line.
        Some(("@protobuf-ts/plugin", _)) => vec![json_name(ENDS_COMMENT), default],
        _ => vec![json_name(ENDS_ANYTHING), default],
    }
}

fn major(version: &str) -> u64 {
    version.split('.').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// Rejects texts that the plugin would print as something else than text.
///
/// # Errors
/// [`CodegenError::Rejected`] with file and line.
pub fn check(entry: &Entry, request: &Request) -> Result<(), CodegenError> {
    let unquoted = unquoted(&entry.install);
    for file in request.sources.iter().filter(|_| !unquoted.is_empty()) {
        for field in file.field_texts().map_err(CodegenError::descriptors)? {
            let Some((what, found)) = unquoted.iter().find_map(|rule| breaks(rule, &field)) else {
                continue;
            };
            return Err(CodegenError::rejected(format_args!(
                "{}:{}: the {what} of field {:?} has {found:?} in it, which {} does not quote",
                file.name(),
                field.line,
                field.name,
                entry.id()
            )));
        }
    }
    Ok(())
}

/// What a field's text is called, and what is in it that must not be.
fn breaks(rule: &Unquoted, field: &FieldText) -> Option<(&'static str, &'static str)> {
    let (what, text) = match rule.text {
        Text::JsonName => ("json_name", field.json_name.as_deref()),
        Text::Default => ("default", field.default.as_deref()),
    };
    let found = rule.breaks.iter().find(|found| text.is_some_and(|text| text.contains(**found)))?;
    Some((what, found))
}
