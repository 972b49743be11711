//! What a module's author writes acts on nobody's machine: it is rejected with file and line, or harmless.

mod util;

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};
use util::{UNITS, build, generator, made, package, rejected, unpack, write};

/// One plugin of each kind of Go code, at its newest version.
const GO_PLUGINS: [&str; 7] = [
    "bufbuild/connect-go",
    "connectrpc/go",
    "connectrpc/gosimple",
    "grpc/go",
    "grpc-ecosystem/gateway",
    "pluginrpc/go",
    "protocolbuffers/go",
];

/// What Go's tool chain carries out, and the word that names it.
const DIRECTIVES: [(&str, &str); 14] = [
    ("go:linkname File_x example.com/app/auth.Verifier", "go:linkname"),
    ("go:build ignore", "go:build"),
    ("go:embed secrets.txt", "go:embed"),
    ("go:generate sh -c x", "go:generate"),
    ("go:noescape", "go:noescape"),
    ("go:cgo_import_dynamic x", "go:cgo_import_dynamic"),
    ("line auth.go:1", "line"),
    ("export Verify", "export"),
    ("extern verify", "extern"),
    ("+build ignore", "+build"),
    (" +build ignore", "+build"),
    ("#cgo LDFLAGS: -lx", "#cgo"),
    (" #cgo LDFLAGS: -lx", "#cgo"),
    // Go drops the carriage return before it reads the comment.
    ("g\ro:linkname a b", "go:linkname"),
];

#[test]
fn go_directives_are_rejected_by_every_plugin() {
    for plugin in GO_PLUGINS {
        for (comment, word) in DIRECTIVES {
            let text = format!(
                "syntax = \"proto3\";\npackage a.v1;\n\n// M\n//{comment}\nmessage M {{}}\nservice S {{ rpc R(M) returns (M); }}\n"
            );
            let said = rejected(plugin, &[("a/v1/a.proto", &text)]);
            assert!(said.contains("a/v1/a.proto:5: "), "{plugin}: {comment}: {said}");
            assert!(said.contains(&format!("directive {word},")), "{plugin}: {comment}: {said}");
        }
    }
}

#[test]
fn go_directives_are_found_wherever_a_comment_is_copied() {
    let places = [
        "DETACHED\n\nsyntax = \"proto3\";\npackage a.v1;\nmessage M {}\n",
        "HEAD\nsyntax = \"proto3\";\npackage a.v1;\nmessage M {}\n",
        "syntax = \"proto3\";\nPACKAGE\npackage a.v1;\nmessage M {}\n",
        "syntax = \"proto3\";\npackage a.v1;\nMESSAGE\nmessage M {}\n",
        "syntax = \"proto3\";\npackage a.v1;\nmessage M {\n  FIELD\n  string a = 1;\n}\n",
        "syntax = \"proto3\";\npackage a.v1;\nmessage M {\n  string a = 1; BEHIND\n}\n",
        "syntax = \"proto3\";\npackage a.v1;\nmessage M {\n  ONEOF\n  oneof o { string a = 1; }\n}\n",
        "syntax = \"proto3\";\npackage a.v1;\nENUM\nenum E {\n  E_A = 0;\n}\n",
        "syntax = \"proto3\";\npackage a.v1;\nenum E {\n  VALUE\n  E_A = 0;\n}\n",
        "syntax = \"proto3\";\npackage a.v1;\nmessage M {}\nSERVICE\nservice S { rpc R(M) returns (M); }\n",
        "syntax = \"proto3\";\npackage a.v1;\nmessage M {}\nservice S {\n  RPC\n  rpc R(M) returns (M);\n}\n",
    ];
    for place in places {
        let line = 1 + place.lines().position(is_place).unwrap();
        for comment in ["//go:embed x", "// a\u{feff}", "/*go:embed x*/", "/* x\n *go:embed x\n */"]
        {
            let mark = place.split_whitespace().find(|word| is_place(word)).unwrap();
            let text = place.replacen(mark, comment, 1);
            let said = rejected("protocolbuffers/go", &[("a/v1/a.proto", &text)]);
            let line = line + usize::from(comment.contains("\n *"));
            assert!(said.starts_with(&format!("a/v1/a.proto:{line}: ")), "{text}: {said}");
        }
    }
}

/// Whether a word of capitals is in a line.
fn is_place(line: &str) -> bool {
    line.split_whitespace()
        .any(|word| word.len() > 2 && word.chars().all(|c| c.is_ascii_uppercase()))
}

