//! Paths of GOPROXY requests: what is read can be written down and is read as the same again, and a path
//! that names a package is that package's only one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use protoedge_gomod::{ProxyRequest, check_path};
use protoedge_sdk::{Go, Hosts, Rules};

/// All but letters, digits and what parts a path.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/');

fuzz_target!(|path: &str| {
    let Some(request) = ProxyRequest::parse(path) else { return };
    assert!(!request.module().is_empty(), "a request for no module");
    assert_eq!(ProxyRequest::parse(&print(&request)), Some(request.clone()));

    let hosts = Hosts { registry_host: "reg.example.com".into(), npm_scope: "@protoedge".into() };
    let Some(package) = Go.parse_package(request.module(), &hosts) else { return };
    assert_eq!(package.name(&hosts), request.module());
    assert_eq!(check_path(request.module()), Ok(()), "go would refuse the package");
});

fn print(request: &ProxyRequest) -> String {
    let file = match request {
        ProxyRequest::List { .. } => "/@v/list".into(),
        ProxyRequest::Latest { .. } => "/@latest".into(),
        ProxyRequest::Info { query, .. } => format!("/@v/{}.info", escape(query)),
        ProxyRequest::Mod { version, .. } => format!("/@v/{}.mod", escape(version)),
        ProxyRequest::Zip { version, .. } => format!("/@v/{}.zip", escape(version)),
    };
    let path = escape(request.module()) + &file;
    utf8_percent_encode(&path, ESCAPED).to_string()
}

/// `!a` for `A`, as the go command writes it.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if c.is_ascii_uppercase() {
            escaped.push('!');
        }
        escaped.push(c.to_ascii_lowercase());
    }
    escaped
}
