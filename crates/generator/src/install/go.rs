use super::{InstallError, Start, tool};
use std::{ffi::OsString, path::Path};

/// Builds a command of a Go module, small and without this machine's paths in it.
pub(super) async fn fetch(package: &str, version: &str, into: &Path) -> Result<(), InstallError> {
    let id = format!("{package}@{version}");
    let args = ["install", "-trimpath", "-ldflags", "-s -w", &id].map(OsString::from).to_vec();
    let env = vec![
        ("CGO_ENABLED", Some("0".into())),
        ("GOBIN", Some(into.join("bin").into_os_string())),
        // A command built for another machine would not be put into GOBIN.
        ("GOOS", None),
        ("GOARCH", None),
        // Flags of the caller's could ask for a module of its own.
        ("GOFLAGS", None),
        ("GOWORK", Some("off".into())),
    ];
    tool(&id, "go", args, env, into).await
}

/// Asks whether a command can be had in this version, by everything that an installation does but the
/// building.
pub(super) async fn ask(package: &str, version: &str) -> Result<(), InstallError> {
    let folder = tempfile::tempdir()
        .map_err(|source| InstallError::Cache { path: std::env::temp_dir(), source })?;
    let id = format!("{package}@{version}");
    let args = ["install", "-n", &id].map(OsString::from).to_vec();
    let env =
        vec![("CGO_ENABLED", Some("0".into())), ("GOFLAGS", None), ("GOWORK", Some("off".into()))];
    tool(&id, "go", args, env, folder.path()).await
}

/// The command: it keeps the name that its authors gave it, since some print it.
pub(super) fn plugin(package: &str, version: &str, folder: &Path) -> Result<Start, InstallError> {
    let program = folder.join("bin").join(command_name(package));
    if program.is_file() {
        return Ok(Start::executable(program));
    }
    Err(InstallError::Mismatch {
        package: format!("{package}@{version}"),
        what: format!("there is no command {} in it", command_name(package)),
    })
}

/// How the go command names a command: the last element of its path, or the one before a `/vN`.
fn command_name(package: &str) -> &str {
    let mut elements = package.rsplit('/');
    let last = elements.next().unwrap_or(package);
    let is_major = |text: &str| {
        text.strip_prefix('v')
            .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    match elements.next() {
        Some(before) if is_major(last) => before,
        Some(_) | None => last,
    }
}

#[cfg(test)]
mod tests {
    use super::command_name;

    #[test]
    fn commands_are_named_as_the_go_command_names_them() {
        for (package, name) in [
            ("example.com/cmd/protoc-gen-x", "protoc-gen-x"),
            ("example.com/protoc-gen-x/v2", "protoc-gen-x"),
            ("example.com/v", "v"),
        ] {
            assert_eq!(command_name(package), name);
        }
    }
}
