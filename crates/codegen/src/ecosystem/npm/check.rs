use super::script;
use crate::{error::CodegenError, package_files::check_ending, request::Request};
use protoedge_sdk::NpmRegistry;
use std::collections::BTreeMap;

/// What the names of an npm package's files end with besides those of scripts and declarations: texts that
/// nothing reads but people.
const TEXTS: [&str; 2] = [".txt", ".md"];

/// The property of every JavaScript object that is none of its own.
const INHERITED: &str = "__proto__";

/// Rejects modules with files whose names an npm package cannot carry: generated files are named after them,
/// and code names them in comments and imports, which not every plugin quotes.
///
/// # Errors
/// [`CodegenError::Rejected`] with the name.
pub fn check_names(request: &Request) -> Result<(), CodegenError> {
    let names = request.files.iter().map(|file| file.name());
    names.into_iter().try_for_each(protoedge_npm::check_path).map_err(CodegenError::rejected)
}

/// Rejects modules with an element of the name `__proto__`: in JavaScript a property of that name is what an object
/// inherits, and not every plugin writes another one.
///
/// # Errors
/// [`CodegenError::Rejected`] with file and line.
pub fn check_elements(request: &Request) -> Result<(), CodegenError> {
    for file in &request.sources {
        if let Some(line) = file.line_of_name(INHERITED).map_err(CodegenError::descriptors)? {
            return Err(CodegenError::rejected(format_args!(
                "{}:{line}: an element named {INHERITED} cannot be in an npm package: JavaScript takes it for what \
                 an object inherits",
                file.name()
            )));
        }
    }
    Ok(())
}

/// Looks at the names of a package's files.
///
/// # Errors
/// [`CodegenError::Rejected`] with the name that no package can have.
pub fn check_files(
    registry: &NpmRegistry,
    files: &BTreeMap<String, String>,
) -> Result<(), CodegenError> {
    protoedge_npm::check_files(files.keys().map(String::as_str)).map_err(CodegenError::rejected)?;
    let usual: Vec<&str> = script::syntax::ENDINGS.into_iter().chain(TEXTS).collect();
    files
        .keys()
        .try_for_each(|name| check_ending(name, &usual, &registry.files, "registry.npm.files"))
}
