//! What is published can be built where it is used: what Go's compiler would refuse at the consumer is rejected with a way out, or
//! made so that it builds.

mod util;

use std::path::Path;
use util::{build_files, package, rejected};

const GO: &str = "protocolbuffers/go";

/// A .proto file of a proto package.
fn proto(package: &str, rest: &str) -> String {
    format!("syntax = \"proto3\";\npackage {package};\n{rest}\n")
}

/// What is said of a module whose Go code cannot be built.
fn rejected_by(plugin: &str, files: &[(&str, String)]) -> String {
    let files: Vec<(&str, &str)> =
        files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    rejected(plugin, &files)
}

fn assert_says(said: &str, words: &[&str]) {
    for word in words {
        assert!(said.contains(word), "{word:?} is not said: {said}");
    }
}

#[test]
fn folders_that_nobody_can_import_from_are_rejected() {
    for (file, package, words) in [
        (
            "shop/internal/v1/audit.proto",
            "shop.internal.v1",
            &["\"internal\"", "move \"shop/internal/v1/audit.proto\""][..],
        ),
        ("shop/vendor/v1/vendor.proto", "shop.vendor.v1", &["\"vendor\"", "another folder"]),
        ("shop/a b/v1/b.proto", "shop.b.v1", &["the character ' '", "shop/a b/v1/b.proto"]),
        ("shop/größe/v1/b.proto", "shop.b.v1", &["the character 'ö'"]),
        ("shop/main/m.proto", "shop", &["is a program", "shop/main/m.proto", "version"]),
        ("documentation/d.proto", "documentation", &["documentation"]),
    ] {
        let said = rejected_by(GO, &[(file, proto(package, "message M {}"))]);
        assert_says(&said, words);
    }
    // Others read the same module without a word.
    let text = proto("shop.internal.v1", "message M {}");
    assert!(!package("bufbuild/es", &[("shop/internal/v1/audit.proto", &text)]).is_empty());
}

#[test]
fn folders_that_go_commands_overlook_can_be_imported_from() {
    let text = proto("shop.v1", "message M {}");
    for file in ["shop/testdata/v1/a.proto", "shop/_drafts/v1/a.proto"] {
        assert!(!package(GO, &[(file, &text)]).is_empty(), "{file}");
    }
}

#[test]
fn files_are_called_so_that_go_builds_them_everywhere() {
    let text = |message: &str| {
        proto(
            "fleet.v1",
            &format!(
                "message {message} {{}}\nservice {message}s {{ rpc Get({message}) returns ({message}); }}"
            ),
        )
    };
    let files = [
        ("fleet/v1/agent_windows.proto", text("Agent")),
        ("fleet/v1/mod_wasm.proto", text("Module")),
        ("fleet/v1/_hidden.proto", text("Hidden")),
        ("fleet/v1/smoke_test.proto", text("Smoke")),
        ("fleet/v1/windows.proto", text("Window")),
    ];
    let files: Vec<(&str, &str)> =
        files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    for (plugin, want) in [
        (
            GO,
            &[
                "fleet/v1/agent_windows_.pb.go",
                "fleet/v1/mod_wasm_.pb.go",
                "fleet/v1/x_hidden.pb.go",
                "fleet/v1/smoke_test.pb.go",
                "fleet/v1/windows.pb.go",
                "fleet/v1/agent_windows_protoopaque.pb.go",
                "fleet/v1/x_hidden_protoopaque.pb.go",
            ][..],
        ),
        ("connectrpc/go", &["fleet/v1/fleetv1connect/agent_windows_.connect.go"]),
        (
            "grpc/go",
            &[
                "fleet/v1/fleetv1grpc/agent_windows_grpc.pb.go",
                "fleet/v1/fleetv1grpc/x_hidden_grpc.pb.go",
            ],
        ),
    ] {
        let names: Vec<String> =
            package(plugin, &files).into_iter().map(|(name, _)| name).collect();
        for name in want {
            assert!(
                names.iter().any(|found| found.ends_with(&format!("/{name}"))),
                "{name}: {names:?}"
            );
        }
    }
    let twice = [
        ("a/x_hidden.proto", proto("a", "message A {}")),
        ("a/_hidden.proto", proto("a", "message B {}")),
    ];
    assert_says(&rejected_by(GO, &twice), &["a/_hidden.pb.go", "a/x_hidden.pb.go", "rename one"]);
}

