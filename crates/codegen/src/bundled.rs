//! The compiler that is part of this executable, and where it is laid out to run.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

// `KEY`: a folder's name that holds a digest of all files. `FILES`: their names in it, and contents.
include!(concat!(env!("OUT_DIR"), "/bundled.rs"));

/// Why there is no compiler.
#[derive(Debug, thiserror::Error)]
pub enum NoProtoc {
    /// The one that came with the generator has to be laid out first.
    #[error(
        "protoc cannot be laid out in {path}: {source}; name a folder that can be written with --cache, \
         or your own protoc with --protoc",
        path = path.display()
    )]
    Cache {
        /// The cache folder.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// The operator's is not there.
    #[error("{path} is not there: --protoc names a file", path = path.display())]
    Missing {
        /// What was named.
        path: PathBuf,
    },
}

/// A compiler and the folder of its own .proto files.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Files {
    /// The executable.
    pub program: PathBuf,
    /// The folder that has `google/protobuf/descriptor.proto` below it.
    pub include: PathBuf,
}

/// The compiler that the operator named, else the one that came with the generator, laid out in the
/// cache folder. A named one has its own .proto files beside it, as protoc's archives lay them out
/// (`bin/protoc` and `include/`), or else gets ours.
///
/// # Errors
/// If the named compiler is not there, or ours cannot be laid out.
pub fn find(program: Option<PathBuf>, cache: &Path) -> Result<Files, NoProtoc> {
    let ours =
        || lay_out(cache).map_err(|source| NoProtoc::Cache { path: cache.to_owned(), source });
    let Some(program) = program else { return ours() };
    if !program.is_file() {
        return Err(NoProtoc::Missing { path: program });
    }
    let beside = program.parent().and_then(Path::parent).map(|dir| dir.join("include"));
    match beside.filter(|dir| dir.join("google/protobuf").is_dir()) {
        Some(include) => Ok(Files { program, include }),
        None => Ok(Files { program, ..ours()? }),
    }
}

fn lay_out(cache: &Path) -> io::Result<Files> {
    let folder = std::path::absolute(cache)?.join(KEY);
    let files = Files { program: folder.join("bin/protoc"), include: folder.join("include") };
    if folder.is_dir() {
        return Ok(files);
    }
    fs::create_dir_all(cache)?;
    let fresh = tempfile::Builder::new().prefix(".new-").tempdir_in(cache)?;
    for (name, content) in FILES {
        let path = fresh.path().join(name);
        fs::create_dir_all(path.parent().unwrap_or(fresh.path()))?;
        fs::write(&path, content)?;
    }
    for path in [fresh.path(), &fresh.path().join("bin/protoc")] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    }
    // The name is given last and at once: what has it is whole. Who comes second finds the same there.
    match fs::rename(fresh.path(), &folder) {
        Err(error) if !folder.is_dir() => Err(error),
        Ok(()) | Err(_) => Ok(files),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn is_laid_out_once_and_runs() {
        let cache = tempfile::tempdir().unwrap();
        let both = std::thread::scope(|scope| {
            let find = || scope.spawn(|| find(None, cache.path()).unwrap());
            [find(), find()].map(|thread| thread.join().unwrap())
        });
        assert_eq!(both[0], both[1]);
        assert_eq!(fs::read_dir(cache.path()).unwrap().count(), 1, "nothing else is left");
        let output = Command::new(&both[0].program).arg("--version").output().unwrap();
        assert!(output.stdout.starts_with(b"libprotoc "), "{output:?}");
        assert!(both[0].include.join("google/protobuf/descriptor.proto").is_file());
    }

    #[test]
    fn a_named_one_may_bring_its_own_files() {
        let (cache, own) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let program = own.path().join("bin/protoc");
        let missing = find(Some(program.clone()), cache.path()).unwrap_err();
        assert!(missing.to_string().ends_with("is not there: --protoc names a file"), "{missing}");
        fs::create_dir_all(program.parent().unwrap()).unwrap();
        fs::write(&program, "").unwrap();
        let files = find(Some(program.clone()), cache.path()).unwrap();
        assert!(files.program == program && files.include.starts_with(cache.path()), "{files:?}");
        fs::create_dir_all(own.path().join("include/google/protobuf")).unwrap();
        let files = find(Some(program), cache.path()).unwrap();
        assert_eq!(files.include, own.path().join("include"));
    }

    #[test]
    fn says_what_to_do_where_it_cannot_be() {
        let said = find(None, Path::new("/dev/null/cache")).unwrap_err().to_string();
        assert!(said.starts_with("protoc cannot be laid out in /dev/null/cache: "), "{said}");
        assert!(said.ends_with("or your own protoc with --protoc"), "{said}");
    }
}
