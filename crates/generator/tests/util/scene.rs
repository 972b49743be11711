//! A plugin of one's own, and a module for it.

use super::{UNITS, generator};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
};

/// A catalogue of one plugin, and a module for it.
pub struct Scene {
    /// Where all of it is.
    pub folder: tempfile::TempDir,
}

impl Scene {
    /// A plugin that is an executable.
    pub fn new(program: &Path, option: &str) -> Self {
        Self::of(&format!("file: {{path: {}}}", program.display()), option)
    }

    /// A plugin that is installed so.
    pub fn of(install: &str, option: &str) -> Self {
        let scene = Self { folder: folder() };
        let root = scene.folder.path();
        fs::create_dir_all(root.join("shelf/a1/b1")).unwrap();
        fs::create_dir_all(root.join("module")).unwrap();
        fs::write(root.join("module/a.proto"), "syntax = \"proto3\";\nmessage M {}\n").unwrap();
        let entry = format!(
            "version: v1\nname: a1/b1\nplugin_version: v1.0.0\nrevision: 1\nregistry:\n  \
             npm: {{import_style: module}}\n  opts: ['{option}']\ninstall: {{{install}}}\n",
        );
        fs::write(root.join("shelf/a1/b1/v1.0.0.yaml"), entry).unwrap();
        scene
    }

    /// `build` with more arguments.
    pub fn build(&self, more: &[&str]) -> Output {
        self.command(generator(), more).output().unwrap()
    }

    /// The same with another command line before it.
    pub fn command(&self, mut command: Command, more: &[&str]) -> Command {
        let root = self.folder.path();
        let module = format!("{}={}", UNITS, root.join("module").display());
        command.args(["build", "--plugin", "a1/b1", "--module", &module]).args(more);
        command.arg("--plugins").arg(root.join("shelf"));
        command.arg("--out").arg(root.join("out"));
        command
    }
}

/// A folder that everybody can walk through, as plugins do that run as somebody else.
pub fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// The plugin that attacks. Built here, since cargo builds examples only when all tests are run.
pub fn hostile() -> std::path::PathBuf {
    static BUILT: std::sync::Once = std::sync::Once::new();
    BUILT.call_once(|| {
        let args =
            ["build", "--quiet", "--package", env!("CARGO_PKG_NAME"), "--example", "hostile"];
        assert!(Command::new(env!("CARGO")).args(args).status().unwrap().success());
    });
    let generator = Path::new(env!("CARGO_BIN_EXE_protoedge-generator"));
    generator.parent().unwrap().join("examples/hostile")
}
