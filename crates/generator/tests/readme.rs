//! The plugins that `plugins/README.md` shows are made as it shows them.

mod util;

use protoedge_installer::catalogue_folder;
use protoedge_sdk::{Entry, Install};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Write,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
};
use tempfile::TempDir;
use util::{build_example_with, generator, here, made, plugins, unpack};
use walkdir::WalkDir;
use zip::{ZipWriter, write::SimpleFileOptions};

/// Where the README's example has its script; here it is in a folder of the test.
const OPT: &str = "/opt/plugins";

/// The section on plugins of one's own.
fn section() -> String {
    let text = fs::read_to_string(plugins().join("README.md")).unwrap();
    let (_, rest) = text.split_once("\n## A plugin of your own\n").unwrap();
    rest.split_once("\n## ").unwrap().0.to_owned()
}

/// The code blocks of a language.
fn blocks(section: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let after = section.split(&fence).skip(1);
    after.map(|rest| rest.split_once("```").unwrap().0.to_owned()).collect()
}

/// A copy of the catalogue with the README's entries added.
fn shelf_with_examples(opt: &Path) -> TempDir {
    let folder = util::scene::folder();
    let write = |path: &Path, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    for found in WalkDir::new(plugins()).into_iter().map(Result::unwrap) {
        if found.path().extension().is_some_and(|end| end == "yaml") {
            let below = found.path().strip_prefix(plugins()).unwrap();
            write(below, &fs::read_to_string(found.path()).unwrap());
        }
    }
    for (path, text) in examples() {
        write(Path::new(&path), &text.replace(OPT, opt.to_str().unwrap()));
    }
    folder
}

/// The README's entries by the path that it gives each, or else by the one that its name and version
/// give.
fn examples() -> BTreeMap<String, String> {
    let section = section();
    let entries = blocks(&section, "yaml").into_iter().filter(|text| text.starts_with("version:"));
    let by_path = |text: String| {
        let entry: Entry = serde_saphyr::from_str(&text).unwrap();
        (format!("{}/{}.yaml", entry.name, entry.plugin_version), text)
    };
    let all: BTreeMap<String, String> = entries.map(by_path).collect();
    for (before, _) in section.match_indices(".yaml`):") {
        let named = section[..before].rsplit_once('`').unwrap().1;
        assert!(all.contains_key(&format!("{named}.yaml")), "there is no entry {named}");
    }
    all
}

/// What a plugin of the README makes of the example module.
fn files(generator: Command, plugin: &str) -> BTreeMap<String, String> {
    let out = util::scene::folder();
    let made: Value = made(&build_example_with(generator, out.path(), plugin));
    let files = unpack(Path::new(made["file"].as_str().unwrap()));
    files.into_iter().map(|(name, text)| (name, String::from_utf8(text).unwrap())).collect()
}

fn with_shelf(shelf: &Path) -> Command {
    let mut command = generator();
    command.env("PROTOEDGE_PLUGINS", shelf);
    command
}

#[test]
fn every_example_is_an_entry_of_a_catalogue() {
    assert_eq!(
        examples().into_keys().collect::<Vec<_>>(),
        [
            "acme/es-bare/v2.14.0.yaml",
            "acme/fast/v1.0.0.yaml",
            "acme/list/v1.0.0.yaml",
            "acme/wasm/v1.0.0.yaml"
        ]
    );
    let folder = shelf_with_examples(Path::new(OPT));
    catalogue_folder::read(folder.path()).unwrap();
}

#[test]
fn every_way_to_install_is_one() {
    #[derive(serde::Deserialize)]
    struct Only {
        install: Install,
    }
    let blocks = blocks(&section(), "yaml");
    let lines = blocks.iter().find(|text| text.starts_with("install:")).unwrap();
    let kind = |line: &str| match serde_saphyr::from_str::<Only>(line).unwrap().install {
        Install::Go { .. } => "go",
        Install::Npm { .. } => "npm",
        Install::Pypi { .. } => "pypi",
        Install::Cargo { .. } => "cargo",
        Install::File { .. } => "file",
        Install::Wasm { .. } => "wasm",
    };
    assert_eq!(
        lines.lines().map(kind).collect::<Vec<_>>(),
        ["go", "npm", "pypi", "cargo", "file", "wasm"]
    );
}