#[test]
fn comments_that_only_look_like_directives_stay() {
    let text = "// go:build ignore\n// see +build and #cgo\n// export Verify\nsyntax = \"proto3\";\npackage a.v1;\n\
        // line of business\n//todo:this\nmessage M {\n  string a = 1; //http://example.com\n}\n";
    let files = package("protocolbuffers/go", &[("a/v1/a.proto", text)]);
    let (_, code) = files.iter().find(|(name, _)| name.ends_with("a.pb.go")).unwrap();
    for comment in [
        "// go:build ignore",
        "// see +build and #cgo",
        "// line of business",
        "http://example.com",
    ] {
        assert!(code.contains(comment), "{comment}");
    }
}

#[test]
fn comments_of_npm_packages_have_line_ends_of_one_kind() {
    let hostile = "// a\r(await import(\"node:fs\")).x()//\n// b\u{2028}throw 1\n// c\u{2029}throw 1\n/* d\u{b}\u{c}\u{1b}e */\n\
        /// <reference types=\"x\"/>\n///\u{feff}<reference types=\"x\"/>\n//# sourceMappingURL=data:x\n\
        //#\u{feff}sourceMappingURL=data:x\n// @ts-ignore\n//\u{a0}@ts-ignore\n";
    let text = format!("{hostile}syntax = \"proto3\";\npackage a.v1;\n{hostile}message M {{}}\n");
    for plugin in ["bufbuild/es:v1.3.0", "bufbuild/es", "community/timostamm-protobuf-ts"] {
        let files = package(plugin, &[("a/v1/a.proto", &text)]);
        for (name, text) in files {
            assert!(
                !text.contains([
                    '\r', '\u{2028}', '\u{2029}', '\u{feff}', '\u{b}', '\u{c}', '\u{1b}'
                ]),
                "{name}"
            );
            let orders = ["///", "# sourceMappingURL", "@ts-ignore"];
            assert!(!orders.iter().any(|order| text.contains(order)), "{plugin}: {name}: {text}");
        }
    }
}

#[test]
fn texts_that_a_plugin_does_not_quote_are_rejected_for_it_alone() {
    let module = |option: &str| {
        format!(
            "syntax = \"proto2\";\npackage a.v1;\nmessage M {{\n  optional string a = 1 [{option}];\n}}\n"
        )
    };
    for (plugin, option, is_rejected) in [
        ("bufbuild/es:v1.10.0", "json_name = \"@type\"", false),
        ("bufbuild/es:v1.10.0", "default = \"# sourceMappingURL=x\"", false),
        ("bufbuild/es:v1.10.0", "json_name = \"a\\\", T: (() => { throw 1 })(), x: \\\"\"", true),
        ("bufbuild/es:v1.10.0", "json_name = \"a\\\\\"", true),
        ("bufbuild/es:v1.10.0", "json_name = \"a\\nb\"", true),
        ("bufbuild/es:v1.10.0", "default = \"a\\\"b\\\\\\n\\r*/\"", false),
        ("bufbuild/es", "json_name = \"a\\\"b\\\\\"", false),
        ("bufbuild/es", "default = \"a\\\"b*/\"", false),
        ("community/timostamm-protobuf-ts", "json_name = \"a\\\"b\"", false),
        ("community/timostamm-protobuf-ts", "json_name = \"*/ throw 1 /*\"", true),
        ("community/timostamm-protobuf-ts", "default = \"*/ throw 1 /*\"", true),
    ] {
        let text = module(option);
        let files = [("a/v1/a.proto", text.as_str())];
        if is_rejected {
            let said = rejected(plugin, &files);
            assert!(said.starts_with("a/v1/a.proto:4: "), "{plugin}: {option}: {said}");
            assert!(said.contains("does not quote"), "{plugin}: {option}: {said}");
        } else {
            package(plugin, &files);
        }
    }
}

