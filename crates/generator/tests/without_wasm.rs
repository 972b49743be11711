//! A generator that was built without what runs WebAssembly modules (`--no-default-features`).

#![cfg(not(feature = "wasm-plugins"))]

mod util;

use std::fs;
use util::scene::Scene;

#[test]
fn a_module_is_refused_with_the_feature_that_it_needs() {
    let scene = Scene::of("wasm: {path: a1/b1/x.wasm}", "x");
    fs::write(scene.folder.path().join("shelf/a1/b1/x.wasm"), b"\0asm\x01\0\0\0").unwrap();
    let output = scene.build(&[]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("build it with the cargo feature `wasm-plugins`"), "{said}");
}
