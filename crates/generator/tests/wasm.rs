//! Plugins that are WebAssembly modules: good ones and hostile ones.

#![cfg(feature = "wasm-plugins")]

mod util;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::{Instant, SystemTime},
};
use util::{generator, here, made, plugins, scene::Scene};
use walkdir::WalkDir;

/// What every module below begins with.
const IMPORTS: &str = r#"
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $folder (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)"#;

/// A module with these instructions as `_start`.
fn module(start: &str) -> Vec<u8> {
    wat::parse_str(format!("(module {IMPORTS} (func $start (export \"_start\") {start}))")).unwrap()
}

/// The bytes of memory at 0 to 8 describe one buffer of so many bytes at 16.
fn buffer(length: u32) -> String {
    format!(
        "(i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const {length}))"
    )
}

/// `build` with a cache of its own, and more arguments.
fn build(scene: &Scene, more: &[&str]) -> Output {
    let mut command = scene.command(generator(), more);
    command.arg("--cache").arg(scene.folder.path().join("cache")).output().unwrap()
}

fn scene(bytes: &[u8]) -> Scene {
    let scene = Scene::of("wasm: {path: a1/b1/x.wasm}", "x");
    fs::write(scene.folder.path().join("shelf/a1/b1/x.wasm"), bytes).unwrap();
    scene
}

#[test]
fn hostile_modules_are_contained_and_told_of_in_a_sentence() {
    let stack = "(call $start)";
    let eat = "(loop (br_if 0 (i32.ne (memory.grow (i32.const 256)) (i32.const -1)))) unreachable";
    let flood = buffer(65_000)
        + "(loop (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))) (br 0))";
    let complain = flood.replace("$write (i32.const 1)", "$write (i32.const 2)");
    let open = "(call $exit (call $open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 1) \
                (i32.const 0) (i64.const 2) (i64.const 2) (i32.const 0) (i32.const 8)))";
    let outside = "(call $exit (call $random (i32.const 65530) (i32.const 100)))";
    let buffers =
        "(call $exit (call $write (i32.const 1) (i32.const 0) (i32.const -1) (i32.const 8)))";
    let text = |text: &str| wat::parse_str(text).unwrap();
    for (why, bytes, code, words) in [
        ("endless", module("(loop (br 0))"), 3, "x.wasm was stopped: it took more than 3 s"),
        ("endless complaints", module(&complain), 3, "x.wasm was stopped: it took more than 3 s"),
        ("endless output", module(&flood), 3, "x.wasm was stopped: it wrote more than"),
        ("memory", module(eat), 3, "x.wasm ran out of memory"),
        (
            "large from the start",
            text("(module (memory 65536) (func (export \"_start\")))"),
            3,
            "cannot be started",
        ),
        ("stack", module(stack), 1, "trapped: call stack exhausted"),
        ("trap", module("unreachable"), 1, "trapped: wasm `unreachable` instruction executed"),
        ("exit", module("(call $exit (i32.const 7))"), 1, "exited with status 7"),
        (
            "no folder",
            module("(call $exit (call $folder (i32.const 3) (i32.const 0)))"),
            1,
            "status 8:",
        ),
        ("no file", module(open), 1, "exited with status 8:"),
        (
            "no socket",
            module("(call $exit (call $accept (i32.const 3) (i32.const 0) (i32.const 0)))"),
            1,
            "status 8:",
        ),
        ("outside of memory", module(outside), 1, "exited with status 21:"),
        ("too many buffers", module(buffers), 1, "exited with status 28:"),
        (
            "no start",
            text("(module)"),
            3,
            "x.wasm could not be started: it exports no function `_start`",
        ),
        (
            "a start with an argument",
            text("(module (func (export \"_start\") (param i32)))"),
            3,
            "no function `_start`",
        ),
        (
            "another host",
            text("(module (import \"env\" \"system\" (func)) (func (export \"_start\")))"),
            3,
            "it needs system of env",
        ),
        (
            "a component",
            b"\0asm\x0d\0\x01\0".to_vec(),
            3,
            "it is a WebAssembly component: build a module",
        ),
        ("a script", b"#!/bin/sh\nexit 0\n".to_vec(), 3, "it is no WebAssembly module"),
        ("nothing", Vec::new(), 3, "it is no WebAssembly module"),
        ("half a module", module("unreachable")[..40].to_vec(), 3, "its code is not valid"),
    ] {
        let start = Instant::now();
        let output = build(&scene(&bytes), &["--plugin-seconds", limit(why)]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{why}: {said}");
        assert!(said.contains(words), "{why}: {said}");
        assert!(said.lines().count() <= 2 && said.len() < 8 << 10, "{why}: {said}");
        assert!(start.elapsed().as_secs() < 60, "{why}: {:?}", start.elapsed());
    }
}

fn limit(why: &str) -> &'static str {
    if why == "endless" || why == "endless complaints" { "3" } else { "50" }
}

