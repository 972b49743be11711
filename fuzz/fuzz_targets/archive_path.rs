//! Requests for archives, and names of files in them: what is read can be written down and is read as the same again, and what may be
//! in an archive leads nowhere else.
#![no_main]

use libfuzzer_sys::fuzz_target;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use protoedge_archive::{ArchiveRequest, Format, check_files, check_path, pack};
use std::{
    collections::BTreeMap,
    path::{Component, Path},
};

/// All but letters, digits and what parts a path.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.');

fuzz_target!(|text: &str| {
    if let Some(request) = ArchiveRequest::parse(text) {
        let ArchiveRequest { package, reference, format } = &request;
        let printed = format!("{package}/{reference}{}", format.ending());
        let printed = utf8_percent_encode(&printed, ESCAPED).to_string();
        assert_eq!(ArchiveRequest::parse(&printed), Some(request.clone()));
    }
    let paths: Vec<&str> = text.split('\n').collect();
    for path in &paths {
        if check_path(path).is_ok() {
            let is_name = |part: Component<'_>| matches!(part, Component::Normal(_));
            assert!(Path::new(path).components().all(is_name) && !path.contains(['\\', ':']));
        }
    }
    let files: BTreeMap<String, Vec<u8>> =
        paths.iter().map(|path| ((*path).to_owned(), path.as_bytes().to_vec())).collect();
    let is_good = check_files(files.keys().map(String::as_str)).is_ok();
    for format in Format::ALL {
        assert_eq!(pack(format, &files).is_ok(), is_good);
    }
});
