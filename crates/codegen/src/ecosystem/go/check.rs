use super::{go_package::GoPackage, rewrite::is_well_known};
use crate::{
    descriptor::FileDescriptor, error::CodegenError, package_files::check_ending, request::Request,
    work::Work,
};
use protoedge_bufapi::proto_file::comment_lines;
use protoedge_gomod::{GoFile, ModFile, Packages, Unbuildable, directive, is_test, name_for_all};
use protoedge_sdk::{Entry, GoRegistry, JobSdk};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

/// What the names of a Go package's files end with.
const ENDINGS: [&str; 1] = [".go"];

/// The directives that `protoc-gen-go` writes when it is asked for both of its APIs at once: which of the two is
/// built is the user's choice.
const HYBRID: [&str; 2] = ["go:build !protoopaque", "go:build protoopaque"];
/// The option that asks for both.
const HYBRID_OPTION: &str = "default_api_level=API_HYBRID";

/// Rejects comments of the module that Go's tool chain would carry out in generated code.
///
/// # Errors
/// [`CodegenError::Rejected`] with file and line.
pub fn check_comments(work: &Work, request: &Request) -> Result<(), CodegenError> {
    for file in &request.sources {
        for comment in file.comments().map_err(CodegenError::descriptors)? {
            let found = comment.text.split('\n').find_map(|text| Some((text, flaw(text)?)));
            let Some((text, flaw)) = found else { continue };
            let line = line_of(work, file, text).unwrap_or(comment.line);
            return Err(CodegenError::rejected(format_args!("{}:{line}: {flaw}", file.name())));
        }
    }
    Ok(())
}

/// Rejects a mirror of protobuf's own files: their Go code is in the runtime, and there can be no second.
///
/// # Errors
/// [`CodegenError::Rejected`] with the file.
pub fn check_well_known(request: &Request) -> Result<(), CodegenError> {
    match request.sources.iter().find(|file| is_well_known(file.name())) {
        None => Ok(()),
        Some(file) => Err(CodegenError::rejected(format_args!(
            "{:?} belongs to protobuf itself: its Go code is in google.golang.org/protobuf, and a program that has a \
             second copy ends at its start; import it from there",
            file.name()
        ))),
    }
}

/// Rejects a module with two Go packages in one folder, as the Go plugins do, with a way out.
///
/// # Errors
/// [`CodegenError::Rejected`] with both files.
pub fn check_packages(request: &Request) -> Result<(), CodegenError> {
    let mut packages: BTreeMap<String, (String, &str)> = BTreeMap::new();
    for file in &request.sources {
        let Some(package) = GoPackage::of(file) else { continue };
        let name = package.name();
        let (first, one) = packages.entry(package.import).or_insert((name.clone(), file.name()));
        if *first != name {
            return Err(CodegenError::rejected(format_args!(
                "{one:?} and {other:?} are in one folder, which is one Go package, and their proto packages give it \
                 inconsistent names, {first} and {name}: move one of the files to a folder of its own, as in {package:?}, or give \
                 both the same proto package",
                other = file.name(),
                package = format!("{}/{}", file.package().replace('.', "/"), base(file.name())),
            )));
        }
    }
    Ok(())
}

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Why one line of a comment cannot be in Go code.
fn flaw(text: &str) -> Option<String> {
    if text.contains('\u{feff}') {
        return Some("this comment has the character U+FEFF in it, which Go refuses".into());
    }
    let directive = directive(text)?;
    Some(format!(
        "in generated Go code this comment would be the directive {directive}, which Go's tool chain carries \
         out; begin the comment with another word"
    ))
}

/// The line of a comment. A descriptor knows only where the element is that the comment belongs to.
fn line_of(work: &Work, file: &FileDescriptor, text: &str) -> Option<usize> {
    let source = fs::read(work.modules.first()?.tree.folder.join(file.name())).ok()?;
    let lines = comment_lines(&source);
    lines.into_iter().find(|line| line.text == text).map(|line| line.line)
}

/// A Go SDK whose plugin has run.
#[derive(Debug)]
pub struct GeneratedModule {
    /// The plugin's catalogue entry.
    pub entry: Entry,
    /// What it says of Go.
    pub registry: GoRegistry,
    /// What is made.
    pub sdk: JobSdk,
    /// The module's .proto files.
    pub protos: BTreeSet<String>,
    /// The names of the packages that the code may import, by their import paths.
    pub names: BTreeMap<String, String>,
}

