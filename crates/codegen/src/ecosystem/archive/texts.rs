//! Texts of a module that plugins for any language copy into code: what none of the usual languages carries out.

use crate::{comment_lines, error::CodegenError, request::Request};

/// What ends a comment in one language or another, or begins something in it, and what it becomes.
const ENDS_COMMENT: [(&str, &str); 5] = [
    ("*/", "* /"),
    ("/*", "/ *"),
    // Of PHP, in comments of one line.
    ("?>", "? >"),
    // Java reads `\u002a\u002f` before it knows what a comment is ("Unicode Escapes").
    ("\\u", "\\ u"),
    ("\\U", "\\ U"),
];

/// A comment of which every line is one line and ends where it ends, in the languages of C's family, PHP and Ruby; `None` where it
/// is that already.
pub(super) fn plain(text: &str) -> Option<String> {
    let mut plain = comment_lines::one_each(text).replace("\r\n", "\n");
    for (ends, becomes) in ENDS_COMMENT {
        plain = plain.replace(ends, becomes);
    }
    let lines: Vec<String> = plain.split('\n').map(line).collect();
    let plain = lines.join("\n");
    (plain != text).then_some(plain)
}

/// A line behind which the next one is one: C takes both together where `\` is the last of it, `??/` as well.
fn line(line: &str) -> String {
    let end = line.trim_end();
    if end.ends_with('\\') || end.ends_with("??/") { format!("{end} .") } else { line.to_owned() }
}

/// Rejects names that plugins print as they are: of files, and those that a file's options give packages and classes.
///
/// # Errors
/// [`CodegenError::Rejected`] with the file.
pub(super) fn check_names(request: &Request) -> Result<(), CodegenError> {
    for file in &request.files {
        protoedge_archive::check_path(file.name()).map_err(CodegenError::rejected)?;
    }
    let is_name = |c: char| c.is_alphanumeric() || "_.:\\".contains(c);
    for file in &request.files {
        if let Some((option, text)) =
            file.name_options().find(|(_, text)| !text.chars().all(is_name))
        {
            return Err(CodegenError::rejected(format_args!(
                "{}: the option {option} is {text:?}, which is no name: plugins would print it into code as it is",
                file.name()
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn comments() {
        for (text, want) in [
            (" a\n \u{e9}\tb // c # d\n", None),
            ("a\r\nb\rc", Some("a\nb c")),
            ("a\u{85}b\u{2028}c\0", Some("a b c ")),
            ("x */ evil(); /*", Some("x * / evil(); / *")),
            ("/*/", Some("/ * /")),
            ("?> evil <?php", Some("? > evil <?php")),
            ("\\u002a\\u002f evil", Some("\\ u002a\\ u002f evil")),
            ("C:\\temp\\", Some("C:\\temp\\ .")),
            ("a \\  \nb", Some("a \\ .\nb")),
            ("what??/", Some("what??/ .")),
            ("C:\\temp", None),
        ] {
            assert_eq!(plain(text).as_deref(), want, "{text:?}");
        }
    }
}
