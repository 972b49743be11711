use super::{broken, check_ending};
use crate::{descriptor::FileDescriptor, error::MakeError, request::Request, work::Work};
use protoedge_bufapi::proto_file::comment_lines;
use protoedge_gomod::{GoFile, directive};
use protoedge_sdk::{Entry, GoRegistry};
use std::{collections::BTreeMap, fs};

/// What the names of a Go package's files end with.
const ENDINGS: [&str; 1] = [".go"];

/// The directives that `protoc-gen-go` writes when it is asked for both of its APIs at once: which of the two is
/// built is the user's choice.
const HYBRID: [&str; 2] = ["go:build !protoopaque", "go:build protoopaque"];
/// The option that asks for both.
const HYBRID_OPTION: &str = "default_api_level=API_HYBRID";

/// Rejects comments of the module that Go's tool chain would carry out in generated code.
pub fn check_comments(work: &Work, request: &Request) -> Result<(), MakeError> {
    for file in &request.sources {
        for comment in file.comments().map_err(broken)? {
            let found = comment.text.split('\n').find_map(|text| Some((text, flaw(text)?)));
            let Some((text, flaw)) = found else { continue };
            let line = line_of(work, file, text).unwrap_or(comment.line);
            return Err(MakeError::rejected(format_args!("{}:{line}: {flaw}", file.name())));
        }
    }
    Ok(())
}

/// Why one line of a comment cannot be in Go code.
fn flaw(text: &str) -> Option<String> {
    if text.contains('\u{feff}') {
        return Some("this comment has the character U+FEFF in it, which Go refuses".into());
    }
    let directive = directive(text)?;
    Some(format!(
        "in generated Go code this comment would be the directive {directive}, which Go's tool chain carries \
         out; begin the comment with another word"
    ))
}

/// The line of a comment. A descriptor knows only where the element is that the comment belongs to.
fn line_of(work: &Work, file: &FileDescriptor, text: &str) -> Option<usize> {
    let source = fs::read(work.modules.first()?.tree.folder.join(file.name())).ok()?;
    let lines = comment_lines(&source);
    lines.into_iter().find(|line| line.text == text).map(|line| line.line)
}

/// Looks at a package's files: nothing but Go, without directives that are not the plugin's own, and without C.
pub fn check_files(
    entry: &Entry,
    registry: &GoRegistry,
    files: &BTreeMap<String, String>,
) -> Result<(), MakeError> {
    let is_hybrid = entry.registry.opts.iter().any(|option| option == HYBRID_OPTION);
    let is_own = |text: &str| {
        is_hybrid && HYBRID.contains(&text) || registry.directives.iter().any(|own| own == text)
    };
    let sizes = files.iter().map(|(name, text)| (name.as_str(), text.len() as u64));
    protoedge_gomod::check_files(sizes).map_err(MakeError::rejected)?;
    for (name, text) in files {
        check_ending(name, &ENDINGS, &registry.files, "registry.go.files")?;
        if !name.ends_with(".go") {
            continue;
        }
        let said = |line: usize, what: &str| {
            MakeError::rejected(format_args!("the plugin generated {name:?}, line {line}: {what}"))
        };
        let file = GoFile::read(text).map_err(|error| {
            MakeError::rejected(format_args!("the plugin generated {name:?}, {error}"))
        })?;
        if let Some(found) = file.directives.iter().find(|found| !is_own(&found.text)) {
            let what = format!(
                "Go's tool chain carries out the comment {:?}; if it is the plugin's own, name it in the \
                 catalogue entry under registry.go.directives",
                found.text
            );
            return Err(said(found.line, &what));
        }
        let is_c = |path: &str| path == "C" || path.contains('\\');
        if let Some((line, _)) = file.imports.iter().find(|(_, path)| is_c(path)) {
            return Err(said(*line, "it imports \"C\": a generated package has no code in C"));
        }
    }
    Ok(())
}