#[test]
fn paths_of_http_that_end_a_string_are_rejected_for_the_gateway() {
    let module = |rule: &str| {
        format!(
            "syntax = \"proto3\";\npackage a.v1;\nimport \"google/api/annotations.proto\";\nmessage M {{}}\n\
             service S {{\n  rpc R(M) returns (M) {{ option (google.api.http) = {{ {rule} }}; }}\n}}\n"
        )
    };
    let annotations = format!(
        "googleapis/googleapis:b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2@20260101000000={}",
        util::here("../installer/sample/googleapis_googleapis").display()
    );
    let code = "x\\\")); println(\\\"PWNED\\\"); print(string(\\\"";
    let of = |plugin: &str, rule: &str| {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &[("a/v1/a.proto", &module(rule))]);
        let module = format!("{UNITS}={}", folder.path().display());
        let args = ["--plugin", plugin, "--module", &module, "--dep", &annotations];
        let output = build(folder.path(), &args);
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    for rule in [
        format!("get: \"/v1/a:{code}\""),
        format!("get: \"/v1/a\" additional_bindings {{ post: \"/v1/b:{code}\" }}"),
        format!("custom {{ kind: \"GET\" path: \"/v1/a:{code}\" }}"),
        "get: \"/v1/a:x\\nfunc\"".to_owned(),
        "get: \"/v1/a:\\\\x22\"".to_owned(),
    ] {
        let (status, said) = of("grpc-ecosystem/gateway", &rule);
        assert_eq!(status, Some(1), "{rule}: {said}");
        assert!(
            said.starts_with("a/v1/a.proto:6: google.api.http of method \"R\""),
            "{rule}: {said}"
        );
    }
    for (plugin, rule) in [
        (
            "grpc-ecosystem/gateway",
            "get: \"/v1/{a=shelves/*}:read\"".replace("{a=shelves/*}", "shelves"),
        ),
        ("connectrpc/go", format!("get: \"/v1/a:{code}\"")),
    ] {
        let (status, said) = of(plugin, &rule);
        assert_eq!(status, Some(0), "{rule}: {said}");
    }
}

#[test]
fn an_element_that_objects_inherit_is_rejected_for_npm() {
    for (element, line) in [
        ("message __proto__ {}", 4),
        ("message M {\n  string __proto__ = 1;\n}", 5),
        ("message M {\n  oneof __proto__ { string a = 1; }\n}", 5),
        ("message M {\n  message N {\n    enum __proto__ { A = 0; }\n  }\n}", 6),
        ("enum E {\n  __proto__ = 0;\n}", 5),
        ("message M {}\nservice S {\n  rpc __proto__(M) returns (M);\n}", 6),
        ("message M {}\nservice __proto__ {}", 5),
    ] {
        let text = format!("syntax = \"proto3\";\n\npackage a.v1;\n{element}\n");
        let said = rejected("connectrpc/es", &[("a/v1/a.proto", &text)]);
        assert!(said.starts_with(&format!("a/v1/a.proto:{line}: ")), "{element}: {said}");
    }
}

#[test]
fn names_of_files_that_npm_packages_cannot_carry_are_rejected() {
    const MESSAGE: &str = "syntax = \"proto3\";\nmessage M {}\n";
    for name in [
        "a'b.proto",
        "a\"b.proto",
        "a`b.proto",
        "a#b.proto",
        "a%41b.proto",
        "a\u{2028}throw 1.proto",
        "a\u{202e}b.proto",
        "aux/a.proto",
        "e\u{301}.proto",
        ".a/b.proto",
        "node_modules/a.proto",
    ] {
        for plugin in ["bufbuild/es", "community/timostamm-protobuf-ts"] {
            let said = rejected(plugin, &[(name, MESSAGE)]);
            assert!(said.contains("cannot be the name of a file in an npm package"), "{said}");
        }
    }
    let one = "\u{d55c}.proto";
    let other = "\u{1112}\u{1161}\u{11ab}.proto";
    let message = "syntax = \"proto3\";\nmessage N {}\n";
    let said = rejected("bufbuild/es", &[(one, MESSAGE), (other, message)]);
    assert!(said.contains("some file systems do not tell them apart"), "{said}");
}

/// A plugin of one's own that answers these files, and an entry for it.
struct Own {
    folder: tempfile::TempDir,
}

impl Own {
    fn new(registry: &str, files: &[(&str, &str)]) -> Self {
        let own = Self { folder: tempfile::tempdir().unwrap() };
        let root = own.folder.path();
        let mut answer = Vec::new();
        for (name, text) in files {
            let mut file = Vec::new();
            field(&mut file, 1, name.as_bytes());
            field(&mut file, 15, text.as_bytes());
            field(&mut answer, 15, &file);
        }
        let octal: String = answer.iter().map(|byte| format!("\\{byte:03o}")).collect();
        let program = root.join("protoc-gen-own");
        fs::write(&program, format!("#!/bin/sh\ncat > /dev/null\nprintf '{octal}'\n")).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(&program, mode).unwrap();
        let entry = format!(
            "version: v1\nname: a1/b1\nplugin_version: v1.0.0\nrevision: 1\nregistry: {{{registry}}}\n\
             install: {{file: {{path: {}}}}}\n",
            program.display()
        );
        write(
            root,
            &[
                ("shelf/a1/b1/v1.0.0.yaml", entry.as_str()),
                ("module/a.proto", "syntax = \"proto3\";"),
            ],
        );
        own
    }

