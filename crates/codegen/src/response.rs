use crate::{
    insertion::{self, Inserted},
    tree::{DEEPEST, is_clean},
    wire,
};
use prost::Message;
use std::collections::BTreeMap;

/// The most that a plugin may answer, in bytes: what a Go module may have unpacked.
pub(crate) const MAX_ANSWER: usize = 500 << 20;

/// `FEATURE_SUPPORTS_EDITIONS` of `CodeGeneratorResponse.Feature`.
const SUPPORTS_EDITIONS: u64 = 2;

/// The number of `CodeGeneratorResponse.file`.
const FILE: u32 = 15;

/// The most files of one answer, and parts of files: the largest public modules have 8,000 .proto files, and
/// some plugins make three files of each.
const MOST_FILES: usize = 50_000;

/// How much text may be looked through for insertion points, in bytes: each insertion looks through all of a
/// file.
const LONGEST_SEARCH: usize = 512 << 20;

/// How much of a plugin's own no is looked at, in bytes: less of it is shown.
const LONGEST_ERROR: usize = 64 << 10;

/// A rule that a plugin's answer broke, or the plugin's own no.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadResponse {
    /// Not a response at all.
    #[error("the plugin's answer cannot be read: {what}")]
    Unreadable {
        /// What is wrong with it.
        what: String,
    },
    /// The plugin's own no.
    #[error("{message}")]
    Error {
        /// What it said.
        message: String,
    },
    /// A file is written in an edition that the plugin does not know.
    #[error("{file} is written in {edition}, which this plugin does not support")]
    Edition {
        /// The file.
        file: String,
        /// The edition.
        edition: String,
    },
    /// A file name that leads elsewhere.
    #[error("the plugin generated a file named {name:?}, which is no clean relative path")]
    Name {
        /// The name.
        name: String,
    },
    /// A file that is no text.
    #[error(
        "the plugin generated {name:?}, whose line {line} is no UTF-8; what it copies comments from has to be UTF-8, too"
    )]
    NoText {
        /// The file.
        name: String,
        /// The line, from 1 on.
        line: usize,
    },
    /// Two files of one name.
    #[error("the plugin generated {name:?} twice")]
    Twice {
        /// The name.
        name: String,
    },
    /// More than a package needs.
    #[error("the plugin generated too much: {what}; split the module")]
    TooMuch {
        /// Of what.
        what: String,
    },
    /// More names of files than can be looked for in its texts.
    #[error("too many files with services: {0}")]
    ManyNames(String),
    /// Text for a place that is not there.
    #[error("the plugin inserts at {point:?} of {name:?}, which is not there")]
    InsertionPoint {
        /// The file.
        name: String,
        /// The insertion point.
        point: String,
    },
}

/// Texts are bytes here: a plugin's words may quote a text that is not UTF-8, and must not be lost for that.
#[derive(Clone, PartialEq, prost::Message)]
struct RawResponse {
    #[prost(bytes = "vec", optional, tag = "1")]
    error: Option<Vec<u8>>,
    #[prost(uint64, optional, tag = "2")]
    supported_features: Option<u64>,
    #[prost(int32, optional, tag = "3")]
    minimum_edition: Option<i32>,
    #[prost(int32, optional, tag = "4")]
    maximum_edition: Option<i32>,
    #[prost(message, repeated, tag = "15")]
    file: Vec<RawFile>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct RawFile {
    #[prost(bytes = "vec", optional, tag = "1")]
    name: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "2")]
    insertion_point: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "15")]
    content: Option<Vec<u8>>,
}

/// Reads a plugin's `CodeGeneratorResponse` and checks it. `editions` are the import paths and
/// editions of the generated files that are written in one.
///
/// # Errors
/// The plugin's own no, or the first rule that its answer breaks.
pub fn read(
    bytes: &[u8],
    editions: &[(String, i32)],
) -> Result<BTreeMap<String, String>, BadResponse> {
    let unreadable = |what: String| BadResponse::Unreadable { what };
    // Before they take memory.
    if wire::count(bytes, FILE).map_err(|error| unreadable(error.to_string()))? > MOST_FILES {
        return Err(BadResponse::TooMuch { what: format!("more than {MOST_FILES} files") });
    }
    let response = RawResponse::decode(bytes).map_err(|error| unreadable(error.to_string()))?;
    if let Some(mut message) = response.error.filter(|message| !message.is_empty()) {
        message.truncate(LONGEST_ERROR);
        return Err(BadResponse::Error { message: String::from_utf8_lossy(&message).into_owned() });
    }
    let features = response.supported_features.unwrap_or_default();
    let known =
        response.minimum_edition.unwrap_or_default()..=response.maximum_edition.unwrap_or_default();
    for (file, edition) in editions {
        if features & SUPPORTS_EDITIONS == 0 || !known.contains(edition) {
            let edition = edition_name(*edition);
            return Err(BadResponse::Edition { file: file.clone(), edition });
        }
    }
    collect(response.file)
}

