//! Whether the packages of a module can be imported, as far as it can be told without its dependencies: Go's types are not
//! looked at.

use crate::{GoFile, file_name::is_test};
use std::collections::{BTreeMap, BTreeSet};

/// Why no program can be built that imports a package of a module. Paths are those of files in the module.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unbuildable {
    /// A folder with a meaning of its own (`go help packages`).
    #[error(
        "no other module may import a Go package from a folder named {folder:?}, as {file:?} is in"
    )]
    Folder {
        /// The file.
        file: String,
        /// One element of its path.
        folder: String,
    },
    /// A folder that no import path can name (`golang.org/x/mod/module`, `CheckImportPath`).
    #[error("no Go import path has the character {character:?}, as the folder of {file:?} has")]
    Character {
        /// The file.
        file: String,
        /// The character.
        character: char,
    },
    /// A file that no Go is.
    #[error("{file:?} has no package clause")]
    NoPackage {
        /// The file.
        file: String,
    },
    /// A program, or a package of which Go reads nothing (`go/build`).
    #[error("{file:?} is of the Go package {name}, which {} cannot be imported", if name == "main" { "is a program and" } else { "Go takes for documentation and which" })]
    Reserved {
        /// The file.
        file: String,
        /// `main` or `documentation`.
        name: String,
    },
    /// Two packages in one folder.
    #[error(
        "{one:?} and {other:?} are in one folder and of two Go packages, {one_name} and {other_name}"
    )]
    TwoPackages {
        /// A file.
        one: String,
        /// Its package.
        one_name: String,
        /// Another file.
        other: String,
        /// Its package.
        other_name: String,
    },
    /// A name that means two things in one package.
    #[error(
        "{name} is declared twice in one Go package, in {one:?} on line {one_line} and in {other:?} on line {other_line}"
    )]
    Twice {
        /// The name; of a method, `Type.Method`.
        name: String,
        /// A file.
        one: String,
        /// The line in it.
        one_line: usize,
        /// Another file, or the same.
        other: String,
        /// The line in it.
        other_line: usize,
    },
    /// An import that nothing in the file needs.
    #[error("{file:?} imports {path:?} on line {line} and does not use it")]
    Unused {
        /// The file.
        file: String,
        /// The line in it.
        line: usize,
        /// The import path.
        path: String,
    },
    /// An import that leads nowhere.
    #[error(
        "{file:?} imports {path:?} on line {line}, which is in no module that it could come from"
    )]
    Nowhere {
        /// The file.
        file: String,
        /// The line in it.
        line: usize,
        /// The import path.
        path: String,
    },
    /// Packages that import each other.
    #[error("Go packages import each other in a circle: {}", .circle.join(" → "))]
    Circle {
        /// A file of each that imports the next one's package, the first one once more at the end.
        circle: Vec<String>,
    },
}

/// A module whose packages are looked at.
#[derive(Debug)]
pub struct Packages<'a> {
    /// The module's path.
    pub module: &'a str,
    /// Its Go files by their paths in it.
    pub files: BTreeMap<&'a str, GoFile>,
    /// The paths of the modules that its go.mod requires.
    pub required: BTreeSet<&'a str>,
    /// The names of packages elsewhere by their import paths, as far as they are known.
    pub names: BTreeMap<String, String>,
}

/// The folders of which no package can be imported from outside.
const CLOSED: [&str; 2] = ["internal", "vendor"];

/// The packages that cannot be imported at all.
const RESERVED: [&str; 2] = ["main", "documentation"];

