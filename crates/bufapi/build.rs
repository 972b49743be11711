//! Compiles `proto/` without any program besides this one.

use prost::Message;
use std::{env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from("proto");
    println!("cargo::rerun-if-changed=proto");
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();

    let mut compiler = protox::Compiler::new([&root])?;
    compiler.include_imports(true).include_source_info(true).open_files(&files)?;
    let set = compiler.file_descriptor_set();
    // What reads JSON needs no comments.
    let mut plain = set.clone();
    plain.file.iter_mut().for_each(|file| file.source_code_info = None);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("descriptors.binpb"), plain.encode_to_vec())?;
    prost_build::Config::new()
        // Byte fields are slices of the request's buffer: a push of 32 MiB is held once.
        .bytes(["."])
        .include_file("mod.rs")
        .compile_fds(set)?;
    Ok(())
}

fn collect(folder: &PathBuf, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