#[test]
fn packages_that_go_cannot_compile_are_rejected() {
    let import = |path: &str, rest: &str| format!("import \"{path}\";\n{rest}");
    let circle = [
        ("hr/person/person.proto", proto("hr.person", "message Person {}")),
        (
            "hr/person/assignment.proto",
            proto(
                "hr.person",
                &import("hr/team/team.proto", "message Assignment { hr.team.Team team = 1; }"),
            ),
        ),
        (
            "hr/team/team.proto",
            proto(
                "hr.team",
                &import("hr/person/person.proto", "message Team { hr.person.Person p = 1; }"),
            ),
        ),
    ];
    let words =
        ["in a circle", "hr/person/assignment.pb.go", "hr/team/team.pb.go", "into one folder"];
    assert_says(&rejected_by(GO, &circle), &words);

    let twice = [
        ("a/v1/a.proto", proto("a.v1", "message Foo { message Bar {} }")),
        ("a/v1/b.proto", proto("a.v1", "message Foo_Bar {}")),
    ];
    let words = ["Foo_Bar is declared twice", "a/v1/a.pb.go", "a/v1/b.pb.go", "\"a/v1/b.proto\""];
    assert_says(&rejected_by(GO, &twice), &words);
    let twice =
        proto("a.v1", "message M {}\nenum E { M_X = 0; }\nenum M_X2 { X0 = 0; }\nmessage E_M_X {}");
    assert_says(&rejected_by(GO, &[("a/v1/a.proto", twice)]), &["E_M_X is declared twice"]);
    let twice = proto(
        "a.v1",
        "message M {}\nservice S { rpc GetIt(M) returns (M); rpc get_it(M) returns (M); }",
    );
    for plugin in ["connectrpc/go", "grpc/go"] {
        let said = rejected_by(plugin, &[("a/v1/a.proto", twice.clone())]);
        assert_says(&said, &["GetIt", "twice", "rename one of the elements of \"a/v1/a.proto\""]);
    }

    let copy =
        proto("google.protobuf", "message Timestamp { int64 seconds = 1; int32 nanos = 2; }");
    let said = rejected_by(GO, &[("google/protobuf/timestamp.proto", copy)]);
    assert_says(&said, &["belongs to protobuf itself", "google.golang.org/protobuf"]);

    let names = [
        ("a.proto", proto("acme.a.v1", "message A {}")),
        ("b.proto", proto("acme.b.v1", "message B {}")),
    ];
    let words = [
        "\"a.proto\" and \"b.proto\"",
        "av1 and bv1",
        "\"acme/b/v1/b.proto\"",
        "the same proto package",
    ];
    assert_says(&rejected_by(GO, &names), &words);
}

#[test]
fn a_gateway_of_services_alone_imports_what_it_uses() {
    let files = [
        ("m/v1/m.proto", proto("m.v1", "message Ping { string name = 1; }")),
        (
            "s/v1/s.proto",
            proto(
                "s.v1",
                "import \"m/v1/m.proto\";\nimport \"google/api/annotations.proto\";\nservice S { rpc Ping(m.v1.Ping) \
                 returns (m.v1.Ping) { option (google.api.http) = {get: \"/v1/{name}\"}; } }",
            ),
        ),
        (
            "google/api/annotations.proto",
            include_str!(
                "../../installer/sample/googleapis_googleapis/google/api/annotations.proto"
            )
            .to_owned(),
        ),
        (
            "google/api/http.proto",
            include_str!("../../installer/sample/googleapis_googleapis/google/api/http.proto")
                .to_owned(),
        ),
    ];
    let files: Vec<(&str, &str)> =
        files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let package = package("grpc-ecosystem/gateway", &files);
    let (_, text) =
        package.iter().find(|(name, _)| name.ends_with("/s/v1/sv1gateway/s.pb.gw.go")).unwrap();
    assert!(text.contains("/grpc/go/s/v1/sv1grpc\""), "{text}");
    assert!(!text.contains("/protocolbuffers/go/s/v1\""), "{text}");
}

#[test]
fn a_plugin_s_own_words_survive_what_they_quote() {
    let out = tempfile::tempdir().unwrap();
    let text = b"syntax = \"proto3\";\npackage cafe.v1;\n// The men\xe9.\nmessage Menu {}\n";
    let output = build_files(GO, &[("cafe/v1/cafe.proto", text)], out.path());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_says(&said, &["UTF-8"]);
    assert!(!said.contains("cannot be read"), "{said}");
    assert!(!Path::new(out.path()).join("x").exists());
}
