//! The form of every stored JSON object: `{"format": 1, "data": …}`.

use protoedge_storage::BucketError;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The number of the form in which this version of the software stores data. It grows with each change of a stored shape
/// that older or other versions would misread; who finds another number stops there.
const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Stored<T> {
    format: u32,
    data: T,
}

/// What is known of an object whose data may have any shape.
#[derive(Deserialize)]
struct Head {
    format: Option<u32>,
}

/// The bytes of an object.
///
/// # Errors
/// [`BucketError::Unreadable`] for a value that has no JSON form.
pub(crate) fn write<T: Serialize + ?Sized>(path: &str, value: &T) -> Result<Vec<u8>, BucketError> {
    serde_json::to_vec(&Stored { format: FORMAT, data: value })
        .map_err(|error| unreadable(path, error.to_string()))
}

/// Reads what [`write`] wrote.
///
/// # Errors
/// [`BucketError::Unreadable`] for other data, and for data of another format, which is named.
pub(crate) fn read<T: DeserializeOwned>(path: &str, bytes: &[u8]) -> Result<T, BucketError> {
    match serde_json::from_slice(bytes) {
        Ok(Stored { format: FORMAT, data }) => Ok(data),
        Ok(Stored { format, .. }) => Err(other_format(path, Some(format))),
        Err(error) => Err(match serde_json::from_slice(bytes) {
            Ok(Head { format: Some(FORMAT) }) | Err(_) => unreadable(path, error.to_string()),
            Ok(Head { format }) => other_format(path, format),
        }),
    }
}

fn other_format(path: &str, format: Option<u32>) -> BucketError {
    let found = format.map_or("no format number".into(), |format| format!("format {format}"));
    let message = format!(
        "it has {found}, and this version of the software reads format {FORMAT}: run the version that wrote it, or \
         restore the bucket as it was with this one"
    );
    unreadable(path, message)
}

fn unreadable(path: &str, message: String) -> BucketError {
    BucketError::Unreadable { key: path.into(), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_wrote() {
        let bytes = write("a.json", &["b"]).unwrap();
        assert_eq!(bytes, br#"{"format":1,"data":["b"]}"#);
        assert_eq!(read::<Vec<String>>("a.json", &bytes), Ok(vec!["b".into()]));
    }

    #[test]
    fn data_of_another_format_is_named() {
        for (bytes, said) in [
            (r#"{"format":2,"data":["b"]}"#, "it has format 2, and this version"),
            (r#"{"format":2,"data":{"new":"shape"}}"#, "it has format 2, and this version"),
            (r#"{"data":["b"]}"#, "it has no format number, and this version"),
            (r#"{"format":1,"data":"b"}"#, "invalid type: string"),
            (r#"["b"]"#, "invalid type: string"),
            ("", "EOF"),
        ] {
            let error = read::<Vec<String>>("a.json", bytes.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with("a.json cannot be read: "), "{error}");
            assert!(error.contains(said), "{bytes}: {error}");
        }
    }
}
