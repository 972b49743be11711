use super::go_package::GoPackage;
use crate::{descriptor::FileDescriptor, error::CodegenError, request::Request};
use aho_corasick::{AhoCorasick, BuildError, MatchKind};
use std::collections::BTreeMap;

/// The services of a request's files, moved to files of their own.
///
/// The stock gRPC plugin for Go writes services into the package of the messages. To get them into a
/// package beside it, `{name}grpc`, the plugin sees files that hold only the services and import the
/// messages; afterwards the generated text names the files where the services really are.
#[derive(Debug, Default)]
pub struct Moved {
    /// What stands in the generated text, and what is to stand there.
    names: Vec<(String, String)>,
}

/// Moves the services of all files to generate. Files without services are not generated: the plugin
/// makes nothing of them.
///
/// # Errors
/// [`CodegenError::Descriptors`] where a file is no message.
pub fn move_services(request: &mut Request) -> Result<Moved, CodegenError> {
    let mut moved = Moved::default();
    let targets = std::mem::take(&mut request.targets);
    for target in targets {
        let Some(place) = request.files.iter().position(|file| file.name() == target) else {
            continue;
        };
        let file = &request.files[place];
        if !file.has_services() {
            continue;
        }
        let (services, rest) = split(file)?;
        moved.note_package(&services);
        let name = services.name().to_owned();
        if let Some(source) = request.sources.iter_mut().find(|file| file.name() == target) {
            *source = split(source)?.0;
        }
        request.files[place] = rest;
        request.files.push(services);
        request.targets.push(name.clone());
        moved.names.push((name, target));
    }
    request.sources.retain(|file| request.targets.iter().any(|name| name == file.name()));
    Ok(moved)
}

/// The services of a file as a file of their own, and what is left.
fn split(file: &FileDescriptor) -> Result<(FileDescriptor, FileDescriptor), CodegenError> {
    let Ok(package) = file.go_package().unwrap_or_default().parse::<GoPackage>();
    let separate = package.sub("grpc");
    let own = separate.folder();
    let name = match file.name().rsplit_once('/') {
        Some((folder, base)) => format!("{folder}/{own}/{base}"),
        None => format!("{own}/{}", file.name()),
    };
    let services = file.services_as(&name).map_err(CodegenError::descriptors)?;
    let services =
        services.with_go_package(&separate.to_string()).map_err(CodegenError::descriptors)?;
    Ok((services, file.without_services().map_err(CodegenError::descriptors)?))
}

impl Moved {
    /// The plugin cleans the package's name once more than it would clean it if it had put it
    /// together by itself: `_gogrpc` would be `__gogrpc`.
    fn note_package(&mut self, services: &FileDescriptor) {
        let Ok(package) = services.go_package().unwrap_or_default().parse::<GoPackage>();
        let clause = |name: &str| format!("\npackage {name}\n");
        let change = (clause(&package.name()), clause(package.folder()));
        if change.0 != change.1 && !self.names.contains(&change) {
            self.names.push(change);
        }
    }

    /// Names the files in the generated text as they really are.
    ///
    /// # Errors
    /// Where there are more names than can be looked for at once.
    pub fn rename(
        &self,
        files: BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, BuildError> {
        // All names in one walk through a text: of thousands of files, each would be looked through thousands of times.
        let (seen, real): (Vec<&str>, Vec<&str>) =
            self.names.iter().map(|(seen, real)| (seen.as_str(), real.as_str())).unzip();
        let names = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(seen)?;
        let files = files.into_iter();
        Ok(files.map(|(name, text)| (name, names.replace_all(&text, &real))).collect())
    }
}
