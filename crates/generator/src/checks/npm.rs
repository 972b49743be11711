use super::check_ending;
use crate::{error::MakeError, request::Request, script};
use protoedge_sdk::NpmRegistry;
use std::collections::BTreeMap;

/// What the names of an npm package's files end with besides those of scripts and declarations: texts that
/// nothing reads but people.
const TEXTS: [&str; 2] = [".txt", ".md"];

/// Rejects modules with files whose names an npm package cannot carry: generated files are named after them,
/// and code names them in comments and imports, which not every plugin quotes.
pub fn check_names(request: &Request) -> Result<(), MakeError> {
    let names = request.files.iter().map(|file| file.name());
    names.into_iter().try_for_each(protoedge_npm::check_path).map_err(MakeError::rejected)
}

/// Looks at the names of a package's files.
pub fn check_files(
    registry: &NpmRegistry,
    files: &BTreeMap<String, String>,
) -> Result<(), MakeError> {
    protoedge_npm::check_files(files.keys().map(String::as_str)).map_err(MakeError::rejected)?;
    let usual: Vec<&str> = script::ENDINGS.into_iter().chain(TEXTS).collect();
    files
        .keys()
        .try_for_each(|name| check_ending(name, &usual, &registry.files, "registry.npm.files"))
}
