use super::*;
use proptest::prelude::*;

fn imports(source: &str) -> Vec<(ImportKind, String)> {
    let imports = ProtoFile::read(source.as_bytes()).imports;
    imports.into_iter().map(|import| (import.kind, import.path)).collect()
}

/// Name, source, imports.
type Row = (&'static str, &'static str, &'static [(ImportKind, &'static str)]);

#[test]
fn reads_every_form_of_import() {
    use ImportKind::{Option, Plain, Public, Weak};
    let rows: &[Row] = &[
        ("nothing", "", &[]),
        ("plain", r#"import "a.proto";"#, &[(Plain, "a.proto")]),
        ("single quotes", "import 'a\"b.proto';", &[(Plain, "a\"b.proto")]),
        ("public", r#"import public "a.proto";"#, &[(Public, "a.proto")]),
        ("weak", r#"import weak "a.proto";"#, &[(Weak, "a.proto")]),
        ("option", r#"import option "a.proto";"#, &[(Option, "a.proto")]),
        (
            "no space",
            r#"import"a.proto";import"b.proto";"#,
            &[(Plain, "a.proto"), (Plain, "b.proto")],
        ),
        ("joined strings", "import \"a/\" 'b' /* c */\n\".proto\";", &[(Plain, "a/b.proto")]),
        ("escapes", r#"import "\x61\057\142\.pr\u006ft\U0000006f";"#, &[(Plain, "a/b.proto")]),
        ("not ASCII", "import \"é/\u{1F600}.proto\";", &[(Plain, "é/\u{1F600}.proto")]),
        ("byte order mark", "\u{feff}import \"a.proto\";", &[(Plain, "a.proto")]),
        ("CRLF", "import\r\n\"a.proto\"\r\n;\r\n", &[(Plain, "a.proto")]),
        ("vertical tab", "import\u{b}\u{c}\"a.proto\";", &[(Plain, "a.proto")]),
        ("after a block", "message M {}import \"a.proto\";", &[(Plain, "a.proto")]),
        ("after empty statements", ";;import \"a.proto\";", &[(Plain, "a.proto")]),
        (
            "after an option with braces",
            "option (o) = { a: { b: 1 } c: \"}\" };\nimport \"a.proto\";",
            &[(Plain, "a.proto")],
        ),
        ("in a comment", "// import \"a.proto\";\n/* import \"b.proto\"; */", &[]),
        ("comments do not nest", "/* /* */ import \"a.proto\"; /* */", &[(Plain, "a.proto")]),
        ("a comment's end in a string", "import \"*/a.proto\"; // '", &[(Plain, "*/a.proto")]),
        ("a comment in a string", "import \"//a/*.proto\";", &[(Plain, "//a/*.proto")]),
        ("a string in a comment", "/* \" */ import \"a.proto\"; /* ' */", &[(Plain, "a.proto")]),
        ("in a string", "option x = \"; import \\\"a.proto\\\";\";", &[]),
        ("in a message", "message M { import \"a.proto\"; }", &[]),
        (
            "a field of that name",
            "message M { string import = 1; optional import public = 2; }",
            &[],
        ),
        ("a message of that name", "message import { } enum weak { A = 0; }", &[]),
        ("an option of that name", "option import = \"a.proto\";", &[]),
        ("a longer word", "imports \"a.proto\"; ximport \"b.proto\";", &[]),
        ("never ended", "import \"a.proto\"", &[]),
        (
            "never closed",
            "import \"a.proto\n; import \"b.proto\";",
            &[(Plain, "a.proto"), (Plain, "b.proto")],
        ),
    ];
    for (name, source, expected) in rows {
        let expected: Vec<_> =
            expected.iter().map(|(kind, path)| (*kind, path.to_string())).collect();
        assert_eq!(imports(source), expected, "{name}: {source}");
    }
}

#[test]
fn reads_the_package() {
    for (source, package) in [
        ("", None),
        ("package acme.weather.v1;", Some("acme.weather.v1")),
        ("syntax = 'proto3'; /* x */ package /* y */ acme . // z\n v1 ;", Some("acme.v1")),
        ("message package { string package = 1; }", None),
        ("edition = \"2023\"; package a_1;", Some("a_1")),
    ] {
        assert_eq!(ProtoFile::read(source.as_bytes()).package.as_deref(), package, "{source}");
    }
}

/// Text that may stand between two tokens.
fn blank() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ \t\r\n\u{b}\u{c}]{1,3}",
        "[a-z;{}\"'/*]{0,8}".prop_map(|text| format!("//{text}\n")),
        "[a-z;{}\"'/ \n]{0,8}".prop_map(|text| format!("/*{text}*/")),
    ]
}

/// A statement that imports nothing, however much it looks so.
fn other() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("message import { optional string import = 1; }".to_owned()),
        Just("option (x) = { import: \"no.proto\" y { z: '};' } };".to_owned()),
        Just("option y = 'import \"no.proto\";' \"{\";".to_owned()),
        Just("service S { rpc import(A) returns (B) { option (x) = {}; } }".to_owned()),
        Just("enum E { import = 0; }".to_owned()),
        Just(";".to_owned()),
    ]
}

