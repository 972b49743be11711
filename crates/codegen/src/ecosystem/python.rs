//! Python packages: what Python would carry out, names of modules, stubs, and wheels.

mod comments;
mod names;
pub mod pack;
mod relative;

use crate::{
    error::CodegenError, options, package_files::check_ending, protoc::Compiled, request::Request,
    work::Work,
};
use protoedge_sdk::{PythonPackageType, PythonRegistry};
use std::collections::{BTreeMap, BTreeSet};

/// What the names of a package's files end with.
const ENDINGS: [&str; 3] = [".py", ".pyi", "py.typed"];

/// What says of a folder that what is in it has types (PEP 561).
const TYPED: &str = "py.typed";

/// What it holds where stubs of other packages are in the same namespace (PEP 561, "Partial Stub Packages").
const PARTIAL: &str = "partial\n";

/// What is left to do with a plugin's answer.
#[derive(Debug)]
pub struct Completion {
    package_type: PythonPackageType,
}

/// What a Python plugin is asked, with what it would copy into code made harmless, and what is left to do with its
/// answer.
///
/// # Errors
/// [`CodegenError::Rejected`] with the name of a file that cannot be a Python module.
pub fn request(
    work: &Work,
    registry: &PythonRegistry,
    compiled: Compiled,
) -> Result<(Request, Completion), CodegenError> {
    let mut options = work.options.clone();
    options::take_separate(work, &mut options, &[])?;
    let mut request = Request::new(options, compiled.files, compiled.sources);
    names::check(&request)?;
    request.map_comments(comments::plain)?;
    names::leave_out_well_known(&mut request);
    request.cut_to_closure();
    Ok((request, Completion { package_type: registry.package_type }))
}

impl Completion {
    /// Looks at the names of the files, and gives them as they go into the package.
    ///
    /// # Errors
    /// [`CodegenError::Rejected`] with the name that no wheel can have.
    pub fn check(
        self,
        files: BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, CodegenError> {
        files.iter().try_for_each(|(name, text)| check_text(name, text))?;
        let mut files = relative::made_absolute(files);
        match self.package_type {
            PythonPackageType::Runtime => mark_typed(&mut files),
            PythonPackageType::StubOnly => files = stubs(files),
        }
        files.keys().try_for_each(|name| check_ending(name, &ENDINGS, &[], "registry.python"))?;
        protoedge_pypi::check_files(files.keys().map(String::as_str))
            .map_err(CodegenError::rejected)?;
        Ok(files)
    }
}

/// Looks whether a file is text that Python reads as it stands: some plugins copy a control character of a default into code, where
/// it ends a line, or the whole file.
fn check_text(name: &str, text: &str) -> Result<(), CodegenError> {
    let is_odd = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    let Some(at) = text.find(is_odd) else { return Ok(()) };
    let line = text[..at].matches('\n').count() + 1;
    Err(CodegenError::rejected(format_args!(
        "{name}:{line}: the plugin copied a control character of a text into code: a default or an option has one"
    )))
}

/// Says of each folder with annotated code or with stubs beside it that it has types. Packages share the folders above. Code of
/// protoc's own generators has no annotations: what type checkers would find in it is nothing.
fn mark_typed(files: &mut BTreeMap<String, String>) {
    let is_typed = |(path, text): &(&String, &String)| {
        path.ends_with(".pyi") || (path.ends_with(".py") && text.lines().any(is_annotated))
    };
    let folders: BTreeSet<String> = files
        .iter()
        .filter(is_typed)
        .filter_map(|(path, _)| path.rsplit_once('/').map(|(folder, _)| folder.to_owned()))
        .collect();
    for folder in folders {
        files.entry(format!("{folder}/{TYPED}")).or_default();
    }
}

/// Whether a line is a function that says what it gives, or a variable of a class that says what it is.
fn is_annotated(line: &str) -> bool {
    let is_name = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let variable = line.trim_start().split_once(": ");
    let is_variable = variable.is_some_and(|(name, rest)| is_name(name) && rest.contains(" = "));
    is_variable || (line.trim_start().contains("def ") && line.contains(") -> "))
}

/// The files as stubs beside the code of other packages: below `acme-stubs` for `acme` (PEP 561, "Stub-only Packages"). A stub at
/// the top has no folder, and stays. pyright knows a folder of stubs by its `__init__.pyi`; those above are shared with other packages.
fn stubs(files: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut stubs = BTreeMap::new();
    for (path, text) in files {
        let path = match path.split_once('/') {
            Some((top, rest)) => {
                stubs.insert(format!("{top}-stubs/{TYPED}"), PARTIAL.to_owned());
                format!("{top}-stubs/{rest}")
            }
            None => path,
        };
        if let Some((folder, _)) = path.rsplit_once('/') {
            stubs.entry(format!("{folder}/__init__.pyi")).or_default();
        }
        stubs.insert(path, text);
    }
    stubs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(package_type: PythonPackageType, files: &[(&str, &str)]) -> Vec<(String, String)> {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        let checked = Completion { package_type }.check(files.collect()).unwrap();
        checked.into_iter().collect()
    }

    #[test]
    fn stubs_stand_beside_code() {
        let files = [("acme/v1/a_pb2.pyi", "x: int\n"), ("top_pb2.pyi", "")];
        let wanted = [
            ("acme-stubs/py.typed", "partial\n"),
            ("acme-stubs/v1/__init__.pyi", ""),
            ("acme-stubs/v1/a_pb2.pyi", "x: int\n"),
            ("top_pb2.pyi", ""),
        ];
        let wanted = wanted.map(|(path, text)| (path.to_owned(), text.to_owned()));
        assert_eq!(checked(PythonPackageType::StubOnly, &files), wanted);
    }

    #[test]
    fn typed_folders_say_so() {
        let files = [
            ("acme/v1/a_pb.py", "def f(self) -> int: ..."),
            ("acme/v2/a_pb2.py", "x = 1\n"),
            ("acme/v3.py", "class A:\n    x: int = field(2)\n"),
        ];
        let paths = checked(PythonPackageType::Runtime, &files).into_iter().map(|(path, _)| path);
        let wanted = [
            "acme/py.typed",
            "acme/v1/a_pb.py",
            "acme/v1/py.typed",
            "acme/v2/a_pb2.py",
            "acme/v3.py",
        ];
        assert_eq!(paths.collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn control_characters_are_refused() {
        for (text, is_good) in [("x = 'a'\n\ty\n", true), ("x = 'a\0'\n", false), ("x\ry\n", false)]
        {
            let files = BTreeMap::from([("a.py".to_owned(), text.to_owned())]);
            let completion = Completion { package_type: PythonPackageType::Runtime };
            assert_eq!(completion.check(files).is_ok(), is_good, "{text:?}");
        }
    }

    #[test]
    fn what_python_carries_out_is_refused() {
        for name in ["a.pth", "sitecustomize.py", "a.data/scripts/b.py", "a.so", "a.sh", "ä.py"] {
            let files = BTreeMap::from([(name.to_owned(), String::new())]);
            let completion = Completion { package_type: PythonPackageType::Runtime };
            assert!(completion.check(files).is_err(), "{name}");
        }
    }
}
