//! Zips of a module's sources: nothing is written outside the folder, and nothing in it but plain files.
#![no_main]

// These files alone: all of code generation takes minutes to build.
#[path = "../../crates/codegen/src/sources/error.rs"]
mod error;
#[allow(dead_code, reason = "unpacking asks for its rules of names and depth only")]
#[path = "../../crates/codegen/src/tree.rs"]
mod tree;
#[path = "../../crates/codegen/src/sources/unpack.rs"]
mod unpack;

use error::SourceError;
use libfuzzer_sys::fuzz_target;
use std::{fs, io::Cursor};
use walkdir::WalkDir;

fuzz_target!(|zip: &[u8]| {
    let outside = tempfile::tempdir().expect("a folder can be made");
    let into = outside.path().join("in");
    fs::create_dir(&into).expect("a folder can be made");
    let unpacked = unpack::unpack(Cursor::new(zip), &into);
    if let Err(SourceError::Io { source }) = &unpacked {
        // Trouble of the file system's own would be no finding; a zip may only ask for one name twice,
        // for a folder where a file is, or for a name that is too long.
        let kind = source.kind();
        assert_ne!(kind, std::io::ErrorKind::PermissionDenied, "{source}");
    }
    let beside = fs::read_dir(outside.path()).expect("the folder is there").count();
    assert_eq!(beside, 1, "something was written outside: {unpacked:?}");
    for entry in WalkDir::new(&into).min_depth(1) {
        let entry = entry.expect("what was made can be read");
        let (kind, name) = (entry.file_type(), entry.file_name().to_string_lossy());
        assert!(kind.is_dir() || kind.is_file(), "{name} is no file");
        let is_wanted = name.ends_with(".proto") || (name == "LICENSE" && entry.depth() == 1);
        assert!(kind.is_dir() || is_wanted, "{name} was not wanted");
    }
});