impl Packages<'_> {
    /// Makes sure that a program can import each of the packages.
    ///
    /// # Errors
    /// What would keep it from being built.
    pub fn check(&self) -> Result<(), Unbuildable> {
        let mut folders: BTreeMap<&str, Vec<(&str, &GoFile)>> = BTreeMap::new();
        for (path, file) in self.files.iter().filter(|(path, _)| !is_test(path)) {
            check_folder(path)?;
            folders.entry(folder(path)).or_default().push((path, file));
        }
        for files in folders.values() {
            check_clauses(files)?;
            check_declarations(files)?;
        }
        let mut imports: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
        for (own, files) in &folders {
            for (path, file) in files {
                for import in &file.imports {
                    if let Some(to) = self.own_folder(&import.path) {
                        imports.entry(own).or_default().entry(to).or_insert(path);
                    }
                }
                self.check_imports(path, file, &folders)?;
            }
        }
        check_circles(&imports)
    }

    /// The folder of this module that an import path means.
    fn own_folder<'p>(&self, import: &'p str) -> Option<&'p str> {
        let below = import.strip_prefix(self.module)?;
        if below.is_empty() { Some("") } else { below.strip_prefix('/') }
    }

    fn check_imports(
        &self,
        path: &str,
        file: &GoFile,
        folders: &BTreeMap<&str, Vec<(&str, &GoFile)>>,
    ) -> Result<(), Unbuildable> {
        for import in &file.imports {
            let place = || (path.to_owned(), import.line, import.path.clone());
            let own = self.own_folder(&import.path);
            // What is required requires others, of which little is known here.
            let is_there = match own {
                Some(folder) => folders.contains_key(folder),
                None => {
                    host(&import.path) != host(self.module)
                        || self.names.contains_key(&import.path)
                        || self.is_required(&import.path)
                }
            };
            if !is_there {
                let (file, line, path) = place();
                return Err(Unbuildable::Nowhere { file, line, path });
            }
            let name = import.name.as_deref().or_else(|| {
                let of = own.and_then(|folder| folders.get(folder)?.first()?.1.package.as_deref());
                of.or_else(|| self.names.get(&import.path).map(String::as_str))
                    .or_else(|| is_standard(&import.path).then(|| standard_name(&import.path)))
            });
            let is_used = |name: &str| matches!(name, "_" | ".") || file.qualifiers.contains(name);
            if name.is_some_and(|name| !is_used(name)) {
                let (file, line, path) = place();
                return Err(Unbuildable::Unused { file, line, path });
            }
        }
        Ok(())
    }

    fn is_required(&self, import: &str) -> bool {
        let ends = import.match_indices('/').map(|(at, _)| at).chain([import.len()]);
        ends.into_iter().any(|end| self.required.contains(&import[..end]))
    }
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn host(path: &str) -> &str {
    path.split('/').next().unwrap_or(path)
}

/// The standard library's paths have no dot in their first element.
fn is_standard(import: &str) -> bool {
    !host(import).contains('.')
}

/// The name of a package of the standard library: the last element that is no version (`math/rand/v2`).
fn standard_name(import: &str) -> &str {
    let is_version =
        |last: &str| last.strip_prefix('v').is_some_and(|number| number.parse::<u32>().is_ok());
    match import.rsplit_once('/') {
        Some((before, last)) if is_version(last) => before.rsplit('/').next().unwrap_or(before),
        Some((_, last)) => last,
        None => import,
    }
}

fn check_folder(path: &str) -> Result<(), Unbuildable> {
    let folder = folder(path);
    if let Some(closed) = folder.split('/').find(|element| CLOSED.contains(element)) {
        return Err(Unbuildable::Folder { file: path.into(), folder: closed.into() });
    }
    let is_good =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~' | '+' | '/');
    match folder.chars().find(|c| !is_good(*c)) {
        Some(character) => Err(Unbuildable::Character { file: path.into(), character }),
        None => Ok(()),
    }
}

fn check_clauses(files: &[(&str, &GoFile)]) -> Result<(), Unbuildable> {
    let mut first: Option<(&str, &str)> = None;
    for (path, file) in files {
        let Some(name) = file.package.as_deref() else {
            return Err(Unbuildable::NoPackage { file: (*path).to_owned() });
        };
        if RESERVED.contains(&name) {
            return Err(Unbuildable::Reserved { file: (*path).to_owned(), name: name.into() });
        }
        let (one, one_name) = *first.get_or_insert((path, name));
        if one_name != name {
            return Err(Unbuildable::TwoPackages {
                one: one.into(),
                one_name: one_name.into(),
                other: (*path).to_owned(),
                other_name: name.into(),
            });
        }
    }
    Ok(())
}