    fn build(&self) -> Output {
        let root = self.folder.path();
        let mut command: Command = generator();
        command.args(["build", "--plugin", "a1/b1", "--plugins"]).arg(root.join("shelf"));
        command.args(["--module", &format!("{UNITS}={}", root.join("module").display())]);
        command.arg("--out").arg(root.join("out")).output().unwrap()
    }

    fn rejected(&self) -> String {
        let output = self.build();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        said
    }
}

/// Appends a field of wire type 2.
fn field(to: &mut Vec<u8>, number: u8, value: &[u8]) {
    to.push(number << 3 | 2);
    let mut length = value.len();
    while length >= 0x80 {
        to.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    to.push(u8::try_from(length).unwrap());
    to.extend(value);
}

const NPM: &str = "npm: {import_style: module}";

#[test]
fn files_that_clients_act_on_are_in_no_package() {
    let long = format!("{}.js", "a".repeat(300));
    for (registry, name) in [
        (NPM, "binding.gyp"),
        (NPM, "a/Binding.GYP"),
        (NPM, "package.json"),
        (NPM, "a/package.json"),
        (NPM, "package.json "),
        (NPM, "npm-shrinkwrap.json"),
        (NPM, ".npmrc"),
        (NPM, "a.node"),
        (NPM, "Node_Modules/x.js"),
        (NPM, "aux.js"),
        (NPM, "con.txt"),
        (NPM, "a."),
        (NPM, "a.js "),
        (NPM, "a\u{202e}sj.txt"),
        (NPM, &long),
        (NPM, "install.sh"),
        (NPM, "a.json"),
        (NPM, "Makefile"),
        ("go: {}", "a.s"),
        ("go: {}", "a.c"),
        ("go: {}", "a.syso"),
        ("go: {}", "a/go.mod"),
        ("go: {}", "vendor/modules.txt"),
        ("go: {}", "README.md"),
    ] {
        let said = Own::new(registry, &[(name, "{}")]).rejected();
        assert!(!said.is_empty(), "{name}");
    }
    for (registry, name) in [
        (NPM, "hello.txt"),
        (NPM, "a/README.md"),
        ("npm: {import_style: module, files: [.json]}", "a/schema.json"),
        ("go: {files: [.md]}", "README.md"),
    ] {
        let output = Own::new(registry, &[(name, "{}")]).build();
        assert!(output.status.success(), "{name}: {output:?}");
    }
    // What an entry allows goes no further than that.
    let more = "npm: {import_style: module, files: [.json, .gyp, npmrc, .node]}";
    for name in ["package.json", "a/package.json", "binding.gyp", ".npmrc", "a.node"] {
        Own::new(more, &[(name, "{}")]).rejected();
    }
}

#[test]
fn packages_say_that_nothing_is_to_be_built() {
    let own = Own::new(NPM, &[("hello.txt", "hi")]);
    let made = made(&own.build());
    let files = unpack(Path::new(made["file"].as_str().unwrap()));
    let manifest: serde_json::Value =
        serde_json::from_slice(&files["package/package.json"]).unwrap();
    assert_eq!(manifest["gypfile"], false);
    assert_eq!(manifest.get("scripts"), None);
}

#[test]
fn go_code_has_no_directives_but_the_plugins_own_and_no_c() {
    for (code, words) in [
        ("package a\n\nimport \"C\"\n", "line 3: it imports \"C\""),
        ("package a\nimport (\n\t_ `C`\n)\n", "line 3: it imports \"C\""),
        ("package a\nimport \"\\x43\"\n", "line 2: it imports \"C\""),
        ("package a\n//go:linkname a b\n", "line 2: Go's tool chain"),
        ("//go:build protoopaque\npackage a\n", "line 1: Go's tool chain"),
        ("package a\n/*line x.go:1*/ var a = 1\n", "line 2: Go's tool chain"),
        ("package a\nvar a = \"", "line 2: a comment, a string"),
    ] {
        let said = Own::new("go: {}", &[("a/a.go", code)]).rejected();
        assert!(said.contains("\"a/a.go\"") && said.contains(words), "{code:?}: {said}");
    }
    let directive = [("a.go", "//go:build linux\npackage a\n")];
    let allowing = "go: {directives: [\"go:build linux\"]}";
    assert!(Own::new(allowing, &directive).build().status.success());
    Own::new("go: {directives: [\"go:build\"]}", &directive).rejected();
}

#[test]
fn scripts_that_break_their_reader_break_nothing_else() {
    for text in
        ["[", "(", "`${", "{a:"].map(|open| format!("export const a = {}", open.repeat(100_000)))
    {
        let said = Own::new(NPM, &[("a.js", &text)]).rejected();
        assert!(said.contains("nests too deeply") || said.contains("cannot be read"), "{said}");
    }
}

/// Plugins of which nothing but archives is had, whose language nobody here reads.
const OTHER_PLUGINS: [&str; 11] = [
    "bufbuild/validate-cpp",
    "community/nanopb",
    "community/pseudomuto-doc",
    "community/stephenh-ts-proto",
    "protocolbuffers/cpp",
    "protocolbuffers/csharp",
    "protocolbuffers/java",
    "protocolbuffers/kotlin",
    "protocolbuffers/objc",
    "protocolbuffers/php",
    "protocolbuffers/ruby",
];

#[test]
fn comments_end_nowhere_else_in_archives() {
    // Each would be code of one language or another behind what ends the comment there.
    let hostile =
        "x */ EVIL /* y\n// ?> EVIL\n// \u{2028}EVIL\r// \\u002a\\u002f EVIL\n// EVIL \\\n// ??/";
    for plugin in OTHER_PLUGINS {
        let text = format!(
            "// {hostile}\nsyntax = \"proto3\";\n// {hostile}\npackage a.v1;\n// {hostile}\nmessage M {{\n  // {hostile}\n  string s = 1; // x */ EVIL\n}}\n// {hostile}\nenum E {{\n  // {hostile}\n  E_A = 0;\n}}\n// {hostile}\nservice S {{\n  // {hostile}\n  rpc R(M) returns (M);\n}}\n"
        );
        let files = package(plugin, &[("a/v1/a.proto", &text)]);
        assert!(!files.is_empty(), "{plugin}");
        for (name, text) in files {
            for ends in ["*/ EVIL", "?> EVIL", "\u{2028}", "\r", "\\u002a", "EVIL \\\n", "??/\n"] {
                assert!(!text.contains(ends), "{plugin}: {name} has {ends:?}");
            }
        }
    }
}

#[test]
fn names_that_options_give_are_names_in_archives() {
    for (plugin, option, text) in [
        ("protocolbuffers/java", "java_package", "a; class Evil {}"),
        ("protocolbuffers/java", "java_outer_classname", "A { static { evil(); } } class B"),
        ("protocolbuffers/csharp", "csharp_namespace", "A { class Evil {} } namespace B"),
        ("protocolbuffers/php", "php_namespace", "A; evil(); namespace B"),
        ("protocolbuffers/php", "php_metadata_namespace", "A; evil();"),
        ("protocolbuffers/php", "php_class_prefix", "A { } class B"),
        ("protocolbuffers/ruby", "ruby_package", "A; evil; module B"),
        ("protocolbuffers/objc", "objc_class_prefix", "A; evil();"),
    ] {
        let file = format!(
            "syntax = \"proto3\";\npackage a.v1;\noption {option} = \"{text}\";\nmessage M {{}}\n"
        );
        let said = rejected(plugin, &[("a/v1/a.proto", &file)]);
        assert!(
            said.contains(&format!("a/v1/a.proto: the option {option} is ")),
            "{plugin}: {said}"
        );
    }
    let good = "syntax = \"proto3\";\npackage a.v1;\noption csharp_namespace = \"Acme.V1\";\noption php_namespace = \"Acme\\\\V1\";\noption ruby_package = \"Acme::V1\";\noption java_package = \"com.acme.v1\";\nmessage M {}\n";
    for plugin in [
        "protocolbuffers/csharp",
        "protocolbuffers/php",
        "protocolbuffers/ruby",
        "protocolbuffers/java",
    ] {
        assert!(!package(plugin, &[("a/v1/a.proto", good)]).is_empty());
    }
}

#[test]
fn what_no_plugin_can_be_trusted_to_quote_is_in_no_archive() {
    let quoted = "syntax = \"proto3\";\npackage a.v1;\nmessage M { string s = 1 [json_name = \"a\\\"]; evil(); //\"]; }\n";
    let said = rejected("community/stephenh-ts-proto", &[("a/v1/a.proto", quoted)]);
    assert!(said.contains("the json_name of field \"s\""), "{said}");
    let plain = "syntax = \"proto3\";\npackage a.v1;\nmessage M {}\n";
    let said = rejected("protocolbuffers/cpp", &[("a/v1/a\"b.proto", plain)]);
    assert!(said.contains("cannot be the name of a file"), "{said}");
}
