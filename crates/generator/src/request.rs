use crate::descriptor::FileDescriptor;
use prost::Message;

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
}

#[derive(Clone, PartialEq, prost::Message)]
struct RawRequest {
    #[prost(string, repeated, tag = "1")]
    file_to_generate: Vec<String>,
    #[prost(string, optional, tag = "2")]
    parameter: Option<String>,
    #[prost(bytes = "vec", repeated, tag = "15")]
    proto_file: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "17")]
    source_file_descriptors: Vec<Vec<u8>>,
}

impl Request {
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

    #[test]
    fn no_options_are_no_parameter() {
        let decode = |request: Request| RawRequest::decode(request.encode().as_slice()).unwrap();
        assert_eq!(decode(Request::default()).parameter, None);
        let options = vec!["a=b".to_owned(), "c".to_owned()];
        let request = decode(Request { options, ..Request::default() });
        assert_eq!(request.parameter.as_deref(), Some("a=b,c"));
    }
}