/// Where a name is given its meaning.
#[derive(Clone, Copy)]
struct Place<'a> {
    file: &'a str,
    line: usize,
    /// The file's build constraint.
    constraint: Option<&'a str>,
}

impl<'a> Place<'a> {
    fn in_file(path: &'a str, file: &'a GoFile, line: usize) -> Self {
        let constraint = file.directives.iter().find(|it| it.text.starts_with("go:build "));
        Self { file: path, line, constraint: constraint.map(|it| it.text.as_str()) }
    }

    /// Whether both are built at once, as far as it can be told: of two constraints that are not the same, one may
    /// be the other's contrary.
    fn is_with(&self, other: &Place<'_>) -> bool {
        self.constraint.is_none()
            || other.constraint.is_none()
            || self.constraint == other.constraint
    }
}

/// A name of the package, and one that a file gives to what it imports, are two things of one name, too.
fn check_declarations(files: &[(&str, &GoFile)]) -> Result<(), Unbuildable> {
    let mut declared: BTreeMap<&str, Vec<Place<'_>>> = BTreeMap::new();
    for (path, file) in files {
        let place = |line| Place::in_file(path, file, line);
        for it in &file.declarations {
            let (before, place) = (declared.entry(&it.name).or_default(), place(it.line));
            check_twice(&it.name, before, place)?;
            before.push(place);
        }
    }
    for (path, file) in files {
        for import in &file.imports {
            let name = import.name.as_deref().filter(|name| !matches!(*name, "_" | "."));
            let Some((name, before)) = name.and_then(|name| Some((name, declared.get(name)?)))
            else {
                continue;
            };
            check_twice(name, before, Place::in_file(path, file, import.line))?;
        }
    }
    Ok(())
}

