//! What a module's author wrote as text: comments, and the texts of fields.

use super::{FileDescriptor, number};
use crate::wire::{BadWire, Value, fields, packed, put_bytes};
use bytes::Bytes;
use prost::Message;
use std::collections::BTreeMap;

/// A comment, and where it belongs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Comment {
    /// The line of the element that it belongs to, from 1 on.
    pub line: usize,
    /// The text, without the marks of the comment.
    pub text: String,
}

/// The texts of one field or extension.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FieldText {
    /// The field's name.
    pub name: String,
    /// The line of the field, from 1 on.
    pub line: usize,
    /// What it is called in JSON.
    pub json_name: Option<String>,
    /// Its default, if it is a string or bytes.
    pub default: Option<String>,
}

/// Field numbers of `google.protobuf.SourceCodeInfo.Location`.
mod location {
    pub const PATH: u32 = 1;
    pub const SPAN: u32 = 2;
    pub const LEADING_COMMENTS: u32 = 3;
    pub const TRAILING_COMMENTS: u32 = 4;
    pub const LEADING_DETACHED_COMMENTS: u32 = 6;
}

const COMMENTS: [u32; 3] =
    [location::LEADING_COMMENTS, location::TRAILING_COMMENTS, location::LEADING_DETACHED_COMMENTS];