/// Names and contents of files as a plugin would answer with them that knows every edition: who wrote them has looked at that.
pub(crate) fn encode(files: Vec<(String, Vec<u8>)>) -> Vec<u8> {
    let file = files.into_iter().map(|(name, content)| RawFile {
        name: Some(name.into_bytes()),
        insertion_point: None,
        content: Some(content),
    });
    RawResponse {
        error: None,
        supported_features: Some(SUPPORTS_EDITIONS),
        minimum_edition: Some(0),
        maximum_edition: Some(i32::MAX),
        file: file.collect(),
    }
    .encode_to_vec()
}

fn collect(raw: Vec<RawFile>) -> Result<BTreeMap<String, String>, BadResponse> {
    let mut collection = Collection::default();
    raw.into_iter().try_for_each(|file| collection.add(file))?;
    Ok(collection.files)
}

/// Files as far as they were read.
#[derive(Default)]
struct Collection {
    files: BTreeMap<String, String>,
    /// The file that goes on where the next one has no name.
    open: Option<String>,
    /// The bytes of all files together.
    size: usize,
    /// The bytes that were looked through for insertion points.
    searched: usize,
}

impl Collection {
    fn add(&mut self, file: RawFile) -> Result<(), BadResponse> {
        let name = String::from_utf8(file.name.unwrap_or_default()).map_err(|error| {
            let name = String::from_utf8_lossy(error.as_bytes()).into_owned();
            BadResponse::Name { name }
        })?;
        let text = |bytes: Option<Vec<u8>>| {
            String::from_utf8(bytes.unwrap_or_default()).map_err(|error| {
                let sound = &error.as_bytes()[..error.utf8_error().valid_up_to()];
                let line = sound.iter().filter(|byte| **byte == b'\n').count() + 1;
                BadResponse::NoText { name: name.clone(), line }
            })
        };
        let (point, content) = (text(file.insertion_point)?, text(file.content)?);
        let point = (!point.is_empty()).then_some(point);
        if point.is_none() {
            self.size += content.len();
        }
        match ((!name.is_empty()).then_some(name), point) {
            (Some(name), Some(point)) => self.insert(name, point, &content),
            (Some(name), None) => self.begin(name, content),
            (None, _) => self.go_on(&content),
        }
    }

    /// Text for a place in a file that is there.
    fn insert(&mut self, name: String, point: String, content: &str) -> Result<(), BadResponse> {
        let Some(text) = self.files.get_mut(&name) else {
            return Err(BadResponse::InsertionPoint { name, point });
        };
        self.searched += text.len();
        if self.searched > LONGEST_SEARCH {
            let what = "texts to insert into large files".to_owned();
            return Err(BadResponse::TooMuch { what });
        }
        // With what is inserted, files have no more together than a plugin may answer.
        let room = MAX_ANSWER.saturating_sub(self.size);
        match insertion::insert(text, &point, content, room) {
            Inserted::Text(inserted) => {
                self.size += inserted.len() - text.len();
                *text = inserted;
            }
            Inserted::Nowhere => return Err(BadResponse::InsertionPoint { name, point }),
            Inserted::TooLong => {
                let what = format!("more than {MAX_ANSWER} bytes with what is inserted");
                return Err(BadResponse::TooMuch { what });
            }
        }
        self.open = None;
        Ok(())
    }

    fn begin(&mut self, name: String, content: String) -> Result<(), BadResponse> {
        check_name(&name)?;
        if self.files.insert(name.clone(), content).is_some() {
            return Err(BadResponse::Twice { name });
        }
        self.open = Some(name);
        Ok(())
    }

    /// A file without a name goes on with the one before it.
    fn go_on(&mut self, content: &str) -> Result<(), BadResponse> {
        match self.open.as_ref().and_then(|name| self.files.get_mut(name)) {
            Some(text) => text.push_str(content),
            None => return Err(BadResponse::Name { name: String::new() }),
        }
        Ok(())
    }
}

fn check_name(name: &str) -> Result<(), BadResponse> {
    if name.split('/').count() > DEEPEST {
        let what = format!("folders that nest more than {DEEPEST} deep");
        return Err(BadResponse::TooMuch { what });
    }
    if is_clean(name) { Ok(()) } else { Err(BadResponse::Name { name: name.into() }) }
}

