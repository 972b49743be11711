//! Comments that tools do not only read.

use oxc_ast::ast::Comment;

/// Whether JavaScript takes a character for a blank: Unicode's, and the mark that some files begin with
/// (ECMA-262, "White Space").
pub fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

/// Whether the TypeScript compiler loads something because of a comment, or a debugger does.
pub fn is_acted_on(text: &str, comment: &Comment) -> bool {
    let sign = names_source_map(text);
    if comment.is_line() {
        let rest = text.strip_prefix('/').map(|rest| rest.trim_start_matches(is_blank));
        rest.is_some_and(|rest| rest.starts_with('<')) || sign.is_some()
    } else {
        // Texts of fields stand in the middle of blocks.
        sign == Some(0)
    }
}

/// Where a comment has the sign that debuggers, bundlers and `node --enable-source-maps` look for before
/// the place of a source map.
pub fn names_source_map(text: &str) -> Option<usize> {
    let is_sign = |rest: &str| {
        let name = rest.trim_start_matches(is_blank);
        name.starts_with("sourceMappingURL") || name.starts_with("sourceURL")
    };
    text.char_indices()
        .find(|(at, c)| matches!(c, '#' | '@') && is_sign(&text[at + 1..]))
        .map(|it| it.0)
}
