//! The catalogue of this repository.

mod util;

use protoedge_installer::{catalogue_folder, facts::CatalogueFacts};
use protoedge_sdk::Entry;
use serde_json::{Map, Value, json};
use std::fs;
use util::plugins;

#[test]
fn every_file_is_an_entry_in_its_place_and_nothing_is_missing() {
    let catalogue = catalogue_folder::read(&plugins()).unwrap();
    assert!(catalogue.iter().count() >= 211);
    for entry in catalogue.iter() {
        for text in [&entry.description, &entry.source_url, &entry.spdx_license_id] {
            assert!(text.as_ref().is_some_and(|text| !text.is_empty()), "{}", entry.id());
        }
    }
}

#[test]
fn files_in_the_wrong_place_are_refused() {
    let text = fs::read_to_string(plugins().join("bufbuild/es/v1.10.0.yaml")).unwrap();
    for (why, place, text, good) in [
        ("as it is", "bufbuild/es/v1.10.0.yaml", text.clone(), true),
        ("with its revision", "bufbuild/es/v1.10.0.1.yaml", text.clone(), true),
        ("another version", "bufbuild/es/v1.10.1.yaml", text.clone(), false),
        ("another revision", "bufbuild/es/v1.10.0.2.yaml", text.clone(), false),
        ("another plugin", "bufbuild/sw/v1.10.0.yaml", text.clone(), false),
        ("unknown key", "bufbuild/es/v1.10.0.yaml", format!("{text}more: 1\n"), false),
        ("no entry", "bufbuild/es/v1.10.0.yaml", "[]".into(), false),
        ("no file at all", "bufbuild/es/v1.10.0.txt", text, false),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(place);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        let read = catalogue_folder::read(folder.path());
        assert_eq!(read.is_ok(), good, "{why}: {read:?}");
    }
}

/// What the facts say of an entry, in their own form.
fn facts_of(entry: &Entry) -> Value {
    let mut facts = json!({"registry": entry.registry});
    let deps: Vec<String> =
        entry.deps.iter().map(|dep| format!("{}:{}", dep.name, dep.version)).collect();
    if !deps.is_empty() {
        facts["deps"] = json!(deps);
    }
    if entry.deprecated {
        facts["deprecated"] = json!(true);
    }
    facts
}

#[test]
fn entries_agree_with_the_facts() {
    let path = plugins().join("facts.json");
    let facts: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let facts = facts["plugins"].as_array().unwrap();
    let catalogue = catalogue_folder::read(&plugins()).unwrap();
    for entry in catalogue.iter() {
        // The facts tell of the last revision.
        if catalogue.revision(&entry.name, &entry.plugin_version) != Some(entry) {
            continue;
        }
        let name = entry.name.to_string();
        let plugin = facts.iter().find(|plugin| plugin["plugin"] == name.as_str()).unwrap();
        let version = &plugin["versions"][entry.plugin_version.to_string()];
        // Compared as maps: the order of keys means nothing.
        assert_eq!(facts_of(entry), *version, "{}", entry.id());
        assert_eq!(json!(entry.spdx_license_id), plugin["spdx_license_id"], "{}", entry.id());
        assert_eq!(json!(entry.output_languages), plugin["output_languages"], "{}", entry.id());
    }
}

/// What the facts list is here, or `plugins/README.md` says why it is not.
#[test]
fn every_version_is_here_or_named_as_missing() {
    let path = plugins().join("facts.json");
    let facts: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let catalogue = catalogue_folder::read(&plugins()).unwrap();
    let readme = fs::read_to_string(plugins().join("README.md")).unwrap();
    for plugin in facts["plugins"].as_array().unwrap() {
        let name = plugin["plugin"].as_str().unwrap();
        for (version, of) in plugin["versions"].as_object().unwrap() {
            let registry = of["registry"].as_object();
            let is_ours = |of: &Map<String, Value>| {
                ["go", "npm", "python"].iter().any(|key| of.contains_key(*key))
            };
            if !registry.is_some_and(is_ours) {
                continue;
            }
            let (plugin, number) = (name.parse().unwrap(), version.parse().unwrap());
            let is_here = catalogue.revision(&plugin, &number).is_some();
            let line = readme.lines().find(|line| line.starts_with(&format!("| {name} |")));
            let missing = line.unwrap_or_default().split('|').nth(2).unwrap_or_default();
            let is_named = missing.split([' ', ',']).any(|word| word == version || word == "all");
            assert!(is_here != is_named, "{name}:{version}: here {is_here}, missing {is_named}");
        }
    }
}

/// Code of protoc's own generator refuses to run with a library that is older than protoc, or newer by more than one major version
/// (protobuf.dev, "Cross-Version Runtime Guarantees").
#[test]
fn code_of_protoc_has_the_library_that_it_needs() {
    let catalogue = catalogue_folder::read(&plugins()).unwrap();
    let mut count = 0;
    for entry in catalogue.iter().filter(|it| it.name.to_string() == "protocolbuffers/python") {
        let text = entry.plugin_version.to_string();
        let (release, _) = text.trim_start_matches('v').rsplit_once('.').unwrap();
        let major = match entry.plugin_version.major() {
            34.. => 7,
            30.. => 6,
            26.. => 5,
            _ => 4,
        };
        let wanted = ("protobuf".to_owned(), format!(">={major}.{release},<{}", major + 2));
        assert_eq!(entry.registry.target.rules().runtime(), [wanted], "{}", entry.id());
        count += 1;
    }
    assert!(count > 0);
}

/// Importing the facts again would change nothing.
#[test]
fn files_are_what_the_import_writes() {
    let path = plugins().join("facts.json");
    let facts: CatalogueFacts = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let entries = facts.entries().unwrap();
    let catalogue = catalogue_folder::read(&plugins()).unwrap();
    let own = catalogue.iter().cloned().collect::<Vec<_>>();
    for entry in &own {
        let made = entries.iter().find(|made| made.id() == entry.id());
        assert_eq!(made, Some(entry), "{}", entry.id());
        let text = fs::read_to_string(plugins().join(catalogue_folder::path(entry, &own))).unwrap();
        assert_eq!(text, catalogue_folder::print(entry).unwrap(), "{}", entry.id());
    }
}
