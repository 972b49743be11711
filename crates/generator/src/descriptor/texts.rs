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
struct Fields {
    #[prost(message, repeated, tag = "4")]
    message: Vec<MessageFields>,
    #[prost(message, repeated, tag = "7")]
    extension: Vec<Field>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct MessageFields {
    #[prost(message, repeated, tag = "2")]
    field: Vec<Field>,
    #[prost(message, repeated, tag = "3")]
    nested: Vec<MessageFields>,
    #[prost(message, repeated, tag = "6")]
    extension: Vec<Field>,
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
        let all = Fields::decode(self.raw.clone()).map_err(|_| BadWire)?;
        let mut found = Vec::new();
        let [message, extension] = [number::MESSAGE_TYPE, number::EXTENSION].map(u64::from);
        for (n, it) in (0..).zip(&all.message) {
            it.collect(&[message, n], &mut found);
        }
        for (n, it) in (0..).zip(&all.extension) {
            found.push((vec![extension, n], it.clone()));
        }
        let lines = self.lines()?;
        Ok(found.into_iter().map(|(path, field)| field.texts(lines.get(&path))).collect())
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

impl MessageFields {
    /// Adds the fields below this message, which is at `path`.
    fn collect(&self, path: &[u64], to: &mut Vec<(Vec<u64>, Field)>) {
        let below = |number: u64, n: u64| [path, &[number, n]].concat();
        // The numbers of `google.protobuf.DescriptorProto`.
        for (number, fields) in [(2, &self.field), (6, &self.extension)] {
            to.extend((0..).zip(fields).map(|(n, field)| (below(number, n), field.clone())));
        }
        for (n, nested) in (0..).zip(&self.nested) {
            nested.collect(&below(3, n), to);
        }
    }
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
