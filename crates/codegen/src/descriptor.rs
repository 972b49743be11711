//! Files as protoc describes them.

use crate::wire::{BadWire, Field, Value, fields, packed, put_bytes, put_number};
use bytes::Bytes;
use prost::Message;
use std::{borrow::Cow, collections::BTreeSet};

pub mod texts;

/// Field numbers of `google.protobuf.FileDescriptorProto`.
pub(crate) mod number {
    pub const NAME: u32 = 1;
    pub const DEPENDENCY: u32 = 3;
    pub const MESSAGE_TYPE: u32 = 4;
    pub const ENUM_TYPE: u32 = 5;
    pub const SERVICE: u32 = 6;
    pub const EXTENSION: u32 = 7;
    pub const OPTIONS: u32 = 8;
    pub const SOURCE_CODE_INFO: u32 = 9;
    pub const PUBLIC_DEPENDENCY: u32 = 10;
    pub const WEAK_DEPENDENCY: u32 = 11;
    pub const OPTION_DEPENDENCY: u32 = 15;
    pub const EDITION: u32 = 14;
    pub const PACKAGE: u32 = 2;
    pub const SYNTAX: u32 = 12;
}

/// The number of `go_package` in `google.protobuf.FileOptions`.
const GO_PACKAGE: u32 = 11;

/// The number of `location` in `google.protobuf.SourceCodeInfo`.
const LOCATION: u32 = 1;

/// A FileDescriptorProto as protoc wrote it: raw bytes, of which single fields are read or replaced.
///
/// It is never decoded as a whole: custom options and their order are part of what plugins print.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FileDescriptor {
    raw: Bytes,
    head: Head,
}

#[derive(Clone, Eq, PartialEq, prost::Message)]
struct Head {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    package: String,
    #[prost(string, repeated, tag = "3")]
    dependency: Vec<String>,
    #[prost(bytes = "bytes", repeated, tag = "6")]
    service: Vec<Bytes>,
    #[prost(message, optional, tag = "8")]
    options: Option<Options>,
    #[prost(int32, optional, tag = "14")]
    edition: Option<i32>,
    #[prost(string, repeated, tag = "15")]
    option_dependency: Vec<String>,
}

