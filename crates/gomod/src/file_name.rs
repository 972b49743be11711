//! What Go makes of the names of files (`go/build`, `Context.matchFile`, `goodOSArchFile`).

/// The operating systems that Go has known (`internal/syslist`): none is ever taken away.
const SYSTEMS: [&str; 18] = [
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "js",
    "linux",
    "nacl",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "wasip1",
    "windows",
    "zos",
];

/// The processors that Go has known (`internal/syslist`).
const PROCESSORS: [&str; 24] = [
    "386",
    "amd64",
    "amd64p32",
    "arm",
    "armbe",
    "arm64",
    "arm64be",
    "loong64",
    "mips",
    "mipsle",
    "mips64",
    "mips64le",
    "mips64p32",
    "mips64p32le",
    "ppc",
    "ppc64",
    "ppc64le",
    "riscv",
    "riscv64",
    "s390",
    "s390x",
    "sparc",
    "sparc64",
    "wasm",
];

/// What ends the names of files that only tests are built of.
const TEST: &str = "_test.go";

/// The nearest name under which a file is built on every machine, or `None` where its own is such a name.
///
/// `agent_windows.pb.go` would be built for Windows alone, and `_hidden.pb.go` nowhere. Files of tests are no
/// exception to that: `a_test.go` keeps its name.
pub fn name_for_all(path: &str) -> Option<String> {
    let (folder, name) = path.rsplit_once('/').map_or(("", path), |(folder, name)| (folder, name));
    if !name.ends_with(".go") {
        return None;
    }
    let mut changed = name.to_owned();
    if changed.starts_with(['_', '.']) {
        changed.insert(0, 'x');
    }
    if is_for_some(&changed) {
        let stem = changed.find('.').unwrap_or(changed.len());
        changed.insert(stem, '_');
    }
    let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    (changed != name).then(|| folder + &changed)
}

/// Whether a file is left out unless tests are run.
pub fn is_test(path: &str) -> bool {
    path.ends_with(TEST)
}

/// Whether a name stands for one system or processor. What is behind the first dot does not count, nor what is before
/// the first `_`.
fn is_for_some(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let Some((_, words)) = stem.split_once('_') else { return false };
    let mut words: Vec<&str> = words.split('_').collect();
    if words.last() == Some(&"test") {
        words.pop();
    }
    words.last().is_some_and(|last| SYSTEMS.contains(last) || PROCESSORS.contains(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (path, want) in [
            ("a/agent_windows.pb.go", Some("a/agent_windows_.pb.go")),
            ("a/agent_linux_arm64.pb.go", Some("a/agent_linux_arm64_.pb.go")),
            ("agent_wasm.go", Some("agent_wasm_.go")),
            ("a/agent_windows_test.pb.go", Some("a/agent_windows_test_.pb.go")),
            ("a/_hidden.pb.go", Some("a/x_hidden.pb.go")),
            ("a/.hidden.pb.go", Some("a/x.hidden.pb.go")),
            ("_ios.pb.go", Some("x_ios_.pb.go")),
            ("a/windows.pb.go", None),
            ("a/windows_agent.pb.go", None),
            ("a_windows/agent.pb.go", None),
            ("a/agent.windows.pb.go", None),
            ("a/smoke_test.pb.go", None),
            ("a/smoke_test.go", None),
            ("a/_hidden.md", None),
        ] {
            assert_eq!(name_for_all(path).as_deref(), want, "{path}");
        }
    }
}
