//! Takes protoc and its own .proto files into the executable, so that it needs nothing of the machine that
//! built it.

use sha2::{Digest, Sha256};
use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let (host, target) = (variable("HOST")?, variable("TARGET")?);
    if host != target {
        let what = format!("protoc comes for {host}, where this is built, and not for {target}");
        return Err(io::Error::other(what));
    }
    let protoc = protoc_bin_vendored::protoc_bin_path().map_err(io::Error::other)?;
    let include = protoc_bin_vendored::include_path().map_err(io::Error::other)?;
    let mut files = vec![("bin/protoc".to_owned(), protoc)];
    list(&include, "include", &mut files)?;
    files.sort();
    let mut hash = Sha256::new();
    let mut lines = String::new();
    for (name, path) in &files {
        hash.update(name);
        hash.update(fs::read(path)?);
        lines.push_str(&format!("    ({name:?}, include_bytes!({path:?})),\n"));
    }
    let hash = hex::encode(hash.finalize());
    let text = format!(
        "const KEY: &str = \"protoc-{}\";\nconst FILES: &[(&str, &[u8])] = &[\n{lines}];\n",
        &hash[..12]
    );
    fs::write(Path::new(&variable("OUT_DIR")?).join("bundled.rs"), text)
}

fn variable(name: &str) -> io::Result<String> {
    env::var(name).map_err(io::Error::other)
}

fn list(folder: &Path, below: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{below}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            list(&entry.path(), &name, files)?;
        } else {
            files.push((name, entry.path()));
        }
    }
    Ok(())
}