fn check_twice(name: &str, before: &[Place<'_>], place: Place<'_>) -> Result<(), Unbuildable> {
    match before.iter().find(|one| one.is_with(&place)) {
        None => Ok(()),
        Some(one) => Err(Unbuildable::Twice {
            name: name.into(),
            one: one.file.into(),
            one_line: one.line,
            other: place.file.into(),
            other_line: place.line,
        }),
    }
}

/// Walks the imports of every folder, depth first and without recursion: a module may have thousands.
fn check_circles(imports: &BTreeMap<&str, BTreeMap<&str, &str>>) -> Result<(), Unbuildable> {
    let of = |folder: &str| imports.get(folder).into_iter().flat_map(|to| to.keys().copied());
    let mut done: BTreeSet<&str> = BTreeSet::new();
    for start in imports.keys() {
        if done.contains(start) {
            continue;
        }
        let mut path: Vec<(&str, Vec<&str>)> = vec![(start, of(start).collect())];
        let mut on_path = BTreeSet::from([*start]);
        while let Some((folder, rest)) = path.last_mut() {
            let Some(next) = rest.pop() else {
                done.insert(folder);
                on_path.remove(folder);
                path.pop();
                continue;
            };
            if on_path.contains(next) {
                let from = path.iter().position(|(folder, _)| *folder == next).unwrap_or_default();
                let circle: Vec<&str> = path[from..].iter().map(|(folder, _)| *folder).collect();
                return Err(Unbuildable::Circle { circle: tell(&circle, imports) });
            }
            if !done.contains(next) {
                on_path.insert(next);
                path.push((next, of(next).collect()));
            }
        }
    }
    Ok(())
}

fn tell(circle: &[&str], imports: &BTreeMap<&str, BTreeMap<&str, &str>>) -> Vec<String> {
    let next = circle.iter().cycle().skip(1);
    let files = circle.iter().zip(next).filter_map(|(from, to)| imports.get(from)?.get(to));
    let first = files.clone().next();
    files.chain(first).map(|file| (*file).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(files: &[(&str, &str)]) -> Result<(), String> {
        let packages = Packages {
            module: "example.com/m",
            files: files.iter().map(|(path, text)| (*path, GoFile::read(text).unwrap())).collect(),
            required: ["example.com/runtime/v2"].into(),
            names: [("other.example.com/x-go".to_owned(), "x".to_owned())].into(),
        };
        packages.check().map_err(|error| error.to_string())
    }

    #[test]
    fn sound_packages() {
        let a = "package a\nimport (\n\t\"fmt\"\n\t\"math/rand/v2\"\n\tb \"example.com/m/b\"\n\
            \tr \"example.com/runtime/v2/sub\"\n\t\"other.example.com/x-go\"\n\t\"other.example.com/unknown\"\n\
            \t_ \"example.com/m\"\n)\nvar A = fmt.X(rand.X, b.X, r.X, x.X)\n";
        let hybrid = |tag: &str| format!("//go:build {tag}\n\npackage b\n\ntype X int\n");
        let (one, other) = (hybrid("!opaque"), hybrid("opaque"));
        let files = [
            ("m.go", "package m"),
            ("a/a.go", a),
            ("b/b.go", &one),
            ("b/b_opaque.go", &other),
            ("b/c.go", "package b\nfunc (X) A() {}\nfunc (*Y) A() {}\nfunc A() {}\n"),
            ("b/b_test.go", "package b_test\nimport \"none\"\ntype X int"),
            ("testdata/_x/.y/a.go", "package a"),
        ];
        assert_eq!(check(&files), Ok(()));
    }

    #[test]
    fn what_cannot_be_built() {
        let own = |name: &str| format!("package a\nimport _ \"example.com/m/{name}\"\n");
        let (to_b, to_c, to_m) = (own("b"), own("c"), "package a\nimport _ \"example.com/m\"\n");
        for (files, want) in [
            (&[("a/internal/b/x.go", "package b")][..], "from a folder named \"internal\""),
            (&[("vendor/x.go", "package b")], "from a folder named \"vendor\""),
            (&[("a b/x.go", "package b")], "the character ' '"),
            (&[("a/ä/x.go", "package b")], "the character 'ä'"),
            (&[("a.go", "// nothing")], "\"a.go\" has no package clause"),
            (&[("a.go", "package main")], "package main, which is a program"),
            (&[("a.go", "package documentation")], "takes for documentation"),
            (
                &[("a.go", "package a"), ("b.go", "package b")],
                "\"a.go\" and \"b.go\" are in one folder and of two Go packages, a and b",
            ),
            (
                &[("a.go", "package a\ntype A int"), ("b.go", "package a\n\nfunc A() {}")],
                "A is declared twice in one Go package, in \"a.go\" on line 2 and in \"b.go\" on line 3",
            ),
            (
                &[("a.go", "package a\nfunc (A) B() {}\nfunc (a *A) B() {}")],
                "A.B is declared twice",
            ),
            (&[("a.go", "package a\nimport fmt \"fmt\"\nvar fmt = 1")], "fmt is declared twice"),
            (
                &[("a.go", "package a\nimport \"fmt\"\n")],
                "imports \"fmt\" on line 2 and does not use",
            ),
            (&[("a.go", "package a\nimport b \"other.example.com/y\"\n")], "does not use it"),
            (&[("a.go", "package a\nimport \"other.example.com/x-go\"\n")], "does not use it"),
            (
                &[("a.go", "package a\nimport _ \"example.com/m/b\"\n")],
                "in no module that it could",
            ),
            (
                &[("a.go", "package a\nimport _ \"example.com/runtime\"\n")],
                "in no module that it could",
            ),
            (&[("a.go", "package a\nimport _ \"example.com/m2\"\n")], "in no module that it could"),
            (&[("a.go", to_m)], "in a circle: a.go → a.go"),
            (
                &[("a/x.go", &*to_b), ("b/x.go", &*to_c), ("c/x.go", &*to_b), ("d/x.go", &*to_b)],
                "in a circle: b/x.go → c/x.go → b/x.go",
            ),
        ] {
            let found = check(files).unwrap_err();
            assert!(found.contains(want), "{files:?}: {found}");
        }
    }
}
