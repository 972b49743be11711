//! Files of a push: what a .proto file imports is the same when it is written down and read again, and a
//! path that is taken leads nowhere but into the module.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protoedge_bufapi::{
    module_path::ModulePath,
    proto_file::{ImportKind, ProtoFile},
};
use std::{fmt::Write, path::Component, path::Path};

fuzz_target!(|source: &[u8]| {
    let read = ProtoFile::read(source);
    let again = ProtoFile::read(print(&read).as_bytes());
    assert_eq!(again, read);
    for import in &read.imports {
        is_within(&import.path);
    }
    is_within(&String::from_utf8_lossy(source));
});

fn print(file: &ProtoFile) -> String {
    let mut text = String::new();
    if let Some(package) = &file.package {
        text += &format!("package {package};\n");
    }
    for import in &file.imports {
        let kind = match import.kind {
            ImportKind::Plain => "",
            ImportKind::Public => "public ",
            ImportKind::Weak => "weak ",
            ImportKind::Option => "option ",
        };
        text += &format!("import {kind}\"");
        for byte in import.path.bytes() {
            write!(text, "\\x{byte:02x}").expect("a String takes all");
        }
        text += "\";\n";
    }
    text
}

fn is_within(text: &str) {
    let Ok(path) = text.parse::<ModulePath>() else { return };
    assert_eq!(path.as_str(), text);
    let plain = |part| matches!(part, Component::Normal(_));
    assert!(Path::new(text).components().all(plain), "{text:?} leads out");
}
