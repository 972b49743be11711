use super::*;
use prost_types::{
    DescriptorProto, FileDescriptorProto, FileOptions, ServiceDescriptorProto, SourceCodeInfo,
    source_code_info::Location as FullLocation,
};

/// Number 1000 in `FileOptions`, a custom option, which a decoder that does not know it would drop.
const CUSTOM: [u8; 4] = [0xc2, 0x3e, 1, b'x'];

fn full() -> FileDescriptorProto {
    FileDescriptorProto {
        name: Some("acme/v1/a.proto".into()),
        package: Some("acme.v1".into()),
        dependency: ["x.proto", "y.proto", "z.proto"].map(Into::into).to_vec(),
        public_dependency: vec![0, 2],
        message_type: vec![DescriptorProto { name: Some("M".into()), ..Default::default() }],
        service: vec![ServiceDescriptorProto { name: Some("S".into()), ..Default::default() }],
        source_code_info: Some(SourceCodeInfo {
            location: [vec![], vec![12], vec![4, 0], vec![6, 0]]
                .map(|path| FullLocation { path, ..Default::default() })
                .to_vec(),
        }),
        ..Default::default()
    }
}

pub(crate) fn file(proto: &FileDescriptorProto) -> FileDescriptor {
    FileDescriptor::parse(proto.encode_to_vec().into()).unwrap()
}

fn decode(file: &FileDescriptor) -> FileDescriptorProto {
    FileDescriptorProto::decode(file.raw.clone()).unwrap()
}

#[test]
fn go_package_is_replaced_or_added_and_the_rest_stays() {
    let with_custom = |mut raw: Vec<u8>| {
        raw.extend([0x42, 4]);
        raw.extend(CUSTOM);
        FileDescriptor::parse(raw.into()).unwrap()
    };
    let options =
        |go: &str| Some(FileOptions { go_package: Some(go.into()), ..Default::default() });
    let set = FileDescriptorProto { options: options("old"), ..full() };
    for (why, before) in [
        ("none", file(&full())),
        ("set", file(&set)),
        ("custom only", with_custom(full().encode_to_vec())),
        ("set, then custom apart", with_custom(set.encode_to_vec())),
    ] {
        let after = before.with_go_package("new").unwrap();
        assert_eq!(after.go_package(), Some("new"), "{why}");
        let want = FileDescriptorProto { options: options("new"), ..full() };
        assert_eq!(decode(&after), want, "{why}");
        let has_custom = |f: &FileDescriptor| f.raw.windows(4).any(|part| part == CUSTOM);
        assert_eq!(has_custom(&after), has_custom(&before), "{why}");
        assert_eq!(FileDescriptor::parse(after.raw.clone()).unwrap(), after, "{why}");
    }
}

#[test]
fn imports_go_with_their_places() {
    let before = file(&full());
    let after = decode(&before.without_imports(&BTreeSet::from(["y.proto"])).unwrap());
    assert_eq!(after.dependency, ["x.proto", "z.proto"]);
    assert_eq!(after.public_dependency, [0, 1]);
    let after = decode(&before.without_imports(&BTreeSet::from(["x.proto"])).unwrap());
    assert_eq!(after.public_dependency, [1]);
    assert_eq!(before.without_imports(&BTreeSet::from(["w.proto"])).unwrap(), before);
}

#[test]
fn services_move_to_a_file_of_their_own() {
    let before = file(&full());
    let rest = decode(&before.without_services().unwrap());
    assert_eq!((rest.service.len(), rest.message_type.len()), (0, 1));
    assert_eq!(rest.source_code_info.unwrap().location.len(), 3);
    let services = before.services_as("acme/v1/s.proto").unwrap();
    assert_eq!(FileDescriptor::parse(services.raw.clone()).unwrap(), services);
    let services = decode(&services);
    assert_eq!(services.name(), "acme/v1/s.proto");
    assert_eq!((services.service.len(), services.message_type.len()), (1, 0));
    assert_eq!(services.dependency.last().unwrap(), "acme/v1/a.proto");
    assert_eq!(services.public_dependency, [0, 2]);
    let paths = services.source_code_info.unwrap().location.into_iter().map(|l| l.path);
    assert_eq!(paths.collect::<Vec<_>>(), [vec![], vec![12], vec![6, 0]]);
}