#[derive(Clone, PartialEq, prost::Message)]
struct Elements {
    #[prost(message, repeated, tag = "4")]
    message: Vec<MessageElements>,
    #[prost(message, repeated, tag = "5")]
    enumeration: Vec<Named>,
    #[prost(message, repeated, tag = "6")]
    service: Vec<Service>,
    #[prost(message, repeated, tag = "7")]
    extension: Vec<Field>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct MessageElements {
    #[prost(bytes = "bytes", tag = "1")]
    name: Bytes,
    #[prost(message, repeated, tag = "2")]
    field: Vec<Field>,
    #[prost(message, repeated, tag = "3")]
    nested: Vec<MessageElements>,
    #[prost(message, repeated, tag = "4")]
    enumeration: Vec<Named>,
    #[prost(message, repeated, tag = "6")]
    extension: Vec<Field>,
    #[prost(message, repeated, tag = "8")]
    oneof: Vec<Named>,
}

/// An enum with its values, or something without parts.
#[derive(Clone, PartialEq, prost::Message)]
struct Named {
    #[prost(bytes = "bytes", tag = "1")]
    name: Bytes,
    #[prost(bytes = "bytes", repeated, tag = "2")]
    value: Vec<Bytes>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Name {
    #[prost(bytes = "bytes", tag = "1")]
    name: Bytes,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Service {
    #[prost(bytes = "bytes", tag = "1")]
    name: Bytes,
    #[prost(message, repeated, tag = "2")]
    method: Vec<Method>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Method {
    #[prost(bytes = "bytes", tag = "1")]
    name: Bytes,
    #[prost(bytes = "bytes", tag = "4")]
    options: Bytes,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Field {
    #[prost(bytes = "bytes", tag = "1")]
    name: Bytes,
    #[prost(int32, tag = "5")]
    kind: i32,
    #[prost(bytes = "bytes", optional, tag = "7")]
    default: Option<Bytes>,
    #[prost(bytes = "bytes", optional, tag = "10")]
    json_name: Option<Bytes>,
}

/// A method of a service, and the line that it begins in, from 1 on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MethodOptions {
    /// The method's name.
    pub name: String,
    /// The line of the method, from 1 on.
    pub line: usize,
    /// Its options as they are on the wire.
    pub options: Bytes,
}

/// `TYPE_STRING` and `TYPE_BYTES` of `google.protobuf.FieldDescriptorProto.Type`.
const TEXTS: [i32; 2] = [9, 12];

impl FileDescriptor {
    /// All comments that belong to something.
    ///
    /// # Errors
    /// [`BadWire`] where what is said about the source is no message.
    pub fn comments(&self) -> Result<Vec<Comment>, BadWire> {
        let mut comments = Vec::new();
        for location in self.locations()? {
            let all = fields(location)?;
            let line = line(&all)?;
            for field in all {
                if let (true, Value::Bytes(text)) = (COMMENTS.contains(&field.number), field.value)
                {
                    comments.push(Comment { line, text: text_of(text) });
                }
            }
        }
        Ok(comments)
    }

    /// The file with other comments; `None` where `change` changes none. Nothing else changes, but for bytes
    /// in comments that are no UTF-8.
    ///
    /// # Errors
    /// [`BadWire`] where what is said about the source is no message.
    pub fn map_comments(
        &self,
        change: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, BadWire> {
        let mut is_changed = false;
        let mut change_one = |text: &[u8]| {
            let text = String::from_utf8_lossy(text);
            let changed = change(&text);
            is_changed |= changed.is_some() || matches!(text, std::borrow::Cow::Owned(_));
            changed.unwrap_or_else(|| text.into_owned())
        };
        let mut raw = Vec::with_capacity(self.raw.len());
        for field in fields(&self.raw)? {
            match field.value {
                Value::Bytes(info) if field.number == number::SOURCE_CODE_INFO => {
                    put_bytes(&mut raw, field.number, &map_info(info, &mut change_one)?);
                }
                _ => raw.extend_from_slice(field.raw),
            }
        }
        Ok(is_changed.then(|| Self { raw: raw.into(), head: self.head.clone() }))
    }

    /// The texts of all fields and extensions, wherever they are.
    ///
    /// # Errors
    /// [`BadWire`] where the file is no message.
    pub fn field_texts(&self) -> Result<Vec<FieldText>, BadWire> {
        let found = Found::of(&self.elements()?);
        let lines = self.lines()?;
        Ok(found.fields.into_iter().map(|(path, field)| field.texts(lines.get(&path))).collect())
    }

    /// The options of all methods.
    ///
    /// # Errors
    /// [`BadWire`] where the file is no message.
    pub fn method_options(&self) -> Result<Vec<MethodOptions>, BadWire> {
        let lines = self.lines()?;
        let mut found = Vec::new();
        for (n, service) in (0..).zip(self.elements()?.service) {
            for (m, method) in (0..).zip(service.method) {
                let line = lines.get(&vec![number::SERVICE.into(), n, METHOD, m]).copied();
                let (name, line) = (text_of(&method.name), line.unwrap_or_default());
                found.push(MethodOptions { name, line, options: method.options });
            }
        }
        Ok(found)
    }

    /// The line of the first element of this name, if there is any: a message, field, oneof, enum, value, service
    /// or method.
    ///
    /// # Errors
    /// [`BadWire`] where the file is no message.
    pub fn line_of_name(&self, name: &str) -> Result<Option<usize>, BadWire> {
        let names = Found::of(&self.elements()?).names;
        let Some((path, _)) = names.into_iter().find(|(_, found)| **found == *name.as_bytes())
        else {
            return Ok(None);
        };
        Ok(Some(self.lines()?.get(&path).copied().unwrap_or_default()))
    }

    fn elements(&self) -> Result<Elements, BadWire> {
        Elements::decode(self.raw.clone()).map_err(|_| BadWire)
    }

    /// The line of every element, by its path.
    fn lines(&self) -> Result<BTreeMap<Vec<u64>, usize>, BadWire> {
        let mut lines = BTreeMap::new();
        for location in self.locations()? {
            let all = fields(location)?;
            let path = numbers(&all, location::PATH)?;
            lines.insert(path, line(&all)?);
        }
        Ok(lines)
    }

    fn locations(&self) -> Result<Vec<&[u8]>, BadWire> {
        let mut locations = Vec::new();
        for field in fields(&self.raw)? {
            let (number::SOURCE_CODE_INFO, Value::Bytes(info)) = (field.number, field.value) else {
                continue;
            };
            for location in fields(info)? {
                if let (super::LOCATION, Value::Bytes(bytes)) = (location.number, location.value) {
                    locations.push(bytes);
                }
            }
        }
        Ok(locations)
    }
}

/// What is found on the way through a file, with its path.
#[derive(Default)]
struct Found {
    fields: Vec<(Vec<u64>, Field)>,
    names: Vec<(Vec<u64>, Bytes)>,
}

/// The numbers of `google.protobuf.DescriptorProto`.
mod message {
    pub const FIELD: u32 = 2;
    pub const NESTED_TYPE: u32 = 3;
    pub const ENUM_TYPE: u32 = 4;
    pub const EXTENSION: u32 = 6;
    pub const ONEOF_DECL: u32 = 8;
}

/// The number of `value` in `google.protobuf.EnumDescriptorProto`.
const VALUE: u64 = 2;

/// The number of `method` in `google.protobuf.ServiceDescriptorProto`.
const METHOD: u64 = 2;

impl Found {
    /// All that is in a file.
    fn of(all: &Elements) -> Self {
        let mut found = Self::default();
        found.fields(&[], number::EXTENSION, &all.extension);
        found.messages(&[], number::MESSAGE_TYPE, &all.message);
        found.enumerations(&[], number::ENUM_TYPE, &all.enumeration);
        for (n, service) in (0..).zip(&all.service) {
            let path = below(&[], number::SERVICE, n);
            found.name(&path, &service.name);
            for (m, method) in (0..).zip(&service.method) {
                found.name(&[&path[..], &[METHOD, m]].concat(), &method.name);
            }
        }
        found
    }

    fn messages(&mut self, path: &[u64], number: u32, all: &[MessageElements]) {
        for (n, it) in (0..).zip(all) {
            let path = below(path, number, n);
            self.name(&path, &it.name);
            self.fields(&path, message::FIELD, &it.field);
            self.fields(&path, message::EXTENSION, &it.extension);
            self.enumerations(&path, message::ENUM_TYPE, &it.enumeration);
            self.enumerations(&path, message::ONEOF_DECL, &it.oneof);
            self.messages(&path, message::NESTED_TYPE, &it.nested);
        }
    }

    fn fields(&mut self, path: &[u64], number: u32, all: &[Field]) {
        for (n, it) in (0..).zip(all) {
            let path = below(path, number, n);
            self.name(&path, &it.name);
            self.fields.push((path, it.clone()));
        }
    }

    fn enumerations(&mut self, path: &[u64], number: u32, all: &[Named]) {
        for (n, it) in (0..).zip(all) {
            let path = below(path, number, n);
            self.name(&path, &it.name);
            for (n, value) in (0..).zip(&it.value) {
                // Of a oneof, the second field holds options, and no name is to be found in them.
                let name = Name::decode(value.clone()).map(|value| value.name);
                self.name(&[&path[..], &[VALUE, n]].concat(), &name.unwrap_or_default());
            }
        }
    }

    fn name(&mut self, path: &[u64], name: &Bytes) {
        self.names.push((path.to_owned(), name.clone()));
    }
}

fn below(path: &[u64], number: u32, n: u64) -> Vec<u64> {
    [path, &[number.into(), n]].concat()
}

impl Field {
    fn texts(self, line: Option<&usize>) -> FieldText {
        let default = self.default.filter(|_| TEXTS.contains(&self.kind));
        FieldText {
            name: text_of(&self.name),
            line: line.copied().unwrap_or_default(),
            json_name: self.json_name.as_deref().map(text_of),
            default: default.as_deref().map(text_of),
        }
    }
}

fn map_info(info: &[u8], change: &mut impl FnMut(&[u8]) -> String) -> Result<Vec<u8>, BadWire> {
    let mut raw = Vec::with_capacity(info.len());
    for field in fields(info)? {
        let (super::LOCATION, Value::Bytes(location)) = (field.number, field.value) else {
            raw.extend_from_slice(field.raw);
            continue;
        };
        let mut changed = Vec::with_capacity(location.len());
        for field in fields(location)? {
            match field.value {
                Value::Bytes(text) if COMMENTS.contains(&field.number) => {
                    put_bytes(&mut changed, field.number, change(text).as_bytes());
                }
                _ => changed.extend_from_slice(field.raw),
            }
        }
        put_bytes(&mut raw, super::LOCATION, &changed);
    }
    Ok(raw)
}

/// The first line of a location, from 1 on.
fn line(location: &[crate::wire::Field<'_>]) -> Result<usize, BadWire> {
    let span = numbers(location, location::SPAN)?;
    Ok(span.first().and_then(|line| usize::try_from(*line).ok()).unwrap_or_default() + 1)
}

fn numbers(all: &[crate::wire::Field<'_>], number: u32) -> Result<Vec<u64>, BadWire> {
    let mut numbers = Vec::new();
    for field in all.iter().filter(|field| field.number == number) {
        match field.value {
            Value::Varint(number) => numbers.push(number),
            Value::Bytes(bytes) => numbers.extend(packed(bytes)?),
            Value::Other => {}
        }
    }
    Ok(numbers)
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
