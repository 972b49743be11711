//! How the files of packages may be called in every ecosystem.

use crate::error::CodegenError;

/// What packages have of themselves.
const OWN_FILES: [&str; 3] = ["go.mod", "package.json", "LICENSE"];

/// Refuses a file whose ending is neither one of its ecosystem's nor one of the entry's. The package's own
/// files are refused when it is packed.
///
/// # Errors
/// [`CodegenError::Rejected`] with the name.
pub fn check_ending(
    name: &str,
    usual: &[&str],
    own: &[String],
    key: &str,
) -> Result<(), CodegenError> {
    let is_usual = OWN_FILES.contains(&name) || usual.iter().any(|end| name.ends_with(end));
    if is_usual || own.iter().any(|end| end.starts_with('.') && name.ends_with(end.as_str())) {
        return Ok(());
    }
    let endings = usual.join(", ");
    Err(CodegenError::rejected(format_args!(
        "the plugin generated {name:?}, whose name ends with none of {endings}; if the plugin needs it, name \
         the ending in the catalogue entry under {key}"
    )))
}