/// The name of an edition (`google.protobuf.Edition`): 1000 is 2023, and one more is a year more.
fn edition_name(number: i32) -> String {
    format!("edition {}", number - 1000 + 2023)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, point: &str, content: &str) -> RawFile {
        let some = |text: &str| (!text.is_empty()).then(|| text.into());
        RawFile { name: some(name), insertion_point: some(point), content: some(content) }
    }

    fn read_files(file: Vec<RawFile>) -> Result<BTreeMap<String, String>, BadResponse> {
        read(&RawResponse { file, ..Default::default() }.encode_to_vec(), &[])
    }

    #[test]
    fn files_may_come_in_parts() {
        let files = read_files(vec![
            file("a", "", "1"),
            file("", "", "2"),
            file("b", "", "x\n  // @@protoc_insertion_point(here)\n"),
            file("b", "here", "y\n"),
        ]);
        let files = files.unwrap();
        assert_eq!(files["a"], "12");
        assert_eq!(files["b"], "x\n  y\n  // @@protoc_insertion_point(here)\n");
    }

    #[test]
    fn refuses_what_breaks_a_rule() {
        for (why, files) in [
            ("absolute", vec![file("/a", "", "")]),
            ("upwards", vec![file("a/../../b", "", "")]),
            ("not clean", vec![file("a//b", "", "")]),
            ("dot", vec![file("./a", "", "")]),
            ("folder", vec![file("a/", "", "")]),
            ("backslash", vec![file("a\\b", "", "")]),
            ("control character", vec![file("a\nb", "", "")]),
            ("twice", vec![file("a", "", ""), file("a", "", "")]),
            ("nothing to go on with", vec![file("", "", "x")]),
            ("no such file", vec![file("a", "p", "x")]),
            ("no such point", vec![file("a", "", "x"), file("a", "p", "x")]),
        ] {
            assert!(read_files(files).is_err(), "{why}");
        }
        assert!(matches!(read(&[0xff], &[]), Err(BadResponse::Unreadable { .. })));
    }

    #[test]
    fn what_grows_without_end_is_refused() {
        let marker = "@@protoc_insertion_point(p)\n";
        let doubling = [file("a", "", marker)]
            .into_iter()
            .chain((0..60).map(|_| file("a", "p", &marker.repeat(2))))
            .collect();
        let indent = " ".repeat(1 << 20);
        let indented = vec![file("a", "", &(indent + marker)), file("a", "p", &"\n".repeat(4096))];
        let large = "x".repeat(8 << 20) + marker;
        let slow: Vec<_> = [file("a", "", &large)]
            .into_iter()
            .chain((0..100).map(|_| file("a", "p", "x\n")))
            .collect();
        let deep = vec![file(&"a/".repeat(64), "", ""), file(&("a/".repeat(64) + "b"), "", "")];
        let many = (0..=MOST_FILES).map(|_| file("", "", "")).collect();
        for (why, files) in
            [("doubling", doubling), ("indented", indented), ("slow", slow), ("many", many)]
        {
            let read = read_files(files);
            assert!(matches!(read, Err(BadResponse::TooMuch { .. })), "{why}");
        }
        for file in deep {
            assert!(read_files(vec![file]).is_err());
        }
        let said = RawResponse { error: Some("é".repeat(1 << 20).into()), ..Default::default() };
        match read(&said.encode_to_vec(), &[]) {
            Err(BadResponse::Error { message }) => assert_eq!(message.len(), LONGEST_ERROR),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_plugin_says_no() {
        let said = RawResponse { error: Some("no".into()), ..Default::default() };
        let said = read(&said.encode_to_vec(), &[]);
        assert_eq!(said, Err(BadResponse::Error { message: "no".into() }));
    }

    #[test]
    fn words_are_not_lost_for_what_they_quote() {
        let said = RawResponse { error: Some(b"no: caf\xe9".to_vec()), ..Default::default() };
        let said = read(&said.encode_to_vec(), &[]);
        assert_eq!(said, Err(BadResponse::Error { message: "no: caf\u{fffd}".into() }));
        let content = Some(b"a\nb\n// caf\xe9\n".to_vec());
        let file = RawFile { content, ..file("a.go", "", "") };
        let found = read_files(vec![file]);
        assert_eq!(found, Err(BadResponse::NoText { name: "a.go".into(), line: 3 }));
    }

    #[test]
    fn editions_have_to_be_supported() {
        for (features, minimum, maximum, good) in [
            (None, None, None, false),
            (Some(1), Some(1000), Some(1001), false),
            (Some(3), Some(1000), Some(1001), true),
            (Some(2), Some(998), Some(1000), false),
            (Some(2), None, None, false),
        ] {
            let response = RawResponse {
                supported_features: features,
                minimum_edition: minimum,
                maximum_edition: maximum,
                ..Default::default()
            };
            let read = read(&response.encode_to_vec(), &[("a.proto".into(), 1001)]);
            assert_eq!(read.is_ok(), good, "{features:?} {minimum:?} {maximum:?}");
            if let Err(error) = read {
                assert!(error.to_string().contains("a.proto is written in edition 2024"));
            }
        }
    }
}
