//! Comments of .proto files and what Go's tool chain makes of them: whatever is in a file, each line of a
//! comment is one line, and a Go file that holds it as a comment has a directive exactly where one was found.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protoedge_bufapi::proto_file::comment_lines;
use protoedge_gomod::{GoFile, directive};

fuzz_target!(|source: &[u8]| {
    let lines = comment_lines(source);
    let count = source.iter().filter(|byte| **byte == b'\n').count() + 1;
    let mut before = 1;
    for line in &lines {
        assert!(!line.text.contains('\n'), "a comment of several lines: {line:?}");
        assert!((before..=count).contains(&line.line), "{line:?} is at no line of {count}");
        before = line.line;
    }
    let text: String = lines.iter().map(|line| format!("//{}\n", line.text)).collect();
    let file = GoFile::read(&text).expect("comments of one line end with it");
    let found: Vec<usize> = file.directives.iter().map(|it| it.line).collect();
    let wanted = (1..).zip(&lines).filter(|(_, line)| directive(&line.text).is_some());
    assert_eq!(found, wanted.map(|(at, _)| at).collect::<Vec<_>>(), "{text:?}");
    // Any text at all.
    if let Ok(text) = str::from_utf8(source) {
        let _ = GoFile::read(text);
    }
});
