//! Paths of requests to Python's index: what is read can be written down and is read as the same again, below `simple/` as well.
#![no_main]

use libfuzzer_sys::fuzz_target;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use protoedge_pypi::{IndexRequest, normalized, wheel_name};

/// All but letters, digits and what parts a path.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-');

fuzz_target!(|path: &str| {
    let once = normalized(path);
    assert_eq!(normalized(&once), once);

    let Some(request) = IndexRequest::parse(path) else { return };
    let printed = utf8_percent_encode(&print(&request), ESCAPED).to_string();
    // A project may be called `simple`: its page is below the index's second address alone.
    let below = format!("simple/{printed}");
    assert_eq!(IndexRequest::parse(&below), Some(request.clone()));
    if printed != "simple" && !printed.starts_with("simple/") {
        assert_eq!(IndexRequest::parse(&printed), Some(request));
    }
});

fn print(request: &IndexRequest) -> String {
    match request {
        IndexRequest::Projects => String::new(),
        IndexRequest::Project { name } => format!("{name}/"),
        IndexRequest::Wheel { name, version } => format!("{name}/{}", wheel_name(name, version)),
        IndexRequest::Metadata { name, version } => {
            format!("{name}/{}.metadata", wheel_name(name, version))
        }
    }
}
