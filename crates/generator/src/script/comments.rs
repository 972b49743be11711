//! Comments that tools do not only read.

use oxc_ast::ast::Comment;

/// Whether the TypeScript compiler loads something because of a comment, or a debugger does.
pub fn is_acted_on(text: &str, comment: &Comment) -> bool {
    let is_reference = comment.is_line()
        && text.strip_prefix('/').is_some_and(|rest| rest.trim_start().starts_with('<'));
    is_reference || names_source_map(text).is_some()
}

/// Where a comment has the sign that debuggers, bundlers and `node --enable-source-maps` look for before
/// the place of a source map.
pub fn names_source_map(text: &str) -> Option<usize> {
    let is_sign = |rest: &str| {
        let name = rest.trim_start();
        name.starts_with("sourceMappingURL") || name.starts_with("sourceURL")
    };
    text.char_indices()
        .find(|(at, c)| matches!(c, '#' | '@') && is_sign(&text[at + 1..]))
        .map(|it| it.0)
}
