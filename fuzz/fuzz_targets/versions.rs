//! Names and versions: what is taken prints as what was given, and versions are ordered as npm orders them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protoedge_gomod::{check_path, check_version};
use protoedge_pypi::normalized;
use protoedge_sdk::{
    Archive, BadVersion, CommitId, Ecosystem, Go, Hosts, Label, ModuleName, Npm, OwnerName,
    Package, PluginName, PluginVersion, Python, Rules, SdkVersion, ShortCommit, Stamp,
};
use semver::Version;
use std::{fmt::Display, str::FromStr};

// Two texts, parted by the first space, so that two versions can be compared.
fuzz_target!(|text: &str| {
    let (one, other) = text.split_once(' ').unwrap_or((text, text));
    prints_the_same::<CommitId>(one);
    prints_the_same::<Label>(text);
    prints_the_same::<OwnerName>(one);
    if let Ok(version) = one.parse::<PluginVersion>() {
        let text = version.to_string();
        assert!(text == one || text == format!("{one}.0"), "{one} is read as {text}");
    }
    prints_the_same::<ShortCommit>(one);
    if let Some(stamp) = prints_the_same::<Stamp>(one) {
        let again = stamp.seconds().map(Stamp::from_seconds);
        assert_eq!(again, (!stamp.is_zero()).then_some(Some(stamp)), "a time that is none");
    }
    let module = prints_the_same::<ModuleName>(one);
    let plugin = prints_the_same::<PluginName>(other);
    // Go, npm, Python and archives have no variants but what archives themselves are, so that no other name has one.
    if let (Some(module), Some(plugin)) = (module, plugin)
        && plugin.variant().is_none()
    {
        can_be_a_package(module, plugin);
    }
    prints_the_same::<SdkVersion>(one);
    for ecosystem in Ecosystem::ALL {
        if let Ok(version) = ecosystem.rules().parse_version(one) {
            assert_eq!(ecosystem.rules().version_text(&version), one);
            assert_eq!(version.to_string().parse(), Ok::<SdkVersion, BadVersion>(version));
        }
    }
    if let Some(version) = Archive::read_version(one) {
        let text = Archive.version_text(&version);
        assert_eq!(Archive.parse_version(&text), Ok(version), "{one}");
    }
    if let (Ok(one), Ok(other)) = (Go.parse_version(one), Go.parse_version(other)) {
        let semver =
            |version: &SdkVersion| Version::parse(&Npm.version_text(version)).expect("is semver");
        assert_eq!(one.cmp(&other), semver(&one).cmp(&semver(&other)), "{one} {other}");
        let path = match one.plugin.major() {
            0 | 1 => "example.com/m".into(),
            major => format!("example.com/m/v{major}"),
        };
        assert_eq!(check_version(&path, &Go.version_text(&one)), Ok(()), "go would refuse it");
    }
});

fn prints_the_same<T: FromStr + Display>(text: &str) -> Option<T> {
    let parsed: T = text.parse().ok()?;
    assert_eq!(parsed.to_string(), text);
    Some(parsed)
}

/// Whatever names are taken, Go, npm, Python and archives can carry the package, and its name leads back to it.
fn can_be_a_package(module: ModuleName, plugin: PluginName) {
    let hosts = Hosts { registry_host: "reg.example.com".into(), npm_scope: "@protoedge".into() };
    let of = |ecosystem| Package::new(ecosystem, module.clone(), plugin.clone(), 2);
    let python = of(Ecosystem::Python).name(&hosts);
    assert_eq!(normalized(&python), python, "indexes spell it otherwise");
    let (joined, by) = Python::split(&python, [&plugin]).expect("it is by the plugin");
    assert_eq!((by, joined), (plugin.clone(), module.joined()));
    let archive = Archive.parse_package(&of(Ecosystem::Archive).name(&hosts), &hosts);
    let archive = archive.expect("it is an address");
    assert_eq!((archive.plugin.plain(), &archive.module), (plugin.clone(), &module));
    let (go, npm) = (of(Ecosystem::Go), of(Ecosystem::Npm));
    let (go_name, npm_name) = (go.name(&hosts), npm.name(&hosts));
    assert_eq!(check_path(&go_name), Ok(()), "go would refuse the package");
    assert_eq!(Go.parse_package(&go_name, &hosts), Some(go));
    assert_eq!(Npm.parse_package(&npm_name, &hosts), Some(npm));
}
