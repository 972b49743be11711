//! READMEs and .proto files of modules: pages show any of them as text, and what is found in them stands there.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protoedge_pages::{
    Frame, ModuleHead, Page, Readme, ReadmeAt, ShownCommit, SourceFile, proto::ProtoOutline,
};
use std::ops::Range;

fuzz_target!(|text: &str| {
    let outline = ProtoOutline::read(text);
    let declared = outline.declarations.iter().map(|it| &it.at);
    let named = outline.references.iter().map(|it| &it.at);
    for at in declared.chain(named) {
        assert!(!at.is_empty() && text.get(at.clone()).is_some(), "{at:?} is nowhere");
    }
    for reference in &outline.references {
        // A scope has at most half as many parts as characters.
        assert!(reference.to.candidates().count() <= text.len());
    }

    let module = || ModuleHead {
        module: "acme/weather".into(),
        description: String::new(),
        homepage: None,
        is_private: false,
        is_deprecated: false,
        successor: None,
        upstream: None,
        reference: "main".into(),
        default_label: "main".into(),
        is_empty: false,
        is_archived: false,
    };
    let commit = || ShownCommit { id: "0".repeat(32), pushed: String::new() };
    let file = |path: &str| SourceFile {
        module: module(),
        commit: commit(),
        path: path.into(),
        size: text.len() as u64,
        text: Some(text.into()),
        links: Vec::new(),
    };
    let readme = Readme {
        module: module(),
        at: Some(ReadmeAt {
            commit: commit(),
            installs: Vec::new(),
            readme: Some(("README.md".into(), text.into())),
            files: Vec::new(),
            folders: Vec::new(),
            dependencies: Vec::new(),
        }),
        buf_host: "pb.acme.dev".into(),
    };
    check(&readme.html(&Frame::default()));
    for path in ["a.proto", "LICENSE"] {
        check(&file(path).html(&Frame::default()));
    }
});

/// Tags that no text may make.
const FOREIGN: [&str; 10] =
    ["img", "iframe", "style", "object", "embed", "base", "svg", "math", "textarea", "video"];

/// Makes sure that a page runs nothing, and leads to no script.
fn check(page: &str) {
    let mut scripts = 0;
    for rest in page.split('<').skip(1) {
        let name: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
        scripts += usize::from(name == "script");
        assert!(!FOREIGN.contains(&name.as_str()), "<{name}> in\n{page}");
        for Range { start, end } in values(rest) {
            let value = &rest[start..end];
            let is_attribute = |name: &str| rest[..start].ends_with(&format!(" {name}=\""));
            if is_attribute("href") || is_attribute("src") || is_attribute("action") {
                let known = ["/", "#", "?", "https://", "http://", "mailto:"];
                let is_known = known.iter().any(|start| {
                    value.get(..start.len()).is_some_and(|it| it.eq_ignore_ascii_case(start))
                });
                assert!(is_known && !value.starts_with("//"), "{value} in\n{page}");
            }
            let before = rest[..start].trim_end_matches("=\"");
            let name = before.rsplit(' ').next().unwrap_or_default();
            assert!(!name.starts_with("on"), "{name} in\n{page}");
        }
    }
    assert_eq!(scripts, 1, "the script of all pages alone");
}

/// Where the values of a tag's attributes stand.
fn values(tag: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = tag[at..].find(['"', '>']) {
        let start = at + start;
        if tag[start..].starts_with('>') {
            break;
        }
        let Some(length) = tag[start + 1..].find('"') else { break };
        found.push(start + 1..start + 1 + length);
        at = start + length + 2;
    }
    found
}