impl GeneratedModule {
    /// Looks at the generated files: nothing but Go, without directives that are not the plugin's own, without C, and
    /// in packages that a program can import. Gives them under names that Go builds on every machine.
    ///
    /// # Errors
    /// [`CodegenError::Rejected`] with file and line.
    pub fn complete(
        &self,
        mut files: BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, CodegenError> {
        self.rename(&mut files)?;
        let sizes = files.iter().map(|(name, text)| (name.as_str(), text.len() as u64));
        protoedge_gomod::check_files(sizes).map_err(CodegenError::rejected)?;
        let mut read = BTreeMap::new();
        for (name, text) in &files {
            check_ending(name, &ENDINGS, &self.registry.files, "registry.go.files")?;
            if name.ends_with(".go") {
                read.insert(name.as_str(), self.read(name, text)?);
            }
        }
        let packages = Packages {
            module: ModFile::module(&self.sdk.manifest),
            files: read,
            required: ModFile::required(&self.sdk.manifest).collect(),
            names: self.names.clone(),
        };
        packages.check().map_err(|flaw| self.unbuildable(&flaw))?;
        Ok(files)
    }

    /// Gives files other names that Go would leave out, on some machines or everywhere, for how a .proto file is
    /// called. Tests that a plugin writes stay tests.
    fn rename(&self, files: &mut BTreeMap<String, String>) -> Result<(), CodegenError> {
        let new = |name: &String| {
            let is_taken_for_test = is_test(name)
                && self.source(name).is_some_and(|proto| proto.ends_with("_test.proto"));
            match is_taken_for_test {
                true => Some(format!("{}_.go", name.strip_suffix(".go")?)),
                false => name_for_all(name),
            }
        };
        let renamed: Vec<(String, String)> =
            files.keys().filter_map(|name| Some((name.clone(), new(name)?))).collect();
        for (name, new) in renamed {
            let text = files.remove(&name).unwrap_or_default();
            if files.insert(new.clone(), text).is_some() {
                return Err(CodegenError::rejected(format_args!(
                    "the plugin generated {name:?}, which Go does not build on every machine, and {new:?}, which is \
                     what it would be called instead: rename one of the .proto files"
                )));
            }
        }
        Ok(())
    }

    fn read(&self, name: &str, text: &str) -> Result<GoFile, CodegenError> {
        let said = |line: usize, what: &str| {
            CodegenError::rejected(format_args!(
                "the plugin generated {name:?}, line {line}: {what}"
            ))
        };
        let file = GoFile::read(text).map_err(|error| {
            CodegenError::rejected(format_args!("the plugin generated {name:?}, {error}"))
        })?;
        if let Some(found) = file.directives.iter().find(|found| !self.is_own(&found.text)) {
            let what = format!(
                "Go's tool chain carries out the comment {:?}; if it is the plugin's own, name it in the \
                 catalogue entry under registry.go.directives",
                found.text
            );
            return Err(said(found.line, &what));
        }
        let is_c = |path: &str| path == "C" || path.contains('\\');
        if let Some(import) = file.imports.iter().find(|import| is_c(&import.path)) {
            return Err(said(
                import.line,
                "it imports \"C\": a generated package has no code in C",
            ));
        }
        Ok(file)
    }

    /// Whether a directive is the plugin's own.
    fn is_own(&self, text: &str) -> bool {
        let is_hybrid = self.entry.registry.opts.iter().any(|option| option == HYBRID_OPTION);
        is_hybrid && HYBRID.contains(&text)
            || self.registry.directives.iter().any(|own| own == text)
    }

    /// The .proto file that a generated file is named after, in its own folder or in one below.
    fn source(&self, generated: &str) -> Option<&str> {
        let is_stem = |proto: &&String| {
            let rest = |name: &str| {
                let rest = name.strip_prefix(proto.strip_suffix(".proto")?)?;
                rest.starts_with(['.', '_']).then_some(())
            };
            let above = generated.rsplit_once('/').and_then(|(folder, name)| {
                let (above, _) = folder.rsplit_once('/')?;
                rest(&format!("{above}/{name}"))
            });
            rest(generated).or(above).is_some()
        };
        self.protos.iter().filter(is_stem).max_by_key(|proto| proto.len()).map(String::as_str)
    }

    /// What the consumer's compiler would say, and what the module's author can do about it.
    fn unbuildable(&self, flaw: &Unbuildable) -> CodegenError {
        let from = |file: &String| match self.source(file) {
            Some(proto) => format!("{proto:?}"),
            None => "its .proto file".to_owned(),
        };
        let way_out = match flaw {
            Unbuildable::Folder { file, .. } | Unbuildable::Character { file, .. } => {
                format!("move {} to another folder", from(file))
            }
            Unbuildable::Reserved { file, .. } => format!(
                "move {} to a folder of another name, or let its proto package end with a version",
                from(file)
            ),
            Unbuildable::TwoPackages { one, other, .. } => format!(
                "move {} or {} to a folder of its own, or give both the same proto package",
                from(one),
                from(other)
            ),
            Unbuildable::Twice { one, other, .. } => {
                let mut both = vec![from(one), from(other)];
                both.dedup();
                format!("rename one of the elements of {} that it is made of", both.join(" and "))
            }
            Unbuildable::Circle { .. } => {
                "a Go package is a folder: move the .proto files that need each other into one \
                 folder, with one proto package, or what both need into a third"
                    .to_owned()
            }
            Unbuildable::Unused { .. }
            | Unbuildable::NoPackage { .. }
            | Unbuildable::Nowhere { .. } => {
                "this is a fault of the plugin; another version of it may do better".to_owned()
            }
        };
        CodegenError::rejected(format_args!(
            "the plugin generated code that cannot be built: {flaw}; {way_out}"
        ))
    }
}