fn quoted(path: &str, quote: char, escaped: bool) -> String {
    let text: String = path
        .bytes()
        .map(|byte| if escaped { format!("\\{byte:03o}") } else { char::from(byte).into() })
        .collect();
    format!("{quote}{text}{quote}")
}

fn statement() -> impl Strategy<Value = (String, Option<String>)> {
    let import =
        ("[a-z/._-]{1,12}", any::<bool>(), any::<bool>(), any::<prop::sample::Index>(), blank())
            .prop_map(|(path, single, escaped, cut, blank)| {
                let (head, tail) = path.split_at(cut.index(path.len()));
                let quote = if single { '\'' } else { '"' };
                let (head, tail) = (quoted(head, quote, escaped), quoted(tail, quote, !escaped));
                (format!("import{blank}{head}{blank}{tail}{blank};"), Some(path))
            });
    prop_oneof![import, other().prop_map(|text| (text, None))]
}

proptest! {
    #[test]
    fn finds_exactly_the_imports(
        statements in prop::collection::vec((blank(), statement()), 0..12)
    ) {
        let source: String =
            statements.iter().map(|(blank, (text, _))| format!("{blank}{text}")).collect();
        let expected: Vec<String> =
            statements.into_iter().filter_map(|(_, (_, path))| path).collect();
        let found: Vec<String> = imports(&source).into_iter().map(|(_, path)| path).collect();
        prop_assert_eq!(found, expected, "{}", source);
    }

    #[test]
    fn reads_anything(source in prop::collection::vec(any::<u8>(), 0..200)) {
        ProtoFile::read(&source);
    }

    #[test]
    fn reads_anything_made_of_pieces(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "import", "public", "\"", "'", "\\", "\\x", "\\u", "\\U", "\\7", "{", "}", ";",
                "//", "/*", "*/", "\n", "a", "\u{feff}", "é",
            ]),
            0..40,
        )
    ) {
        ProtoFile::read(pieces.concat().as_bytes());
    }
}

#[test]
fn lines_of_comments() {
    let lines = |text: &str| -> Vec<(usize, String)> {
        comment_lines(text.as_bytes()).into_iter().map(|it| (it.line, it.text)).collect()
    };
    for (text, want) in [
        ("", &[][..]),
        ("a \"// no\" '/* no */' // yes\n", &[(1, " yes")]),
        ("//a\n\n  //b\r\n//c", &[(1, "a"), (3, "b\r"), (4, "c")]),
        ("/*a\n *b\n\t * c\n d*/ x //e\n", &[(1, "a"), (2, "b"), (3, " c"), (4, "d"), (4, "e")]),
        ("/**/ /***/\n/* never ends\n *", &[(1, ""), (1, "*"), (2, " never ends"), (3, "")]),
        ("\u{feff}//a\n\u{b}//b\n", &[(1, "a"), (2, "b")]),
        ("/*/ a */", &[(1, "/ a ")]),
    ] {
        let want: Vec<_> = want.iter().map(|(line, text)| (*line, (*text).to_owned())).collect();
        assert_eq!(lines(text), want, "{text:?}");
    }
    assert_eq!(comment_lines(b"//\xff\n")[0].text, "\u{fffd}");
}
