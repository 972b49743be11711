//! Options that are carried out here in the plugin's place.

use crate::{error::CodegenError, work::Work};

/// Puts services into packages beside their messages. Stock plugins do not know it.
pub const SEPARATE_PACKAGE: &str = "separate_package=true";

/// Takes [`SEPARATE_PACKAGE`] out of the options; says whether it was there. It is carried out for these plugins.
///
/// # Errors
/// [`CodegenError::Unsupported`] for another plugin.
pub fn take_separate(
    work: &Work,
    options: &mut Vec<String>,
    plugins: &[&str],
) -> Result<bool, CodegenError> {
    let count = options.len();
    options.retain(|option| option != SEPARATE_PACKAGE);
    let is_there = options.len() != count;
    if is_there && !plugins.contains(&work.entry.name.to_string().as_str()) {
        return Err(CodegenError::Unsupported {
            option: SEPARATE_PACKAGE.to_owned(),
            plugin: work.entry.id(),
        });
    }
    Ok(is_there)
}
