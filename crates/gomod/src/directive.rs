/// The first word of a comment that Go's tool chain does not only read but carries out, or `None`.
/// `line` is one line of a comment without the `//` before it.
///
/// These are the directives of the compiler and the go command (`//go:…`, `//line f:1`), of cgo and
/// gccgo (`//export`, `//extern`, `#cgo`) and build constraints of both forms
/// (`cmd/compile/internal/syntax`, `go/build/constraint`, `go/ast.isDirective`, `cmd/cgo`). A carriage
/// return is dropped before a comment is read (`go/scanner`).
pub fn directive(line: &str) -> Option<String> {
    let line = line.replace('\r', "");
    let is_line = || {
        line.strip_prefix("line ").is_some_and(|place| place.contains(':'))
            || line.starts_with("export ")
            || line.starts_with("extern ")
    };
    if line.starts_with("go:") || is_line() {
        return first_word(&line);
    }
    let text = line.trim();
    let follows = |mark: &str| {
        let rest = text.strip_prefix(mark);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
    };
    if follows("+build") || follows("#cgo") { first_word(text) } else { None }
}

fn first_word(text: &str) -> Option<String> {
    text.split_whitespace().next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives() {
        for (line, want) in [
            ("go:linkname File_x example.com/app/auth.Verifier", Some("go:linkname")),
            ("go:build ignore", Some("go:build")),
            ("go:embed x", Some("go:embed")),
            ("go:generate rm -rf x", Some("go:generate")),
            ("go:noescape\r", Some("go:noescape")),
            ("go:", Some("go:")),
            ("g\ro:build ignore", Some("go:build")),
            ("line x.go:1", Some("line")),
            ("line :1:1", Some("line")),
            ("export Verify", Some("export")),
            ("extern verify", Some("extern")),
            ("+build ignore", Some("+build")),
            (" \t+build", Some("+build")),
            (" #cgo LDFLAGS: -lx", Some("#cgo")),
            (" go:build ignore", None),
            ("Go:build ignore", None),
            ("lines of business: sales", None),
            ("line of business", None),
            (" export Verify", None),
            ("exports", None),
            ("+builds", None),
            (" see #cgo", None),
            ("http://example.com", None),
            ("nolint:all", None),
            ("", None),
        ] {
            assert_eq!(directive(line).as_deref(), want, "{line:?}");
        }
    }
}
