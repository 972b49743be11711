use crate::{descriptor::FileDescriptor, error::CodegenError};
use bytes::Bytes;
use prost::Message;
use std::collections::{BTreeMap, BTreeSet};

/// What a plugin is asked: a `google.protobuf.compiler.CodeGeneratorRequest` whose files are raw bytes.
///
/// `compiler_version` stays unset: which protoc it was must not show in generated code.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The import paths of the files to generate.
    pub targets: Vec<String>,
    /// The options; without any the field stays unset, which is not the same as empty to every
    /// plugin.
    pub options: Vec<String>,
    /// The files to generate and all that they import, imports first. Options that only matter to
    /// the source are gone from files to generate.
    pub files: Vec<FileDescriptor>,
    /// The files to generate with all their options.
    pub sources: Vec<FileDescriptor>,
    /// The import paths and editions of the module's files that are written in one.
    pub editions: Vec<(String, i32)>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct RawRequest {
    #[prost(string, repeated, tag = "1")]
    file_to_generate: Vec<String>,
    #[prost(string, optional, tag = "2")]
    parameter: Option<String>,
    #[prost(bytes = "bytes", repeated, tag = "15")]
    proto_file: Vec<Bytes>,
    #[prost(bytes = "bytes", repeated, tag = "17")]
    source_file_descriptors: Vec<Bytes>,
}

impl Request {
    /// Asks for code of all `sources`, which import `files`.
    pub fn new(
        options: Vec<String>,
        files: Vec<FileDescriptor>,
        sources: Vec<FileDescriptor>,
    ) -> Self {
        let targets = sources.iter().map(|file| file.name().to_owned()).collect();
        let edition = |file: &FileDescriptor| Some((file.name().to_owned(), file.edition()?));
        let editions = sources.iter().filter_map(edition).collect();
        Self { targets, options, files, sources, editions }
    }

    /// Gives all files other comments, where `change` changes them.
    ///
    /// # Errors
    /// [`CodegenError::Descriptors`] where a file is no message.
    pub fn map_comments(
        &mut self,
        change: impl Fn(&str) -> Option<String> + Copy,
    ) -> Result<(), CodegenError> {
        for file in self.files.iter_mut().chain(&mut self.sources) {
            if let Some(changed) = file.map_comments(change).map_err(CodegenError::descriptors)? {
                *file = changed;
            }
        }
        Ok(())
    }

    /// Leaves out the files that no file to generate imports, directly or not: a plugin holds all
    /// that it is given in memory.
    pub fn cut_to_closure(&mut self) {
        let imports: BTreeMap<&str, &FileDescriptor> =
            self.files.iter().map(|file| (file.name(), file)).collect();
        let mut closure: BTreeSet<String> = BTreeSet::new();
        let mut open: Vec<&str> = self.targets.iter().map(String::as_str).collect();
        while let Some(name) = open.pop() {
            if closure.insert(name.to_owned()) {
                open.extend(imports.get(name).into_iter().flat_map(|file| file.imports()));
            }
        }
        self.files.retain(|file| closure.contains(file.name()));
    }

    /// The bytes that the plugin reads.
    pub fn encode(self) -> Vec<u8> {
        let raw = |files: Vec<FileDescriptor>| {
            files.into_iter().map(FileDescriptor::into_raw).collect::<Vec<_>>()
        };
        RawRequest {
            file_to_generate: self.targets,
            parameter: (!self.options.is_empty()).then(|| self.options.join(",")),
            proto_file: raw(self.files),
            source_file_descriptors: raw(self.sources),
        }
        .encode_to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::descriptor::tests::file;
    use prost_types::FileDescriptorProto;

    #[test]
    fn only_what_the_targets_import_is_given() {
        let named = |name: &str, imports: &[&str]| {
            file(&FileDescriptorProto {
                name: Some(name.into()),
                dependency: imports.iter().map(ToString::to_string).collect(),
                ..Default::default()
            })
        };
        let files = vec![
            named("far.proto", &[]),
            named("other.proto", &["far.proto"]),
            named("near.proto", &["far.proto"]),
            named("rest.proto", &["other.proto"]),
            named("service.proto", &["near.proto"]),
        ];
        let targets = vec!["service.proto".to_owned()];
        let mut request = Request { targets, files, ..Request::default() };
        request.cut_to_closure();
        let names: Vec<&str> = request.files.iter().map(FileDescriptor::name).collect();
        assert_eq!(names, ["far.proto", "near.proto", "service.proto"]);
    }

    #[test]
    fn no_options_are_no_parameter() {
        let decode = |request: Request| RawRequest::decode(request.encode().as_slice()).unwrap();
        assert_eq!(decode(Request::default()).parameter, None);
        let options = vec!["a=b".to_owned(), "c".to_owned()];
        let request = decode(Request { options, ..Request::default() });
        assert_eq!(request.parameter.as_deref(), Some("a=b,c"));
    }
}
