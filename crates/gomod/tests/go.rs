//! What Go itself makes of names and files.

use protoedge_gomod::{is_test, name_for_all};
use std::{collections::BTreeSet, fs, path::Path, process::Command};

fn go(folder: &Path, args: &[&str]) -> String {
    let mut command = Command::new("go");
    command.current_dir(folder).args(args).env("GOFLAGS", "").env("GOPROXY", "off");
    let output = command.env("GOOS", "linux").env("GOARCH", "amd64").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The systems and processors that this Go knows.
fn known(folder: &Path) -> Vec<String> {
    let root = go(folder, &["env", "GOROOT"]);
    let list = Path::new(root.trim()).join("src/internal/syslist/syslist.go");
    let list = fs::read_to_string(list).unwrap();
    let keys = list.lines().filter(|line| line.ends_with("true,"));
    let keys = keys.filter_map(|line| line.split('"').nth(1)).map(str::to_owned);
    keys.collect::<BTreeSet<_>>().into_iter().collect()
}

#[test]
fn files_under_their_names_for_all_are_built() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("go.mod"), "module example.com/m\n").unwrap();
    let known = known(folder.path());
    assert!(known.len() > 40, "{known:?}");
    let mut names: Vec<String> =
        ["_a.go", ".b.go", "c_test.go", "d_test.pb.go", "e.go", "linux.go", "linux_x.go"]
            .map(str::to_owned)
            .into();
    for word in &known {
        for end in [".go", ".pb.go", "_test.pb.go", "_amd64.go", "_x.go"] {
            names.push(format!("x_{word}{end}"));
        }
        names.push(format!("_{word}.pb.go"));
    }
    for name in &names {
        fs::write(folder.path().join(name), "package m\n").unwrap();
    }
    let list = |what: &str| {
        go(folder.path(), &["list", "-f", &format!("{{{{join .{what} \"\\n\"}}}}"), "."])
    };
    let (built, ignored) = (list("GoFiles"), list("IgnoredGoFiles"));
    for name in &names {
        let is_left_out = !built.lines().any(|built| built == name);
        // What this machine builds, another one may not.
        let is_of_this = name.contains("linux") || name.contains("amd64");
        let has_other = name_for_all(name).is_some() || is_test(name);
        assert!(has_other == is_left_out || has_other && is_of_this, "{name}: {built}\n{ignored}");
    }
    for name in &names {
        fs::remove_file(folder.path().join(name)).unwrap();
        fs::write(folder.path().join(name_for_all(name).unwrap_or(name.clone())), "package m\n")
            .unwrap();
    }
    let built = list("GoFiles");
    for name in names.iter().filter(|name| !is_test(name)) {
        let name = name_for_all(name).unwrap_or(name.clone());
        assert!(built.lines().any(|built| built == name), "{name}");
    }
}
