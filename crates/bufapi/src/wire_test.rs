//! Every message, field and enum value against a listing of what the real command declares.

use prost::Message;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet,
    field_descriptor_proto::{Label, Type},
};
use std::collections::BTreeSet;

/// Names and numbers, read off the descriptors in buf 1.75.0.
const LISTING: &str = include_str!("../vectors/buf-wire-schema.txt");

#[test]
fn declares_what_the_real_command_declares() {
    let theirs: BTreeSet<String> = listed(LISTING);
    let ours = declared();
    let missing: Vec<_> = theirs.difference(&ours).collect();
    let extra: Vec<_> = ours.difference(&theirs).collect();
    assert!(missing.is_empty() && extra.is_empty(), "missing {missing:#?}, extra {extra:#?}");
}

/// One line a field or enum value, with the name of its message or enum before it.
fn listed(listing: &str) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    let mut message = None;
    for line in listing.lines() {
        if let Some(name) = line.strip_prefix("message ") {
            message = Some(name);
        } else if let Some((name, values)) =
            line.strip_prefix("enum ").and_then(|rest| rest.split_once(" { "))
        {
            let values = values.trim_end_matches(" }").split(", ");
            lines.extend(values.map(|value| format!("{name}: {value}")));
        } else if let (Some(message), Some(field)) = (message, line.strip_prefix("  ")) {
            let spaced = field.split_whitespace().collect::<Vec<_>>().join(" ");
            lines.insert(format!("{message}: {spaced}"));
        }
    }
    lines
}

fn declared() -> BTreeSet<String> {
    let bytes = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.binpb"));
    let set = FileDescriptorSet::decode(&bytes[..]).unwrap();
    let mut lines = BTreeSet::new();
    for file in set.file.iter().filter(|file| file.package().starts_with("buf.")) {
        file.message_type.iter().for_each(|each| message(file.package(), each, &mut lines));
        file.enum_type.iter().for_each(|each| enumeration(file.package(), each, &mut lines));
    }
    lines
}

fn message(parent: &str, this: &DescriptorProto, lines: &mut BTreeSet<String>) {
    let name = format!("{parent}.{}", this.name());
    lines.extend(this.field.iter().map(|each| format!("{name}: {}", field(this, each))));
    this.nested_type.iter().for_each(|each| message(&name, each, lines));
    this.enum_type.iter().for_each(|each| enumeration(&name, each, lines));
}

fn enumeration(parent: &str, this: &EnumDescriptorProto, lines: &mut BTreeSet<String>) {
    for value in &this.value {
        lines.insert(format!("{parent}.{}: {}={}", this.name(), value.name(), value.number()));
    }
}

fn field(message: &DescriptorProto, this: &FieldDescriptorProto) -> String {
    let (prefix, oneof) = match (this.label(), this.proto3_optional(), this.oneof_index) {
        (Label::Repeated, _, _) => ("repeated ", None),
        (_, true, _) => ("optional ", None),
        (_, false, Some(index)) => ("", Some(message.oneof_decl[index as usize].name())),
        (_, false, None) => ("", None),
    };
    let scalar = this.r#type().as_str_name().trim_start_matches("TYPE_").to_lowercase();
    let kind = match this.r#type() {
        Type::Message | Type::Enum => this.type_name().trim_start_matches('.'),
        _ => &scalar,
    };
    let suffix = oneof.map(|name| format!(" // oneof {name}")).unwrap_or_default();
    format!("{prefix}{kind} {} = {}{suffix}", this.name(), this.number())
}
