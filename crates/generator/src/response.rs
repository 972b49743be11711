use crate::insertion;
use prost::Message;
use std::collections::BTreeMap;

/// `FEATURE_SUPPORTS_EDITIONS` of `CodeGeneratorResponse.Feature`.
const SUPPORTS_EDITIONS: u64 = 2;

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
    #[error("{words}")]
    Error {
        /// What it said.
        words: String,
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
    /// Two files of one name.
    #[error("the plugin generated {name:?} twice")]
    Twice {
        /// The name.
        name: String,
    },
    /// Text for a place that is not there.
    #[error("the plugin inserts at {point:?} of {name:?}, which is not there")]
    InsertionPoint {
        /// The file.
        name: String,
        /// The insertion point.
        point: String,
    },
}

#[derive(Clone, PartialEq, prost::Message)]
struct RawResponse {
    #[prost(string, optional, tag = "1")]
    error: Option<String>,
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
    #[prost(string, optional, tag = "1")]
    name: Option<String>,
    #[prost(string, optional, tag = "2")]
    insertion_point: Option<String>,
    #[prost(string, optional, tag = "15")]
    content: Option<String>,
}

/// Reads a plugin's `CodeGeneratorResponse` and checks it. `editions` are the import paths and
/// editions of the generated files that are written in one.
pub fn read(
    bytes: &[u8],
    editions: &[(String, i32)],
) -> Result<BTreeMap<String, String>, BadResponse> {
    let response = RawResponse::decode(bytes)
        .map_err(|error| BadResponse::Unreadable { what: error.to_string() })?;
    if let Some(words) = response.error.filter(|words| !words.is_empty()) {
        return Err(BadResponse::Error { words });
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

fn collect(raw: Vec<RawFile>) -> Result<BTreeMap<String, String>, BadResponse> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let mut open: Option<String> = None;
    for file in raw {
        let content = file.content.unwrap_or_default();
        let point = file.insertion_point.filter(|point| !point.is_empty());
        match (file.name.filter(|name| !name.is_empty()), point) {
            (Some(name), Some(point)) => {
                let text =
                    files.get_mut(&name).and_then(|text| insertion::insert(text, &point, &content));
                match text {
                    Some(text) => files.insert(name, text),
                    None => return Err(BadResponse::InsertionPoint { name, point }),
                };
                open = None;
            }
            (Some(name), None) => {
                check_name(&name)?;
                if files.insert(name.clone(), content).is_some() {
                    return Err(BadResponse::Twice { name });
                }
                open = Some(name);
            }
            // A file without a name goes on with the one before it.
            (None, _) => match open.as_ref().and_then(|name| files.get_mut(name)) {
                Some(text) => text.push_str(&content),
                None => return Err(BadResponse::Name { name: String::new() }),
            },
        }
    }
    Ok(files)
}

/// Relative, clean, with forward slashes only.
fn check_name(name: &str) -> Result<(), BadResponse> {
    let good = |part: &str| !matches!(part, "" | "." | "..");
    let is_plain = !name.contains(|c: char| c == '\\' || c.is_control());
    if is_plain && name.split('/').all(good) {
        Ok(())
    } else {
        Err(BadResponse::Name { name: name.into() })
    }
}

/// The name of an edition (`google.protobuf.Edition`): 1000 is 2023, and one more is a year more.
fn edition_name(number: i32) -> String {
    format!("edition {}", number - 1000 + 2023)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, point: &str, content: &str) -> RawFile {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
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
    fn the_plugin_says_no() {
        let said = RawResponse { error: Some("no".into()), ..Default::default() };
        let said = read(&said.encode_to_vec(), &[]);
        assert_eq!(said, Err(BadResponse::Error { words: "no".into() }));
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
