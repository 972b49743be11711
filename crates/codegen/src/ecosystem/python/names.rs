use crate::{error::CodegenError, request::Request};
use std::collections::BTreeMap;

/// The files whose code the runtime library has at the same places: a package with them would overwrite it.
const WELL_KNOWN: [&str; 12] = [
    "google/protobuf/any.proto",
    "google/protobuf/api.proto",
    "google/protobuf/compiler/plugin.proto",
    "google/protobuf/descriptor.proto",
    "google/protobuf/duration.proto",
    "google/protobuf/empty.proto",
    "google/protobuf/field_mask.proto",
    "google/protobuf/source_context.proto",
    "google/protobuf/struct.proto",
    "google/protobuf/timestamp.proto",
    "google/protobuf/type.proto",
    "google/protobuf/wrappers.proto",
];

/// Rejects modules with files whose names plugins cannot write into code as they are, and with two files that are one Python
/// module: `a-b.proto` and `a_b.proto`.
///
/// # Errors
/// [`CodegenError::Rejected`] with the names.
pub(super) fn check(request: &Request) -> Result<(), CodegenError> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    for file in &request.files {
        if !file.name().chars().all(is_plain) {
            return Err(CodegenError::rejected(format_args!(
                "{:?} cannot be in a Python package: the names of its files consist of letters, digits, '_', '-', '.' and '/'",
                file.name()
            )));
        }
    }
    let mut modules: BTreeMap<String, &str> = BTreeMap::new();
    for file in &request.sources {
        let name = file.name();
        let stem = name.strip_suffix(".proto").unwrap_or(name);
        // Plugins make a folder of each part of what is before the ending.
        let module = stem.replace('-', "_").replace('.', "/");
        if let Some(other) = modules.insert(module, name) {
            return Err(CodegenError::rejected(format_args!(
                "{other:?} and {name:?} would be the same Python module: give one of them another name"
            )));
        }
    }
    Ok(())
}

/// Asks for no code of files that the runtime library has.
pub(super) fn leave_out_well_known(request: &mut Request) {
    let is_own = |name: &str| !WELL_KNOWN.contains(&name);
    request.targets.retain(|name| is_own(name));
    request.sources.retain(|file| is_own(file.name()));
    request.editions.retain(|(name, _)| is_own(name));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::descriptor::tests::file;
    use prost_types::FileDescriptorProto;

    fn request(names: &[&str]) -> Request {
        let named = |name: &&str| {
            file(&FileDescriptorProto { name: Some((*name).into()), ..Default::default() })
        };
        let files: Vec<_> = names.iter().map(named).collect();
        Request::new(Vec::new(), files.clone(), files)
    }

    #[test]
    fn one_module_is_one_file() {
        for (names, is_good) in [
            (&["acme/a-b.proto", "acme/c_d.proto"][..], true),
            (&["acme/a-b.proto", "acme/a_b.proto"], false),
            (&["acme/a.b.proto", "acme/a/b.proto"], false),
            (&["acme/a b.proto"], false),
            (&["acme/\u{e4}.proto"], false),
            (&["acme/\"\"\".proto"], false),
        ] {
            assert_eq!(check(&request(names)).is_ok(), is_good, "{names:?}");
        }
    }

    #[test]
    fn the_runtimes_own_files_are_left_to_it() {
        let mut request = request(&["google/protobuf/any.proto", "acme/a.proto"]);
        leave_out_well_known(&mut request);
        assert_eq!(request.targets, ["acme/a.proto"]);
        assert_eq!((request.sources.len(), request.files.len()), (1, 2));
    }
}