/// What a module may look at is the same in every run: it answers all of it as the name of a file.
#[test]
fn modules_see_the_same_world_every_time() {
    // Two clocks and random bytes at 32 to 64, made letters; the response's file field, its name, 32 long, of
    // which the last four are `.txt`.
    let start = buffer(36)
        + "(drop (call $clock (i32.const 0) (i64.const 1) (i32.const 32)))
           (drop (call $clock (i32.const 1) (i64.const 1) (i32.const 40)))
           (drop (call $random (i32.const 48) (i32.const 16)))
           (call $letters)
           (i32.store (i32.const 16) (i32.const 0x200a227a))
           (memory.copy (i32.const 20) (i32.const 32) (i32.const 32))
           (i32.store (i32.const 48) (i32.const 0x7478742e))
           (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))";
    let letters = "(func $letters (local $at i32) (local.set $at (i32.const 32))
        (loop (i32.store8 (local.get $at)
            (i32.add (i32.const 97) (i32.and (i32.load8_u (local.get $at)) (i32.const 15))))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br_if 0 (i32.lt_u (local.get $at) (i32.const 64)))))";
    let text = format!("(module {IMPORTS} {letters} (func (export \"_start\") {start}))");
    let scene = scene(&wat::parse_str(text).unwrap());
    let (one, two) = (made(&build(&scene, &[])), made(&build(&scene, &[])));
    assert_eq!(one["integrity"], two["integrity"]);
    let open = made(&build(&scene, &["--no-sandbox"]));
    assert_eq!(one["integrity"], open["integrity"], "without the cage");
}