#[derive(Clone, Eq, PartialEq, prost::Message)]
struct Options {
    #[prost(string, optional, tag = "11")]
    go_package: Option<String>,
    #[prost(bytes = "bytes", optional, tag = "1")]
    java_package: Option<Bytes>,
    #[prost(bytes = "bytes", optional, tag = "8")]
    java_outer_classname: Option<Bytes>,
    #[prost(bytes = "bytes", optional, tag = "36")]
    objc_class_prefix: Option<Bytes>,
    #[prost(bytes = "bytes", optional, tag = "37")]
    csharp_namespace: Option<Bytes>,
    #[prost(bytes = "bytes", optional, tag = "39")]
    swift_prefix: Option<Bytes>,
    #[prost(bytes = "bytes", optional, tag = "40")]
    php_class_prefix: Option<Bytes>,
    #[prost(bytes = "bytes", optional, tag = "41")]
    php_namespace: Option<Bytes>,
    #[prost(bytes = "bytes", optional, tag = "44")]
    php_metadata_namespace: Option<Bytes>,
    #[prost(bytes = "bytes", optional, tag = "45")]
    ruby_package: Option<Bytes>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Location {
    #[prost(int32, repeated, tag = "1")]
    path: Vec<i32>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct FileSet {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    file: Vec<Bytes>,
}

/// Bytes that are no FileDescriptorProto.
pub type BadDescriptor = prost::DecodeError;

impl FileDescriptor {
    /// The files of a FileDescriptorSet, in its order.
    ///
    /// # Errors
    /// [`BadDescriptor`] where the bytes are no set of files.
    pub fn parse_set(bytes: Bytes) -> Result<Vec<Self>, BadDescriptor> {
        FileSet::decode(bytes)?.file.into_iter().map(Self::parse).collect()
    }

    /// One file.
    ///
    /// # Errors
    /// [`BadDescriptor`] where the bytes are no file.
    pub fn parse(raw: Bytes) -> Result<Self, BadDescriptor> {
        let head = Head::decode(raw.clone())?;
        Ok(Self { raw, head })
    }

    /// The import path.
    pub fn name(&self) -> &str {
        &self.head.name
    }

    /// The import paths of the files that this one names, in any way of importing.
    pub fn imports(&self) -> impl Iterator<Item = &str> {
        self.head.dependency.iter().chain(&self.head.option_dependency).map(String::as_str)
    }

    /// The proto package; empty where there is none.
    pub fn package(&self) -> &str {
        &self.head.package
    }

    /// The edition's number, where the file is written in one (`google.protobuf.Edition`).
    pub fn edition(&self) -> Option<i32> {
        self.head.edition
    }

    /// Whether the file defines services.
    pub fn has_services(&self) -> bool {
        !self.head.service.is_empty()
    }

    /// The names of the services that the file defines.
    pub fn service_names(&self) -> Vec<String> {
        let name = |service: &Bytes| {
            fields(service).ok()?.into_iter().find_map(|field| match field.value {
                Value::Bytes(name) if field.number == number::NAME => {
                    String::from_utf8(name.to_vec()).ok()
                }
                _ => None,
            })
        };
        self.head.service.iter().filter_map(name).collect()
    }

    /// The option `go_package`, where it says anything.
    pub fn go_package(&self) -> Option<&str> {
        let package = self.head.options.as_ref()?.go_package.as_deref()?;
        (!package.is_empty()).then_some(package)
    }

    /// The options that languages take names of packages, classes and the like from, but for Go's: name and text of each that is set.
    pub fn name_options(&self) -> impl Iterator<Item = (&'static str, Cow<'_, str>)> {
        let all = self.head.options.iter().flat_map(|it| {
            [
                ("java_package", &it.java_package),
                ("java_outer_classname", &it.java_outer_classname),
                ("objc_class_prefix", &it.objc_class_prefix),
                ("csharp_namespace", &it.csharp_namespace),
                ("swift_prefix", &it.swift_prefix),
                ("php_class_prefix", &it.php_class_prefix),
                ("php_namespace", &it.php_namespace),
                ("php_metadata_namespace", &it.php_metadata_namespace),
                ("ruby_package", &it.ruby_package),
            ]
        });
        let set = all.filter_map(|(name, text)| Some((name, text.as_ref()?)));
        set.map(|(name, text)| (name, String::from_utf8_lossy(text)))
    }

    /// The bytes.
    pub fn into_raw(self) -> Bytes {
        self.raw
    }

    /// The file with another `go_package`. Nothing else changes.
    ///
    /// # Errors
    /// [`BadWire`] where its options are no message.
    pub fn with_go_package(&self, package: &str) -> Result<Self, BadWire> {
        let mut raw = Vec::with_capacity(self.raw.len() + package.len() + 8);
        let mut is_set = false;
        for field in fields(&self.raw)? {
            match field.value {
                Value::Bytes(options) if field.number == number::OPTIONS => {
                    // Of an option that is there twice, the last one counts: only one may be left.
                    let package = (!is_set).then_some(package);
                    put_bytes(&mut raw, number::OPTIONS, &set_go_package(options, package)?);
                    is_set = true;
                }
                _ => raw.extend_from_slice(field.raw),
            }
        }
        if !is_set {
            put_bytes(&mut raw, number::OPTIONS, &set_go_package(&[], Some(package))?);
        }
        let mut head = self.head.clone();
        let options = head.options.take().unwrap_or_default();
        head.options = Some(Options { go_package: Some(package.into()), ..options });
        Ok(Self { raw: raw.into(), head })
    }

    /// The file without the imports in `names`. The places of public and weak imports are kept right.
    ///
    /// # Errors
    /// [`BadWire`] where its bytes are no message.
    pub fn without_imports(&self, names: &BTreeSet<&str>) -> Result<Self, BadWire> {
        if !fields(&self.raw)?.iter().any(|field| names_import(field, names)) {
            return Ok(self.clone());
        }
        let gone = |place: u64| {
            let name = usize::try_from(place).ok().and_then(|n| self.head.dependency.get(n));
            name.is_none_or(|name| names.contains(name.as_str()))
        };
        let is_before = |place: u64| (0..place).filter(|before| !gone(*before)).count() as u64;
        let mut raw = Vec::with_capacity(self.raw.len());
        for field in fields(&self.raw)? {
            match (field.number, field.value) {
                _ if names_import(&field, names) => {}
                (number::PUBLIC_DEPENDENCY | number::WEAK_DEPENDENCY, value) => {
                    let places = match value {
                        Value::Varint(place) => vec![place],
                        Value::Bytes(bytes) => packed(bytes)?,
                        Value::Other => Vec::new(),
                    };
                    for place in places.into_iter().filter(|place| !gone(*place)) {
                        put_number(&mut raw, field.number, is_before(place));
                    }
                }
                _ => raw.extend_from_slice(field.raw),
            }
        }
        let mut head = self.head.clone();
        head.dependency.retain(|name| !names.contains(name.as_str()));
        head.option_dependency.retain(|name| !names.contains(name.as_str()));
        Ok(Self { raw: raw.into(), head })
    }

    /// The same file without its comments, and without where in its source everything is.
    ///
    /// # Errors
    /// [`BadWire`] where the file is no message.
    pub fn without_source_info(&self) -> Result<Self, BadWire> {
        let mut raw = Vec::with_capacity(self.raw.len());
        let kept =
            fields(&self.raw)?.into_iter().filter(|it| it.number != number::SOURCE_CODE_INFO);
        kept.for_each(|field| raw.extend_from_slice(field.raw));
        Ok(Self { raw: raw.into(), head: self.head.clone() })
    }

    /// The file without its services, and without what is said about where they stand in the source.
    ///
    /// # Errors
    /// [`BadWire`] where its bytes are no message.
    pub fn without_services(&self) -> Result<Self, BadWire> {
        let service = i32::try_from(number::SERVICE).map_err(|_| BadWire)?;
        let mut raw = Vec::with_capacity(self.raw.len());
        for field in fields(&self.raw)? {
            match field.value {
                _ if field.number == number::SERVICE => {}
                Value::Bytes(info) if field.number == number::SOURCE_CODE_INFO => {
                    let info = filter_locations(info, |path| path.first() != Some(&service))?;
                    put_bytes(&mut raw, field.number, &info);
                }
                _ => raw.extend_from_slice(field.raw),
            }
        }
        let mut head = self.head.clone();
        head.service.clear();
        Ok(Self { raw: raw.into(), head })
    }

    /// A file of another name that holds only this one's services and imports this one.
    ///
    /// # Errors
    /// [`BadWire`] where its bytes are no message.
    pub fn services_as(&self, name: &str) -> Result<Self, BadWire> {
        use number::{EDITION, ENUM_TYPE, EXTENSION, MESSAGE_TYPE, NAME, PACKAGE, SERVICE, SYNTAX};
        // What stands before the first definition belongs to the file, wherever its parts go.
        let kept =
            [SERVICE, PACKAGE, SYNTAX, EDITION].map(|n| i32::try_from(n).unwrap_or_default());
        let mut raw = Vec::with_capacity(self.raw.len());
        put_bytes(&mut raw, NAME, name.as_bytes());
        for field in fields(&self.raw)? {
            match (field.number, field.value) {
                (NAME | MESSAGE_TYPE | ENUM_TYPE | EXTENSION, _) => {}
                (number::SOURCE_CODE_INFO, Value::Bytes(info)) => {
                    let is_kept = |path: &[i32]| path.first().is_none_or(|n| kept.contains(n));
                    put_bytes(&mut raw, field.number, &filter_locations(info, is_kept)?);
                }
                _ => raw.extend_from_slice(field.raw),
            }
        }
        // Last, so that the places of public and weak imports stay right.
        put_bytes(&mut raw, number::DEPENDENCY, self.name().as_bytes());
        let mut head = self.head.clone();
        head.dependency.push(std::mem::replace(&mut head.name, name.into()));
        Ok(Self { raw: raw.into(), head })
    }
}

fn names_import(field: &Field<'_>, names: &BTreeSet<&str>) -> bool {
    let Value::Bytes(name) = field.value else { return false };
    matches!(field.number, number::DEPENDENCY | number::OPTION_DEPENDENCY)
        && str::from_utf8(name).is_ok_and(|name| names.contains(name))
}

fn set_go_package(options: &[u8], package: Option<&str>) -> Result<Vec<u8>, BadWire> {
    let mut raw = Vec::with_capacity(options.len());
    let mut package = package;
    for field in fields(options)? {
        if field.number != GO_PACKAGE {
            raw.extend_from_slice(field.raw);
        } else if let Some(package) = package.take() {
            put_bytes(&mut raw, GO_PACKAGE, package.as_bytes());
        }
    }
    if let Some(package) = package {
        put_bytes(&mut raw, GO_PACKAGE, package.as_bytes());
    }
    Ok(raw)
}

fn filter_locations(info: &[u8], keep: impl Fn(&[i32]) -> bool) -> Result<Vec<u8>, BadWire> {
    let mut raw = Vec::with_capacity(info.len());
    for field in fields(info)? {
        match field.value {
            Value::Bytes(location) if field.number == LOCATION => {
                let path = Location::decode(location).map_err(|_| BadWire)?.path;
                if keep(&path) {
                    raw.extend_from_slice(field.raw);
                }
            }
            _ => raw.extend_from_slice(field.raw),
        }
    }
    Ok(raw)
}

#[cfg(test)]
pub(crate) mod tests;