#[test]
fn another_import_extension() {
    let shelf = shelf_with_examples(Path::new(OPT));
    let files = files(with_shelf(shelf.path()), "acme/es-bare");
    let text = &files["package/acme/weather/v1/weather_pb.js"];
    for import in ["@protoedge/acme_units.acme_es-bare/acme/units/v1/units_pb", "./station_pb"] {
        assert!(text.contains(&format!("from \"{import}\"")), "{import} is not in\n{text}");
    }
}

#[test]
fn a_shell_script() {
    let opt = util::scene::folder();
    let scripts = blocks(&section(), "sh");
    let script = scripts.iter().find(|text| text.starts_with("#!/bin/sh")).unwrap();
    let path = opt.path().join("protoc-gen-list");
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let shelf = shelf_with_examples(opt.path());
    let files = files(with_shelf(shelf.path()), "acme/list");
    assert_eq!(files["package/hello.txt"], "hi");
    assert_eq!(files.len(), 2, "{:?}", files.keys());
}

/// The example's command is nowhere: another one is built in its place, with the README's own words.
#[test]
fn a_web_assembly_module() {
    let shelf = shelf_with_examples(Path::new(OPT));
    let command = shelf.path().join("cmd/protoc-gen-wasm");
    fs::create_dir_all(&command).unwrap();
    for (from, to) in [
        ("go.mod", shelf.path().join("go.mod")),
        ("cmd/protoc-gen-go-fast/main.go", command.join("main.go")),
    ] {
        fs::copy(here("tests/fast").join(from), to).unwrap();
    }
    let commands = blocks(&section(), "sh").join("\n");
    let build = commands.lines().find(|line| line.contains("GOOS=wasip1")).unwrap();
    let mut sh = Command::new("sh");
    assert!(sh.args(["-ec", build]).current_dir(shelf.path()).status().unwrap().success());
    let files = files(with_shelf(shelf.path()), "acme/wasm");
    let (_, made) = files
        .iter()
        .find(|(name, _)| name.ends_with("/acme/weather/v1/weatherfast/fast.go"))
        .unwrap();
    assert!(made.starts_with("package fast\n"), "{made}");
}

/// The Go module of the example is nowhere: one of its name is served from a folder.
#[test]
fn options_and_runtime_libraries_for_go() {
    let folder = util::scene::folder();
    let [proxy, modules, cache] =
        ["proxy", "modules", "cache"].map(|name| folder.path().join(name));
    serve(&proxy.join("example.com/fast/@v"));
    let shelf = shelf_with_examples(Path::new(OPT));
    let mut generator = with_shelf(shelf.path());
    generator
        .env("GOPROXY", format!("file://{}", proxy.display()))
        .env("GONOSUMDB", "example.com")
        .env("GOMODCACHE", &modules)
        .env("PROTOEDGE_CACHE", &cache);
    let files = files(generator, "acme/fast");
    // What go downloads cannot be deleted without it.
    let mut go = Command::new("go");
    go.args(["clean", "-modcache"]).env("GOMODCACHE", &modules);
    assert!(go.status().unwrap().success());

    let file = |end: &str| &files.iter().find(|(name, _)| name.ends_with(end)).unwrap().1[..];
    let options = "features=marshal+unmarshal+size,paths=source_relative";
    assert!(file("acme/weather/v1/weatherfast/fast.go").contains(options), "{files:?}");
    let manifest = file("go.mod");
    for line in ["go 1.23\n", "example.com/fast v1.0.0\n", "/protocolbuffers/go v1.36.11-"] {
        assert!(manifest.contains(line), "{line} is not in\n{manifest}");
    }
}

/// Writes `tests/fast` as a Go proxy has it.
fn serve(versions: &Path) {
    fs::create_dir_all(versions).unwrap();
    let module = here("tests/fast");
    fs::copy(module.join("go.mod"), versions.join("v1.0.0.mod")).unwrap();
    fs::write(versions.join("list"), "v1.0.0\n").unwrap();
    fs::write(versions.join("v1.0.0.info"), r#"{"Version": "v1.0.0"}"#).unwrap();
    let mut zip = ZipWriter::new(File::create(versions.join("v1.0.0.zip")).unwrap());
    for name in ["go.mod", "cmd/protoc-gen-go-fast/main.go"] {
        zip.start_file(format!("example.com/fast@v1.0.0/{name}"), SimpleFileOptions::default())
            .unwrap();
        zip.write_all(&fs::read(module.join(name)).unwrap()).unwrap();
    }
    zip.finish().unwrap();
}