#[test]
fn a_module_is_locked_by_its_content() {
    let scene = scene(&module("nop"));
    let shelf = scene.folder.path().join("shelf");
    let verify = |more: &[&str]| {
        let mut command = generator();
        command.args(["plugins", "verify", "a1/b1", "--plugins"]).arg(&shelf).args(more);
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(verify(&["--record"]).0, Some(0));
    assert_eq!(verify(&[]).0, Some(0));
    fs::write(shelf.join("a1/b1/x.wasm"), module("nop nop")).unwrap();
    let (code, said) = verify(&[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("what is installed changed without a new revision"), "{said}");
}

/// All files below a module's place in the cache, with their contents and the times of their last change.
fn installed(scene: &Scene) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
    let files = WalkDir::new(scene.folder.path().join("cache")).into_iter().map(Result::unwrap);
    let files = files.filter(|entry| entry.file_type().is_file()).map(|entry| entry.into_path());
    files
        .filter(|path| path.components().any(|part| part.as_os_str() == "code"))
        .map(|path| {
            let time = fs::metadata(&path).unwrap().modified().unwrap();
            (path.clone(), (fs::read(path).unwrap(), time))
        })
        .collect()
}

/// Writes nothing: an empty answer, of which nothing is made.
fn silent() -> Scene {
    scene(&module("nop"))
}

#[test]
fn a_module_is_compiled_once_and_only_read_when_it_runs() {
    let scene = silent();
    build(&scene, &[]);
    let first = installed(&scene);
    assert!(first.values().any(|(code, _)| code.len() > 1000), "{:?}", first.keys());
    build(&scene, &[]);
    assert!(installed(&scene) == first, "what is installed was written to");
    // Another content is another installation, and the first one stays.
    fs::write(scene.folder.path().join("shelf/a1/b1/x.wasm"), module("nop nop")).unwrap();
    build(&scene, &[]);
    let both = installed(&scene);
    assert!(both.len() > first.len() && first.iter().all(|(path, file)| both[path] == *file));
}

#[test]
fn damaged_code_is_never_run() {
    for (why, damage) in [
        ("a bit", &(|code: &mut Vec<u8>| code[1000] ^= 1) as &dyn Fn(&mut Vec<u8>)),
        ("half", &|code| code.truncate(code.len() / 2)),
        ("all", &Vec::clear),
    ] {
        let scene = silent();
        let good = build(&scene, &[]);
        let first = installed(&scene);
        let (path, (code, _)) = first.iter().max_by_key(|(_, (code, _))| code.len()).unwrap();
        let mut bad = code.clone();
        damage(&mut bad);
        fs::write(path, bad).unwrap();
        let again = build(&scene, &[]);
        assert_eq!((again.status, again.stderr), (good.status, good.stderr), "{why}");
        assert!(fs::read(path).unwrap() == *code, "{why}: it was not compiled again");
    }
}

/// A real plugin, built for both, generates the same, and is compiled once.
#[test]
fn a_go_plugin_generates_the_same_as_its_native_form() {
    let folder = util::scene::folder();
    let shelf = folder.path().join("shelf/protocolbuffers/go");
    fs::create_dir_all(&shelf).unwrap();
    build_for_wasm(&shelf);
    let entry = fs::read_to_string(plugins().join("protocolbuffers/go/v1.36.11.yaml")).unwrap();
    let (entry, _) = entry.split_once("install:").unwrap();
    let wasm = "install: {wasm: {path: protocolbuffers/go/protoc-gen-go}}\n";
    fs::write(shelf.join("v1.36.11.yaml"), format!("{entry}{wasm}")).unwrap();
    let build = |mut command: Command, out: &str| {
        let module =
            |id: &str, name: &str| format!("{id}={}", here("tests/modules").join(name).display());
        command.args(["build", "--plugin", "protocolbuffers/go:v1.36.11", "--out"]);
        command.arg(folder.path().join(out));
        command.args(["--module", &module(util::WEATHER, "acme_weather")]);
        let start = Instant::now();
        command.args(["--dep", &module(util::UNITS, "acme_units")]);
        (made(&command.output().unwrap()), start.elapsed())
    };
    let in_wasm = || {
        let mut command = generator();
        command.env("PROTOEDGE_PLUGINS", folder.path().join("shelf"));
        command.env("PROTOEDGE_CACHE", folder.path().join("cache"));
        build(command, "wasm")
    };
    let (native, _) = build(generator(), "native");
    let (wasm, cold) = in_wasm();
    assert_eq!(native["h1"], wasm["h1"]);
    let (wasm, warm) = in_wasm();
    assert_eq!(native["h1"], wasm["h1"]);
    assert!(warm * 3 < cold, "compiled again: first {cold:?}, then {warm:?}");
}

/// The go command does not put what it builds for another machine where it is told to.
fn build_for_wasm(into: &Path) {
    let module = tempfile::tempdir().unwrap();
    let go = |args: &[&str]| {
        let mut command = Command::new("go");
        command.args(args).current_dir(module.path()).env("GOFLAGS", "-mod=mod");
        command.env("GOOS", "wasip1").env("GOARCH", "wasm").env("GOWORK", "off");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    go(&["mod", "init", "example.com/plugin"]);
    go(&["get", "google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.11"]);
    let out = into.join("protoc-gen-go");
    go(&[
        "build",
        "-trimpath",
        "-o",
        out.to_str().unwrap(),
        "google.golang.org/protobuf/cmd/protoc-gen-go",
    ]);
}
