//! Paths of npm requests: what is read can be written down and is read as the same again, and a path that
//! names a package is that package's only one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use protoedge_npm::RegistryRequest;
use protoedge_sdk::{Hosts, Npm, Rules};

/// All but letters, digits and what parts a path.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-');

/// The most characters of a package's name (npm's documentation of package.json, "name").
const LONGEST_NAME: usize = 214;

fuzz_target!(|path: &str| {
    let Some(request) = RegistryRequest::parse(path) else { return };
    let printed = utf8_percent_encode(&print(&request), ESCAPED).to_string();
    assert_eq!(RegistryRequest::parse(&printed), Some(request.clone()));

    let Some(name) = package(&request) else { return };
    let hosts = Hosts { registry_host: "reg.example.com".into(), npm_scope: "@protoedge".into() };
    if let Some(package) = Npm.parse_package(name, &hosts) {
        assert_eq!(package.name(&hosts), name);
        assert!(name.len() <= LONGEST_NAME, "npm would refuse the package");
    }
});

fn package(request: &RegistryRequest) -> Option<&str> {
    match request {
        RegistryRequest::Ping | RegistryRequest::Whoami => None,
        RegistryRequest::Packument { package }
        | RegistryRequest::Version { package, .. }
        | RegistryRequest::Tarball { package, .. }
        | RegistryRequest::Tags { package }
        | RegistryRequest::Tag { package, .. } => Some(package),
    }
}

fn print(request: &RegistryRequest) -> String {
    match request {
        RegistryRequest::Ping => "-/ping".into(),
        RegistryRequest::Whoami => "-/whoami".into(),
        RegistryRequest::Packument { package } => package.clone(),
        RegistryRequest::Version { package, reference } => format!("{package}/{reference}"),
        RegistryRequest::Tarball { package, version } => {
            let name = package.split('/').nth(1).expect("a package has a scope and a name");
            format!("{package}/-/{name}-{version}.tgz")
        }
        RegistryRequest::Tags { package } => format!("-/package/{package}/dist-tags"),
        RegistryRequest::Tag { package, tag } => format!("-/package/{package}/dist-tags/{tag}"),
    }
}
