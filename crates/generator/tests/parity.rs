//! Go SDKs are equal to the public ones, to the byte.

mod util;

use serde_json::Value;
use util::{build, made, reference_data};

/// `owner/name:{commit}@{time}=DIR` of a case's module.
fn module(of: &Value, sources: &str) -> String {
    let (owner, name) = (of["owner"].as_str().unwrap(), of["name"].as_str().unwrap());
    let commit = of["commit12"].as_str().unwrap();
    let time = of["time"].as_str().unwrap_or("00000000000000");
    format!("{owner}/{name}:{commit:0<32}@{time}={sources}/{owner}/{name}/{commit}")
}

fn plugin(of: &Value) -> String {
    let text = |key: &str| of[key].as_str().unwrap().to_owned();
    format!("{}:{}:{}", text("name"), text("version"), of["revision"])
}

#[test]
#[ignore = "compares with data that are no part of the repository: PROTOEDGE_REFERENCE_DATA"]
fn go_sdks_are_those_of_the_public_registry() {
    let folder = reference_data("parity");
    let cases = std::fs::read(folder.join("cases.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_slice(&cases).unwrap();
    let sources = folder.join("sources").display().to_string();
    let out = tempfile::tempdir().unwrap();
    let mut count = 0;
    for case in cases {
        let mut args = vec!["--host".to_owned(), case["host"].as_str().unwrap().to_owned()];
        args.extend(["--plugin".into(), plugin(&case["plugin"])]);
        args.extend(["--module".into(), module(&case["module"], &sources)]);
        for dep in case["plugin_deps"].as_array().unwrap() {
            args.extend(["--plugin-dep".into(), plugin(dep)]);
        }
        for dep in case["deps"].as_array().unwrap() {
            args.extend(["--dep".into(), module(dep, &sources)]);
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let made = made(&build(out.path(), &args));
        assert_eq!(made["version"], case["version"], "{}", case["name"]);
        assert_eq!(made["go_mod_h1"], case["go_mod_h1"], "go.mod of {}", case["name"]);
        assert_eq!(made["h1"], case["zip_h1"], "zip of {}", case["name"]);
        count += 1;
    }
    assert_eq!(count, 26, "cases");
}
